"""Whole numbers and decimal numbers."""

import decimal
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from babel import Locale
from babel.numbers import format_decimal
from sqlalchemy import BigInteger, Numeric
from sqlalchemy.types import TypeEngine

from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import ascii_digits, shown, signs
from .kind import Context, Kind, wrong_type
from .locales import decimal_sign, group_sign, groups_by_two, locale_of

# What PostgreSQL's bigint holds.
LARGEST = 2**63 - 1
# Digits in a decimal column, of which `places` stand behind the point.
PRECISION = 18

_SHAPE = re.compile(r"([+-]?) ?([0-9][0-9., ']*|[.,][0-9]+)").fullmatch
_SPACED = re.compile(r"[0-9]{1,3}(?:([ '])[0-9]{3})(?:\1[0-9]{3})*(?:[.,][0-9]+)?").fullmatch
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:[.,][0-9]{3})+").fullmatch
_GROUPED_BY_TWO = re.compile(r"[1-9][0-9]?(?:,[0-9]{2})*,[0-9]{3}").fullmatch
_PLAIN_DECIMAL = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?").fullmatch
_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2019": "'", "\u00b4": "'"})


def read_number(text: str, locale: Locale) -> decimal.Decimal:
    """The number a person meant, whichever of comma and point they use.

    With both signs the last one is the decimal sign; a sign that comes twice groups thousands; so do blanks and
    apostrophes. Only a single sign before exactly three digits (1,234) has two meanings: there the locale decides,
    and where it knows the sign for neither, an error says so.
    """
    shape = _SHAPE(text)
    if not shape:
        raise _no_number(text, locale)
    sign, body = shape.groups()
    if " " in body or "'" in body:
        if not _SPACED(body):
            raise _no_number(text, locale)
        body = body.replace(" ", "").replace("'", "").replace(",", ".")
    else:
        body = _with_point(text, body, locale)
    return decimal.Decimal(sign + body)


def _with_point(text: str, body: str, locale: Locale) -> str:
    """Digits with at most one point, from digits with points and commas."""
    mark = max(body.rfind("."), body.rfind(","))
    if mark < 0:
        return body
    whole, behind = body[:mark], body[mark + 1 :]
    grouped = groups_by_two(locale) and _GROUPED_BY_TWO(body)
    if body.count(body[mark]) > 1 or grouped:
        if not (grouped or (_GROUPED(body) and len(set(body) & {".", ","}) == 1)):
            raise _no_number(text, locale)
        return re.sub("[.,]", "", body)
    other = "," if body[mark] == "." else "."
    if other in whole:
        if not behind or not (_GROUPED(whole) or (groups_by_two(locale) and _GROUPED_BY_TWO(whole))):
            raise _no_number(text, locale)
        return f"{whole.replace(other, '')}.{behind}"
    if not behind:
        raise _no_number(text, locale)
    if _GROUPED(body):
        if body[mark] == group_sign(locale):
            return whole + behind
        if body[mark] != decimal_sign(locale):
            raise FieldError(
                _("“%(found)s” can be read in two ways, as thousands or as a fraction.", found=shown(text)),
                code="ambiguous",
                hint=_("Write %(thousands)s or %(fraction)s.", thousands=whole + behind, fraction=f"{whole}.{behind}0"),
            )
    return f"{whole or '0'}.{behind}"


def _refuse_thousands(text: str, number: decimal.Decimal) -> None:
    """Where three decimals do not fit, 1.000 is rather a thousand in somebody else's way of writing than a one."""
    if number.as_tuple().exponent == -3 and _GROUPED(text.lstrip("+- ")):
        raise FieldError(
            _("“%(found)s” can be read in two ways, as thousands or as a fraction.", found=shown(text)),
            code="ambiguous",
            hint=_("Write %(thousands)s if thousands are meant.", thousands=int(number.scaleb(3))),
        )


def _written(number: Any, locale: Locale) -> str:
    """A number as an error repeats it, with all its decimals."""
    if len(str(number)) > PRECISION + 10:
        return shown(str(number))
    return format_decimal(number, locale=locale, decimal_quantization=False)


