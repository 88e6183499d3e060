"""Filling in forms: added, ordered and removed on a record's page, answered in place, in the history, merged."""

import re

import pytest

from app.companies.models import Company
from app.contacts.models import Contact
from app.fields.errors import FieldErrors
from app.forms import filling, queries
from app.people import permissions
from app.records import merge, undo
from tests.pages import answer, normal
from tests.web.screens import screen
from tests.world import statements

from .conftest import ANN


def names(response) -> list[str]:
    """The forms that a page for managing them lists, in order."""
    return [link.text for item in screen(response).all("li") for link in item.all("a")[:1] if "#filled" in link["href"]]


@pytest.mark.feature("C077", "C078")
def test_several_forms_of_a_contact_in_an_order_of_ones_own(world, ann, make_form, cast):
    forms = [make_form(name, "contact") for name in ("One", "Two", "Three")]
    make_form("For companies only", "company")
    at = f"/contacts/{cast.ina}"
    assert f"{at}/forms" in normal(ann.get(at)), "More > Manage forms"
    for form in forms:
        assert ann.post_form(f"{at}/forms", {"form_id": str(form)}).status_code == 303
    page = ann.get(f"{at}/forms")
    assert names(page) == ["One", "Two", "Three"] and "For companies only" not in normal(page)
    ids = re.findall(r'name="order" value="(\d+)"', page.text)
    moved = ann.fragment(f"/filled-forms/{ids[2]}/place", method="POST", data={"move": "up"})
    assert names(moved) == ["One", "Three", "Two"] and "Three is now number 2 of 3" in normal(moved)
    dragged = ann.fragment(f"{at}/forms/order", method="POST", data={"order": [ids[1], ids[0], ids[2], "77", "x"]})
    assert names(dragged) == ["Two", "One", "Three"]
    headings = [one.text for one in screen(ann.get(at)).one(id="filled-forms").all("h2")]
    assert headings == ["Two", "One", "Three"]
    undone = re.search(r'action="(/operations/\d+/undo[^"]*)"', normal(dragged))[1].replace("&amp;", "&")
    ann.post_form(undone)
    assert names(ann.get(f"{at}/forms")) == ["One", "Three", "Two"]


@pytest.mark.feature("C077")
def test_a_form_is_added_once_and_only_where_it_belongs(world, ann, make_form, add, cast):
    form, draft = make_form(), make_form("Draft", publish=False)
    filled = add(form)
    before = world.checksum(but=("session",))
    for path, sent in (
        (f"/companies/{cast.acme}/forms", form),
        (f"/companies/{cast.acme}/forms", draft),
        (f"/companies/{cast.acme}/forms", 999_000_001),
        (f"/contacts/{cast.ina}/forms", form),
    ):
        refused = ann.post_form(path, {"form_id": str(sent)})
        assert refused.status_code == 422 and "cannot be added here" in normal(refused), path
    assert world.checksum(but=("session",)) == before
    # With answers it asks first; what was removed comes back with them.
    ann.post_form(f"/filled-forms/{filled}", {"custom-gate": "1", "custom-code": "4711", "v": "1"})
    asked = normal(ann.get(f"/filled-forms/{filled}/removal"))
    assert "Remove “Site access” from Acme?" in asked and "Code" in asked
    ann.post_form(f"/filled-forms/{filled}/removal")
    page = normal(ann.get(f"/companies/{cast.acme}/forms"))
    assert "No form was added here yet." in page
    again = normal(ann.get(f"/companies/{cast.acme}/history"))
    assert "Form “Site access” removed" in again
    undone = re.search(r'action="(/operations/\d+/undo[^"]*)"', again)[1].replace("&amp;", "&")
    ann.post_form(undone)
    assert "4711" in normal(ann.get(f"/companies/{cast.acme}"))


