"""The web domains of all companies."""

import pytest

from app.companies.domains import Domain
from app.companies.models import Company
from app.fields.settings import fields_of
from tenants import db
from tests.pages import normal

HERE = "/admin/domains"


def domains(world, company: int) -> list[str]:
    schema = world.schema()
    query = f"SELECT name FROM {schema}.company_domain WHERE company_id = %s AND withdrawn_at IS NULL ORDER BY name"
    return [row["name"] for row in world.sql(query, company)]


@pytest.mark.feature("C020", "C047")
def test_a_company_gets_several_domains(world, adam, cast, undo):
    for name in ("acme.test.example", "ACME-Two.example."):
        assert adam.post_form(HERE, {"name": name, "company_id": cast.acme}).status_code == 303
    assert domains(world, cast.acme) == ["acme-two.example", "acme.example", "acme.test.example"]
    page = normal(world.staff("ann").get(f"/companies/{cast.acme}"))
    assert "acme-two.example, acme.example, acme.test.example" in page
    undo(adam, HERE)
    assert domains(world, cast.acme) == ["acme.example", "acme.test.example"]


@pytest.mark.feature("C047")
def test_without_scripts_the_company_is_named(world, adam, cast):
    assert adam.post_form(HERE, {"name": "acme.org.example", "company_id_text": "ACME"}).status_code == 303
    assert "acme.org.example" in domains(world, cast.acme)


@pytest.mark.threat("T-010")
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "xacme.example", "company_id": "acme"}, "belongs to another company"),
        ({"name": "acme.example", "company_id": "acme"}, "has this web domain already"),
        ({"name": "", "company_id": "acme"}, "may not be empty"),
        ({"name": "not a domain", "company_id": "acme"}, "web domain is expected"),
        ({"name": "free.example", "company_id": ""}, "may not be empty"),
        ({"name": "free.example", "company_id_text": "Nobody & Sons"}, "There is no"),
        ({"name": "free.example", "company_id": "987654"}, "cannot be chosen"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(world, adam, cast, values, said):
    sent = values | ({"company_id": cast.acme} if values.get("company_id") == "acme" else {})
    before = world.checksum(but=("session", "receipt"))
    response = adam.post_form(HERE, sent)
    assert response.status_code == 422 and said in normal(response)
    part = adam.fragment(HERE, method="POST", data=sent)
    assert part.status_code == 422 and normal(part).lstrip().startswith('<section id="domains-list"')
    assert world.checksum(but=("session", "receipt")) == before


def test_domains_are_found_by_themselves_and_by_their_company(world, adam):
    assert "acme.example" in normal(adam.get(HERE)) and "nordlys.example" in normal(adam.get(HERE))
    found = normal(adam.get(f"{HERE}?q=nord"))
    assert "nordlys.example" in found and "xacme.example" not in found
    assert "xacme.example" in normal(adam.get(f"{HERE}?q=xac"))


@pytest.mark.feature("C033")
def test_a_domain_is_changed_where_it_stands_and_moved(world, adam, cast):
    with world.inside():
        number = db.session.query(Domain).filter_by(name="acme.example").one().id
    saved = adam.fragment(
        f"{HERE}/{number}/fields/name?in=row", method="POST", data={"value": "acme.net.example", "v": "1"}
    )
    assert saved.status_code == 200 and "/undo?operation=" in normal(saved)
    taken = adam.fragment(
        f"{HERE}/{number}/fields/name?in=row", method="POST", data={"value": "xacme.example", "v": "2"}
    )
    assert taken.status_code == 422 and "belongs to another company" in normal(taken)
    assert adam.post_form(f"{HERE}/{number}/fields/company_id", {"value": cast.nordlys, "v": "2"}).status_code == 303
    assert domains(world, cast.nordlys) == ["acme.net.example", "nordlys.example"]


def test_a_domain_is_removed_and_the_removal_taken_back(world, adam, cast, undo):
    with world.inside():
        number = db.session.query(Domain).filter_by(name="acme.example").one().id
    assert adam.get(f"{HERE}/{number}").status_code == 200
    assert adam.post_form(f"{HERE}/{number}/removal").status_code == 303
    assert domains(world, cast.acme) == []
    undo(adam, HERE)
    assert domains(world, cast.acme) == ["acme.example"]
    for gone in (number, 987654):
        status = adam.post_form(f"{HERE}/{gone}/removal").status_code
        assert status == (303 if gone == number else 404)
    assert adam.post_form(f"{HERE}/{number}/removal").status_code == 404


@pytest.mark.feature("C033", "C047")
def test_the_field_of_the_company_says_the_same(world, adam, cast):
    with world.inside():
        assert fields_of(Company)["domains"].label == "Web domains"
    ann = world.staff("ann")
    saved = ann.post_form(
        f"/companies/{cast.acme}/fields/domains", {"value": "acme.example, acme.shop.example", "v": "1"}
    )
    assert saved.status_code == 303
    assert "acme.shop.example" in normal(adam.get(HERE))


@pytest.mark.threat("T-001")
def test_the_same_domain_elsewhere_is_no_matter(world, adam, cast):
    assert adam.post_form(HERE, {"name": "shared.example", "company_id": cast.acme}).status_code == 303
    summit = world.staff("adam", "summit")
    assert "shared.example" not in normal(summit.get(HERE))
    assert summit.post_form(HERE, {"name": "shared.example", "company_id": cast.nordlys}).status_code == 303
