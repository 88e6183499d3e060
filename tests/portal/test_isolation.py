"""What people cannot reach in the portal: other companies, other organizations, what their rights do not cover."""

from datetime import date

import pytest

from app.contacts.memberships import primary_memberships
from app.contacts.models import Contact, Membership
from app.records.actor import SYSTEM
from app.records.write import create, update, withdraw
from tenants import db
from tests.pages import answer, normal

ABSENT = 987654


def people(response) -> str:
    """The list of people on a page."""
    return normal(response).partition('<section id="people"')[2].partition("</section>")[0]


def change_membership(inside, contact: int, company: int, **values) -> None:
    with inside():
        row = db.session.query(Membership).filter_by(contact_id=contact, company_id=company).one()
        update(row, values, actor=SYSTEM)


@pytest.mark.threat("T-002")
@pytest.mark.parametrize(
    ("path", "foreign"),
    [
        ("/portal/people/{}", "nils"),
        ("/portal/people/{}", "xena"),
        ("/portal/people/{}", "dora"),
        ("/portal/companies/{}", "xacme"),
        ("/portal/companies/{}", "nordlys"),
        ("/portal/contracts/{}", "xacme_fixed_fee"),
        ("/portal/contracts/{}", "nordlys_support_hours"),
    ],
)
def test_what_is_not_mine_looks_as_if_it_were_not_there(shared_world, cast, path, foreign):
    browser = shared_world.portal("ina")
    theirs, absent = browser.get(path.format(getattr(cast, foreign))), browser.get(path.format(ABSENT))
    assert theirs.status_code == 404
    assert answer(theirs) == answer(absent)
    fragment = browser.fragment(path.format(getattr(cast, foreign)))
    assert fragment.status_code == 404


@pytest.mark.threat("T-001")
def test_a_session_of_one_organization_opens_nothing_at_the_other(shared_world, cast):
    browser = shared_world.portal("ina", "harbor")
    with browser.session_transaction("/portal", base_url="http://harbor.test") as cookie:
        stolen = dict(cookie)
    with browser.session_transaction("/portal", base_url="http://summit.test") as cookie:
        cookie.update(stolen)
    browser.host = "summit.test"
    for path in (
        "/portal/",
        "/portal/me",
        f"/portal/people/{cast.otto}",
        f"/portal/contracts/{cast.acme_subscription}",
    ):
        response = browser.get(path)
        assert response.status_code == 302
        assert "/portal/sign-in" in response.headers["Location"]


@pytest.mark.threat("T-001", "T-002")
def test_my_details_have_no_number_that_could_be_another_ones(world, cast):
    browser = world.portal("ina")
    before = world.checksum(but=("session",))
    for other in (cast.otto, cast.nils, cast.ina):
        for path in (
            f"/portal/me/{other}",
            f"/portal/me/{other}/fields/phone",
            f"/portal/me/{other}/fields/phone/edit",
        ):
            assert browser.get(path).status_code == 404
        posted = browser.post_form(f"/portal/me/{other}/fields/phone", {"value": "+49 30 1", "v": "1"})
        assert posted.status_code in (404, 405)
        assert browser.get(f"/portal/people/{other}/fields/phone/edit").status_code == 404
        assert browser.post_form(f"/portal/people/{other}/fields/phone", {"value": "1"}).status_code in (404, 405)
    assert world.checksum(but=("session",)) == before


@pytest.mark.threat("T-003", "T-016")
def test_an_id_in_the_form_changes_nobody_else(world, cast):
    sent = {"value": "+49 30 901829", "v": "1", "id": cast.otto, "contact_id": cast.otto, "contact": cast.otto}
    assert world.portal("ina").post_form("/portal/me/fields/phone", sent).status_code == 303
    schema = world.schema()
    rows = world.sql(f"SELECT id FROM {schema}.contact WHERE phone LIKE '%829' ORDER BY id")
    assert [row["id"] for row in rows] == [cast.ina]


