"""Groups on the desk and in the API: made, changed where they stand, listed, undone; and who is in them."""

import re

import pytest

from tests.pages import normal
from tests.web.screens import screen


def undo_of(response) -> str:
    return re.search(r'action="(/operations/\d+/undo[^"]*)"', normal(response))[1].replace("&amp;", "&")


@pytest.mark.feature("I044", "W038")
def test_a_group_has_name_description_and_kind_and_is_changed_where_it_stands(world, ann):
    sent = {"name": "Night shift", "kind": "workgroup", "description": "Who answers at night", "active": "1"}
    where = ann.post_form("/groups", sent).headers["Location"]
    page = normal(ann.get(where))
    assert "Night shift" in page and "Customer workgroup" in page and "Who answers at night" in page
    saved = ann.fragment(f"{where}/fields/description", method="POST", data={"value": "Nights only", "v": "1"})
    assert saved.status_code == 200 and "Nights only" in normal(saved)
    undo = re.search(r"/groups/\d+/fields/description/undo\?operation=\d+", normal(saved))[0]
    assert ann.fragment(undo, method="POST").status_code == 200
    assert "Who answers at night" in normal(ann.get(where))
    assert "Nights only" in normal(ann.get(f"{where}/history"))


@pytest.mark.feature("I044")
def test_two_groups_cannot_have_the_same_name(ann, make_group):
    make_group("VIP")
    refused = ann.post_form("/groups", {"name": "vip", "kind": "group"})
    assert refused.status_code == 422 and "already a group with this name" in normal(refused)
    assert 'value="vip"' in normal(refused)


@pytest.mark.feature("I044")
def test_a_group_holds_people_and_companies_of_several_companies(ann, make_group, cast):
    group = make_group("Board", people=[cast.ina, cast.nils], companies=[cast.acme, cast.nordlys])
    people = screen(ann.get(f"/groups/{group}/contacts")).one("section", id="contacts-list").text
    assert "Ina" in people and "Nils" in people and "Otto" not in people
    firms = screen(ann.get(f"/groups/{group}/companies")).one("section", id="companies-list").text
    assert "Acme" in firms and "Nordlys" in firms and "Xacme" not in firms
    row = screen(ann.get("/groups")).one("tr", id=f"group-{group}")
    assert row.one("td", id=f"group-{group}-people").text == row.one("td", id=f"group-{group}-companies").text == "2"


@pytest.mark.feature("I044")
def test_contacts_are_listed_and_filtered_by_their_groups(ann, make_group, cast):
    make_group("Board", people=[cast.ina, cast.nils])
    make_group("Ärzte & Co.", people=[cast.ina])
    page = screen(ann.get("/contacts?groups.contains=board&columns=last_name,groups"))
    assert [row["id"] for row in page.all("tr") if "data-row" in row.attributes] == [
        f"contact-{cast.ina}",
        f"contact-{cast.nils}",
    ]
    assert page.one("td", id=f"contact-{cast.ina}-groups").text in ("Board, Ärzte & Co.", "Ärzte & Co., Board")
    assert "Groups contains board" in page.text


@pytest.mark.feature("I044")
def test_one_more_person_is_added_on_the_page_of_the_group(ann, make_group, inside, cast):
    group = make_group("Board", people=[cast.ina])
    page = ann.get(f"/groups/{group}/contacts")
    assert "Add a contact" in normal(page)
    assert ann.post_form(f"/groups/{group}/contacts", {"contact_id_text": "Otto Lind"}).status_code == 303
    assert inside(group) == ([cast.ina, cast.otto], [])
    shown = ann.get(f"/groups/{group}/contacts")
    assert ann.post_form(undo_of(shown)).status_code == 303
    assert inside(group) == ([cast.ina], [])
    for typed, said in (("Ina Berg", "in the group already"), ("Nobody", "There is no “Nobody”"), ("", "may not be")):
        refused = ann.post_form(f"/groups/{group}/contacts", {"contact_id_text": typed})
        assert refused.status_code == 422 and said in normal(refused) and typed in normal(refused)
    ann.post_form(f"/groups/{group}/companies", {"company_id": str(cast.xacme)})
    assert inside(group) == ([cast.ina], [cast.xacme])


@pytest.mark.feature("I044")
def test_nobody_is_added_to_a_deactivated_group(ann, make_group, inside, cast):
    group = make_group("Old", active=False)
    assert "deactivated" in normal(ann.get(f"/groups/{group}"))
    refused = ann.post_form(f"/contacts/{cast.ina}/groups", {"group_id": str(group)})
    assert refused.status_code == 422 and "cannot be chosen" in normal(refused)
    for path in (f"/groups/{group}/contacts", f"/groups/{group}/additions?from=contacts"):
        assert ann.post_form(path, {"contact_id": str(cast.ina)}).status_code == 409
    assert inside(group) == ([], [])


@pytest.mark.feature("I044")
def test_the_api_makes_reads_and_changes_groups(world):
    api = world.api()
    made = api.post("/api/v1/groups", json={"name": "Board", "kind": "group"})
    assert made.status_code == 201
    path = f"/api/v1/groups/{made.json['id']}"
    changed = api.patch(path, json={"shown": True}, headers={"If-Match": made.headers["ETag"]})
    assert changed.json["shown"] is True and changed.json["people"] == 0
    assert [one["name"] for one in api.get("/api/v1/groups?name.starts=bo").json["items"]] == ["Board"]
    assert world.api("read").patch(path, json={"name": "X"}, headers={"If-Match": '"2"'}).status_code == 403


@pytest.mark.feature("I044")
def test_the_pages_of_groups_take_a_fixed_number_of_statements(world, ann, make_group, statements, cast):
    group = make_group("Board", people=[cast.ina], companies=[cast.acme])
    limits = {
        "/groups": 4,
        f"/groups/{group}": 5,
        f"/groups/{group}/contacts": 6,
        f"/groups/{group}/companies": 6,
        f"/groups/{group}/additions?from=contacts": 6,
        f"/contacts/{cast.ina}": 8,
        f"/companies/{cast.acme}": 7,
    }

    def count() -> dict[str, int]:
        found = {}
        for path in limits:
            ann.get(path)
            with statements() as sent:
                assert ann.get(path).status_code == 200
            found[path] = len(sent)
        return found

    few = count()
    for number in range(12):
        make_group(f"Group {number}", people=[cast.ina, cast.otto, cast.nils], companies=[cast.acme, cast.xacme])
    many = count()
    assert {path: n for path, n in many.items() if n > limits[path]} == {}
    assert {path: n for path, n in many.items() if n > few[path]} == {}