def _no_number(text: str, locale: Locale) -> FieldError:
    return FieldError(
        _("A number is expected; “%(found)s” is none.", found=shown(text)),
        code="format",
        hint=lambda: _(
            "Use digits only, such as %(whole)s or %(fraction)s, without a currency or unit.",
            whole=1250,
            fraction=format_decimal(decimal.Decimal("12.5"), locale=locale),
        ),
    )


@dataclass(frozen=True, eq=False)
class Whole(Kind):
    """A whole number from `min` to `max`."""

    max: int | None = None
    min: int | None = None

    name: ClassVar[str] = "whole"
    input: ClassVar[str] = "number"
    operators: ClassVar[tuple[str, ...]] = ("is", "gte", "lte", "gt", "lt", "is_not", "any_of", "empty", "not_empty")
    numeric: ClassVar[bool] = True
    settings: ClassVar[tuple[str, ...]] = ("min", "max", "required", "help", "default")
    longest_typed: ClassVar[int] = 100

    def column(self) -> TypeEngine:
        """A 64-bit integer."""
        return BigInteger()

    def clean(self, text: str) -> str:
        """Plain digits and signs."""
        return ascii_digits(signs(text)).translate(_SIGNS)

    def read(self, text: str, context: Context) -> int:
        """The number; 5.0 counts as 5, as sheets export it, but a fraction of three digits might be thousands."""
        locale = locale_of(context.locale)
        number = read_number(text, locale)
        _refuse_thousands(text, number)
        if number != number.to_integral_value():
            raise FieldError(
                _("A whole number is expected; “%(found)s” has a fraction.", found=shown(text)),
                code="places",
                hint=_("Write it without a decimal sign, and thousands without a separator, such as 1250."),
            )
        return self._within(int(number), locale)

    def quick(self, text: str) -> int | None:
        """The number, when it is nothing but a few digits."""
        if len(text) > 18 or not text.isascii() or not text.isdigit():
            return None
        number = int(text)
        return number if (self.min or 0) <= number <= (LARGEST if self.max is None else self.max) else None

    def _within(self, number: Any, locale: Locale) -> Any:
        least = -LARGEST if self.min is None else self.min
        most = LARGEST if self.max is None else self.max
        return within(number, least, most, locale)

    def format(self, value: int | None, locale: str | None = None) -> str:
        """The number with the locale's thousands separators."""
        return "" if value is None else format_decimal(value, locale=locale_of(locale))

    def from_json(self, value: Any) -> int | None:
        """A JSON number without a fraction."""
        if value is None:
            return self.nothing()
        if type(value) is not int:
            raise wrong_type(_("a whole number"), value)
        return self._within(value, locale_of())

    def restore(self, stored: Any) -> int | None:
        """The stored number, whatever the limits are now."""
        return stored if type(stored) is int else None


def within(number: Any, least: Any, most: Any, locale: Locale) -> Any:
    """The number, if it lies within both limits."""
    if least <= number <= most:
        return number
    found = _written(number, locale)
    if number < least:
        limit = _written(least, locale)
        raise FieldError(
            _("The smallest value is %(limit)s; %(found)s was found.", limit=limit, found=found),
            code="min",
            hint=_("Write %(limit)s or more.", limit=limit),
        )
    limit = _written(most, locale)
    raise FieldError(
        _("The largest value is %(limit)s; %(found)s was found.", limit=limit, found=found),
        code="max",
        hint=_("Write %(limit)s or less.", limit=limit),
    )


