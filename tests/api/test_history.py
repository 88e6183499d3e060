"""What happened to a record, and taking it back."""

from urllib.parse import urlsplit

import pytest

from tests.pages import normal

from .answers import ROOT, patch, problem


def undo(api, operation, **options):
    return api.post(f"{ROOT}/operations/{operation}/undo", **options)


def history(api, path: str) -> list[dict]:
    return api.get(f"{ROOT}{path}/history").get_json()["items"]


@pytest.mark.feature("I006", "I007")
def test_a_history_names_who_what_and_through_what(world, cast):
    api, path = world.api(person="sue"), f"/contacts/{cast.otto}"
    changed = patch(api, path, {"phone": "+49 1", "company": cast.nordlys})
    newest = history(api, path)[0]
    assert newest["operation"] == int(changed.headers["Deskhand-Operation"])
    assert (newest["by"], newest["through"], newest["kind"]) == ("Sue Palmer", "API token tests", "edit")
    values = {line["field"]: (line["before"], line["after"], line["after_text"]) for line in newest["changes"]}
    assert values["phone"] == ("+49 30 901820", "+49 1", "+49 1")
    assert values["company"] == (cast.acme, cast.nordlys, "Nordlys")
    assert (newest["undone"], newest["undoes"]) == (False, None)
    assert history(api, path)[-1]["kind"] == "create"
    assert "Sue Palmer" in world.staff("ann").get(path).get_data(as_text=True)


def test_a_long_history_goes_page_by_page(world, cast):
    api, path = world.api(), f"/companies/{cast.acme}"
    made = [int(patch(api, path, {"phone": f"+49 {n}"}).headers["Deskhand-Operation"]) for n in range(20)]
    first = api.get(f"{ROOT}{path}/history")
    assert [entry["operation"] for entry in first.json["items"]] == made[:4:-1]
    assert first.headers["Link"] == f'<{first.json["next"]}>; rel="next"'
    rest = api.get(urlsplit(first.json["next"]).path + "?" + urlsplit(first.json["next"]).query).get_json()
    assert [entry["operation"] for entry in rest["items"]][:5] == made[4::-1] and rest["next"] is None
    for wrong in ("x", "-1", "9" * 30, "²", ""):
        problem(api.get(f"{ROOT}{path}/history?after={wrong}"), 404)
    problem(api.get(f"{ROOT}{path}/history?until=1"), 400)


@pytest.mark.feature("B002")
def test_an_edit_is_taken_back_as_a_new_operation(world, cast):
    api, path = world.api(), f"/contacts/{cast.nora}"
    before = api.get(ROOT + path).get_json()
    change = {"phone": None, "company": cast.acme, "addresses": ["n@home.example"]}
    operation = patch(api, path, change).headers["Deskhand-Operation"]
    undone = undo(api, operation)
    assert undone.status_code == 200 and undone.json["kept"] == []
    after = api.get(ROOT + path).get_json()
    moved = {"version": after["version"], "updated_at": after["updated_at"]}
    assert after == before | moved and after["version"] > before["version"]
    newest, edit = history(api, path)[:2]
    assert (newest["operation"], newest["undoes"]) == (undone.json["operation"], int(operation))
    assert edit["undone"] is True
    problem(undo(api, operation), 409)
    # What was taken back can be brought back.
    redone = undo(api, undone.json["operation"])
    assert redone.status_code == 200 and redone.json["kept"] == []
    assert api.get(ROOT + path).json["company"] == cast.acme


@pytest.mark.feature("B001")
def test_what_was_edited_since_is_kept_and_listed(world, cast):
    api, path = world.api(), f"/companies/{cast.acme}"
    operation = patch(api, path, {"phone": "+49 1"}).headers["Deskhand-Operation"]
    patch(api, path, {"phone": "+49 2"})
    undone = undo(api, operation).get_json()
    assert undone["reversed"] == 0
    assert [(one["noun"], one["id"]) for one in undone["kept"]] == [("company", cast.acme)] and undone["kept"][0][
        "reason"
    ]
    assert api.get(ROOT + path).json["phone"] == "+49 2"


@pytest.mark.feature("B001")
def test_making_a_record_is_taken_back(world, cast):
    api = world.api()
    person = {"first_name": "Ada", "last_name": "Byron", "email": "ada@acme.example", "company": cast.acme}
    made = api.post(f"{ROOT}/contacts", json=person)
    assert undo(api, made.headers["Deskhand-Operation"]).status_code == 200
    problem(api.get(made.headers["Location"]), 404)
    assert api.post(f"{ROOT}/contacts", json=person).status_code == 201


def test_only_what_one_did_oneself_is_taken_back(world, cast):
    """As on the desk: others' work takes a supervisor, and no token has that right."""
    operation = patch(world.api(person="ann"), f"/contacts/{cast.otto}", {"title": "Dr"}).headers["Deskhand-Operation"]
    for person in ("sue", "adam"):
        assert problem(undo(world.api(person=person), operation), 403)["permission"] == "history.undo_others"
    assert undo(world.api(person="ann"), operation).status_code == 200


@pytest.mark.threat("T-058")
def test_a_token_takes_back_no_more_than_it_may_do(world, cast):
    operation = patch(world.api(), f"/contacts/{cast.otto}", {"title": "Dr"}).headers["Deskhand-Operation"]
    assert problem(undo(world.api("import"), operation), 403)["permission"] == "contacts.edit"
    assert problem(undo(world.api("read"), operation), 403)["permission"] == "history.undo"
    admin = world.sql(
        f"INSERT INTO {world.schema()}.operation (kind, account_id, actor) VALUES ('edit', %s, 'Adam') RETURNING id",
        cast.accounts["adam"],
    )[0]["id"]
    world.sql(
        f"INSERT INTO {world.schema()}.change (operation_id, noun, record_id, action, version, before, after)"
        """ VALUES (%s, 'staff', %s, 'update', 2, '{"role": "administrator"}', '{"role": "technician"}')""",
        admin,
        cast.ann,
    )
    assert problem(undo(world.api(), admin), 403)["permission"] == "admin.staff"


def test_an_operation_that_is_not_there(world):
    first, second = undo(world.api(), 999_999), undo(world.api(), 2**62)
    assert normal(first) == normal(second)
    problem(first, 404)


@pytest.mark.feature("B001")
def test_a_large_operation_is_taken_back_by_a_worker(world, cast):
    api = world.api()
    operation = world.sql(
        f"INSERT INTO {world.schema()}.operation (kind, account_id, actor) VALUES ('edit', %s, 'Adam') RETURNING id",
        cast.accounts["adam"],
    )[0]["id"]
    world.sql(
        f"WITH made AS (INSERT INTO {world.schema()}.company (name, created_op, updated_op)"
        " SELECT 'Company ' || n, %s, %s FROM generate_series(1, 501) n RETURNING id)"
        f" INSERT INTO {world.schema()}.change (operation_id, noun, record_id, action, version)"
        " SELECT %s, 'company', id, 'create', 1 FROM made",
        *[operation] * 3,
    )
    started = undo(api, operation)
    assert started.status_code == 202 and started.headers["Location"] == f"{ROOT}/jobs/{started.json['job']}"
    assert api.get(started.headers["Location"]).json["state"] == "queued"
    problem(world.api(person="ann").get(started.headers["Location"]), 404)
    world.run_jobs()
    job = api.get(started.headers["Location"]).get_json()
    assert (job["state"], job["done"], job["total"]) == ("done", 501, 501)
    assert len(api.get(f"{ROOT}/companies").json["items"]) == 3
