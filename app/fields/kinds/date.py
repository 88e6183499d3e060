"""Dates, as people type them."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar

from babel import Locale
from babel.dates import format_date
from sqlalchemy import Date as DateColumn
from sqlalchemy.types import TypeEngine

from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import ascii_digits, fold, shown, signs
from .kind import Context, Kind, wrong_type
from .locales import date_order, locale_of, understood

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
# A day as sheets and databases export it: midnight may stand behind it, another time may not.
_YEAR_FIRST = re.compile(
    r"([0-9]{4})([-/.]) ?([0-9]{1,2})\2 ?([0-9]{1,2})\.?(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?"
).fullmatch
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.]) ?([0-9]{1,2})\2 ?([0-9]{2,4})(?: 00:00(?::00)?)?").fullmatch
_RELATIVE = re.compile(r"([+-]) ?([0-9]{1,5}) ?([a-z]*)\.?").fullmatch
_TOKENS = re.compile(r"[0-9]+|[^\W\d_]+")

# The days that English and German name; units in English and German.
_NAMED_DAYS = {
    **{"yesterday": -1, "today": 0, "tomorrow": 1},
    **{"gestern": -1, "heute": 0, "morgen": 1, "ubermorgen": 2, "uebermorgen": 2},
}
_UNITS = {
    **dict.fromkeys(("", "d", "day", "days", "t", "tag", "tage"), "days"),
    **dict.fromkeys(("w", "week", "weeks", "woche", "wochen"), "weeks"),
    **dict.fromkeys(("m", "month", "months", "monat", "monate"), "months"),
    **dict.fromkeys(("y", "year", "years", "j", "jahr", "jahre"), "years"),
}
# What stands in dates beside day, month and year: '31st of December', '31 de diciembre de 2026', 'den 31. Dezember'.
_FILLERS = frozenset(["st", "nd", "rd", "th", "of", "the", "de", "del", "den", "der", "am"])


@dataclass(frozen=True, eq=False)
class Date(Kind):
    """A calendar date without a time.

    Read are 2026-12-31; 31.12.2026 (the day first, always); 12/31/2026 or 31/12/2026 by the locale's order; dates
    with a month's name; today, tomorrow, yesterday; a weekday, which is the next one after today; and +3d, +2w, +1m,
    -1y. What fits only the other order of day and month is refused rather than turned around, so that a column never
    mixes both. Years have four digits.
    """

    name: ClassVar[str] = "date"
    input: ClassVar[str] = "date"
    operators: ClassVar[tuple[str, ...]] = ("after", "before", "is", "last_days", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("required", "help")
    longest_typed: ClassVar[int] = 100

    def column(self) -> TypeEngine:
        """A date."""
        return DateColumn()

    def clean(self, text: str) -> str:
        """Plain digits."""
        return ascii_digits(signs(text))

    def read(self, text: str, context: Context) -> date:
        """The date that was meant, from the first of the forms that fits."""
        locale = locale_of(context.locale)
        year_first, year_last = _YEAR_FIRST(text), _YEAR_LAST(text)
        if year_first:
            return _date(text, int(year_first[1]), int(year_first[3]), int(year_first[4]), locale)
        if year_last:
            return _by_order(text, year_last, locale)
        day = _relative(text, context.today or datetime.now(UTC).date(), locale)
        if day is None:
            day = _with_month_name(text, locale)
        if day is None:
            raise _no_date(text, locale)
        return day

    def quick(self, text: str) -> date | None:
        """The date, when it is an ISO date (ISO 8601) that exists."""
        if not _ISO(text):
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None

    def format(self, value: date | None, locale: str | None = None) -> str:
        """The date in the locale's medium form: 31.12.2026, Dec 31, 2026."""
        return "" if value is None else format_date(value, "medium", locale=locale_of(locale))

    def plain(self, value: date | None) -> str:
        """2026-12-31 (ISO 8601)."""
        return "" if value is None else value.isoformat()

    def to_json(self, value: date | None) -> str | None:
        """'2026-12-31' (ISO 8601)."""
        return None if value is None else value.isoformat()

    def from_json(self, value: Any) -> date | None:
        """A text such as '2026-12-31', no other form."""
        if value is None:
            return self.nothing()
        if not isinstance(value, str):
            raise wrong_type(_("a date as a text, such as “2026-12-31”"), value)
        found = self.quick(value)
        if found is None:
            raise FieldError(
                _("A date is expected; “%(found)s” was found.", found=shown(value)),
                code="format",
                hint=_("Send it as year-month-day, such as “2026-12-31”."),
            )
        return found

    def restore(self, stored: Any) -> date | None:
        """The stored date."""
        return self.quick(stored) if isinstance(stored, str) else None


