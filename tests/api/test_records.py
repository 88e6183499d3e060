"""Reading, making and changing one record."""

import pytest

from .answers import ROOT, custom_field, patch, pointers, problem

NOUNS = ("companies", "contacts", "contracts")


def path_of(noun: str, cast) -> str:
    return f"/{noun}/" + str(
        {"companies": cast.acme, "contacts": cast.otto, "contracts": cast.acme_support_hours}[noun]
    )


@pytest.mark.feature("I006", "I007")
def test_a_record_has_every_field_in_the_order_of_the_desk(shared_world, cast):
    found = shared_world.api("read").get(f"{ROOT}/contacts/{cast.otto}").get_json()
    assert list(found)[:5] == ["id", "version", "full_name", "title", "first_name"]
    assert list(found)[-2:] == ["created_at", "updated_at"] and found["created_at"].endswith("Z")
    assert found["id"] == cast.otto and found["first_name"] == "Otto" and found["active"] is True
    assert (found["company"], found["department"], found["line_manager_id"]) == (cast.acme, cast.acme_support, cast.ina)
    assert found["addresses"] == ["otto.lind@acme.example"]
    assert found["mobile"] is None


def test_values_are_codes_and_numbers_not_words(shared_world, cast):
    found = shared_world.api("read").get(f"{ROOT}/contracts/{cast.acme_support_hours}").get_json()
    assert (found["kind"], found["starts_on"], found["minutes"]) == ("support_hours", "2026-01-01", 6000)
    assert (found["limited"], found["company_id"], found["customer_contact_id"]) == (True, cast.acme, cast.ina)


def test_only_the_fields_that_are_wanted(shared_world, cast):
    api = shared_world.api("read")
    found = api.get(f"{ROOT}/contacts/{cast.otto}?fields=email,first_name,updated_at").get_json()
    assert list(found) == ["id", "version", "first_name", "email", "updated_at"]
    problem(api.get(f"{ROOT}/contacts/{cast.otto}?fields=email,password"), 400)
    problem(api.get(f"{ROOT}/contacts/{cast.otto}?field=email"), 400)


@pytest.mark.parametrize("noun", NOUNS)
def test_who_has_the_record_is_told_so_and_no_more(shared_world, cast, noun):
    api, path = shared_world.api("read"), ROOT + path_of(noun, cast)
    tag = api.get(path).headers["ETag"]
    again = api.get(path, headers={"If-None-Match": f'"77", W/{tag}'})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert api.get(path, headers={"If-None-Match": '"77"'}).status_code == 200


@pytest.mark.feature("C019", "C020", "C021", "C022", "C023", "C024")
def test_a_company_is_made(world, cast):
    document = {
        "name": "Öresund AB",
        "domains": ["oresund.example", "öresund.example"],
        "address": "Hamngatan 1\nMalmö",
        "phone": "+46 40 123",
        "website": "oresund.example",
        "notes": "Ask for Åsa.",
        "account_manager_id": cast.sue,
    }
    made = world.api("write", "read").post(f"{ROOT}/companies", json=document)
    assert made.status_code == 201 and made.headers["ETag"] == '"1"'
    assert made.headers["Location"] == f"{ROOT}/companies/{made.json['id']}"
    expected = document | {"website": "https://oresund.example", "kind": "unmanaged", "users": 0}
    assert {name: made.json[name] for name in expected} == expected
    assert world.api("read").get(made.headers["Location"]).get_json() == made.get_json()
    assert world.staff("ann").get(f"/companies/{made.json['id']}").status_code == 200


def test_a_contact_is_made_by_the_rules_of_the_desk(world, cast):
    document = {
        "first_name": "Ada",
        "last_name": "Byron",
        "email": "ada@acme.example",
        "country": "DE",
        "state": "BY",
        "company": cast.acme,
        "department": cast.acme_support,
        "addresses": ["ada@home.example"],
    }
    made = world.api().post(f"{ROOT}/contacts", json=document)
    assert made.status_code == 201, made.json
    # The user name comes from the address, the zone from the country, and the region's code becomes its name.
    expected = document | {
        "user_name": "ada@acme.example",
        "time_zone": "Europe/Berlin",
        "state": "Bayern",
        "active": True,
    }
    assert {name: made.json[name] for name in expected} == expected
    again = world.api().post(f"{ROOT}/contacts", json=document | {"user_name": "ada"})
    assert pointers(again) == {"/email"} and again.json["errors"][0]["code"] == "taken"


def test_all_that_is_missing_is_said_at_once(shared_world):
    api = shared_world.api()
    assert pointers(api.post(f"{ROOT}/companies", json={})) == {"/name"}
    assert pointers(api.post(f"{ROOT}/contacts", json={})) == {"/first_name", "/last_name", "/email"}
    needed = {"/description", "/company_id", "/customer_contact_id", "/support_contact_id"}
    assert pointers(api.post(f"{ROOT}/contracts", json={"ends_on": "tomorrow"})) == needed | {"/ends_on"}


