"""Lists of companies and contacts filtered by what was answered in forms."""

import re

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.contacts import queries as contacts
from app.contacts.models import Contact
from app.fields.settings import fields_of
from app.forms import building, filling, queries
from app.people import permissions
from app.records import selecting
from tests.pages import normal
from tests.web.screens import screen

from .conftest import ADAM, ANN, ask


@pytest.fixture
def form(world, cast, add):
    """A form about both, filled in for Acme and Nordlys, and for Ina."""
    with world.inside():
        made = building.create({"name": "Site", "about": "both"}, actor=ADAM)
        ask(made, "Gate", "yes_no")
        ask(made, "Code", label_de="Kennwort")
        ask(made, "Badges", "choices", choices="Visitor\nContractor")
        ask(made, "Doors", "whole")
        building.publish(made, actor=ADAM)
    answers = {"gate": True, "code": "Österreich 4711", "badges": ["Visitor"], "doors": 3}
    for model, record_id, said in (
        (None, cast.acme, answers),
        (None, cast.nordlys, {"code": "12", "badges": ["Contractor"], "doors": 7}),
        (Contact, cast.ina, answers),
    ):
        filled = add(made, model, record_id)
        with world.inside():
            record = queries.get(filled, None).record
            filling.update(record, {f"custom-{name}": value for name, value in said.items()}, actor=ANN)
    return made


def names(client, path: str) -> set[str]:
    """Which of the three companies a list shows."""
    text = screen(client.get(path)).one("table").text
    return {name for name in ("Acme", "Xacme", "Nordlys") if re.search(rf"\b{name}\b", text)}


@pytest.mark.feature("C079")
@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ("answer-badges.any_of=Visitor", {"Acme"}),
        ("answer-badges.none_of=Visitor", {"Xacme", "Nordlys"}),
        ("answer-code.is=österreich+4711", {"Acme"}),
        ("answer-code.is_not=12", {"Acme", "Xacme"}),
        ("answer-code.contains=osterreich", {"Acme"}),
        ("answer-code.empty=", {"Xacme"}),
        ("answer-code.not_empty=", {"Acme", "Nordlys"}),
        ("answer-gate.is=1", {"Acme"}),
        ("answer-doors.gte=3", {"Acme", "Nordlys"}),
        ("answer-doors.gt=3", {"Nordlys"}),
        ("answer-doors.gte=3&answer-badges.any_of=Visitor,Contractor&answer-code.is=12", {"Nordlys"}),
    ],
)
def test_companies_are_found_by_what_was_answered(ann, form, filter_, found):
    assert names(ann, f"/companies?{filter_}") == found


@pytest.mark.feature("C079")
def test_contacts_are_found_by_what_was_answered(world, ann, form, cast):
    page = normal(ann.get("/contacts?answer-badges.any_of=Visitor"))
    assert "Berg" in page and "Lind" not in page and "Site: Badges is one of Visitor" in page
    assert "Site: Code" in normal(ann.get("/contacts?panel=filter"))
    with world.inside():
        asked = MultiDict([("answer-code.contains", "4711")])
        assert selecting.matching(contacts.LIST, asked, fields_of(Contact), select(Contact)) == [cast.ina], (
            "All that match."
        )
    german = world.staff("sue")
    german.post_form("/profile/language", {"locale": "de"})
    assert "Site: Kennwort" in normal(german.get("/contacts?panel=filter"))
    # A form that is renamed or deleted is known so at once.
    adam = world.staff("adam")
    adam.post_form(f"/admin/forms/{form}/fields/name", {"value": "Access", "v": "1"})
    assert "Access: Code" in normal(ann.get("/contacts?panel=filter"))
    adam.post_form(f"/admin/forms/{form}/deletion", {"reason": "old"})
    assert "Access: Code" not in normal(ann.get("/contacts?panel=filter"))


@pytest.mark.threat("T-002", "T-013")
def test_answers_are_no_filter_without_the_right_to_see_them(world, ann, form, monkeypatch):
    assert names(ann, "/companies?answer-code.is=12") == {"Nordlys"}
    monkeypatch.setitem(permissions.ROLE_PERMISSIONS, "technician", permissions.TECHNICIAN - {"forms.view"})
    reader = world.staff("ann")
    assert names(reader, "/companies?answer-code.is=12") == {"Acme", "Xacme", "Nordlys"}
    assert "Site: Code" not in normal(reader.get("/companies?panel=filter"))
    people = [normal(world.portal("ina").get(f"/portal/people{query}")) for query in ("", "?answer-code.is=12")]
    assert ("Berg" in people[0]) is ("Berg" in people[1])


def test_only_published_questions_of_the_noun_are_offered(world, ann, make_form):
    make_form("Draft", "contact", publish=False)
    make_form("Mine", "company")
    panel = normal(ann.get("/contacts?panel=filter"))
    assert "Draft: Code" not in panel and "Mine: Code" not in panel
    assert "Mine: Code" in normal(ann.get("/companies?panel=filter"))
