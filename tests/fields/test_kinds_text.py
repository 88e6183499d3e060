"""Text on one line and on many."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.fields.errors import FieldError
from app.fields.kinds import LongText, Text
from app.fields.kinds.cleaning import fold, many_lines, one_line, signs

WALES = "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"


def refused(kind, text):
    with pytest.raises(FieldError) as found:
        kind.parse(text)
    return found.value


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ann  ", "Ann"),
        ("Ann \t\n van\u00a0der   Berg", "Ann van der Berg"),
        ("Mu\u0308ller", "Müller"),
        ("\ufeffAnn\u200b Marie\u00ad", "Ann Marie"),
        ("\u200eשרה\u200f", "שרה"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("نامه\u200cها", "نامه\u200cها"),
        ("👩\u200d👩\u200d👧 Ann", "👩\u200d👩\u200d👧 Ann"),
        (f"Cardiff {WALES}", f"Cardiff {WALES}"),
        ("hidden\U000e0041\U000e0042", "hidden"),
        ("Ｆｕｌｌ ｗｉｄｔｈ", "Ｆｕｌｌ ｗｉｄｔｈ"),
        ("O'Brien <ann> & Søn; 100 %", "O'Brien <ann> & Søn; 100 %"),
        ("=1+1", "=1+1"),
    ],
)
def test_one_line_is_tidied_without_losing_what_people_wrote(typed, kept):
    assert Text("Name").parse(typed) == kept


@pytest.mark.parametrize("sign", ["\0", "\x07", "\x1b", "\x7f", "\x9f", "\ud800"])
@pytest.mark.parametrize("kind", [Text("Name"), LongText("Notes")])
def test_a_control_character_is_refused_and_named(kind, sign):
    error = refused(kind, f"ab{sign}c")
    assert error.code == "control"
    assert f"U+{ord(sign):04X}" in error.message and "position 3" in error.message
    assert error.hint


def test_length_is_counted_in_composed_characters_after_tidying():
    kind = Text("First name", max=4)
    assert kind.parse("  Zoe\u0308  ") == "Zoë"
    assert kind.parse("👩👩👩👩") == "👩👩👩👩"
    error = refused(kind, "Agnes")
    assert error.code == "max"
    assert error.message == "At most 4 characters fit; the text has 5."
    assert error.hint == "Shorten it by 1 character."
    assert kind.parse_many(["Agnes", "Ann", "Agnes"])[0] == [None, "Ann", None]


@pytest.mark.feature("L133", "L134")
def test_first_and_last_names_end_at_64_characters():
    assert Text("First name", max=64).parse("x" * 64) == "x" * 64
    assert refused(Text("First name", max=64), "x" * 65).code == "max"


def test_a_hundred_kilobytes_are_refused_on_one_line_and_kept_on_many():
    text = "wörter " * 14_000
    assert "97999" in refused(Text("Name"), text).message
    assert LongText("Notes").parse(text) == text.rstrip()
    assert refused(LongText("Notes"), text * 2).code == "max"


def test_long_text_keeps_its_lines_and_indents():
    typed = "\r\n  Ann,\r\n\r\n    call back  \rtomorrow\t\n\n"
    assert LongText("Notes").parse(typed) == "  Ann,\n\n    call back\ntomorrow"


def test_long_text_keeps_the_isolates_of_mixed_directions():
    assert LongText("Notes").parse("see \u2067שרה\u2069 there\u202e") == "see \u2067שרה\u2069 there"


def test_a_required_text_says_so():
    error = refused(Text("Last name", required=True), " \u200b ")
    assert (error.code, error.message, error.hint) == ("required", "This field may not be empty.", "Enter a value.")


def test_a_column_shares_what_equal_texts_share():
    values, errors = Text("Name", max=3).parse_many(["Ann", " Bob ", "long one", "", None, "long one", "Ann"])
    assert values == ["Ann", "Bob", None, None, None, None, "Ann"]
    assert sorted(errors) == [2, 5] and errors[2] is errors[5]


@pytest.mark.parametrize("tidy", [one_line, many_lines, signs])
def test_tidying_twice_changes_nothing(tidy):
    @settings(deadline=None, database=None)
    @given(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]))
        | st.text(" \n\t\u200d\u200f\u202ea\u0308e", max_size=12)
    )
    def again(text):
        assert tidy(tidy(text)) == tidy(text)

    again()


def test_folding_finds_names_however_they_are_typed():
    assert fold("Côte d’Ivoire") == fold("cote d'ivoire") == "cotedivoire"
    assert fold("ÅLAND") == "aland" and fold("Łódź") == "lodz" and fold("STRASSE") == fold("Straße")
    assert fold("टोगो") != fold("टगा")


@pytest.mark.parametrize("value", [3, True, ["a"], {"a": 1}, 1.5])
def test_json_text_is_a_text(value):
    with pytest.raises(FieldError) as found:
        Text("Name").from_json(value)
    assert found.value.code == "type"
    assert found.value.message.startswith("Expected a text, found ")
