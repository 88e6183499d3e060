"""The choices of given fields, such as titles and levels, as an organization wants them."""

import re

import pytest

from app.contacts.models import Contact
from app.fields.settings import fields_of
from tests.pages import normal

HERE = "/admin/fields/contact"
SENT = {"section": "", "help": "", "portal": "none", "v": "0"}


def options(page: str) -> list[str]:
    return re.findall(r'<option value="[^"]+"(?: selected)?>([^<]+)<', page)


@pytest.mark.feature("L018", "I015")
def test_titles_are_a_list_of_the_organizations_own_and_can_be_switched_off(world, adam, cast):
    ann, where = world.staff(), f"/contacts/{cast.ina}/fields/title"
    assert "Dr." in options(ann.fragment(f"{where}/edit").text)
    sent = SENT | {"label": "", "portal": "edit", "choices": "Frau\nHerr\nDivers"}
    assert adam.post_form(f"{HERE}/title", sent).status_code == 303
    assert options(ann.fragment(f"{where}/edit").text) == ["Frau", "Herr", "Divers"]
    assert options(world.staff("ann", "summit").fragment(f"{where}/edit").text)[0] == "Mr."
    # What was written before, or comes from a file, stays.
    assert ann.fragment(where, method="POST", data={"value": "Baronin"}).status_code == 200
    assert "Baronin" in options(ann.fragment(f"{where}/edit").text)
    adam.post_form(f"{HERE}/title", sent | {"hidden": "1", "v": "1"})
    assert ann.fragment(f"{where}/edit").status_code == 404
    assert f"contact-{cast.ina}-title" not in ann.get(f"/contacts/{cast.ina}").text


@pytest.mark.feature("L055")
def test_the_partner_is_asked_for_where_the_administrator_wants_it(world, adam, cast):
    ann, where = world.staff(), f"/contacts/{cast.ina}/fields/partner_id"
    assert ann.fragment(f"{where}/edit").status_code == 200
    adam.post_form(f"{HERE}/partner_id", SENT | {"label": "", "hidden": "1"})
    assert ann.fragment(f"{where}/edit").status_code == 404
    assert f"contact-{cast.ina}-partner_id" not in ann.get(f"/contacts/{cast.ina}").text


@pytest.mark.feature("W021")
def test_levels_are_renamed_where_they_were_chosen(world, adam, undo, cast):
    ann, where = world.staff(), f"/contacts/{cast.ina}/fields/sla_level"
    ann.fragment(where, method="POST", data={"value": "gold"})
    form = normal(adam.get(f"{HERE}/sla_level"))
    assert "gold | Gold" in form
    wanted = "bronze | Basic\ngold | Premium"
    assert adam.post_form(f"{HERE}/sla_level", SENT | {"label": "", "choices": wanted}).status_code == 303
    assert "Premium" in normal(ann.get(f"/contacts/{cast.ina}"))
    assert options(ann.fragment(f"{where}/edit").text) == ["Basic", "Premium"]
    undo(adam, HERE)
    with world.inside():
        assert [value for value, _label in fields_of(Contact)["sla_level"].kind.choices][1] == "silver"


def test_choices_that_cannot_be_are_refused_with_what_was_typed(adam):
    answer = adam.post_form(f"{HERE}/sla_level", SENT | {"label": "", "choices": "gold\ngold"})
    assert answer.status_code == 422 and "each value" in normal(answer)