@pytest.mark.feature("C079")
def test_answers_are_edited_in_place_and_undone_one_by_one(world, ann, make_form, add, cast):
    filled = add(make_form())
    at = f"/filled-forms/{filled}"
    hidden = ann.fragment(f"{at}/fields/custom-code/edit")
    assert hidden.status_code == 404, "What is not asked cannot be answered."
    saved = ann.fragment(f"{at}/fields/custom-gate", method="POST", data={"value": "1", "v": "1"})
    assert f"filled_form-{filled}:changed" in saved.headers["HX-Trigger"]
    section = screen(ann.fragment(at)).one("section", id=f"filled-form-{filled}")
    assert "1 answer is needed Code" in section.text
    empty = ann.fragment(f"{at}/fields/custom-code", method="POST", data={"value": " ", "v": "2"})
    assert empty.status_code in (200, 422)
    ann.fragment(f"{at}/fields/custom-code", method="POST", data={"value": "4711", "v": "2"})
    refused = ann.fragment(f"{at}/fields/custom-code", method="POST", data={"value": "", "v": "3"})
    assert refused.status_code == 422 and "may not be empty" in normal(refused)
    history = normal(ann.get(f"/companies/{cast.acme}/history"))
    assert "Form “Site access”" in history and "4711" in history
    undone = re.search(r'action="(/operations/\d+/changes/\d+/custom-code/undo[^"]*)"', history)[1]
    ann.post_form(undone.replace("&amp;", "&"))
    assert "4711" not in screen(ann.fragment(at)).text
    # An answer that is hidden again is kept, and shown again when it is asked again.
    ann.fragment(f"{at}/fields/custom-code", method="POST", data={"value": "12", "v": "9"})
    ann.fragment(f"{at}/fields/custom-gate", method="POST", data={"value": "", "v": "9"})
    assert "12" not in screen(ann.fragment(at)).one("section").text
    ann.fragment(f"{at}/fields/custom-gate", method="POST", data={"value": "1", "v": "9"})
    assert "12" in screen(ann.fragment(at)).one("section").text


@pytest.mark.feature("C079", "I169")
def test_all_answers_at_once_and_what_somebody_else_answered_meanwhile(world, ann, make_form, add):
    filled = add(make_form())
    at = f"/filled-forms/{filled}"
    right = {"custom-gate": "1", "custom-code": "4711", "custom-badges": "Visitor"}
    assert ann.post_form(at, right | {"v": "1"}).status_code == 303
    world.staff("sue").post_form(f"{at}/fields/custom-code", {"value": "99", "v": "2"})
    late = ann.post_form(at, right | {"custom-code": "12", "v": "2"})
    assert late.status_code == 409 and "Sue" in normal(late)
    shown = screen(late, 409)
    assert shown.one("input", name="custom-code")["value"] == "12", "What was typed stays."
    assert (
        ann.post_form(at, right | {"custom-code": "12", "v": shown.one("input", name="v")["value"]}).status_code == 303
    )
    # Another field's change is no conflict, and what is hidden is not touched by a form that was sent with it.
    assert ann.post_form(at, {"custom-code": "hidden", "v": "3"}).status_code == 303
    with world.inside():
        now = queries.get(filled, None).record.custom
        assert (now["gate"], now["code"]) == (False, "12")


@pytest.mark.feature("C077")
@pytest.mark.threat("T-001", "T-013")
def test_forms_of_others_and_without_the_right(world, ann, make_form, add, cast, monkeypatch):
    form = make_form()
    filled = add(form)
    foreign = world.staff("ann", "summit")
    for path in (f"/filled-forms/{filled}", f"/filled-forms/{filled}/edit", f"/filled-forms/{filled}/removal"):
        assert answer(foreign.get(path)) == answer(foreign.get(path.replace(str(filled), "999000001"))), path
        assert foreign.get(path).status_code == 404
    without = permissions.TECHNICIAN - {"forms.edit"}
    monkeypatch.setitem(permissions.ROLE_PERMISSIONS, "technician", without)
    reader, before = world.staff("ann"), world.checksum(but=("session",))
    page = screen(reader.get(f"/companies/{cast.acme}"))
    assert page.one("section", id=f"filled-form-{filled}").all("a") == []
    for path in (
        f"/companies/{cast.acme}/forms",
        f"/companies/{cast.acme}/forms/order",
        *(f"/filled-forms/{filled}{what}" for what in ("", "/place", "/removal", "/version", "/fields/custom-gate")),
    ):
        assert reader.post_form(path, {"form_id": str(form), "value": "1"}).status_code == 403, path
    assert world.checksum(but=("session",)) == before
    monkeypatch.setitem(permissions.ROLE_PERMISSIONS, "technician", without - {"forms.view"})
    assert screen(world.staff("ann").get(f"/companies/{cast.acme}")).all(id=f"filled-form-{filled}") == []


