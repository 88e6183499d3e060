"""Building forms: questions in order and with conditions, versions, and what may not be done to a form in use."""

import re

import pytest

from app.fields.errors import FieldErrors
from app.forms import building, filling, queries, questions
from app.forms.models import FilledForm
from app.records import undo
from tenants import db
from tests.pages import normal
from tests.web.screens import screen

from .conftest import ADAM, ANN, ask, keys


def labels(form_id: int) -> list[str]:
    return [str(one.field.label) for one in building.draft(form_id)]


@pytest.mark.feature("C076", "I170", "I171")
def test_a_form_is_built_published_and_filled_in_on_the_screens(world, adam, ann, cast):
    at = adam.post_form("/admin/forms", {"name": "Access", "about": "company"}).headers["Location"]
    gate = {"kind": "yes_no", "label": "Gate", "section": "Getting in", "portal": "none"}
    assert adam.post_form(f"{at}/questions", gate).headers["Location"] == at
    code = {"kind": "text", "label": "Code", "section": "Getting in", "portal": "none", "required": "1"}
    code |= {"show_field": "gate", "show_verb": "is", "show_value": "yes"}
    assert adam.post_form(f"{at}/questions", code).status_code == 303
    badges = {"kind": "choices", "label": "Badges", "choices": "Visitor\nGuest | Guest of the house", "portal": "view"}
    assert adam.post_form(f"{at}/questions", badges).status_code == 303
    assert "This form is a draft" in normal(adam.get(at))
    assert "no other form to add" in normal(ann.get(f"/companies/{cast.acme}/forms"))
    assert adam.post_form(f"{at}/versions").headers["Location"] == at
    page = normal(adam.get(at))
    assert "Asked only if “Gate” is “Yes”." in page and "Version 1" in page and "Adam" in page
    form_id = at.rpartition("/")[2]
    filled = ann.post_form(f"/companies/{cast.acme}/forms", {"form_id": form_id}).headers["Location"]
    shown = screen(ann.get(filled))
    assert [one.text for one in shown.all("legend") if "visually-hidden" not in one.attributes.get("class", "")] == [
        "Getting in"
    ]
    assert "Asked only if “Gate” is “Yes”." in shown.text
    at = filled.removesuffix("/edit")
    wrong = ann.post_form(at, {"custom-gate": "1", "custom-badges": ["Visitor"], "v": "1"})
    assert wrong.status_code == 422 and "This field may not be empty." in normal(wrong)
    assert screen(wrong, 422).values()["custom-badges"] == ["Visitor"], "What was typed stays."
    right = {"custom-gate": "1", "custom-code": "4711", "custom-badges": ["Visitor", "Guest"], "v": "1"}
    assert ann.post_form(at, right).status_code == 303
    number = at.rpartition("/")[2]
    section = screen(ann.get(f"/companies/{cast.acme}")).one("section", id=f"filled-form-{number}")
    assert "Getting in" in section.text and "4711" in section.text and "Visitor, Guest of the house" in section.text


@pytest.mark.feature("C076")
def test_a_question_never_stands_before_the_one_it_depends_on(world, make_form, adam):
    form = make_form()
    with world.inside():
        with pytest.raises(building.Depends, match="“Code” depends on “Gate”"):
            building.move(form, "code", -1, actor=ADAM)
        with pytest.raises(building.Depends, match="Code"):
            building.set_aside(form, "gate", actor=ADAM)
        building.move(form, "badges", -2, actor=ADAM)
        assert labels(form) == ["Badges", "Gate", "Code"]
    refused = adam.fragment(
        f"/admin/forms/{form}/questions/order", method="POST", data={"order": ["custom-code", "custom-gate"]}
    )
    assert refused.status_code == 409 and "“Code” depends on “Gate”" in normal(refused)
    with world.inside():
        assert labels(form) == ["Badges", "Gate", "Code"]
        building.order(form, ["gate", "code", "badges"], actor=ADAM)
        assert labels(form) == ["Gate", "Code", "Badges"]
        # What was said about an earlier question can be said about no later one.
        with pytest.raises(FieldErrors):
            building.change(form, "gate", {"label": "Gate", "show_field": "code", "show_verb": "empty"}, actor=ADAM)


