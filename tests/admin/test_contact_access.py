"""On a contact's page: the companies a person belongs to with their rights, and the way into the portal."""

import re

import pytest

from app.contacts.models import Contact, Membership
from app.records.actor import SYSTEM
from app.records.write import update
from tenants import db
from tests.pages import normal


@pytest.fixture
def ann(world):
    return world.staff("ann")


def memberships(world, contact: int) -> dict[int, Membership]:
    """The live memberships of a contact by company."""
    with world.inside():
        rows = db.session.query(Membership).filter_by(contact_id=contact, withdrawn_at=None).all()
        db.session.expunge_all()
        return {row.company_id: row for row in rows}


def sign_in(world, login: str, password: str):
    browser = world.anonymous()
    return browser, browser.post_form("/portal/sign-in", {"login": login, "password": password})


def shown_once(response) -> str:
    return re.search(r'<output class="secret-value">([^<]+)</output>', normal(response))[1]


def undo_of(response) -> str:
    return re.search(r'action="(/operations/\d+/undo[^"]*)"', normal(response))[1].replace("&amp;", "&")


@pytest.mark.feature("L027")
@pytest.mark.threat("T-034")
def test_the_portal_is_opened_with_a_password_that_is_shown_once(world, ann, cast):
    path = f"/contacts/{cast.nora}"
    assert "Cannot sign in to the portal" in normal(ann.get(path))
    opened = ann.fragment(f"{path}/access", method="POST")
    assert opened.status_code == 201 and normal(opened).lstrip().startswith(f'<section id="contact-{cast.nora}-access"')
    password = shown_once(opened)
    page = normal(ann.get(path))
    assert password not in page and "Signs in at /portal with: nora or nora@nordlys.example" in page
    browser, signed = sign_in(world, "nora", password)
    assert signed.status_code == 303
    assert browser.get("/portal/").headers["Location"] == "/portal/password"


@pytest.mark.feature("L027")
@pytest.mark.threat("T-024", "T-035")
def test_the_portal_is_closed_at_once(world, ann, cast):
    ina = world.portal("ina")
    assert ina.get("/portal/").status_code == 200
    assert ann.post_form(f"/contacts/{cast.ina}/access/removal").headers["Location"] == f"/contacts/{cast.ina}"
    assert ina.get("/portal/").headers["Location"].startswith("/portal/sign-in")
    assert sign_in(world, "ina", "ina keeps nine lanterns lit")[1].status_code == 422
    assert "Portal access is closed" in normal(ann.get(f"/contacts/{cast.ina}"))
    # Opened again, the former password and session do not come back.
    password = shown_once(ann.post_form(f"/contacts/{cast.ina}/access"))
    assert ina.get("/portal/").status_code == 302
    assert sign_in(world, "ina", "ina keeps nine lanterns lit")[1].status_code == 422
    assert sign_in(world, "ina", password)[1].status_code == 303


def test_who_is_deactivated_gets_no_access(world, ann, cast):
    response = ann.post_form(f"/contacts/{cast.dora}/access")
    assert response.status_code == 409 and "deactivated" in normal(response)


def test_an_address_that_two_share_is_no_login(world, ann, cast):
    with world.inside():
        update(db.session.get(Contact, cast.nora), {"email": "ina@acme.example"}, actor=SYSTEM)
    page = normal(ann.get(f"/contacts/{cast.nora}"))
    ann.post_form(f"/contacts/{cast.nora}/access")
    page = normal(ann.get(f"/contacts/{cast.nora}/access"))
    assert "Signs in at /portal with: nora." in page


@pytest.mark.feature("B005")
@pytest.mark.parametrize(
    ("name", "value", "page", "status"),
    [("sees_people", "1", "/portal/people", 200), ("sees_contracts", "1", "/portal/contracts", 200)],
)
def test_rights_are_changed_where_they_stand_and_hold_at_once(world, ann, cast, name, value, page, status):
    otto = world.portal("otto")
    assert otto.get(page).status_code == 403
    membership = memberships(world, cast.otto)[cast.acme]
    path = f"/memberships/{membership.id}/fields/{name}"
    saved = ann.fragment(path, method="POST", data={"value": value, "v": str(membership.version)})
    assert saved.status_code == 200 and "Yes" in normal(saved)
    assert otto.get(page).status_code == status
    undone = ann.fragment(
        re.search(r"/memberships/\d+/fields/\w+/undo\?operation=\d+", normal(saved))[0], method="POST"
    )
    assert undone.status_code == 200
    assert otto.get(page).status_code == 403


@pytest.mark.feature("B005")
def test_a_membership_has_role_department_dates_and_notification(world, ann, cast):
    membership = memberships(world, cast.otto)[cast.acme]
    path = f"/memberships/{membership.id}/fields"
    for name, value in (
        ("role", "Deputy"),
        ("department_id", str(cast.acme_purchasing)),
        ("starts_on", "2026-01-01"),
        ("ends_on", "2099-12-31"),
        ("notify", ""),
        ("company_primary", "1"),
    ):
        now = memberships(world, cast.otto)[cast.acme].version
        assert ann.post_form(f"{path}/{name}", {"value": value, "v": str(now)}).status_code == 303, name
    page = normal(ann.get(f"/contacts/{cast.otto}"))
    for shown in ("Deputy", "Purchasing", "Jan 1, 2026"):
        assert shown in page
    kept = memberships(world, cast.otto)[cast.acme]
    assert (kept.role, kept.notify, kept.company_primary, kept.ends_on.year) == ("Deputy", False, True, 2099)
    wrong = ann.post_form(f"{path}/ends_on", {"value": "2025-12-31", "v": str(kept.version)})
    assert wrong.status_code == 422 and "before the start date" in normal(wrong)
    elsewhere = ann.post_form(f"{path}/department_id", {"value": str(cast.nordlys_office), "v": str(kept.version)})
    assert elsewhere.status_code == 422
    assert "Deputy" in normal(ann.get(f"/contacts/{cast.otto}/history"))
    assert ann.get(f"/memberships/{membership.id}").headers["Location"] == f"/contacts/{cast.otto}"


