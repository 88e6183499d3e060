"""Nobody reaches another organization, by no number and no name: not there and not yours are one answer."""

import pytest

from app.contacts.models import Contact
from app.people import actions as people
from app.records.actor import SYSTEM
from app.records.write import create
from tests.pages import normal

from .answers import ROOT, patch, pointers

NOWHERE = 999_999


@pytest.fixture
def theirs(world, cast) -> dict[str, int]:
    """Numbers that only summit has."""
    with world.inside("summit"):
        person = {"first_name": "Sol", "last_name": "Vik", "user_name": "sol", "email": "sol@summit.example"}
        staff = {"name": "Sam", "email": "sam@desk.example", "role": "technician"}
        ids = {
            "contact": create(Contact, person | {"company": cast.acme}, actor=SYSTEM),
            "staff": people.create_staff(staff, password="sam keeps ten lanterns lit", must_change=False, actor=SYSTEM),
        }
    summit = world.api(slug="summit")
    company = summit.post(f"{ROOT}/companies", json={"name": "Only summit's", "domains": ["only.example"]})
    contract = {
        "description": "Only summit's",
        "company_id": cast.acme,
        "customer_contact_id": cast.ina,
        "support_contact_id": cast.ann,
    }
    made = summit.post(f"{ROOT}/contracts", json=contract)
    edit = patch(summit, f"/contacts/{ids['contact']}", {"title": "Dr"})
    return ids | {
        "company": company.json["id"],
        "contract": made.json["id"],
        "operation": int(edit.headers["Deskhand-Operation"]),
    }


@pytest.mark.threat("T-001")
def test_a_number_of_another_organization_is_as_good_as_none(world, theirs):
    before = world.checksum(but=("token",))
    api = world.api()
    for noun in ("company", "contact", "contract"):
        plural = {"company": "companies"}.get(noun, f"{noun}s")
        for ask in (
            lambda path: api.get(path),
            lambda path: api.get(f"{path}/history"),
            lambda path: api.get(path, headers={"If-None-Match": '"1"'}),
            lambda path: api.patch(path, json={"notes": "x"}, headers={"If-Match": '"1"'}),
            lambda path: api.patch(path, json={"notes": "x"}),
        ):
            answers = [ask(f"{ROOT}/{plural}/{number}") for number in (theirs[noun], NOWHERE)]
            assert {answer.status_code for answer in answers} == {404}
            assert normal(answers[0]) == normal(answers[1])
    answers = [api.post(f"{ROOT}/operations/{number}/undo") for number in (theirs["operation"], NOWHERE)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert normal(answers[0]) == normal(answers[1])
    assert world.checksum(but=("token",)) == before


@pytest.mark.threat("T-003")
def test_a_reference_to_another_organization_is_as_good_as_none(world, cast, theirs):
    api = world.api()
    person = {"first_name": "Ada", "last_name": "Byron", "email": "ada@acme.example"}
    contract = {
        "description": "Care",
        "company_id": cast.acme,
        "customer_contact_id": cast.ina,
        "support_contact_id": cast.ann,
    }
    cases = [
        ("companies", {"name": "New"}, "account_manager_id", "staff", cast.acme),
        ("contacts", person, "company", "company", cast.otto),
        ("contacts", person, "partner_id", "company", cast.otto),
        ("contacts", person, "line_manager_id", "contact", cast.otto),
        ("contracts", contract, "customer_contact_id", "contact", cast.acme_support_hours),
        ("contracts", contract, "support_contact_id", "staff", cast.acme_support_hours),
        ("contracts", contract, "support_manager_id", "staff", cast.acme_support_hours),
        ("contracts", contract, "company_id", "company", None),
    ]
    before = world.checksum(but=("token",))
    for noun, needed, name, kind, record in cases:
        made = [api.post(f"{ROOT}/{noun}", json=needed | {name: number}) for number in (theirs[kind], NOWHERE)]
        assert f"/{name}" in pointers(made[0]) and normal(made[0]) == normal(made[1])
        if record:
            changed = [patch(api, f"/{noun}/{record}", {name: number}) for number in (theirs[kind], NOWHERE)]
            assert pointers(changed[0]) == {f"/{name}"} and normal(changed[0]) == normal(changed[1])
        found = [api.get(f"{ROOT}/{noun}?{name}={number}") for number in (theirs[kind], NOWHERE)]
        assert found[0].get_json() == found[1].get_json() == {"items": [], "next": None}
    assert world.checksum(but=("token",)) == before


@pytest.mark.threat("T-001")
def test_a_taken_name_of_another_organization_is_free_here(world, theirs):
    made = world.api().post(f"{ROOT}/companies", json={"name": "Only summit's", "domains": ["only.example"]})
    assert made.status_code == 201


@pytest.mark.threat("T-001")
def test_the_same_number_is_another_record_in_another_organization(world, cast):
    assert patch(world.api(), f"/contacts/{cast.otto}", {"title": "Harbor's"}).status_code == 200
    assert world.api(slug="summit").get(f"{ROOT}/contacts/{cast.otto}").json["title"] is None


@pytest.mark.threat("T-001")
def test_a_withdrawn_record_is_as_good_as_none(world, cast):
    api = world.api()
    made = api.post(f"{ROOT}/companies", json={"name": "Soon gone"})
    assert api.post(f"{ROOT}/operations/{made.headers['Deskhand-Operation']}/undo").json["reversed"] == 1
    gone = f"{ROOT}/companies/{made.json['id']}"
    assert normal(api.get(gone)) == normal(api.get(f"{ROOT}/companies/{NOWHERE}"))
    assert api.patch(gone, json={"notes": "x"}, headers={"If-Match": '"1"'}).status_code == 404
    assert api.get(f"{ROOT}/companies?name.contains=gone").json["items"] == []
    assert pointers(patch(api, f"/contacts/{cast.otto}", {"company": made.json["id"]})) == {"/company"}