@pytest.mark.feature("C076")
def test_a_question_is_put_where_its_number_says(world, make_form, adam):
    form = make_form()
    at = f"/admin/forms/{form}/questions/custom-badges/place"
    moved = adam.fragment(at, method="POST", data={"place": "1"})
    assert "Badges is now number 1 of 3" in normal(moved)
    assert screen(moved).one("input", id="place-custom-badges")["value"] == "1"
    assert adam.post_form(at, {"place": "99"}).status_code == 303
    with world.inside():
        assert labels(form) == ["Gate", "Code", "Badges"], "Past the end is the end."
    refused = adam.post_form(f"/admin/forms/{form}/questions/custom-code/place", {"place": "1"})
    assert refused.status_code == 409 and "“Code” depends on “Gate”" in normal(refused)
    assert adam.post_form(at, {"place": "first"}).status_code == 422
    assert adam.post_form(f"/admin/forms/{form}/questions/custom-none/place", {"place": "1"}).status_code == 404
    with world.inside():
        assert labels(form) == ["Gate", "Code", "Badges"]


@pytest.mark.feature("C076")
def test_a_filled_form_keeps_its_version_until_it_is_updated(world, ann, adam, make_form, add, cast):
    form = make_form()
    filled = add(form)
    ann.post_form(f"/filled-forms/{filled}", {"custom-gate": "1", "custom-code": "4711", "v": "1"})
    asked = adam.get(f"/admin/forms/{form}/questions/custom-code/archive")
    assert "1 answer is kept." in normal(asked)
    assert adam.post_form(f"/admin/forms/{form}/questions/custom-code/archive").status_code == 303
    adam.post_form(f"/admin/forms/{form}/questions", {"kind": "date", "label": "Since", "portal": "none"})
    assert "4711" in normal(ann.get(f"/companies/{cast.acme}")), "The draft is not what is filled in."
    adam.post_form(f"/admin/forms/{form}/versions")
    page = normal(ann.get(f"/companies/{cast.acme}"))
    assert "4711" in page and "Since" not in page and "Update to version 2" in page
    # It can still be answered, with the choices and questions that it was filled in with.
    assert ann.post_form(f"/filled-forms/{filled}/fields/custom-code", {"value": "12", "v": "2"}).status_code == 303
    assert ann.post_form(f"/filled-forms/{filled}/fields/custom-since", {"value": "2026-01-01"}).status_code == 404
    assert ann.post_form(f"/filled-forms/{filled}/version").status_code == 303
    section = screen(ann.get(f"/companies/{cast.acme}")).one("section", id=f"filled-form-{filled}").text
    assert "Since" in section and "Code" not in section and "Update to version" not in section
    with world.inside():
        assert db.session.get(FilledForm, filled).custom["code"] == "12", "Its answers stay where they are."
        with pytest.raises(filling.Newest):
            filling.upgrade(queries.get(filled, None), actor=ANN)
    versions = normal(adam.get(f"/admin/forms/{form}"))
    assert "Version 2" in versions and "Version 1" in versions and "1 filled in" in versions
    assert "Code" in normal(adam.get(f"/admin/forms/{form}/versions/1"))
    assert "Code" not in screen(adam.get(f"/admin/forms/{form}/versions/2")).one("ol", cls="plain-list").text


@pytest.mark.feature("C076")
def test_publishing_can_be_undone_as_long_as_nobody_has_filled_in_that_version(world, make_form, add):
    form = make_form(publish=False)
    with world.inside():
        first, operation = building.publish(form, actor=ADAM)
        with pytest.raises(building.Published):
            building.publish(form, actor=ADAM)
        undo.undo(operation.id, ADAM)
        assert queries.versions(form) == []
    with world.inside():
        number, operation = building.publish(form, actor=ADAM)
        assert number == first + 1, "A number is used once."
        published = operation.id
    add(form)
    with world.inside():
        assert undo.undo(published, ADAM).kept, "It is in use."
        assert [one.number for one in queries.versions(form)] == [number]
    with world.inside(), pytest.raises(building.Empty):
        building.publish(building.create({"name": "Nothing", "about": "both"}, actor=ADAM), actor=ADAM)


