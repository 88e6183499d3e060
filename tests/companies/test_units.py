"""Org units: a tree of departments, locations and areas with rooms, managed on the company's page."""

import pytest

from app.companies.models import Department
from app.contacts.memberships import primary_memberships
from app.fields.models import FieldSetting
from app.fields.settings import settings_changed
from app.records.actor import SYSTEM
from app.records.write import create
from tenants import db
from tests.pages import normal


def unit(world, **wanted) -> Department:
    with world.inside():
        found = db.session.query(Department).filter_by(**wanted).one()
        db.session.expunge_all()
        return found


def edit(browser, unit_id: int, name: str, value: str):
    return browser.fragment(f"/units/{unit_id}/fields/{name}", method="POST", data={"value": value})


@pytest.mark.feature("I016", "L013", "L032", "L033", "T031", "T032")
def test_units_are_added_below_each_other_and_moved(world, cast):
    ann, here = world.staff(), f"/companies/{cast.acme}/units"
    page = normal(ann.get(here))
    assert "Purchasing" in page and "Support" in page and "Office" not in page
    assert ann.post_form(here, {"name": "Hamburg", "kind": "location"}).status_code == 303
    hamburg = unit(world, name="Hamburg")
    hall = {"name": "Hall 3", "kind": "area", "parent_id": str(hamburg.id)}
    assert ann.post_form(here, hall).status_code == 303
    found = unit(world, name="Hall 3")
    assert (found.parent_id, found.kind, found.company_id) == (hamburg.id, "area", cast.acme)
    assert "unit-level-1" in ann.get(here).text
    assert edit(ann, found.id, "parent_id", str(cast.acme_support)).status_code == 200
    assert unit(world, name="Hall 3").parent_id == cast.acme_support
    assert edit(ann, found.id, "name", "Hall 4").status_code == 200
    twice = ann.post_form(here, {"name": "hall 4", "kind": "area"})
    assert twice.status_code == 422 and "already has a department of this name" in twice.text


def test_a_unit_is_no_part_of_itself_and_none_of_another_company(world, cast):
    ann = world.staff()
    assert edit(ann, cast.acme_support, "parent_id", str(cast.acme_purchasing)).status_code == 200
    circle = edit(ann, cast.acme_purchasing, "parent_id", str(cast.acme_support))
    assert circle.status_code == 422 and "part of itself" in circle.text
    assert edit(ann, cast.acme_support, "parent_id", str(cast.acme_support)).status_code == 422
    assert edit(ann, cast.acme_support, "parent_id", str(cast.nordlys_office)).status_code == 422


@pytest.mark.feature("L033")
def test_a_unit_in_use_says_what_is_in_the_way_and_an_unused_one_goes_and_comes_back(world, cast):
    ann, here = world.staff(), f"/companies/{cast.acme}/units"
    edit(ann, cast.acme_purchasing, "parent_id", str(cast.acme_support))
    refused = ann.post_form(f"/units/{cast.acme_support}/removal")
    assert refused.status_code == 409
    said = normal(refused)
    assert "people belong to it: 1" in said and "it has parts: Purchasing" in said
    ann.post_form(here, {"name": "Hamburg", "kind": "location"})
    hamburg = unit(world, name="Hamburg").id
    assert ann.post_form(f"/units/{hamburg}/removal").status_code == 303
    assert f"/units/{hamburg}/restoration" in ann.get(here).text and f'id="unit-{hamburg}"' not in ann.get(here).text
    assert ann.post_form(f"/units/{hamburg}/restoration").status_code == 303
    assert f'id="unit-{hamburg}"' in ann.get(here).text
    assert ann.post_form(f"/units/{hamburg}/restoration").status_code == 404


@pytest.mark.feature("L037", "L038")
def test_a_room_of_the_unit_is_chosen_where_rooms_are_displayed(world, cast):
    ann, otto = world.staff(), f"/contacts/{cast.otto}"
    assert edit(ann, cast.acme_support, "rooms", "Room 1\n\nRoom 2, left\nRoom 1").status_code == 200
    assert unit(world, id=cast.acme_support).rooms == ["Room 1", "Room 2, left"]
    with world.inside():
        member = primary_memberships([cast.otto])[cast.otto].id
    where = f"/memberships/{member}/fields/room"
    assert "-room" not in ann.get(otto).text and ann.fragment(f"{where}/edit").status_code == 404
    with world.inside():
        create(FieldSetting, {"of_noun": "membership", "field": "room", "hidden": False}, actor=SYSTEM)
        settings_changed()
    assert f"membership-{member}-room" in ann.get(otto).text
    # Purchasing has no rooms.
    assert "-room" not in ann.get(f"/contacts/{cast.ina}").text
    assert "Room 2, left" in ann.fragment(f"{where}/edit").text
    assert ann.fragment(where, method="POST", data={"value": "Room 9"}).status_code == 422
    assert ann.fragment(where, method="POST", data={"value": "Room 2, left"}).status_code == 200
    # Another department has other rooms.
    moved = {"value": str(cast.acme_purchasing)}
    ann.fragment(f"/memberships/{member}/fields/department_id", method="POST", data=moved)
    with world.inside():
        assert primary_memberships([cast.otto])[cast.otto].room is None


@pytest.mark.feature("L037")
def test_the_administrator_decides_whether_rooms_are_displayed(world):
    adam = world.staff("adam")
    assert "Room" in adam.get("/admin/fields/membership").text
    assert adam.get("/admin/fields/membership/new").status_code == 404
    shown = {"label": "", "section": "", "help": "", "portal": "none"}
    assert adam.post_form("/admin/fields/membership/room", shown).status_code == 303
    with world.inside():
        found = db.session.query(FieldSetting).filter_by(of_noun="membership", field="room").one()
        assert found.hidden is False
