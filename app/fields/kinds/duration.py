"""Lengths of time, in minutes."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from sqlalchemy import Integer
from sqlalchemy.types import TypeEngine

from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import ascii_digits, shown, signs
from .kind import Context, Kind, wrong_type

# What PostgreSQL's integer holds.
LARGEST = 2**31 - 1

_HOURS = r"(?:hours?|hrs?|h|stunden?|std\.?)"
_MINUTES = r"(?:minutes?|minuten?|mins?\.?|m)"
_CLOCK = re.compile(rf"([0-9]{{1,8}}):([0-9]{{2}}) ?{_HOURS}?").fullmatch
_BARE_MINUTES = re.compile(rf"([0-9]{{1,10}}) ?{_MINUTES}?").fullmatch
_FRACTION = re.compile(rf"([0-9]{{0,8}}[.,][0-9]{{1,2}}) ?{_HOURS}?").fullmatch
_UNITS = re.compile(rf"([0-9]{{1,8}}) ?{_HOURS}(?:,? ?([0-9]{{1,8}}) ?{_MINUTES}?)?").fullmatch


@dataclass(frozen=True, eq=False)
class Duration(Kind):
    """A length of time in whole minutes, from `min` (0) to `max`.

    Read are 1:15, 25m, 1h 30m, 1h30, 1.5h, 2 hours, 90 min and their German forms. **A bare number is minutes (90);
    with a decimal point or comma it is hours (1.5 or ,5).** Fractions of a minute are rounded, half up. Days are
    refused: a day of work is not 24 hours.
    """

    max: int | None = None
    min: int | None = 0

    name: ClassVar[str] = "duration"
    input: ClassVar[str] = "duration"
    operators: ClassVar[tuple[str, ...]] = ("gte", "lte", "is", "gt", "lt", "empty", "not_empty")
    numeric: ClassVar[bool] = True
    settings: ClassVar[tuple[str, ...]] = ("min", "max", "required", "help", "default")
    longest_typed: ClassVar[int] = 100

    def column(self) -> TypeEngine:
        """Minutes."""
        return Integer()

    def clean(self, text: str) -> str:
        """Lower case, plain digits, an ASCII minus."""
        return ascii_digits(signs(text)).casefold().replace("\u2212", "-")

    def read(self, text: str, context: Context) -> int:
        """The minutes."""
        minutes = _minutes(text.removeprefix("-").strip())
        if minutes is None:
            raise FieldError(
                _("A length of time is expected; “%(found)s” is none.", found=shown(text)),
                code="format",
                hint=_("Write it like 1:15, 1h 15m, 75m or 1.25 (hours)."),
            )
        return self._within(-minutes if text.startswith("-") else minutes)

    def _within(self, minutes: int) -> int:
        least = -LARGEST if self.min is None else self.min
        most = LARGEST if self.max is None else self.max
        if minutes < least:
            raise FieldError(
                _("The shortest time is %(least)s; %(found)s was found.", least=clock(least), found=clock(minutes)),
                code="min",
                hint=_("Write %(least)s or more.", least=clock(least)),
            )
        if minutes > most:
            raise FieldError(
                _("The longest time is %(most)s; %(found)s was found.", most=clock(most), found=clock(minutes)),
                code="max",
                hint=_("Write %(most)s or less.", most=clock(most)),
            )
        return minutes

    def format(self, value: int | None, locale: str | None = None) -> str:
        """Hours and minutes: 1:15."""
        return "" if value is None else clock(value)

    def plain(self, value: int | None) -> str:
        """Hours and minutes: 1:15."""
        return "" if value is None else clock(value)

    def from_json(self, value: Any) -> int | None:
        """Minutes, a JSON number without a fraction."""
        if value is None:
            return self.nothing()
        if type(value) is not int:
            raise wrong_type(_("a whole number of minutes"), value)
        return self._within(value)

    def restore(self, stored: Any) -> int | None:
        """The stored minutes."""
        return stored if type(stored) is int else None


def clock(minutes: int) -> str:
    """Minutes as hours and minutes: 75 is '1:15', -5 is '-0:05'."""
    return f"{'-' if minutes < 0 else ''}{abs(minutes) // 60}:{abs(minutes) % 60:02}"


def _minutes(text: str) -> int | None:
    found = _CLOCK(text)
    if found:
        return int(found[1]) * 60 + int(found[2]) if int(found[2]) < 60 else None
    found = _BARE_MINUTES(text)
    if found:
        return int(found[1])
    found = _FRACTION(text)
    if found:
        return int((Decimal(found[1].replace(",", ".")) * 60).quantize(Decimal(1), ROUND_HALF_UP))
    found = _UNITS(text)
    return int(found[1]) * 60 + int(found[2] or 0) if found else None