@pytest.mark.threat("T-016")
@pytest.mark.parametrize(
    "name",
    [
        *("notes", "active", "email", "user_name", "customer_id", "partner_id", "line_manager_id", "company"),
        *("addresses", "company_primary", "company_ids", "version", "withdrawn_at", "custom", "search_text", "id"),
        "nothing",
    ],
)
def test_what_is_not_opened_for_editing_cannot_be_edited(world, name):
    browser = world.portal("ina")
    before = world.checksum(but=("session",))
    assert browser.get(f"/portal/me/fields/{name}/edit").status_code == 404
    for value in ("1", "x@acme.example", ""):
        response = browser.post_form(f"/portal/me/fields/{name}", {"value": value, "v": "1"})
        assert response.status_code == 404, name
    assert world.checksum(but=("session",)) == before


@pytest.mark.threat("T-013")
@pytest.mark.parametrize("person", ["otto", "nils"])
@pytest.mark.parametrize(
    "path", ["/portal/people", "/portal/people/{ina}", "/portal/contracts", "/portal/contracts/{acme_subscription}"]
)
def test_without_the_right_there_is_a_kind_page(shared_world, cast, person, path):
    response = shared_world.portal(person).get(path.format(**vars(cast)))
    page = normal(response)
    assert response.status_code == 403
    assert "please ask Harbor IT" in page
    assert "portal.people" not in page and "portal.contracts" not in page
    assert "Acme" not in page


@pytest.mark.threat("T-015")
def test_a_fragment_is_refused_as_the_page_is(shared_world, cast):
    browser = shared_world.portal("otto")
    for path in ("/portal/people", f"/portal/people/{cast.ina}", "/portal/contracts"):
        assert browser.fragment(path).status_code == 403


@pytest.mark.threat("T-002", "T-013")
def test_a_right_at_one_company_is_none_at_another(world, inside, cast):
    change_membership(inside, cast.ben, cast.xacme, sees_people=False, sees_contracts=False)
    browser = world.portal("ben")
    people, contracts = normal(browser.get("/portal/people")), normal(browser.get("/portal/contracts"))
    assert "Ina Berg" in people and "Xena" not in people
    assert "Care acme" in contracts and "Care xacme" not in contracts
    assert browser.get(f"/portal/people/{cast.xena}").status_code == 404
    assert browser.get(f"/portal/contracts/{cast.xacme_fixed_fee}").status_code == 404
    assert browser.get(f"/portal/people?company={cast.xacme}").status_code == 404
    # Both companies are still his.
    assert browser.get(f"/portal/companies/{cast.xacme}").status_code == 200


@pytest.mark.feature("B005")
@pytest.mark.threat("T-002")
@pytest.mark.parametrize("dates", [{"ends_on": "2001-01-01"}, {"starts_on": "2999-01-01"}])
def test_a_membership_counts_only_within_its_dates(world, inside, cast, dates):
    with inside():
        row = primary_memberships([cast.ina])[cast.ina]
        fields = {name: date.fromisoformat(value) for name, value in dates.items()}
        update(row, fields, actor=SYSTEM)
    browser = world.portal("ina")
    assert "do not belong to a company" in normal(browser.get("/portal/"))
    assert browser.get("/portal/people").status_code == 403
    assert browser.get(f"/portal/companies/{cast.acme}").status_code == 404
    assert browser.get("/portal/me").status_code == 200


@pytest.mark.threat("T-002")
def test_who_has_left_the_company_sees_it_no_more(world, inside, cast):
    browser = world.portal("ina")
    assert browser.get(f"/portal/companies/{cast.acme}").status_code == 200
    with inside():
        withdraw(primary_memberships([cast.ina])[cast.ina], actor=SYSTEM)
    assert browser.get(f"/portal/companies/{cast.acme}").status_code == 404
    assert browser.get(f"/portal/contracts/{cast.acme_subscription}").status_code == 403
    home = normal(browser.get("/portal/"))
    assert "do not belong to a company" in home and "Acme" not in home