def test_a_contract_keeps_the_rules_between_its_fields(world, cast):
    api = world.api()
    document = {
        "description": "Care",
        "company_id": cast.acme,
        "customer_contact_id": cast.ina,
        "support_contact_id": cast.ann,
        "starts_on": "2026-05-01",
    }
    assert pointers(api.post(f"{ROOT}/contracts", json=document | {"ends_on": "2026-04-30"})) == {"/ends_on"}
    assert pointers(api.post(f"{ROOT}/contracts", json=document | {"limited": True})) == {"/minutes"}
    assert pointers(api.post(f"{ROOT}/contracts", json=document | {"customer_contact_id": cast.xena})) == {
        "/customer_contact_id"
    }
    made = api.post(f"{ROOT}/contracts", json=document | {"limited": True, "minutes": 90})
    assert made.status_code == 201
    path = f"/contracts/{made.json['id']}"
    assert pointers(patch(api, path, {"ends_on": "2026-04-30"})) == {"/ends_on"}
    assert pointers(patch(api, path, {"customer_contact_id": cast.xena})) == {"/customer_contact_id"}
    # The company is given once, as on the desk.
    assert pointers(patch(api, path, {"company_id": cast.xacme})) == {"/company_id"}


@pytest.mark.feature("C033", "C034", "C035", "C036", "C037")
def test_a_patch_changes_what_it_names_and_nothing_else(world, cast):
    api, path = world.api(), f"/companies/{cast.acme}"
    before = api.get(ROOT + path).get_json()
    change = {"phone": None, "kind": "unmanaged", "domains": ["acme.example", "acme.test"], "website": "acme.test/a"}
    changed = patch(api, path, change)
    assert changed.status_code == 200 and changed.headers["ETag"] == f'"{changed.json["version"]}"'
    moved = {"version": changed.json["version"], "updated_at": changed.json["updated_at"]}
    assert changed.get_json() == before | change | moved | {"website": "https://acme.test/a"}
    assert changed.json["version"] > before["version"] and changed.json["updated_at"] > before["updated_at"]
    assert api.get(ROOT + path).get_json() == changed.get_json()


def test_a_patch_that_changes_nothing_is_no_change(world, cast):
    api, path = world.api(), f"/contacts/{cast.otto}"
    before = api.get(ROOT + path).get_json()
    same = {name: before[name] for name in ("first_name", "company", "department", "addresses", "active", "notes")}
    for document in (same, {}):
        again = patch(api, path, document)
        assert (again.status_code, again.get_json()) == (200, before)


def test_a_company_is_renamed_by_a_patch(world, cast):
    api = world.api()
    assert patch(api, f"/companies/{cast.acme}", {"name": "Acme 2"}).json["name"] == "Acme 2"
    taken = patch(api, f"/companies/{cast.acme}", {"name": "XACME"})
    assert pointers(taken) == {"/name"}


def test_what_stands_in_other_rows_is_changed_as_well(world, cast):
    api, path = world.api(), f"/contacts/{cast.otto}"
    assert pointers(patch(api, path, {"company": cast.nordlys, "department": cast.acme_support})) == {"/department"}
    moved = patch(api, path, {"company": cast.nordlys, "department": cast.nordlys_office, "company_primary": True})
    assert moved.status_code == 200, moved.json
    assert (moved.json["company"], moved.json["department"]) == (cast.nordlys, cast.nordlys_office)
    assert moved.json["company_primary"] is True
    alone = patch(api, path, {"company": None, "addresses": []})
    assert (alone.json["company"], alone.json["department"], alone.json["addresses"]) == (None, None, [])
    assert pointers(patch(api, path, {"department": cast.acme_support})) == {"/department"}


def test_an_organization_s_own_fields_and_settings_hold_here_too(world, cast):
    floor = custom_field(world, "contact", "floor", "whole", options={"min": -2, "max": 40})
    shoes = custom_field(world, "contact", "shoes", "choices", options={"choices": [["s", "Small"], ["l", "Large"]]})
    rate = custom_field(world, "contact", "rate", "decimal", options={"places": 2})
    api, path = world.api(), f"/contacts/{cast.otto}"
    before = api.get(ROOT + path).get_json()
    assert (before[floor], before[shoes], before[rate]) == (None, None, None)
    values = {floor: 7, shoes: ["s", "l"], rate: "12.50"}
    changed = patch(api, path, values)
    assert {name: changed.json[name] for name in values} == values
    row = api.get(f"{ROOT}/contacts?{floor}.gte=7").get_json()["items"]
    assert [{name: one[name] for name in values} for one in row] == [values]
    wrong = patch(api, path, {floor: 41, shoes: ["xl"], rate: 12.5, "custom-other": 1})
    assert pointers(wrong) == {f"/{floor}", f"/{shoes}", f"/{rate}", "/custom-other"}
    assert floor not in world.api(slug="summit").get(ROOT + path).get_json()


def test_a_program_that_may_only_write_reads_nothing(world, cast):
    api = world.api("write")
    document = {"first_name": "Ada", "last_name": "Byron", "email": "ada@acme.example"}
    made = api.post(f"{ROOT}/contacts", json=document)
    assert made.status_code == 201 and set(made.json) == {"id", "version"}
    assert problem(api.get(made.headers["Location"]), 403)["permission"] == "contacts.view"
    refused = api.patch(made.headers["Location"], json={"title": "Dr"}, headers={"If-Match": '"1"'})
    assert problem(refused, 403)["permission"] == "contacts.view"
