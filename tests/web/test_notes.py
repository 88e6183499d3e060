"""Notes: written where they are read, edited, marked, deleted and brought back; nobody in the portal ever sees one."""

import pytest

from app.people import permissions
from app.records.actor import Actor
from app.records.notes import Note
from app.records.write import create
from tenants import db
from tests.web.screens import Element, screen

FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


def bodies(page: Element) -> list[Element]:
    """The notes on a page, the newest first."""
    return [one for one in page.all("div") if "note-body" in (one.get("class") or "").split()]


def words(page: Element) -> list[str]:
    return [one.one("dd").text for one in bodies(page)]


@pytest.fixture
def ann(world):
    return world.staff("ann")


def written(browser, path: str, text: str = "Prefers calls") -> str:
    """Write a note without scripts; returns its address."""
    where = browser.post_form(f"{path}/notes", {"text": text}).headers["Location"]
    return where.replace(f"{path}#note-", "/notes/")


@pytest.mark.feature("C087", "C088", "I098")
@pytest.mark.parametrize("noun", ["contacts", "companies"])
def test_a_note_is_written_on_the_page_of_the_record(ann, cast, noun):
    path = f"/{noun}/" + str({"contacts": cast.ina, "companies": cast.acme}[noun])
    form = screen(ann.get(path)).one("details", id="note-new").one("form")
    assert form["action"] == f"{path}/notes"
    done = ann.post_form(form["action"], {"text": "Prefers calls\nafter ten.", "nonce": form.value("nonce")})
    assert done.status_code == 303
    page = screen(ann.get(done.headers["Location"].partition("#")[0]))
    assert words(page) == ["Prefers calls after ten."]
    assert page.one(cls="toast-text").text == "Note added"
    line = next(one for one in page.all("li") if "operation-note" in (one.get("class") or ""))
    assert line.one("strong").text == "Ann Tanner" and line.one("time")["title"]
    # The tab of a company, and the page of any record's notes, have it with the open form.
    alone = screen(ann.get(f"{path}/notes"))
    assert words(alone) == ["Prefers calls after ten."]
    assert "open" in alone.one("details", id="note-new").attributes


@pytest.mark.feature("C088")
def test_with_scripts_the_history_comes_anew_with_the_way_to_take_it_back(ann, cast):
    answer = ann.fragment(f"/contacts/{cast.ina}/notes", method="POST", data={"text": "Prefers calls"})
    part = screen(answer)
    assert part.one("section", id="history") and words(part) == ["Prefers calls"]
    undo = part.one("form", hx_swap="none")["action"]
    assert ann.post_form(undo).status_code == 303
    assert words(screen(ann.get(f"/contacts/{cast.ina}"))) == []


@pytest.mark.feature("I098")
def test_a_note_says_on_whose_behalf_it_was_written(world, ann, cast):
    with world.inside():
        actor = Actor("Dispatch", cast.accounts["ann"], through="API token phones", on_behalf="Ina Berg")
        create(Note, {"contact_id": cast.otto, "text": "Called back"}, actor=actor)
    head = screen(ann.get(f"/contacts/{cast.otto}/notes")).one("p", cls="operation-head").text
    assert "Dispatch for Ina Berg" in head and "API token phones" in head


@pytest.mark.parametrize("fragment", [False, True])
def test_an_empty_note_is_refused_and_what_was_typed_stays(ann, cast, fragment):
    path = f"/contacts/{cast.ina}/notes"
    for typed, said in (("  ", "may not be empty"), ("x" * 20_001, "20000")):
        data = {"csrf_token": ann.csrf_token, "text": typed}
        answer = ann.post(path, data=data, headers=FRAGMENT if fragment else {})
        form = screen(answer, 422).one("details", id="note-new")
        assert "open" in form.attributes and said in form.one("p", id="note-error").text
        assert form.one("textarea")["aria-invalid"] == "true"
        assert typed in answer.text
    assert words(screen(ann.get(path))) == []


