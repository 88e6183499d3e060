"""The companies that a contact is related to: joined by name, ended by a date, and the primary one that moves on."""

import re
from datetime import timedelta

import pytest

from app.contacts import ending
from app.contacts.models import Membership
from tenants import db
from tests.pages import answer, normal
from tests.web.screens import screen

ABSENT = 987654


@pytest.fixture
def ann(world):
    return world.staff("ann")


def places(world, contact: int) -> dict[int, Membership]:
    """The live memberships of a contact by company."""
    with world.inside():
        rows = db.session.query(Membership).filter_by(contact_id=contact, withdrawn_at=None).all()
        db.session.expunge_all()
        return {row.company_id: row for row in rows}


def primary(world, contact: int) -> list[int]:
    return [company for company, row in places(world, contact).items() if row.is_primary]


def undo_of(response) -> str:
    return re.search(r'action="(/operations/\d+/undo[^"]*)"', normal(response))[1].replace("&amp;", "&")


# --- a company that is not there yet ----------------------------------------------------------------------------------


@pytest.mark.feature("I051", "I054")
def test_a_company_that_is_not_there_is_made_where_its_name_is_typed(world, ann, cast):
    path = f"/contacts/{cast.otto}/memberships"
    asked = ann.post_form(path, {"company_id_text": "Brandneu GmbH"})
    assert asked.status_code == 422 and "There is no “Brandneu GmbH”" in normal(asked)
    # What was typed stays, and the button beside it makes the company; until then nothing is written.
    assert 'value="Brandneu GmbH"' in normal(asked) and "Make the company “Brandneu GmbH” and add it" in normal(asked)
    assert world.sql(f"SELECT 1 FROM {world.schema()}.company WHERE name LIKE 'Brand%%'") == []
    made = ann.fragment(path, method="POST", data={"company_id_text": "Brandneu GmbH", "made": "1"})
    assert made.status_code == 200 and "Brandneu GmbH" in normal(made)
    assert len(places(world, cast.otto)) == 2 and primary(world, cast.otto) == [cast.acme]
    # One operation made both, and takes both back.
    assert ann.post_form(undo_of(made)).status_code == 303
    assert set(places(world, cast.otto)) == {cast.acme}
    # The list that opens where one types offers the same, in one step.
    chosen = ann.fragment(path, method="POST", data={"company_id": "new:Brandneu AG"})
    assert chosen.status_code == 200 and "Brandneu AG" in normal(chosen)
    assert world.sql(f"SELECT withdrawn_at FROM {world.schema()}.company WHERE name LIKE '%%GmbH'")[0]["withdrawn_at"]


@pytest.mark.feature("I051")
@pytest.mark.parametrize(("typed", "said"), [("acme", "already a company with this name"), ("x" * 65, "64")])
def test_a_name_that_is_taken_or_too_long_makes_no_company(world, ann, cast, typed, said):
    before = world.checksum(but=("session",))
    refused = ann.post_form(f"/contacts/{cast.nora}/memberships", {"company_id_text": typed, "made": "1"})
    assert refused.status_code == 422 and said in normal(refused) and typed in normal(refused)
    assert world.checksum(but=("session",)) == before


# --- the end of a membership ------------------------------------------------------------------------------------------


@pytest.mark.feature("B005", "I054")
@pytest.mark.threat("T-002", "T-013", "T-024")
def test_rights_in_the_portal_are_gone_on_the_day_after_the_last(world, ann, cast, today):
    """Ben belongs to Acme and Xacme; what he sees of Xacme goes with his membership there, and no more."""
    ben, xacme = world.portal("ben"), f"/portal/companies/{cast.xacme}"
    of_xacme = (xacme, f"/portal/people/{cast.xena}", f"/portal/contracts/{cast.xacme_fixed_fee}")
    of_acme = (f"/portal/companies/{cast.acme}", f"/portal/people/{cast.ina}")
    place = places(world, cast.ben)[cast.xacme]
    # The last day is today: they still hold.
    assert ann.post_form(f"/memberships/{place.id}/end", {"ends_on": today.isoformat()}).status_code == 303
    assert [ben.get(path).status_code for path in (*of_xacme, *of_acme)] == [200] * 5
    # The last day was yesterday: it is as if there were nothing.
    yesterday = (today - timedelta(days=1)).isoformat()
    ended = ann.fragment(f"/memberships/{place.id}/end", method="POST", data={"ends_on": yesterday})
    for path in of_xacme:
        gone = ben.get(path)
        assert gone.status_code == 404, path
        assert answer(gone) == answer(ben.get(re.sub(r"\d+$", str(ABSENT), path)))
    assert "Xacme" not in normal(ben.get("/portal/")) and "Xena" not in normal(ben.get("/portal/people"))
    assert [ben.get(path).status_code for path in of_acme] == [200, 200]
    # It is ended, not removed, and the end can be taken back.
    assert places(world, cast.ben)[cast.xacme].ends_on.isoformat() == yesterday
    assert "ended" in screen(ann.get(f"/contacts/{cast.ben}")).one("h2", id=f"membership-{place.id}-heading").text
    assert ann.post_form(undo_of(ended)).status_code == 303
    assert ben.get(xacme).status_code == 200


