"""Whole numbers, decimal numbers, ids of other records."""

from decimal import Decimal as Number

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.fields.errors import FieldError
from app.fields.kinds import Decimal, Reference, Whole


def refused(kind, text, **context):
    with pytest.raises(FieldError) as found:
        kind.parse(text, **context)
    return found.value


@pytest.mark.parametrize("locale", ["en", "de", "fr", "de_CH", "sv", "en_IN"])
@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1,5", "1.50"),
        ("1.5", "1.50"),
        (".5", "0.50"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1\u202f234.50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1’234’567", "1234567"),
        ("1.234.567", "1234567"),
        ("1,234,567.8", "1234567.80"),
        ("0,500", "0.5"),
        ("1234,500", "1234.5"),
        ("−3", "-3"),
        ("- 3", "-3"),
        ("+3", "3"),
        ("-0", "0"),
        ("007", "7"),
        ("１２，５", "12.5"),
        ("٣", "3"),
    ],
)
def test_numbers_that_mean_one_thing_everywhere(typed, value, locale):
    found = Decimal("Price").parse(typed, locale=locale)
    assert found == Number(value) and found.as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("typed", "locale", "value"),
    [
        ("1,234", "en", "1234"),
        ("1.234", "en", "1.234"),
        ("1,234", "de", "1.234"),
        ("1.234", "de", "1234"),
        ("1.234", "es", "1234"),
        ("1,234", "fr", "1.234"),
        ("1.234", "de_CH", "1.234"),
        ("12,34,567.5", "en_IN", "1234567.5"),
    ],
)
def test_one_sign_before_three_digits_is_read_as_the_locale_writes_it(typed, locale, value):
    assert Decimal("Weight", places=3).parse(typed, locale=locale) == Number(value)


@pytest.mark.parametrize(("typed", "locale"), [("1.234", "fr"), ("1.234", "sv"), ("1,234", "de_CH")])
def test_where_the_locale_knows_the_sign_for_neither_both_readings_are_offered(typed, locale):
    error = refused(Decimal("Weight", places=3), typed, locale=locale)
    assert error.code == "ambiguous"
    assert error.hint == "Write 1234 or 1.2340."
    assert Decimal("Weight", places=3).parse("1.2340", locale=locale) == Number("1.234")


@pytest.mark.parametrize(("typed", "locale"), [("1.000", "en"), ("1,000", "de"), ("1.234", "en")])
@pytest.mark.parametrize("kind", [Decimal("Price"), Whole("Seats")])
def test_three_decimals_where_fewer_fit_are_taken_for_foreign_thousands(kind, typed, locale):
    error = refused(kind, typed, locale=locale)
    assert error.code == "ambiguous" and "if thousands are meant" in error.hint


@pytest.mark.parametrize(
    "typed",
    [
        "1..2",
        "1.2.3",
        "1,2,3",
        "12,34,567",
        "1,23",
        "1e5",
        "NaN",
        "inf",
        "€5",
        "5 %",
        "1.",
        ",",
        "-",
        "1-",
        "(5)",
        "1 2",
        "½",
        "0x1F",
    ],
)
def test_what_is_no_number_is_refused(typed):
    kind = Decimal("Price")
    if typed == "1,23":
        assert kind.parse(typed, locale="en") == Number("1.23")
        return
    error = refused(kind, typed, locale="en")
    assert error.code == "format" and error.hint == "Use digits only, such as 1250 or 12.5, without a currency or unit."


def test_decimals_are_never_rounded_away():
    error = refused(Decimal("Price"), "12.3456", locale="en")
    assert error.code == "places" and "12.3456" in error.message and "12.35" in error.hint
    assert Decimal("Price").parse("12.3400") == Number("12.34")


def test_a_decimal_keeps_within_its_limits_and_its_column():
    kind = Decimal("Share", min=0, max="100.5")
    assert kind.parse("100.50") == Number("100.5")
    assert (refused(kind, "100.51").code, refused(kind, "-1").code) == ("max", "min")
    assert refused(Decimal("Price"), "9" * 17).code == "max"
    assert refused(Decimal("Price"), "9" * 90).code == "max"
    assert Decimal("Price").parse("9" * 16) == Number("9" * 16)


def test_a_decimal_is_shown_in_the_locale_and_carried_with_a_point():
    kind, value = Decimal("Price"), Number("-1234567.5")
    assert kind.format(value, "de") == "-1.234.567,50"
    assert kind.format(value, "en") == "-1,234,567.50"
    assert kind.format(value, "en_IN") == "-12,34,567.50"
    assert kind.plain(value) == kind.to_json(value) == "-1234567.50"
    assert Decimal("Weight", places=3).plain(Number("1.234")) == "1.2340"


@pytest.mark.parametrize("locale", ["en", "de", "fr", "sv", "en_IN", "de_CH", "es"])
@settings(deadline=None, database=None)
@given(number=st.integers(-(10**12), 10**12))
def test_what_is_shown_can_be_typed_again(number, locale):
    price, count = Decimal("Price"), Whole("Count")
    assert price.parse(price.format(Number(number).scaleb(-2), locale), locale=locale) == Number(number).scaleb(-2)
    assert count.parse(count.format(number, locale), locale=locale) == number


@pytest.mark.parametrize("value", [5, 1.5, "1,5", "1e3", "NaN", " 1", "1.", "+1", "١"])
def test_json_decimals_are_texts_with_a_point(value):
    with pytest.raises(FieldError):
        Decimal("Price").from_json(value)


@pytest.mark.parametrize(
    ("typed", "locale", "value"),
    [
        ("1,000", "en", 1000),
        ("1.000", "de", 1000),
        ("1 000", "en", 1000),
        ("5.0", "en", 5),
        ("5,00", "en", 5),
        ("-3", "en", -3),
    ],
)
def test_whole_numbers_may_have_separators(typed, locale, value):
    found = Whole("Seats").parse(typed, locale=locale)
    assert found == value and type(found) is int


def test_a_whole_number_has_no_fraction_and_keeps_within_its_limits():
    kind = Whole("Seats", min=1, max=5000)
    assert refused(kind, "5.5").code == "places"
    assert refused(kind, "0").code == "min"
    error = refused(kind, "6000", locale="de")
    assert (error.code, error.message, error.hint) == (
        "max",
        "The largest value is 5.000; 6.000 was found.",
        "Write 5.000 or less.",
    )
    assert kind.parse_many(["6000", "0", "12"])[0] == [None, None, 12]
    assert refused(Whole("Seats"), str(2**63)).code == "max"


def test_the_id_of_a_record_may_bear_its_sign():
    kind = Reference("Company", noun="company")
    assert kind.parse("12") == kind.parse(" #12 ") == kind.parse("# 12") == 12
    assert kind.format(12) == "#12" and kind.plain(12) == "12"
    for typed in ("0", "-1", "Acme", "1.5", "9" * 19, "9" * 30, "##1"):
        assert refused(kind, typed).code == "format"
    for value in (0, -1, 2**63, "12", True):
        with pytest.raises(FieldError):
            kind.from_json(value)