@pytest.mark.feature("B005")
@pytest.mark.threat("T-016")
@pytest.mark.parametrize("name", ["company_id", "contact_id", "is_primary", "version", "nothing"])
def test_what_makes_the_membership_cannot_be_edited(world, ann, cast, name):
    membership = memberships(world, cast.otto)[cast.acme]
    response = ann.post_form(f"/memberships/{membership.id}/fields/{name}", {"value": str(cast.nordlys), "v": "1"})
    assert response.status_code == 404
    assert set(memberships(world, cast.otto)) == {cast.acme}


@pytest.mark.feature("B005", "I054", "I056")
def test_one_more_company_and_one_less(world, ann, cast):
    path = f"/contacts/{cast.otto}/memberships"
    added = ann.fragment(path, method="POST", data={"company_id": str(cast.nordlys)})
    assert added.status_code == 200 and "Nordlys" in normal(added) and "Set as primary" in normal(added)
    assert world.sql(f"SELECT company_ids FROM {world.schema()}.contact WHERE id = %s", cast.otto) == [
        {"company_ids": [cast.acme, cast.nordlys]}
    ]
    assert not memberships(world, cast.otto)[cast.nordlys].is_primary
    assert ann.post_form(undo_of(added)).status_code == 303
    assert set(memberships(world, cast.otto)) == {cast.acme}

    ann.post_form(path, {"company_id_text": "Nordlys"})
    mine = memberships(world, cast.otto)
    assert ann.post_form(f"/memberships/{mine[cast.nordlys].id}/primary").status_code == 303
    primary = {company: row.is_primary for company, row in memberships(world, cast.otto).items()}
    assert primary == {cast.acme: False, cast.nordlys: True}
    removed = ann.fragment(f"/memberships/{mine[cast.nordlys].id}/removal", method="POST")
    assert {company: row.is_primary for company, row in memberships(world, cast.otto).items()} == {cast.acme: True}
    assert ann.post_form(undo_of(removed)).status_code == 303
    primary = {company: row.is_primary for company, row in memberships(world, cast.otto).items()}
    assert primary == {cast.acme: False, cast.nordlys: True}


@pytest.mark.threat("T-010")
@pytest.mark.parametrize(
    ("company", "said"),
    [
        ("acme", "already belongs to this company"),
        ("", "may not be empty"),
        ("987654", "cannot be chosen"),
        ("x", "is expected"),
    ],
)
def test_what_cannot_be_added_is_said_at_the_field(world, ann, cast, company, said):
    before = world.checksum(but=("session",))
    sent = {"company_id": str(getattr(cast, company, company))}
    response = ann.post_form(f"/contacts/{cast.otto}/memberships", sent)
    assert response.status_code == 422 and said in normal(response)
    assert world.checksum(but=("session",)) == before


@pytest.mark.threat("T-013")
def test_who_comes_back_to_a_company_has_no_right_of_before(world, ann, cast):
    first = memberships(world, cast.ina)[cast.acme]
    assert first.sees_contracts and first.sees_people
    assert ann.post_form(f"/memberships/{first.id}/removal").status_code == 303
    assert memberships(world, cast.ina) == {}
    # Another company becomes the primary one meanwhile.
    ann.post_form(f"/contacts/{cast.ina}/memberships", {"company_id": str(cast.nordlys)})
    ann.post_form(f"/contacts/{cast.ina}/memberships", {"company_id": str(cast.acme)})
    mine = memberships(world, cast.ina)
    assert mine[cast.acme].id == first.id and mine[cast.nordlys].is_primary and not mine[cast.acme].is_primary
    again = mine[cast.acme]
    assert not any((again.sees_contracts, again.sees_people, again.company_primary, again.department_id))
    assert world.portal("ina").get("/portal/contracts").status_code == 403


@pytest.mark.threat("T-001")
def test_another_organizations_people_are_not_reached(world, ann, cast):
    before = world.checksum(but=("session",))[f"{world.schema('summit')}.membership"]
    mine = memberships(world, cast.otto)[cast.acme]
    ann.post_form(f"/memberships/{mine.id}/fields/sees_people", {"value": "1", "v": "1"})
    ann.post_form(f"/contacts/{cast.otto}/memberships", {"company_id": str(cast.nordlys)})
    ann.post_form(f"/contacts/{cast.ina}/access/removal")
    assert world.checksum(but=("session",))[f"{world.schema('summit')}.membership"] == before
    assert world.portal("ina", "summit").get("/portal/").status_code == 200


@pytest.mark.parametrize(
    "path", ["/contacts/987654/access", "/memberships/987654", "/memberships/987654/fields/role/edit"]
)
def test_what_is_not_there_is_not_found(shared_world, path):
    assert shared_world.staff("ann").get(path).status_code == 404
