"""Bringing a file through the API: upload, plan, verdicts, writing, taking back."""

import io
from urllib.parse import urlsplit

import pytest

from tests.pages import normal

from .answers import ROOT, parameters, pointers, problem

SHEET = """First Name,Last Name,Email Address,Company,Job Title,Password
Ada,Byron,ada@acme.example,Acme,Countess,secret lantern one
Otto,Lind,otto@acme.example,Acme,Head of Support,
Ina,Berg,ina@acme.example,Acme,,
Bob,,bob@acme.example,Acme,,
Ada,Byron,ada@acme.example,Acme,Countess,
"""


def upload(api, text: str = SHEET, **options):
    headers = {"Content-Type": "text/csv"} | options.pop("headers", {})
    return api.post(f"{ROOT}/imports?name=people.csv", data=text.encode(), headers=headers, **options)


def step(api, made, name: str, **headers):
    return api.post(f"{ROOT}/imports/{made.json['id']}/{name}", headers=headers)


def rows(api, made, query: str = "") -> list[dict]:
    answer = api.get(f"{ROOT}/imports/{made.json['id']}/rows?{query}")
    assert answer.status_code == 200, answer.json
    return answer.json["items"]


@pytest.mark.feature("L129", "L164")
def test_a_file_goes_all_the_way_and_back(world, cast):
    api = world.api("import", "read")
    before = world.checksum(but=("token",))
    made = upload(api)
    assert made.status_code == 201 and made.headers["Location"] == f"{ROOT}/imports/{made.json['id']}"
    assert (made.json["name"], made.json["state"]) == ("people.csv", "uploaded")
    assert made.json["columns"] == ["first_name", "last_name", "email", "company", "job_title", "password"]
    assert made.json["reading"] == {
        "encoding": "utf-8",
        "delimiter": ",",
        "header": True,
        "skip": 0,
        "short": "reject",
    }

    planned = step(api, made, "plan")
    assert planned.status_code == 202 and planned.headers["Location"] == made.headers["Location"]
    assert (planned.json["state"], planned.json["job"]["state"]) == ("planning", "queued")
    world.run_jobs()
    plan = api.get(made.headers["Location"]).json
    assert plan["state"] == "planned" and api.get(f"{ROOT}/jobs/{plan['job']['id']}").json["state"] == "done"
    verdicts = {row["row"]: row["verdict"] for row in rows(api, made)}
    assert verdicts == {1: "create", 2: "change", 3: "same", 4: "reject", 5: "duplicate"}
    assert {name: plan["counts"][name] for name in set(verdicts.values())} == dict.fromkeys(set(verdicts.values()), 1)
    contacts = [table for table in before if table.endswith((".contact", ".membership", ".change", ".operation"))]
    assert {table: world.checksum()[table] for table in contacts} == {table: before[table] for table in contacts}

    applied = step(api, made, "application")
    assert applied.status_code == 202 and applied.json["state"] == "applying"
    world.run_jobs()
    assert api.get(made.headers["Location"]).json["state"] == "applied"
    found = api.get(f"{ROOT}/contacts?job_title=Countess").json["items"]
    assert [(one["first_name"], one["company"]) for one in found] == [("Ada", cast.acme)]
    assert api.get(f"{ROOT}/contacts/{cast.otto}").json["job_title"] == "Head of Support"
    assert step(api, made, "application").status_code == 200

    undone = step(api, made, "undo")
    assert undone.status_code == 202 and undone.json["state"] == "undoing"
    world.run_jobs()
    assert api.get(made.headers["Location"]).json["state"] == "undone"
    assert api.get(f"{ROOT}/contacts?job_title=Countess").json["items"] == []
    assert api.get(f"{ROOT}/contacts/{cast.otto}").json["job_title"] == "Buyer"


@pytest.fixture
def planned(world):
    """A program that uploaded the sheet and had it checked."""
    api = world.api("import")
    made = upload(api)
    step(api, made, "plan")
    world.run_jobs()
    return api, made


@pytest.mark.feature("B011")
def test_each_row_says_what_becomes_of_it_and_why(planned, cast):
    api, made = planned
    by_row = {row["row"]: row for row in rows(api, made)}
    assert by_row[1]["line"] == 2 and by_row[1]["values"]["email"] == "ada@acme.example"
    assert (by_row[2]["contact"], by_row[2]["changed"]) == (cast.otto, ["job_title"])
    assert by_row[4]["problems"][0]["field"] == "last_name" and by_row[4]["problems"][0]["message"]
    assert by_row[4]["reasons"] and by_row[5]["same_as"]["row"] == 1
    assert by_row[1]["same_as"] is None and by_row[1]["problems"] == []