@pytest.mark.feature("B005")
@pytest.mark.parametrize(("typed", "said"), [("", "may not be empty"), ("soon", "soon"), ("2025-12-31", "start date")])
def test_a_last_day_that_cannot_be_is_said_at_the_field(world, ann, cast, typed, said):
    place = places(world, cast.ben)[cast.xacme]
    version = str(place.version)
    ann.post_form(f"/memberships/{place.id}/fields/starts_on", {"value": "2026-01-01", "v": version})
    before = world.checksum(but=("session",))
    refused = ann.post_form(f"/memberships/{place.id}/end", {"ends_on": typed})
    assert refused.status_code == 422 and said in normal(refused)
    assert screen(refused, 422).one("input", id=f"membership-{place.id}-last-day").get("value") == typed
    assert world.checksum(but=("session",)) == before


# --- the primary company ----------------------------------------------------------------------------------------------


@pytest.mark.feature("I056")
def test_one_click_sets_the_primary_company_and_one_takes_it_back(world, ann, cast):
    place = places(world, cast.ben)[cast.xacme]
    assert "Set as primary" in normal(ann.get(f"/contacts/{cast.ben}"))
    for company, other in ((cast.xacme, cast.acme), (cast.acme, cast.xacme)):
        place = places(world, cast.ben)[company]
        done = ann.fragment(f"/memberships/{place.id}/primary", method="POST")
        assert primary(world, cast.ben) == [company]
        assert ann.post_form(undo_of(done)).status_code == 303
        assert primary(world, cast.ben) == [other]
        ann.post_form(f"/memberships/{place.id}/primary")
        assert primary(world, cast.ben) == [company]


@pytest.mark.feature("I057", "I052")
def test_the_page_of_a_contact_leads_to_the_primary_company(world, ann, cast):
    head = screen(ann.get(f"/contacts/{cast.ben}")).one("div", cls="page-actions")
    link = next(one for one in head.all("a", cls="btn") if "Primary company" in one.text)
    assert link["href"] == f"/companies/{cast.acme}" and "Acme" in link.text
    assert "Acme Street 1" in normal(ann.get(link["href"]))
    place = places(world, cast.ben)[cast.xacme]
    ann.post_form(f"/memberships/{place.id}/primary")
    head = screen(ann.get(f"/contacts/{cast.ben}")).one("div", cls="page-actions")
    link = next(one for one in head.all("a", cls="btn") if "Primary company" in one.text)
    assert link["href"] == f"/companies/{cast.xacme}"


@pytest.mark.feature("I056", "B005")
def test_the_primary_company_moves_on_when_its_membership_ends(world, ann, cast, today):
    place = places(world, cast.ben)[cast.acme]
    ended = ann.fragment(f"/memberships/{place.id}/end", method="POST", data={"ends_on": today.isoformat()})
    assert primary(world, cast.ben) == [cast.xacme]
    ann.post_form(undo_of(ended))
    assert primary(world, cast.ben) == [cast.acme] and places(world, cast.ben)[cast.acme].ends_on is None
    # Who belongs nowhere else keeps it, as the last company that is known.
    only = places(world, cast.otto)[cast.acme]
    ann.post_form(f"/memberships/{only.id}/end", {"ends_on": (today - timedelta(days=3)).isoformat()})
    assert primary(world, cast.otto) == [cast.acme]


@pytest.mark.feature("I056", "B005")
def test_a_last_day_in_the_future_moves_the_primary_company_when_it_has_passed(world, ann, cast, today):
    place = places(world, cast.ben)[cast.acme]
    ann.post_form(f"/memberships/{place.id}/end", {"ends_on": (today + timedelta(days=9)).isoformat()})
    with world.inside():
        ending.move_ended()
    assert primary(world, cast.ben) == [cast.acme]
    # Ten days later.
    schema, day = world.schema(), today - timedelta(days=1)
    world.sql(f"UPDATE {schema}.membership SET ends_on = %s WHERE id = %s", day, place.id)
    with world.inside():
        ending.move_ended()
        ending.move_ended()
    assert primary(world, cast.ben) == [cast.xacme]
    assert "Primary companies moved on" in normal(ann.get(f"/contacts/{cast.ben}/history"))
    assert len(world.sql(f"SELECT 1 FROM {schema}.operation WHERE title = 'Primary companies moved on'")) == 1