@pytest.mark.feature("C078")
def test_a_page_asks_the_database_as_often_for_five_forms_as_for_one(world, ann, make_form, add, cast):
    def asked() -> int:
        ann.get(f"/companies/{cast.acme}")
        with statements() as sent:
            ann.get(f"/companies/{cast.acme}")
        return len(sent)

    add(make_form("First"))
    one = asked()
    for n in range(4):
        add(make_form(f"Form {n}"))
    assert asked() == one


# --- the portal -------------------------------------------------------------------------------------------------------


@pytest.mark.feature("I169")
@pytest.mark.threat("T-002")
def test_the_portal_shows_what_is_opened_of_its_own_companies(world, ann, make_form, add, cast):
    form = make_form()
    for company, code in ((cast.acme, "4711"), (cast.xacme, "0815")):
        filled = add(form, record_id=company)
        sent = {"custom-gate": "1", "custom-code": code, "custom-badges": ["Visitor", "Contractor"], "v": "1"}
        ann.post_form(f"/filled-forms/{filled}", sent)
    ina = world.portal("ina")
    for path in (f"/portal/companies/{cast.acme}", f"/portal/companies/{cast.acme}/forms"):
        page = normal(ina.get(path))
        assert "Site access" in page and "Visitor, Contractor" in page and "4711" not in page and "Code" not in page
    assert ina.get(f"/portal/companies/{cast.xacme}/forms").status_code == 404
    assert "Nothing is shown here yet." in normal(world.portal("nils").get(f"/portal/companies/{cast.nordlys}/forms"))


@pytest.mark.feature("C076")
def test_questions_are_asked_in_the_language_of_who_looks(world, ann, adam, make_form, add, cast):
    form = make_form(publish=False)
    badges = {"label": "Badges", "choices": "Visitor\nContractor", "portal": "view", "label_de": "Ausweise"}
    at = f"/admin/forms/{form}/questions/custom-badges"
    adam.post_form(at, badges | {"choices_de": "Visitor | Besuch\nContractor"})
    gate = {"label": "Gate", "section": "Getting in", "portal": "none", "label_de": "Tor", "help_de": "Hilfe"}
    adam.post_form(f"/admin/forms/{form}/questions/custom-gate", gate)
    adam.post_form(f"/admin/forms/{form}/versions")
    filled = add(form)
    # What is said afterwards is shown when it is published.
    adam.post_form(at, badges | {"label_de": "Plaketten"})
    assert "The draft is not what is published" in normal(adam.get(f"/admin/forms/{form}"))
    german = world.staff("sue")
    german.post_form("/profile/language", {"locale": "de"})
    page = normal(german.get(f"/filled-forms/{filled}/edit"))
    assert "Ausweise" in page and "Besuch" in page and "Contractor" in page and "Hilfe" in page
    assert "Nur gefragt, wenn „Tor“" in page
    sent = {"custom-gate": "1", "custom-code": "4711", "custom-badges": ["Visitor"], "v": "1"}
    assert german.post_form(f"/filled-forms/{filled}", sent).status_code == 303
    of_portal = world.portal("ina").get(f"/portal/companies/{cast.acme}/forms", headers={"Accept-Language": "de"})
    for page in (german.get(f"/companies/{cast.acme}"), of_portal):
        assert "Ausweise" in normal(page) and "Besuch" in normal(page)
    english = screen(ann.get(f"/companies/{cast.acme}")).one("section", id=f"filled-form-{filled}").text
    assert "Badges" in english and "Visitor" in english and "Besuch" not in english


# --- the API ----------------------------------------------------------------------------------------------------------


