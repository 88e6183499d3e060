"""Colours: always seven signs, whatever was typed."""

import pytest

from app.fields.errors import FieldError
from app.fields.kinds import Colour


@pytest.mark.parametrize(
    ("typed", "kept"), [("#1E90FF", "#1e90ff"), ("1e90ff", "#1e90ff"), ("#abc", "#aabbcc"), (" FFF ", "#ffffff")]
)
def test_a_colour_is_kept_in_one_form(typed, kept):
    assert Colour("Badge").parse(typed) == kept


@pytest.mark.parametrize(
    "typed", ["blue", "#12", "#12345", "#1234567", "#ggg", "rgb(1,2,3)", "url(x)", '#abc"><script>', "٣٣٣"]
)
def test_anything_else_is_refused(typed):
    with pytest.raises(FieldError, match="colour") as error:
        Colour("Badge").parse(typed)
    assert error.value.code == "format" and "#1e90ff" in error.value.hint


def test_programs_send_it_as_it_is_kept():
    assert Colour("Badge").from_json("#1e90ff") == "#1e90ff"
    with pytest.raises(FieldError):
        Colour("Badge").from_json("#1E90FF")