@pytest.mark.feature("C088")
def test_a_form_that_is_sent_twice_writes_one_note(ann, cast):
    path = f"/contacts/{cast.ina}"
    nonce = screen(ann.get(path)).one("details", id="note-new").one("form").value("nonce")
    first, second = (ann.post_form(f"{path}/notes", {"text": "Once", "nonce": nonce}) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert words(screen(ann.get(path))) == ["Once"]


@pytest.mark.feature("C089", "B002")
def test_a_note_is_edited_where_it_stands_and_undo_reverts_it(ann, cast):
    at = written(ann, f"/contacts/{cast.ina}")
    field = f"{at}/fields/text"
    editor = screen(ann.fragment(f"{field}/edit")).one("form")
    assert editor.one("textarea").text.strip() == "Prefers calls"
    saved = screen(ann.fragment(field, method="POST", data={"value": "Prefers mails", "v": editor.value("v")}))
    assert saved.one("dd").text == "Prefers mails"
    undone = ann.fragment(saved.one("form", hx_swap="none")["action"], method="POST")
    assert screen(undone).one("dd").text == "Prefers calls"
    # Without scripts: a page with the form, then the record; and the change can be undone in the history as well.
    page = screen(ann.get(f"{field}/edit"))
    ann.post_form(field, {"value": "Prefers letters", "v": page.one("textarea") and page.all("form")[-1].value("v")})
    history = screen(ann.get(f"/contacts/{cast.ina}/history"))
    assert words(history) == ["Prefers letters"]
    change = history.all("ul", cls="changes")[0]
    assert change.one("del").text == "Prefers calls" and change.one("ins").text == "Prefers letters"
    assert ann.post_form(change.one("button")["formaction"]).status_code == 303
    assert words(screen(ann.get(f"/contacts/{cast.ina}"))) == ["Prefers calls"]


@pytest.mark.feature("C089")
def test_a_stale_edit_of_a_note_shows_both_texts(world, ann, cast):
    at = written(ann, f"/contacts/{cast.ina}")
    world.staff("sue").post_form(f"{at}/fields/text", {"value": "Sue's words", "v": "1"})
    answer = ann.fragment(f"{at}/fields/text", method="POST", data={"value": "Ann's words", "v": "1"})
    assert answer.status_code == 409 and "Sue&#39;s words" in answer.text and "Ann&#39;s words" in answer.text
    assert words(screen(ann.get(f"/contacts/{cast.ina}"))) == ["Sue's words"]


@pytest.mark.feature("C090")
def test_a_deleted_note_is_gone_and_can_be_brought_back(ann, cast):
    path = f"/contacts/{cast.ina}"
    at = written(ann, path)
    answer = ann.fragment(f"{at}/removal", method="POST", headers={"HX-Current-URL": f"http://harbor.test{path}"})
    part = screen(answer)
    assert words(part) == [] and "Prefers calls" not in answer.text
    titles = [one.text for one in part.all("p", cls="operation-title")]
    assert titles[:2] == ["Note deleted", "Note written, and deleted since"]
    assert ann.get(at).status_code == 404 and ann.post_form(f"{at}/removal").status_code == 404
    assert ann.post_form(part.one("form", hx_swap="none")["action"]).status_code == 303
    page = screen(ann.get(path))
    assert words(page) == ["Prefers calls"]
    assert page.all("p", cls="operation-title")[0].text == "Note brought back"
    # Without scripts, back to the record.
    assert ann.post_form(f"{at}/removal").headers["Location"] == f"{path}#history"


@pytest.mark.feature("I099")
def test_a_note_is_marked_as_important_and_unmarked(ann, cast):
    path = f"/contacts/{cast.ina}"
    at = written(ann, path)
    for marked in ("1", ""):
        (body,) = bodies(screen(ann.get(path)))
        button = next(one for one in body.all("button") if one.get("name") == "important")
        assert button["value"] == marked and button["formaction"] == f"{at}/importance"
        part = screen(ann.fragment(button["formaction"], method="POST", data={"important": button["value"]}))
        (body,) = bodies(part)
        assert ("Important" in [one.text for one in body.all("p", cls="note-mark")]) == bool(marked)


@pytest.mark.feature("C087")
@pytest.mark.threat("T-018")
def test_nobody_in_the_portal_reads_a_note(world, ann, cast):
    written(ann, f"/contacts/{cast.ina}", "Difficult customer")
    written(ann, f"/companies/{cast.acme}", "Pays late, difficult")
    ina = world.portal("ina")
    for path in ("/portal/", "/portal/me", "/portal/people", f"/portal/companies/{cast.acme}", "/notes/1"):
        assert "ifficult" not in ina.get(path, follow_redirects=False).text
    assert ina.get(f"/contacts/{cast.ina}/notes").status_code in (302, 401)
    for right in ("SELECT", "INSERT", "UPDATE", "DELETE"):
        portal = f"{world.schema()}_portal"
        (row,) = world.sql(f"SELECT has_table_privilege('{portal}', '{world.schema()}.note', '{right}') AS may")
        assert row["may"] is False


def test_who_may_not_read_notes_sees_none_in_the_history(world, ann, cast, monkeypatch):
    written(ann, f"/contacts/{cast.ina}")
    less = {**permissions.ROLE_PERMISSIONS, "technician": permissions.TECHNICIAN - {"notes.view", "notes.edit"}}
    monkeypatch.setattr(permissions, "ROLE_PERMISSIONS", less)
    for path in (f"/contacts/{cast.ina}", f"/contacts/{cast.ina}/history?q=calls"):
        page = screen(ann.get(path))
        assert words(page) == [] and not page.all("details", id="note-new")
    assert ann.get(f"/contacts/{cast.ina}/notes").status_code == 403
    assert ann.post_form(f"/contacts/{cast.ina}/notes", {"text": "x"}).status_code == 403


def test_the_journal_knows_whose_companies_a_note_is_about(world, ann, cast):
    written(ann, f"/contacts/{cast.xena}")
    written(ann, f"/companies/{cast.acme}")
    rows = world.sql(f"SELECT company_ids FROM {world.schema()}.change WHERE noun = 'note' ORDER BY id")
    assert [row["company_ids"] for row in rows] == [[cast.xacme], [cast.acme]]


def test_a_person_about_whom_there_is_a_note_stays_when_its_making_is_undone(world, cast):
    program, sue = world.api(person="sue"), world.staff("sue")
    person = {"first_name": "Cy", "last_name": "New", "user_name": "cy", "email": "cy@acme.example"}
    made = program.post("/api/v1/contacts", json=person)
    written(sue, f"/contacts/{made.json['id']}")
    undone = program.post(f"/api/v1/operations/{made.headers['Deskhand-Operation']}/undo")
    assert [one["reason"] for one in undone.json["kept"]] == ["in use by others since"]
    assert sue.get(f"/contacts/{made.json['id']}").status_code == 200


@pytest.mark.feature("C088", "C089", "I099")
def test_notes_in_the_api(world, cast):
    api = world.api("read", "write")
    made = api.post("/api/v1/notes", json={"text": "By a program", "contact_id": cast.ina})
    assert (made.status_code, made.json["important"], made.json["company_id"]) == (201, False, None)
    at = made.headers["Location"]
    changed = api.patch(at, json={"important": True}, headers={"If-Match": made.headers["ETag"]})
    assert changed.json["important"] is True
    assert api.patch(at, json={"text": "x"}, headers={"If-Match": '"1"'}).status_code == 412
    listed = api.get(f"/api/v1/notes?contact_id.is={cast.ina}").json["items"]
    assert [one["text"] for one in listed] == ["By a program"]
    assert api.get(f"/api/v1/notes?company_id.is={cast.acme}").json["items"] == []
    for subject in ({}, {"contact_id": cast.ina, "company_id": cast.acme}, {"contact_id": 987654}):
        refused = api.post("/api/v1/notes", json={"text": "About whom?"} | subject)
        assert refused.status_code == 422, refused.json
        assert "contact_id" in str(refused.json)
    with world.inside():
        assert db.session.scalar(db.select(db.func.count(Note.id))) == 1