@pytest.mark.feature("C079")
def test_forms_and_answers_in_the_api(world, make_form, add, cast):
    form = make_form()
    api = world.api()
    made = api.post("/api/v1/forms", json={"form_id": form, "company_id": cast.acme})
    assert made.status_code == 201, made.json
    add(make_form("Other", "both"), Contact, cast.ina)
    found = api.get(f"/api/v1/forms?company_id.is={cast.acme}").json["items"]
    assert [(one["id"], one["form_id"], one["form_version"]) for one in found] == [(made.json["id"], form, 1)]
    at, tag = made.headers["Location"], made.headers["ETag"]

    def patch(document: dict, version: str = tag):
        return api.patch(at, json=document, headers={"If-Match": version} if version else {})

    assert patch({"custom-gate": True}, "").status_code == 428
    for document, name in (
        ({"custom-gate": True, "custom-code": None, "custom-badges": ["Visitor"]}, "/custom-code"),
        ({"custom-code": "4711"}, "/custom-code"),
        ({"custom-badges": ["Nobody"]}, "/custom-badges"),
        ({"custom-code_2": "4711"}, "/custom-code_2"),
        ({"form_version": 2}, "/form_version"),
    ):
        refused = patch(document)
        assert refused.status_code == 422 and name in str(refused.json), document
    done = patch({"custom-gate": True, "custom-code": "4711"})
    assert done.status_code == 200 and done.json["custom-code"] == "4711"
    assert patch({"custom-code": "1"}).status_code == 412
    assert api.get(f"{at}/history").json["items"][0]["title"] == "Form “Site access”"
    twice = api.post("/api/v1/forms", json={"form_id": form, "company_id": cast.acme})
    assert twice.status_code == 422 and "/form_id" in str(twice.json)
    assert world.api("read").patch(at, json={}, headers={"If-Match": tag}).status_code == 403
    assert world.api(slug="summit").get(at).status_code == 404


def test_a_form_is_of_one_company_or_of_one_contact(world, make_form, cast):
    form = make_form("Both", "both")
    for subject in ({}, {"company_id": cast.acme, "contact_id": cast.ina}):
        with world.inside(), pytest.raises(FieldErrors):
            filling.create({"form_id": form, **subject}, actor=ANN)


# --- merging ----------------------------------------------------------------------------------------------------------


@pytest.mark.feature("I005")
@pytest.mark.threat("T-111")
def test_forms_go_to_the_survivor_whose_own_answers_win(world, ann, make_form, add, cast):
    both, one = make_form("Both"), make_form("One")
    mine, theirs, other = add(both), add(both, record_id=cast.nordlys), add(one, record_id=cast.nordlys)
    for filled, code in ((mine, "mine"), (theirs, "theirs"), (other, "other")):
        name = "custom-code" if filled != other else "custom-code_2"
        gate = "custom-gate" if filled != other else "custom-gate_2"
        ann.post_form(f"/filled-forms/{filled}", {gate: "1", name: code, "v": "1"})
    before = _rows(world)
    with world.inside():
        number = merge.merge(Company, cast.acme, [cast.nordlys], {}, actor=ANN).id
    after = _rows(world)
    assert after[mine] == before[mine] and after[theirs]["withdrawn"] and after[theirs]["custom"]["code"] == "theirs"
    assert after[other] == before[other] | {"company_id": cast.acme}
    with world.inside():
        assert undo.undo(number, ANN).kept == []
    assert _rows(world) == before


@pytest.mark.feature("I005")
def test_an_answer_that_names_a_merged_contact_names_the_survivor(world, adam, ann, make_form, add, cast):
    form = make_form(publish=False)
    adam.post_form(
        f"/admin/forms/{form}/questions", {"kind": "reference", "label": "Who", "noun": "contact", "portal": "none"}
    )
    adam.post_form(f"/admin/forms/{form}/versions")
    filled = add(form)
    ann.post_form(f"/filled-forms/{filled}/fields/custom-who", {"value": str(cast.ina), "v": "1"})
    with world.inside():
        merge.merge(Contact, cast.otto, [cast.ina], {}, actor=ANN)
    assert _rows(world)[filled]["custom"]["who"] == cast.otto


def _rows(world) -> dict[int, dict]:
    rows = world.sql(
        "SELECT id, company_id, contact_id, custom, withdrawn_at IS NOT NULL AS withdrawn"
        f" FROM {world.schema()}.filled_form"
    )
    return {row["id"]: row for row in rows}