def test_rows_go_page_by_page_and_by_verdict(planned):
    api, made = planned
    assert [row["row"] for row in rows(api, made, "verdict=reject")] == [4]
    first = api.get(f"{ROOT}/imports/{made.json['id']}/rows?limit=2")
    assert first.headers["Link"] == f'<{first.json["next"]}>; rel="next"'
    found, path = first.json["items"], first.json["next"]
    while path:
        following = api.get(urlsplit(path).path + "?" + urlsplit(path).query)
        found, path = found + following.json["items"], following.json["next"]
    assert [row["row"] for row in found] == [1, 2, 3, 4, 5]
    at = f"{ROOT}/imports/{made.json['id']}/rows"
    assert parameters(api.get(f"{at}?verdict=fine&limit=0&page=2")) == {"verdict", "limit", "page"}
    assert rows(api, made, f"after={10**17}") == []
    problem(api.get(f"{at}?after=x"), 404)


@pytest.mark.feature("B011")
def test_the_rejected_rows_are_a_file_again(planned, world):
    api, made = planned
    sheet = api.get(f"{ROOT}/imports/{made.json['id']}/rejected")
    assert sheet.mimetype == "text/csv" and "attachment" in sheet.headers["Content-Disposition"]
    lines = sheet.get_data(as_text=True).splitlines()
    assert lines[0] == "First Name,Last Name,Email Address,Company,Job Title,Password,Problem"
    assert [line.partition(",")[0] for line in lines[1:]] == ["Bob", "Ada"]
    again = upload(api, sheet.get_data(as_text=True))
    assert again.json["columns"] == [*made.json["columns"], ""]


@pytest.mark.threat("T-058")
def test_a_password_is_never_told(planned, world):
    api, made = planned
    asked = [api.get(f"{ROOT}/imports/{made.json['id']}{path}") for path in ("", "/rows", "/rejected")]
    assert not any("secret lantern one" in answer.get_data(as_text=True) for answer in asked)


def test_a_form_with_a_file_does_as_well(world):
    api = world.api("import")
    made = api.post(f"{ROOT}/imports", data={"file": (io.BytesIO(SHEET.encode()), "../up/sheet.csv")})
    assert (made.status_code, made.json["name"]) == (201, "sheet.csv")
    file = (io.BytesIO(b"a"), "a.csv")
    assert pointers(api.post(f"{ROOT}/imports", data={"other": file})) == {"/file"}
    two = {"file": [(io.BytesIO(b"a"), "a.csv"), (io.BytesIO(b"b"), "b.csv")]}
    assert pointers(api.post(f"{ROOT}/imports", data=two)) == {"/file"}
    problem(api.post(f"{ROOT}/imports", json={"file": SHEET}), 415)
    problem(api.post(f"{ROOT}/imports", data=SHEET, headers={"Content-Type": "text/plain"}), 415)


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02" * 100, b"\n\n\n", b'a,b\n"unclosed'])
def test_what_is_no_table_is_refused_and_not_kept(world, data):
    api = world.api("import")
    before = world.checksum(but=("token",))
    refused = api.post(f"{ROOT}/imports", data=data, headers={"Content-Type": "text/csv", "Idempotency-Key": "x"})
    assert pointers(refused) == {"/file"}
    assert world.checksum(but=("token",)) == before


@pytest.mark.feature("L159", "L162")
def test_how_the_file_is_meant_can_be_changed(world):
    api = world.api("import")
    made = upload(api, "Ada;Byron;ada@acme.example\nBob;Berg;bob@acme.example\n")
    path = f"{ROOT}/imports/{made.json['id']}"
    assert made.json["reading"]["delimiter"] == ";" and made.json["columns"] == ["", "", ""]
    change = {
        "reading": {"header": False, "skip": 1},
        "columns": ["first_name", "last_name", "email"],
        "rules": {"match": "skip", "empty": "clear", "access": True, "locale": "de"},
    }
    changed = api.patch(path, json=change)
    assert changed.status_code == 200, changed.json
    assert changed.json["columns"] == change["columns"] and changed.json["rules"] == change["rules"]
    assert (changed.json["reading"]["header"], changed.json["reading"]["skip"]) == (False, 1)
    assert api.get(path).get_json() == changed.get_json()
    assert api.patch(path, json={}).get_json() == changed.get_json()


@pytest.mark.threat("T-016", "T-075")
@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        ({"state": "planned", "id": 1, "counts": {}}, {"/state", "/id", "/counts"}),
        ({"reading": {"encoding": "rot13", "delimiter": "x", "header": 1, "skip": -1, "short": None, "more": 1}},
         {f"/reading/{name}" for name in ("encoding", "delimiter", "header", "skip", "short", "more")}),
        ({"rules": {"match": ["update"], "empty": {}, "access": "yes", "locale": "xx"}},
         {f"/rules/{name}" for name in ("match", "empty", "access", "locale")}),
        ({"reading": [], "rules": None, "columns": "email"}, {"/reading", "/rules", "/columns"}),
        ({"columns": ["email", 1]}, {"/columns"}),
        ({"columns": ["email"]}, {"/columns"}),
        ({"columns": ["password_hash", "", "", "", "", ""]}, {"/columns"}),
        ({"columns": ["email", "email", "", "", "", ""]}, {"/columns"}),
        ({"reading": {"skip": 10**30}}, {"/reading/skip"}),
        ({"reading": {"skip": 900}}, {"/reading"}),
    ],
)  # fmt: skip
def test_settings_that_are_none_are_refused(world, document, wrong):
    api = world.api("import")
    made = upload(api)
    refused = api.patch(f"{ROOT}/imports/{made.json['id']}", json=document)
    assert pointers(refused) == wrong
    assert api.get(made.headers["Location"]).get_json() == made.get_json()