@dataclass(frozen=True, eq=False)
class Decimal(Kind):
    """A number with exactly `places` decimals (2), from `min` to `max`; never rounded: more decimals are refused."""

    max: Any = None
    min: Any = None
    places: int = 2

    name: ClassVar[str] = "decimal"
    input: ClassVar[str] = "number"
    operators: ClassVar[tuple[str, ...]] = ("gte", "lte", "is", "gt", "lt", "is_not", "empty", "not_empty")
    numeric: ClassVar[bool] = True
    settings: ClassVar[tuple[str, ...]] = ("places", "min", "max", "required", "help", "default")
    longest_typed: ClassVar[int] = 100

    def __post_init__(self):
        for name in ("min", "max"):
            limit = getattr(self, name)
            object.__setattr__(self, name, None if limit is None else decimal.Decimal(str(limit)))

    def column(self) -> TypeEngine:
        """An exact number of 18 digits."""
        return Numeric(PRECISION, self.places)

    def clean(self, text: str) -> str:
        """Plain digits and signs."""
        return ascii_digits(signs(text)).translate(_SIGNS)

    def read(self, text: str, context: Context) -> decimal.Decimal:
        """The number, with its decimals filled up."""
        locale = locale_of(context.locale)
        number = read_number(text, locale)
        if self.places < 3:
            _refuse_thousands(text, number)
        return self._exact(number, locale)

    def quick(self, text: str) -> decimal.Decimal | None:
        """The number, when it has a point and just the decimals it should have."""
        whole, _point, behind = text.partition(".")
        if not (len(behind) == self.places != 3 and len(whole) <= 9 and text.isascii()):
            return None
        if not (whole.isdigit() and behind.isdigit() and self.min is None and self.max is None):
            return None
        return decimal.Decimal(text)

    def _exact(self, number: decimal.Decimal, locale: Locale) -> decimal.Decimal:
        # One past the largest that the column holds; also keeps the number of digits within decimal's precision.
        beyond = decimal.Decimal(10) ** (PRECISION - self.places)
        smallest = decimal.Decimal(1).scaleb(-self.places)
        least = smallest - beyond if self.min is None else self.min
        most = beyond - smallest if self.max is None else self.max
        within(number, least, most, locale)
        exact = number.quantize(smallest)
        if exact != number:
            raise FieldError(
                _(
                    "At most %(places)s decimals are kept; %(found)s has more.",
                    places=self.places,
                    found=_written(number, locale),
                ),
                code="places",
                hint=_("Round it to %(rounded)s, or write thousands without a separator.", rounded=self.format(exact)),
            )
        return exact if exact else abs(exact)

    def format(self, value: decimal.Decimal | None, locale: str | None = None) -> str:
        """The number with the locale's signs and all its decimals."""
        if value is None:
            return ""
        found = locale_of(locale)
        whole = found.decimal_formats[None].pattern.split(";")[0].split(".")[0]
        return format_decimal(value, format=f"{whole}.{'0' * self.places}" if self.places else whole, locale=found)

    def plain(self, value: decimal.Decimal | None) -> str:
        """The number with a point, which every locale reads alike.

        1.234 would be thousands to a German, so that a number with three decimals gets a fourth, a zero.
        """
        if value is None:
            return ""
        text = f"{value:.{self.places}f}"
        return text + "0" if self.places == 3 and _GROUPED(text.lstrip("-")) else text

    def to_json(self, value: decimal.Decimal | None) -> str | None:
        """The number as a text with a point: JSON numbers lose digits in many readers."""
        return None if value is None else f"{value:.{self.places}f}"

    def from_json(self, value: Any) -> decimal.Decimal | None:
        """A text such as '-1234.50'."""
        if value is None:
            return self.nothing()
        if not isinstance(value, str):
            raise wrong_type(_("a decimal number as a text, such as “12.50”"), value)
        if not value.isascii() or not _PLAIN_DECIMAL(value):
            raise FieldError(
                _("A decimal number is expected; “%(found)s” was found.", found=shown(value)),
                code="format",
                hint=_("Send digits with a point, such as “12.50”."),
            )
        return self._exact(decimal.Decimal(value), locale_of())

    def restore(self, stored: Any) -> decimal.Decimal | None:
        """The stored number, whatever the limits are now."""
        return decimal.Decimal(stored) if isinstance(stored, str) and _PLAIN_DECIMAL(stored) else None
