"""The groups on the page of a contact or company: added, removed, the primary one, what a company brings along."""

import re

import pytest

from app.people import permissions
from tests.pages import normal
from tests.web.screens import screen


def part(response, noun: str, record: int):
    return screen(response).one("section", id=f"{noun}-{record}-in-groups")


@pytest.mark.feature("I045")
def test_groups_are_added_and_removed_on_the_profile_itself(world, ann, make_group, inside, cast):
    group = make_group("Board")
    assert "In no group yet." in part(ann.get(f"/contacts/{cast.ina}"), "contact", cast.ina).text
    added = ann.fragment(f"/contacts/{cast.ina}/groups", method="POST", data={"group_id": str(group)})
    assert added.status_code == 200 and "Board" in normal(added) and "Added to Board" in normal(added)
    assert inside(group) == ([cast.ina], [])
    assert "Added to the group Board" in normal(ann.get(f"/contacts/{cast.ina}/history"))
    assert "Added to the group Board" in normal(ann.get(f"/groups/{group}/history"))
    place = re.search(r"/group-members/(\d+)/removal", normal(added))[1]
    assert ann.get(f"/group-members/{place}").headers["Location"] == f"/contacts/{cast.ina}"
    removed = ann.fragment(f"/group-members/{place}/removal", method="POST")
    assert "In no group yet." in normal(removed) and inside(group) == ([], [])
    undo = re.search(r'action="(/operations/\d+/undo[^"]*)"', normal(removed))[1].replace("&amp;", "&")
    assert ann.post_form(undo).status_code == 303 and inside(group) == ([cast.ina], [])
    assert ann.post_form(f"/companies/{cast.acme}/groups", {"group_id_text": "board"}).status_code == 303
    assert "Board" in part(ann.get(f"/companies/{cast.acme}"), "company", cast.acme).text


@pytest.mark.feature("I045")
@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"group_id_text": "Nothing"}, "There is no “Nothing”"),
        ({}, "may not be empty"),
        ({"group_id": "x"}, "expected"),
    ],
)
def test_what_cannot_be_added_is_said_at_the_field(world, ann, cast, sent, said):
    before = world.checksum(but=("session",))
    refused = ann.post_form(f"/contacts/{cast.ina}/groups", sent)
    assert refused.status_code == 422 and said in normal(refused)
    assert sent.get("group_id_text", "") in normal(refused)
    assert world.checksum(but=("session",)) == before


@pytest.mark.feature("I045")
def test_nobody_is_in_a_group_twice(ann, make_group, inside, cast):
    group = make_group("Board", people=[cast.ina])
    refused = ann.post_form(f"/contacts/{cast.ina}/groups", {"group_id": str(group)})
    assert refused.status_code == 422 and "in the group already" in normal(refused)
    assert inside(group) == ([cast.ina], [])
    refused = ann.post_form(f"/contacts/{cast.dora}/groups", {"group_id": str(group)})
    assert refused.status_code == 422 and "deactivated" in normal(refused)


@pytest.mark.feature("I048")
@pytest.mark.threat("T-013")
def test_who_is_in_a_group_takes_a_permission_of_its_own(world, make_group, inside, cast, monkeypatch):
    """Who may edit contacts may not for that put them into groups."""
    group = make_group("Board", people=[cast.ina])
    without = permissions.TECHNICIAN - {"groups.members"}
    monkeypatch.setitem(permissions.ROLE_PERMISSIONS, "technician", without)
    ann = world.staff("ann")
    page = ann.get(f"/contacts/{cast.ina}")
    shown = part(page, "contact", cast.ina)
    assert "Board" in shown.text and shown.all("form") == []
    place = world.sql(f"SELECT id FROM {world.schema()}.group_member")[0]["id"]
    for path in (
        f"/contacts/{cast.otto}/groups",
        f"/contacts/{cast.otto}/company-groups",
        f"/companies/{cast.acme}/groups",
        f"/groups/{group}/contacts",
        f"/groups/{group}/companies",
        f"/groups/{group}/additions?from=contacts",
        f"/groups/{group}/removals?from=contacts",
        f"/group-members/{place}/removal",
        f"/group-members/{place}/primary",
    ):
        refused = ann.post_form(path, {"group_id": str(group), "contact_id": str(cast.otto)})
        assert refused.status_code == 403 and "groups.members" in normal(refused), path
    assert inside(group) == ([cast.ina], [])
    # Their own fields stay open to her.
    assert ann.post_form(f"/contacts/{cast.otto}/fields/city", {"value": "Kiel", "v": "1"}).status_code == 303


