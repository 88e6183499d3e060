"""Kinds of custom fields, built from stored settings."""

from decimal import Decimal as Number

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.fields.errors import FieldError
from app.fields.kinds import KINDS, Choice, Decimal, Kind, from_settings

NEEDED = {"choice": {"choices": ["a"]}, "choices": {"choices": ["a"]}}


def refused(name, options):
    with pytest.raises(FieldError) as found:
        from_settings(name, "Label", options)
    return found.value


@pytest.mark.feature("I169")
@pytest.mark.parametrize("name", KINDS)
def test_every_kind_can_be_a_custom_field(name):
    kind = from_settings(name, "Label", {**NEEDED.get(name, {}), "required": True, "help": " Why  it is asked "})
    assert type(kind) is KINDS[name]
    assert (kind.label, kind.required, kind.help) == ("Label", True, "Why it is asked")
    assert not from_settings(name, "Label", NEEDED.get(name)).required


@pytest.mark.feature("I171")
@pytest.mark.parametrize(
    "choices", [[["a", "First"], ["b", "b"]], [{"value": "a", "label": "First"}, {"value": "b"}], [("a", "First"), "b"]]
)
def test_choices_come_in_three_shapes(choices):
    kind = from_settings("choice", "Training taken", {"choices": choices, "default": "b"})
    assert isinstance(kind, Choice)
    assert kind.options() == [("a", "First"), ("b", "b")]
    assert kind.default == "b"


def test_limits_and_places_are_taken_over():
    kind = from_settings("decimal", "Share", {"places": 1, "min": 0, "max": "99.5", "default": "1.5"})
    assert isinstance(kind, Decimal)
    assert (kind.places, kind.min, kind.max, kind.default) == (1, 0, Number("99.5"), Number("1.5"))
    assert from_settings("whole", "Seats", {"min": -5, "max": 5}).parse("-5") == -5
    assert from_settings("text", "Room", {"max": 3}).max == 3
    assert from_settings("duration", "Time", {"max": 60, "default": 15}).default == 15
    assert from_settings("region", "State", {"country": "land"}).country == "land"
    assert from_settings("text", "Room", {"max": None}).max == 256


@pytest.mark.parametrize("name", ["", "Text", "object", "__class__", None, 3, ["text"]])
def test_an_unknown_kind_is_refused(name):
    error = refused(name, {})
    assert error.code == "kind" and "text, long_text" in error.hint


@pytest.mark.parametrize(
    ("name", "options", "setting"),
    [
        ("text", {"places": 2}, "places"),
        ("text", {"label": "x"}, "label"),
        ("text", {"max": 0}, "max"),
        ("text", {"max": 10**9}, "max"),
        ("text", {"max": "5"}, "max"),
        ("text", {"max": True}, "max"),
        ("text", {"required": "yes"}, "required"),
        ("text", {"help": 5}, "help"),
        ("text", {"help": "a\0b"}, "help"),
        ("text", {"max": 3, "default": "long"}, "default"),
        ("whole", {"min": 5, "max": 4}, "min"),
        ("whole", {"max": 2**70}, "max"),
        ("whole", {"max": 1.5}, "max"),
        ("whole", {"max": 5, "default": 6}, "default"),
        ("decimal", {"places": 7}, "places"),
        ("decimal", {"places": -1}, "places"),
        ("decimal", {"max": "NaN"}, "max"),
        ("decimal", {"max": 1.5}, "max"),
        ("duration", {"max": 2**31}, "max"),
        ("choice", {}, "choices"),
        ("choice", {"choices": []}, "choices"),
        ("choice", {"choices": "abc"}, "choices"),
        ("choice", {"choices": ["a", "a "]}, "choices"),
        ("choice", {"choices": [["a"]]}, "choices"),
        ("choice", {"choices": [[1, "a"]]}, "choices"),
        ("choice", {"choices": [{"label": "a"}]}, "choices"),
        ("choice", {"choices": ["\u200b"]}, "choices"),
        ("choice", {"choices": ["a\0"]}, "choices"),
        ("choice", {"choices": ["a"], "default": "b"}, "default"),
        ("choices", {"choices": ["a;b"]}, "choices"),
        ("reference", {"noun": "drop table"}, "noun"),
        ("region", {"country": "__class__"}, "country"),
        ("text", ["max"], "options"),
        ("text", "max", "options"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(name, options, setting):
    error = refused(name, options)
    assert error.code == "option" and f"“{setting}”" in error.message and error.hint


@pytest.mark.parametrize("name", KINDS)
@settings(deadline=None, database=None)
@given(
    options=st.dictionaries(
        st.sampled_from(["max", "min", "places", "required", "help", "default", "choices", "noun", "country", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "label"]), inner),
            max_leaves=5,
        ),
        max_size=4,
    )
)
def test_any_settings_give_a_kind_that_works_or_an_error(name, options):
    try:
        kind = from_settings(name, "Label", options)
    except FieldError as error:
        assert error.code == "option"
        return
    assert isinstance(kind, Kind)
    kind.column()
    assert kind.parse_many(["", "a", "1"]) is not None if not kind.required else True
