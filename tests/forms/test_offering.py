"""Choices that depend on an earlier answer: described, published, chosen from, cleared when the other one changes."""

import pytest

from app.fields.errors import FieldErrors
from app.forms import building, filling, queries, questions
from app.records import undo
from tests.pages import normal
from tests.web.screens import screen

from .conftest import ADAM, ANN, ask

ROOMS = "101\n102\n201 | Hall\nDesk"
GOES = "North: 101; 102\nSouth: Hall"


@pytest.fixture
def form(world):
    """A published form in which the building decides the room."""
    with world.inside():
        made = building.create({"name": "Seat", "about": "company"}, actor=ADAM)
        ask(made, "Building", "choice", choices="North\nSouth\nWest")
        ask(made, "Room", "choice", choices=ROOMS, offer_field="building", offer_lines=GOES, portal="view")
        building.publish(made, actor=ADAM)
    return made


@pytest.fixture
def filled(add, form):
    """That form on Acme's page."""
    return add(form)


def kept(world, filled: int) -> dict:
    with world.inside():
        return {key: value for key, value in queries.get(filled, None).record.custom.items() if value is not None}


def answered(world, filled: int, **answers) -> int | None:
    """Save answers as the API does; returns the operation's number."""
    with world.inside():
        record = queries.get(filled, None).record
        values = {f"custom-{name}": value for name, value in answers.items()}
        operation = filling.update(record, values, actor=ANN)
        return operation and operation.id


@pytest.mark.feature("C076")
def test_the_building_decides_the_room(world, ann, filled, cast):
    at = f"/filled-forms/{filled}"
    page = screen(ann.get(f"{at}/edit"))
    assert "What can be chosen depends on “Building”." in page.text
    assert [one["value"] for one in page.one("select", name="custom-room").all("option")][1:] == [
        "101",
        "102",
        "201",
        "Desk",
    ], "Without scripts all stand there, so that both can be answered at once."
    wrong = ann.post_form(at, {"custom-building": "North", "custom-room": "201", "v": "1"})
    assert wrong.status_code == 422 and "“201” cannot be chosen; expected: 101, 102" in normal(wrong)
    assert ann.post_form(at, {"custom-building": "South", "custom-room": "201", "v": "1"}).status_code == 303
    assert kept(world, filled) == {"building": "South", "room": "201"}
    section = screen(ann.get(f"/companies/{cast.acme}")).one("section", id=f"filled-form-{filled}")
    assert "Hall" in section.text and section.get("hx-get") == at, "It is drawn anew when the building changes."
    edited = screen(ann.fragment(f"{at}/fields/custom-room/edit"))
    assert [one["value"] for one in edited.one("select").all("option") if one["value"]] == ["201", "Desk"]
    refused = ann.fragment(f"{at}/fields/custom-room", method="POST", data={"value": "101", "v": "2"})
    assert refused.status_code == 422 and kept(world, filled)["room"] == "201"
    assert "Hall" in normal(world.portal("ina").get(f"/portal/companies/{cast.acme}/forms"))


@pytest.mark.feature("C076")
def test_a_room_goes_with_its_building(world, filled):
    answered(world, filled, building="North", room="101")
    moved = answered(world, filled, building="South")
    assert kept(world, filled) == {"building": "South"}
    with world.inside():
        undo.undo(moved, ANN)
    assert kept(world, filled) == {"building": "North", "room": "101"}, "One undo brings both back."
    # What goes with both stays, and so does what is only hidden.
    answered(world, filled, room="Desk")
    answered(world, filled, building="West")
    assert kept(world, filled)["room"] == "Desk"
    answered(world, filled, building=None)
    assert kept(world, filled) == {"room": "Desk"}
    for values in ({"building": "South", "room": "101"}, {"building": "West", "room": "Hall"}):
        with pytest.raises(FieldErrors):
            answered(world, filled, **values)


@pytest.mark.feature("C076")
def test_where_nothing_is_left_to_choose_nothing_is_asked(world, add):
    with world.inside():
        form = building.create({"name": "Strict", "about": "company"}, actor=ADAM)
        ask(form, "House", "choice", choices="A: old\nB")
        ask(form, "Keys", "choices", choices="a1\na2", offer_field="house", offer_lines="A: old: a1; A2", required=True)
        ask(form, "Why", show="Keys", show_verb="contains", show_value="a1")
        building.publish(form, actor=ADAM)
    filled = add(form)

    def asked() -> list[str]:
        with world.inside():
            return [entry.name for entry in queries.get(filled, None).fields]

    assert asked() == ["custom-house"]
    answered(world, filled, house="B")
    assert asked() == ["custom-house"]
    with pytest.raises(FieldErrors, match="not asked"):
        answered(world, filled, keys=["a1"])
    answered(world, filled, house="A: old", keys=["a1", "a2"])
    assert asked() == ["custom-house", "custom-keys", "custom-why"]
    with pytest.raises(FieldErrors, match="empty"):
        answered(world, filled, keys=None)


@pytest.mark.feature("C076")
def test_what_goes_with_which_answer_is_edited_and_holds_the_order(world, adam, form):
    at = f"/admin/forms/{form}/questions"
    table = normal(adam.get(f"/admin/forms/{form}"))
    assert "What can be chosen depends on “Building”." in table
    shown = screen(adam.get(f"{at}/custom-room")).values()
    assert shown["offer_field"] == ["building"] and shown["offer_lines"] == [GOES]
    assert adam.post_form(f"{at}/custom-room/place", {"place": "1"}).status_code == 409
    assert adam.post_form(f"{at}/custom-building/archive").status_code == 409
    told = {"label": "Room", "choices": ROOMS, "portal": "view", "offer_field": "building", "offer_lines": GOES}
    assert adam.post_form(f"{at}/custom-room", told).status_code == 303
    with world.inside():
        assert not building.differs(form, queries.versions(form)), "The same said again is no change."
    assert adam.post_form(f"{at}/custom-room", told | {"offer_field": "", "offer_lines": ""}).status_code == 303
    with world.inside():
        assert [one.offer for one in building.draft(form)] == [None, None]
        assert questions.made(queries.versions(form)[0].questions)[1].offer.field == "building"
    assert adam.post_form(f"{at}/custom-room/place", {"place": "1"}).status_code == 303


@pytest.mark.parametrize(
    ("which", "lines", "at", "said"),
    [
        ("", "North: 101", "offer_field", "Which question is it about?"),
        ("none", "North: 101", "offer_field", "none"),
        ("building", "", "offer_lines", "Say what can be chosen with each answer."),
        ("building", "East: 101", "offer_lines", "“East” is no answer to “Building”"),
        ("building", "North", "offer_lines", "“North” is no answer to “Building”"),
        ("building", "North: 999", "offer_lines", "“999” is none of the choices."),
    ],
)
def test_what_cannot_be_said_of_choices_is_refused_where_it_is_wrong(world, adam, form, which, lines, at, said):
    before = world.checksum(but=("session",))
    told = {"label": "Room", "choices": ROOMS, "portal": "view", "offer_field": which, "offer_lines": lines}
    refused = adam.post_form(f"/admin/forms/{form}/questions/custom-room", told)
    assert refused.status_code == 422 and said in normal(refused)
    assert screen(refused, 422).one(id=f"form-{at}")["aria-invalid"] == "true"
    assert world.checksum(but=("session",)) == before