def test_steps_come_in_their_order(world):
    api = world.api("import")
    made = upload(api)
    problem(step(api, made, "application"), 409)
    problem(step(api, made, "undo"), 409)
    assert step(api, made, "cancellation").status_code == 200
    assert step(api, made, "plan").status_code == 202
    assert step(api, made, "plan").status_code == 202
    problem(step(api, made, "application"), 409)
    problem(api.patch(f"{ROOT}/imports/{made.json['id']}", json={"rules": {"match": "skip"}}), 409)
    assert len(world.open_jobs()) == 1
    step(api, made, "cancellation")
    world.run_jobs()
    assert api.get(made.headers["Location"]).json["state"] == "uploaded"


@pytest.mark.threat("T-109")
def test_an_upload_and_its_steps_are_done_once(world):
    api = world.api("import")
    first, again = (upload(api, headers={"Idempotency-Key": "file"}) for _ in range(2))
    assert first.get_data() == again.get_data() and again.headers["Idempotent-Replayed"] == "true"
    assert first.headers["Location"] == again.headers["Location"]
    problem(upload(api, SHEET + "x", headers={"Idempotency-Key": "file"}), 422)
    form = {"file": (io.BytesIO(SHEET.encode()), "people.csv")}
    other_way = api.post(f"{ROOT}/imports?name=people.csv", data=form, headers={"Idempotency-Key": "file"})
    assert other_way.get_data() == first.get_data()
    planned = [step(api, first, "plan", **{"Idempotency-Key": "plan"}) for _ in range(2)]
    assert planned[0].get_data() == planned[1].get_data() and planned[1].status_code == 202
    assert world.sql(f"SELECT count(*) FROM {world.schema()}.import") == [{"count": 1}]
    assert world.sql(f"SELECT count(*) FROM {world.schema()}.job") == [{"count": 1}]


def test_the_list_has_the_newest_first(world):
    api = world.api("import")
    ids = [upload(api).json["id"] for _ in range(3)]
    first = api.get(f"{ROOT}/imports?limit=2").get_json()
    assert [one["id"] for one in first["items"]] == [ids[2], ids[1]]
    rest = api.get(urlsplit(first["next"]).path + "?" + urlsplit(first["next"]).query).get_json()
    assert ([one["id"] for one in rest["items"]], rest["next"]) == ([ids[0]], None)


@pytest.mark.threat("T-001")
def test_an_import_of_another_organization_is_as_good_as_none(world):
    theirs = upload(world.api("import", slug="summit")).json["id"]
    api = world.api()
    before = world.checksum(but=("token",))
    for method, path in (
        *(("GET", path) for path in ("", "/rows", "/rejected")),
        *(("POST", path) for path in ("/plan", "/application", "/undo", "/cancellation")),
        ("PATCH", ""),
    ):
        document = {"json": {}} if method == "PATCH" else {}
        answers = [api.open(f"{ROOT}/imports/{id}{path}", method=method, **document) for id in (theirs, 999_999)]
        assert [answer.status_code for answer in answers] == [404, 404], path
        assert normal(answers[0]) == normal(answers[1])
    assert api.get(f"{ROOT}/imports").json["items"] == []
    assert world.checksum(but=("token",)) == before


def test_an_import_is_taken_back_by_whoever_made_it(world):
    ann = world.api(person="ann")
    made = upload(ann)
    step(ann, made, "plan")
    world.run_jobs()
    step(ann, made, "application")
    world.run_jobs()
    assert problem(step(world.api(person="adam"), made, "undo"), 403)["permission"] == "history.undo_others"
    assert step(ann, made, "undo").status_code == 202


def test_too_large_a_file_is_not_read(world, monkeypatch):
    monkeypatch.setitem(world.app.config, "MAX_CONTENT_LENGTH", 1000)
    problem(upload(world.api("import"), SHEET * 10), 413)
    # In parts, without a length: nothing is cut off in silence.
    parts = {"input_stream": io.BytesIO(SHEET.encode() * 10), "environ_overrides": {"wsgi.input_terminated": True}}
    problem(world.api("import").post(f"{ROOT}/imports", headers={"Content-Type": "text/csv"}, **parts), 413)
    form = {"file": (io.BytesIO(SHEET.encode() * 10), "people.csv")}
    problem(world.api("import").post(f"{ROOT}/imports", data=form), 413)