@pytest.mark.feature("C076")
def test_a_form_is_deleted_with_its_answers_and_comes_back_with_them(world, ann, adam, make_form, add, cast):
    form = make_form()
    filled = add(form)
    ann.post_form(f"/filled-forms/{filled}", {"custom-gate": "1", "custom-code": "4711", "v": "1"})
    asked = normal(adam.get(f"/admin/forms/{form}/deletion"))
    assert "1 company has it." in asked
    assert adam.post_form(f"/admin/forms/{form}/deletion", {"reason": "old"}).status_code == 303
    assert "4711" not in screen(ann.get(f"/companies/{cast.acme}")).one("main").text
    assert ann.get(f"/filled-forms/{filled}").status_code == 404
    assert "Site access" in normal(adam.get("/admin/forms")) and "deleted" in normal(adam.get(f"/admin/forms/{form}"))
    assert adam.post_form(f"/admin/forms/{form}/recovery").status_code == 303
    assert "4711" in screen(ann.get(f"/companies/{cast.acme}")).one("main").text
    with world.inside():
        assert labels(form) == ["Gate", "Code", "Badges"]


@pytest.mark.feature("C076")
def test_an_edit_of_the_draft_is_undone_from_the_history_of_the_form(adam, make_form):
    form = make_form()
    changed = {"label": "Door", "portal": "none"}
    adam.post_form(f"/admin/forms/{form}/questions/custom-gate", changed)
    page = normal(adam.get(f"/admin/forms/{form}"))
    assert "Door" in page and "The draft is not what is published" in page
    undone = re.search(r'(?:form)?action="(/operations/\d+/undo[^"]*)"', page)[1].replace("&amp;", "&")
    assert adam.post_form(undone).status_code == 303
    page = normal(adam.get(f"/admin/forms/{form}"))
    assert "The draft is not what is published" not in page


@pytest.mark.feature("C076")
def test_the_preview_tries_the_draft_and_saves_nothing(world, adam, make_form):
    form = make_form(publish=False)
    before = world.checksum(but=("session",))
    at = f"/admin/forms/{form}/preview"
    for look in ("staff", "phone"):
        assert "Code" in normal(adam.get(f"{at}?as={look}"))
    portal = screen(adam.get(f"{at}?as=portal")).one("dl", cls="facts-list").text
    assert "Badges" in portal and "Code" not in portal, "Only what is opened to the portal."
    assert adam.post_form(at, {"custom-gate": "1"}).status_code == 422
    assert "would be saved" in normal(adam.post_form(at, {"custom-gate": "1", "custom-code": "1"}))
    assert world.checksum(but=("session",)) == before


@pytest.mark.parametrize(
    "sent",
    [
        {"kind": "text", "label": ""},
        {"kind": "text", "label": "gate"},
        {"kind": "choice", "label": "One", "choices": ""},
        {"kind": "text", "label": "New", "show_field": "nothing", "show_verb": "is", "show_value": "x"},
        {"kind": "text", "label": "New", "require_field": "gate", "require_verb": "is", "require_value": "perhaps"},
    ],
)
def test_a_question_that_cannot_be_is_refused_where_it_is_wrong(world, adam, make_form, sent):
    form = make_form()
    before = world.checksum(but=("session",))
    refused = adam.post_form(f"/admin/forms/{form}/questions", {"portal": "none", **sent})
    assert refused.status_code == 422 and "another look" in normal(refused)
    assert world.checksum(but=("session",)) == before


@pytest.mark.feature("C076")
@pytest.mark.threat("T-013")
def test_only_who_may_build_forms_does(world, ann, make_form):
    form = make_form()
    before = world.checksum(but=("session",))
    for path in ("", f"/{form}/questions", f"/{form}/versions", f"/{form}/deletion", f"/{form}/questions/custom-code"):
        assert ann.post_form(f"/admin/forms{path}", {"name": "X", "kind": "text"}).status_code == 403, path
    assert ann.get(f"/admin/forms/{form}").status_code == 403
    assert world.checksum(but=("session",)) == before


def test_questions_of_forms_are_no_fields_of_anything_else(world, adam, make_form, cast):
    make_form()
    with world.inside():
        other = building.create({"name": "Other", "about": "both"}, actor=ADAM)
        # Two forms may ask the same; their answers stand apart.
        assert ask(other, "Code") == "custom-code_2" and keys(other) == {"Code": "code_2"}
        assert [one.field.key for one in questions.made(questions.snapshot(other))] == ["code_2"]
    for noun in ("contact", "company"):
        assert "Badges" not in normal(adam.get(f"/admin/fields/{noun}"))
    assert "Badges" not in normal(adam.get("/contacts"))