@pytest.mark.threat("T-002")
def test_a_colleagues_other_companies_are_nobodys_business(shared_world, cast):
    """Ben also belongs to Xacme: Ina learns nothing of it, in the list, on his page or by a filter."""
    browser = shared_world.portal("ina")
    for path in ("/portal/people", f"/portal/people/{cast.ben}", "/portal/people?q=ben"):
        page = normal(browser.get(path))
        assert "Ben" in page and "Xacme" not in page
    assert browser.get(f"/portal/people?company={cast.xacme}").status_code == 404
    plain = people(browser.get("/portal/people"))
    for sly in (
        f"company.is={cast.xacme}",
        f"f.company={cast.xacme}&op.company=is",
        "customer_id.is=1",
        "notes.contains=x",
    ):
        assert people(browser.get(f"/portal/people?{sly}")) == plain


@pytest.mark.threat("T-002")
def test_a_search_finds_nothing_in_what_is_not_shown(world, inside, cast, say):
    with inside():
        update(db.session.get(Contact, cast.otto), {"customer_id": "SECRET-77", "notes": "grudge"}, actor=SYSTEM)
    say("contact", "phone", portal="")
    browser = world.portal("ina")
    for typed in ("SECRET", "grudge", "901820", "nils", "Xena", "Strand"):
        page = normal(browser.get(f"/portal/people?q={typed}"))
        assert "Nobody was found" in page, typed
    assert "Otto" in normal(browser.get("/portal/people?q=lin"))


@pytest.mark.threat("T-002")
def test_a_page_marker_of_another_list_leads_nowhere(shared_world):
    browser = shared_world.portal("ina")
    for marker in ("x", "e30", "WyJ4IiwgMV0", "9" * 400):
        assert browser.get(f"/portal/people?after={marker}").status_code in (200, 404)


@pytest.mark.threat("T-013")
def test_the_desk_and_the_portal_are_two_doors(shared_world, cast):
    portal, staff = shared_world.portal("ina"), shared_world.staff("ann")
    for path in ("/", "/contacts", f"/contacts/{cast.ina}", "/admin/", "/admin/staff", "/options/contact?q=o"):
        assert portal.get(path).status_code == 302, path
    for path in ("/portal/", "/portal/me", "/portal/people", "/portal/options/language"):
        response = staff.get(path)
        assert response.status_code == 302 and "/portal/sign-in" in response.headers["Location"]


@pytest.mark.parametrize("noun", ["contact", "company", "staff", "department", "contract", "nothing"])
@pytest.mark.threat("T-002")
def test_records_cannot_be_looked_up_by_typing(shared_world, noun):
    browser = shared_world.portal("ina")
    assert browser.get(f"/portal/options/{noun}?q=a").status_code == 404
    found = browser.get("/portal/options/language?q=germ").get_json()
    assert {"value": "de", "text": "German"} in found


@pytest.mark.threat("T-002")
def test_a_reference_to_somebody_of_another_company_shows_no_name_and_no_number(world, inside, cast):
    with inside():
        update(db.session.get(Contact, cast.ina), {"line_manager_id": cast.nils}, actor=SYSTEM)
    page = normal(world.portal("ina").get("/portal/me"))
    assert "Nils" not in page and "Dahl" not in page
    assert f"#{cast.nils}" not in page


def test_somebody_without_any_company_has_a_page(world, inside):
    with inside():
        values = {"first_name": "Lone", "last_name": "Wolf", "user_name": "lone", "email": "lone@nowhere.example"}
        lone = create(Contact, values, actor=SYSTEM)
    schema = world.schema()
    world.sql(f"UPDATE {schema}.account SET contact_id = %s WHERE contact_id = %s", lone, world.cast.otto)
    browser = world.portal("otto")
    home = normal(browser.get("/portal/"))
    assert "Hello Lone Wolf" in home and "Please ask Harbor IT" in home
    for path in ("/portal/people", "/portal/contracts"):
        assert browser.get(path).status_code == 403
    assert browser.post_form("/portal/me/fields/city", {"value": "Kiel", "v": "1"}).status_code == 303
    assert "Kiel" in normal(browser.get("/portal/me"))
