"""Amounts of money: one currency a field, its decimals, and what may stand beside the digits."""

from decimal import Decimal as Number

import pytest

from app.fields.errors import FieldError
from app.fields.kinds import Money, from_settings
from app.fields.kinds.money import currencies


@pytest.mark.parametrize(
    ("typed", "locale", "amount"),
    [
        ("1250", "en", "1250.00"),
        ("€1,250.00", "en", "1250.00"),
        ("1.250,00 €", "de", "1250.00"),
        ("1.250,00\u00a0€", "de", "1250.00"),
        ("EUR 12.5", "en", "12.50"),
        ("12,5 eur", "de", "12.50"),
        ("12 euros", "en", "12.00"),
        ("12 Euro", "de", "12.00"),
        ("-€5", "en", "-5.00"),
        ("- 5 €", "de", "-5.00"),
        ("−0,01 €", "de", "-0.01"),
    ],
)
def test_the_currency_may_stand_beside_the_amount(typed, locale, amount):
    assert Money("Price").parse(typed, locale=locale) == Number(amount)


@pytest.mark.parametrize("typed", ["12 USD", "$12", "12 £", "12 Dollar", "CHF 3", "12 EUR 5 USD"])
def test_another_currency_is_refused_and_never_converted(typed):
    with pytest.raises(FieldError, match="EUR") as error:
        Money("Price").parse(typed, locale="en")
    assert error.value.code == "format" and "EUR" in error.value.hint


@pytest.mark.parametrize(
    ("typed", "code"), [("12.345,6789", "places"), ("€", "format"), ("much", "format"), ("1.000", "ambiguous")]
)
def test_what_is_no_exact_amount_is_refused(typed, code):
    with pytest.raises(FieldError) as error:
        Money("Price").parse(typed, locale="de" if code == "places" else "en")
    assert error.value.code == code


def test_a_currency_brings_its_decimals():
    for currency, places, shown in (
        ("EUR", 2, "€12.00"),
        ("JPY", 0, "¥12"),
        ("KWD", 3, "KWD12.000"),
        ("CLF", 4, None),
    ):
        if currency not in currencies():
            continue
        kind = from_settings("money", "Price", {"currency": currency})
        assert kind.places == places and kind.column().scale == places
        assert shown is None or kind.format(Number(12), "en") == shown
    with pytest.raises(FieldError) as error:
        Money("Price", currency="JPY").parse("12.5", locale="en")
    assert error.value.code == "places"


def test_people_read_it_with_its_currency_and_programs_without():
    kind, amount = Money("Price"), Number("-1234.50")
    assert (kind.format(amount, "en"), kind.format(amount, "de")) == ("-€1,234.50", "-1.234,50\u00a0€")
    assert kind.plain(amount) == kind.to_json(amount) == "-1234.50"
    for locale in ("en", "de", "fr", "de_CH", "sv", "da"):
        assert kind.parse(kind.format(amount, locale), locale=locale) == amount, locale


@pytest.mark.parametrize("currency", ["DEM", "eur", "XXX", "", 12, None])
def test_only_currencies_that_are_in_use_can_be_chosen(currency):
    if currency is None:
        assert from_settings("money", "Price", {"currency": None}).currency == "EUR"
        return
    with pytest.raises(FieldError, match="currency") as error:
        from_settings("money", "Price", {"currency": currency})
    assert error.value.code == "option"


def test_limits_are_exact():
    kind = from_settings("money", "Price", {"min": "0", "max": "99.99", "default": "5.00"})
    assert kind.default == Number("5.00") and kind.parse("99.99", locale="en") == Number("99.99")
    for typed in ("-0.01", "100"):
        with pytest.raises(FieldError):
            kind.parse(typed, locale="en")
