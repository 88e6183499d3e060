"""Dates with a time of day, as people type them and clocks show them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from sqlalchemy import DateTime as DateTimeColumn
from sqlalchemy.types import TypeEngine

from app.i18n import current_zone
from app.i18n import gettext as _

from ..errors import FieldError
from .cleaning import ascii_digits, fold, shown, signs
from .date import Date
from .kind import Context, Kind, wrong_type
from .locales import locale_of

# A time behind a date: 14:30, 14:30:05, 14.30 Uhr, 2:30 pm; and what the clocks there are set to: Z, +02:00, UTC+2.
_TIMED = re.compile(
    r"(?P<day>.*?)(?:[T, ]|, | at | um )+"
    r"(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.0+)?)?"
    r"|\.(?P<point>[0-9]{2})(?= ?(?:uhr|$)))? ?(?P<half>[ap]\.?m\.?)?(?: ?uhr)?"
    r" ?(?P<zone>Z|(?:UTC|GMT)?(?:[+-][0-9]{1,2}(?::?[0-9]{2})?)|UTC|GMT)?",
    re.IGNORECASE,
).fullmatch
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2}):?([0-9]{2})?", re.IGNORECASE).fullmatch
_EXACT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
).fullmatch


@dataclass(frozen=True, eq=False)
class DateTime(Kind):
    """A moment, kept to the second: shown and read by the viewer's clocks.

    Read are a date as `Date` reads it with a time behind it, and `now`. An hour that the clocks leave out (when they
    are put forward) is refused; one that comes twice (when they are put back) is refused too, with both ways to say
    which is meant: the difference from UTC may always be written behind the time, as in 2026-10-25 02:30 +01:00.
    Where nobody's clocks are known, as in an import, it must be.
    """

    name: ClassVar[str] = "date_time"
    input: ClassVar[str] = "datetime"
    operators: ClassVar[tuple[str, ...]] = ("after", "before", "is", "last_days", "empty", "not_empty")
    settings: ClassVar[tuple[str, ...]] = ("required", "help")
    longest_typed: ClassVar[int] = 100

    def column(self) -> TypeEngine:
        """A moment, whatever the zone."""
        return DateTimeColumn(timezone=True)

    def clean(self, text: str) -> str:
        """Plain digits."""
        return ascii_digits(signs(text))

    def read(self, text: str, context: Context) -> datetime:
        """The moment that was meant, in UTC."""
        if fold(text) in ("now", "jetzt"):
            return datetime.now(UTC).replace(second=0, microsecond=0)
        found = _TIMED(text)
        if not found or not found["day"] or not (found["minute"] or found["point"] or found["half"]):
            raise _no_moment(text, context)
        zone = found["zone"]
        here = current_zone()
        today = context.today or datetime.now(here or UTC).date()
        day = Date("").parse(found["day"], locale=context.locale, today=today)
        try:
            hour = int(found["hour"])
            if found["half"] and not 1 <= hour <= 12:
                raise ValueError(text)
            hour = hour % 12 + (12 if found["half"][0] in "pP" else 0) if found["half"] else hour
            clock = time(hour, int(found["minute"] or found["point"] or 0), int(found["second"] or 0))
            local = datetime.combine(day, clock)
            if zone:
                return _kept(local.replace(tzinfo=_fixed(zone)))
            if here is None:
                raise FieldError(
                    _("Nobody's clocks are known here: “%(found)s” could be any moment of a day.", found=shown(text)),
                    code="ambiguous",
                    hint=_(
                        "Write the difference from UTC behind it, such as %(exact)s.", exact=f"{_written(local)} +01:00"
                    ),
                )
            return _by_clocks(local, here, text)
        except (ValueError, OverflowError) as error:
            if isinstance(error, FieldError):
                raise
            raise _no_moment(text, context) from error

    def quick(self, text: str) -> datetime | None:
        """The moment, when it is in the form that sheets carry."""
        return _exact(text) if len(text) == 20 and text.endswith("Z") and text[10] == "T" else None

    def bound(self, typed: str, operator: str) -> datetime:
        """The moment that a filter means: a day alone begins with its first and ends with its last moment."""
        try:
            return self.parse(typed)
        except FieldError as error:
            try:
                zone = current_zone() or UTC
                day = Date("").parse(typed, today=datetime.now(zone).date())
                after = operator == "after"
                found = datetime.combine(day + timedelta(days=1) if after else day, time(), zone).astimezone(UTC)
                return found - timedelta(microseconds=1) if after else found
            except (FieldError, TypeError, OverflowError):
                raise error from None

    def typed(self, value: datetime | None) -> str:
        """The moment as an input shows it: 2026-12-31T14:30, or with the difference from UTC where it is needed."""
        if value is None:
            return ""
        local = value.astimezone(current_zone() or UTC)
        if not local.second and not _twice(local) and current_zone():
            return local.replace(tzinfo=None).isoformat(timespec="minutes")
        return f"{_written(local)} {_difference(local)}"

    def format(self, value: datetime | None, locale: str | None = None) -> str:
        """Date and time in the locale's form, by the viewer's clocks; the difference tells equal hours apart."""
        if value is None:
            return ""
        local, found = value.astimezone(current_zone() or UTC), locale_of(locale)
        clock = format_time(local, "medium" if local.second else "short", locale=found)
        words = found.datetime_formats["medium"].replace("'", "")
        text = words.replace("{0}", clock).replace("{1}", format_date(local, "medium", locale=found))
        return f"{text} {_difference(local)}" if _twice(local) else text

    def plain(self, value: datetime | None) -> str:
        """2026-12-31T13:30:00Z (RFC 3339), in UTC."""
        return self.to_json(value) or ""

    def to_json(self, value: datetime | None) -> str | None:
        """'2026-12-31T13:30:00Z' (RFC 3339), in UTC."""
        return None if value is None else value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def from_json(self, value: Any) -> datetime | None:
        """A text such as '2026-12-31T14:30:00+01:00', with the difference from UTC."""
        if value is None:
            return self.nothing()
        if not isinstance(value, str):
            raise wrong_type(_("a date with a time as a text, such as “2026-12-31T13:30:00Z”"), value)
        found = _exact(value)
        if found is None:
            raise FieldError(
                _("A date with a time is expected; “%(found)s” was found.", found=shown(value)),
                code="format",
                hint=_("Send it with the difference from UTC, such as “2026-12-31T13:30:00Z”."),
            )
        return found

    def restore(self, stored: Any) -> datetime | None:
        """The stored moment."""
        return _exact(stored) if isinstance(stored, str) else None


def _by_clocks(local: datetime, zone: ZoneInfo, text: str) -> datetime:
    """The moment at which the clocks of a zone show this; there may be none, and there may be two."""
    first, second = local.replace(tzinfo=zone), local.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return _kept(first)
    if first.utcoffset() < second.utcoffset():
        later = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
        raise FieldError(
            _("The clocks of %(zone)s leave out this time: “%(found)s”.", zone=zone.key, found=shown(text)),
            code="format",
            hint=_("They were put forward then. Write %(later)s, if that is meant.", later=_written(later)),
        )
    raise FieldError(
        _("The clocks of %(zone)s show this time twice: “%(found)s”.", zone=zone.key, found=shown(text)),
        code="ambiguous",
        hint=_(
            "They were put back then. Write %(first)s or, an hour later, %(second)s.",
            first=f"{_written(local)} {_difference(first)}",
            second=f"{_written(local)} {_difference(second)}",
        ),
    )


def _kept(moment: datetime) -> datetime:
    """The moment in UTC; those at the ends of the calendar have no date in some zone."""
    found = moment.astimezone(UTC)
    if not 1 < found.year < 9999:
        raise ValueError(moment)
    return found


def _exact(text: str) -> datetime | None:
    """The moment of a text with the difference from UTC (RFC 3339), None for another text."""
    if not _EXACT(text):
        return None
    try:
        return _kept(datetime.fromisoformat(text)).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def _fixed(text: str) -> timezone:
    """The zone of Z, UTC+2 or +02:00."""
    found = _OFFSET(text)
    if not found:
        return UTC
    size = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(-size if found[1] == "-" else size)


def _written(local: datetime) -> str:
    """What clocks show: 2026-12-31 14:30, with seconds where there are any."""
    return local.replace(tzinfo=None).isoformat(" ", "seconds" if local.second else "minutes")


def _difference(local: datetime) -> str:
    """How far a moment's clocks are from UTC: +02:00."""
    minutes = round(local.utcoffset().total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _twice(local: datetime) -> bool:
    """Whether its clocks show this time twice."""
    return local.replace(fold=0).utcoffset() > local.replace(fold=1).utcoffset()


def _no_moment(text: str, context: Context) -> FieldError:
    example = datetime(2026, 12, 31, 14, 30)
    local = f"{format_date(example, 'medium', locale=locale_of(context.locale))} 14:30"
    return FieldError(
        _("A date with a time is expected; “%(found)s” is none.", found=shown(text)),
        code="format",
        hint=_("Write it like %(local)s or %(iso)s.", local=local, iso="2026-12-31 14:30"),
    )