@pytest.mark.feature("I050")
def test_one_group_of_a_contact_is_the_primary_one(ann, make_group, world, cast):
    groups = [make_group(name, people=[cast.ina]) for name in ("North", "South")]
    places = {
        row["group_id"]: row["id"]
        for row in world.sql(f"SELECT id, group_id FROM {world.schema()}.group_member WHERE contact_id = %s", cast.ina)
    }

    def primary() -> str:
        return screen(ann.get(f"/contacts/{cast.ina}")).one("dd", id=f"contact-{cast.ina}-primary_group").text

    assert primary() == "–"
    for group, name in zip(groups, ("North", "South"), strict=True):
        done = ann.fragment(f"/group-members/{places[group]}/primary", method="POST")
        assert "Primary group changed" in normal(done) and primary() == name
    undo = re.search(r'action="(/operations/\d+/undo[^"]*)"', normal(done))[1].replace("&amp;", "&")
    ann.post_form(undo)
    assert primary() == "North"
    found = screen(ann.get(f"/contacts?primary_group.is={groups[0]}"))
    assert [row["id"] for row in found.all("tr") if "data-row" in row.attributes] == [f"contact-{cast.ina}"]
    ann.post_form(f"/group-members/{places[groups[0]]}/removal")
    assert primary() == "–"


@pytest.mark.feature("I050")
def test_a_company_has_no_primary_group(world, ann, make_group, cast):
    make_group("North", companies=[cast.acme])
    place = world.sql(f"SELECT id FROM {world.schema()}.group_member")[0]["id"]
    before = world.checksum(but=("session",))
    assert ann.post_form(f"/group-members/{place}/primary").headers["Location"] == f"/companies/{cast.acme}"
    assert world.checksum(but=("session",)) == before


@pytest.mark.feature("I059")
def test_who_comes_to_a_company_is_offered_its_groups(ann, make_group, inside, cast):
    north, south = make_group("North", companies=[cast.nordlys]), make_group("South", companies=[cast.nordlys])
    make_group("Elsewhere", companies=[cast.xacme])
    joined = ann.fragment(f"/contacts/{cast.otto}/memberships", method="POST", data={"company_id": str(cast.nordlys)})
    assert "contact:joined" in joined.headers["HX-Trigger"]
    offer = ann.fragment(f"/contacts/{cast.otto}/groups?offer=groups")
    shown = part(offer, "contact", cast.otto)
    assert "Add to 2 groups" in shown.text and "Dismiss" in shown.text and "Elsewhere" not in shown.text
    # Dismissed, it is gone; nothing is written either way.
    assert "Dismiss" not in part(ann.get(f"/contacts/{cast.otto}"), "contact", cast.otto).text
    done = ann.post_form(f"/contacts/{cast.otto}/company-groups", {"group_id": [str(north), str(south), "987654"]})
    assert done.status_code == 303
    assert inside(north) == inside(south) == ([cast.otto], [cast.nordlys])
    again = part(ann.get(f"/contacts/{cast.otto}?offer=groups"), "contact", cast.otto)
    assert "Dismiss" not in again.text


@pytest.mark.feature("I059")
def test_a_new_contact_with_a_company_is_offered_its_groups(ann, make_group, cast):
    make_group("North", companies=[cast.nordlys])
    values = {"first_name": "Cy", "last_name": "New", "user_name": "cy", "email": "cy@nordlys.example", "active": "1"}
    made = ann.post_form("/contacts", values | {"company": str(cast.nordlys)})
    assert made.headers["Location"].endswith("?offer=groups")
    assert "Add to this group" in normal(ann.get(made.headers["Location"]))
    # Without scripts the same address leads to it after somebody came to one more company.
    joined = ann.post_form(f"/contacts/{cast.otto}/memberships", {"company_id": str(cast.nordlys)})
    assert joined.headers["Location"] == f"/contacts/{cast.otto}?offer=groups"


@pytest.mark.feature("I059")
def test_only_what_is_offered_can_be_taken(ann, make_group, inside, cast):
    foreign = make_group("Elsewhere", companies=[cast.xacme])
    ann.post_form(f"/contacts/{cast.otto}/company-groups", {"group_id": [str(foreign), "x", "٣"]})
    assert inside(foreign) == ([], [cast.xacme])