def _by_order(text: str, found: re.Match, locale: Locale) -> date:
    """A date whose year stands last: points put the day first, slashes and hyphens follow the locale."""
    one, other, year = int(found[1]), int(found[3]), found[4]
    if len(year) != 4:
        full = text[: found.start(4)] + ("20" + year if len(year) == 2 else "2026")
        raise FieldError(
            _("A year of four digits is expected; “%(found)s” was found.", found=shown(text)),
            code="year",
            hint=_("Write %(full)s, if that is the year.", full=full),
        )
    order = "dmy" if found[2] == "." else date_order(locale)
    if order == "ymd" and one != other:
        # A locale that writes the year first says nothing about the order of a date that ends with it.
        if one <= 12 and other <= 12:
            raise FieldError(
                _("“%(found)s” can be read in two ways, with the day or the month first.", found=shown(text)),
                code="ambiguous",
                hint=_("Write %(one)s or %(other)s.", one=_iso(year, other, one), other=_iso(year, one, other)),
            )
        order = "dmy" if other <= 12 else "mdy"
    day, month = (other, one) if order == "mdy" else (one, other)
    return _date(text, int(year), month, day, locale)


def _date(text: str, year: int, month: int, day: int, locale: Locale) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        # Written in the other order, it may be a date; day and month are never turned around unasked.
        turned = year and 1 <= day <= 12 and 1 <= month <= monthrange(year, day)[1]
        raise FieldError(
            _("There is no such date: “%(found)s”.", found=shown(text)),
            code="format",
            hint=_("Write %(date)s, if that is meant.", date=_iso(year, day, month))
            if turned
            else lambda: _how(locale),
        ) from error


def _iso(year: Any, month: int, day: int) -> str:
    return f"{int(year):04}-{month:02}-{day:02}"


def _relative(text: str, today: date, locale: Locale) -> date | None:
    """A day named by its distance from today."""
    counted, key = _RELATIVE(text.casefold()), fold(text)
    try:
        if counted and counted[3] in _UNITS:
            return _shifted(today, int(counted[1] + counted[2]), _UNITS[counted[3]])
        if key in _NAMED_DAYS:
            return today + timedelta(days=_NAMED_DAYS[key])
        for known in understood(str(locale)):
            if key in _weekdays(known):
                return today + timedelta(days=(_weekdays(known)[key] - today.weekday() - 1) % 7 + 1)
    except (OverflowError, ValueError) as error:
        raise _no_date(text, locale) from error
    return None


def _shifted(today: date, count: int, unit: str) -> date:
    """The day so many units away; a month that is too short gives its last day."""
    if unit in ("days", "weeks"):
        return today + timedelta(**{unit: count})
    months = today.year * 12 + today.month - 1 + count * (12 if unit == "years" else 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(today.day, monthrange(year, month)[1]))


def _with_month_name(text: str, locale: Locale) -> date | None:
    """Day, month's name and year in any order: 31. Dezember 2026, Thu, Dec 31st, 2026."""
    tokens = [token if token.isdigit() else fold(token) for token in _TOKENS.findall(text)]
    numbers = [token for token in tokens if token.isdigit()]
    words = [token for token in tokens if not token.isdigit() and token not in _FILLERS]
    if len(numbers) != 2 or not 1 <= len(words) <= 2:
        return None
    for known in understood(str(locale)):
        months, weekdays = _months(known), _weekdays(known)
        named = [word for word in words if word in months]
        if len(named) != 1 or not all(word in months or word in weekdays for word in words):
            continue
        years = [number for number in numbers if len(number) == 4]
        days = [number for number in numbers if len(number) <= 2]
        if len(years) == len(days) == 1:
            return _date(text, int(years[0]), months[named[0]], int(days[0]), locale)
        if len(days) == 2:
            raise FieldError(
                _("A year of four digits is expected; “%(found)s” was found.", found=shown(text)),
                code="year",
                hint=lambda: _how(locale),
            )
    return None


@lru_cache(64)
def _months(locale: str) -> dict[str, int]:
    return _names(locale_of(locale).months)


@lru_cache(64)
def _weekdays(locale: str) -> dict[str, int]:
    return _names(locale_of(locale).days)


def _names(calendar: Any) -> dict[str, int]:
    """Number by folded name, long and short; single letters stand for several and are left out (Unicode CLDR)."""
    return {
        fold(name): number
        for form in ("format", "stand-alone")
        for width in calendar[form]
        if width != "narrow"
        for number, name in calendar[form][width].items()
        if not name.isdigit()
    }


def _no_date(text: str, locale: Locale) -> FieldError:
    return FieldError(
        _("A date is expected; “%(found)s” is none.", found=shown(text)), code="format", hint=lambda: _how(locale)
    )


def _how(locale: Locale) -> str:
    example = date(2026, 12, 31)
    return _(
        "Write it like %(local)s or %(iso)s.",
        local=format_date(example, "medium", locale=locale),
        iso=example.isoformat(),
    )
