"""Kinds for custom fields: built from what an organization chose, which stands in the database as JSON."""

import re
from collections.abc import Callable
from typing import Any

from app.i18n import gettext as _

from ..errors import FieldError
from .choice import Choice, Choices, YesNo
from .cleaning import one_line
from .colour import Colour
from .country import Country, Region
from .date import Date
from .duration import LARGEST as LONGEST
from .duration import Duration
from .email import Email
from .kind import Kind, wrong_type
from .language import Language
from .moment import DateTime
from .money import Money, currencies
from .number import LARGEST, PRECISION, Decimal, Whole
from .phone import Phone
from .reference import Reference
from .text import LongText, Text
from .url import Url
from .zone import TimeZone

KINDS: dict[str, type[Kind]] = {
    kind.name: kind
    for kind in (
        *(Text, LongText, Email, Phone, Url, Choice, Choices, YesNo, Whole, Decimal, Money),
        *(Date, DateTime, Duration, Reference, Country, Region, TimeZone, Language, Colour),
    )
}

# The longest a text may be set to, in characters, and the most choices a field may have.
LONGEST_TEXT = {"text": 10_000, "long_text": 1_000_000, "email": 254, "phone": 100, "url": 10_000, "region": 200}
MOST_CHOICES = 1_000
MOST_PLACES = 6

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}").fullmatch


def from_settings(kind_name: str, label: Any, options: dict | None = None) -> Kind:
    """The kind of a custom field: `options` as `settings` of its class names them, choices as [value, label] pairs.

    Raises FieldError with the code 'kind' for a kind that does not exist and 'option' for a setting that does not
    exist or cannot be; its message names the setting.
    """
    made_by = KINDS.get(kind_name) if isinstance(kind_name, str) else None
    if made_by is None:
        raise FieldError(
            _("There is no kind of field named “%(found)s”.", found=str(kind_name)[:40]),
            code="kind",
            hint=_("Known are: %(names)s", names=", ".join(KINDS)),
        )
    if options is not None and not isinstance(options, dict):
        raise _refused("options", wrong_type(_("an object"), options).message)
    chosen = {name: value for name, value in (options or {}).items() if value is not None}
    for name in chosen:
        if name not in made_by.settings:
            raise _refused(name, _("a field of this kind has no such setting."))
    default = chosen.pop("default", None)
    read = {name: _READERS[name](made_by, name, value) for name, value in chosen.items()}
    if "choices" in made_by.settings and "choices" not in read:
        raise _refused("choices", _("at least one choice is needed."))
    try:
        kind = made_by(label, **read)
        low, high = getattr(kind, "min", None), kind.max
        if low is not None and high is not None and low > high:
            raise _refused("min", _("it is larger than “max”."))
        return kind if default is None else made_by(label, default=kind.from_json(default), **read)
    except FieldError as error:
        raise (error if error.code == "option" else _refused("default", error.message)) from error
    except ValueError as error:
        raise _refused("choices", str(error)) from error


def _refused(name: str, why: str) -> FieldError:
    return FieldError(
        _("The setting “%(name)s” cannot be used: %(why)s", name=str(name)[:40], why=why),
        code="option",
        hint=_("Correct the setting of this field."),
    )


def _whole(name: str, value: Any, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise _refused(
            name, _("a whole number from %(least)s to %(most)s is expected.", least=str(least), most=str(most))
        )
    return value


def _limit(kind: type[Kind], name: str, value: Any) -> Any:
    """A `max` or `min`: characters of a text, or the bound of a number."""
    if issubclass(kind, Decimal):
        try:
            return Decimal("", places=MOST_PLACES).from_json(str(value) if type(value) is int else value)
        except FieldError as error:
            raise _refused(name, error.message) from error
    if kind in (Whole, Duration):
        largest = LARGEST if kind is Whole else LONGEST
        return _whole(name, value, -largest, largest)
    return _whole(name, value, 1, LONGEST_TEXT[kind.name])


def _places(kind: type[Kind], name: str, value: Any) -> int:
    return _whole(name, value, 0, min(MOST_PLACES, PRECISION))


def _currency(kind: type[Kind], name: str, value: Any) -> str:
    if not isinstance(value, str) or value not in currencies():
        raise _refused(name, _("a currency code (ISO 4217) is expected, such as EUR."))
    return value


def _flag(kind: type[Kind], name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _refused(name, wrong_type(_("true or false"), value).message)
    return value


def _words(kind: type[Kind], name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _refused(name, wrong_type(_("a text"), value).message)
    try:
        return Text("", max=1_000).parse(value) or ""
    except FieldError as error:
        raise _refused(name, error.message) from error


def _name(kind: type[Kind], name: str, value: Any) -> str:
    if not isinstance(value, str) or not _NAME(value):
        raise _refused(name, _("a name of letters, digits and underscores is expected."))
    return value


def _choices(kind: type[Kind], name: str, value: Any) -> list[tuple[str, str]]:
    """Pairs of value and label, from [value, label], {"value": …, "label": …} or the value alone."""
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_CHOICES:
        raise _refused(name, _("a list of 1 to %(most)s choices is expected.", most=MOST_CHOICES))
    pairs = []
    for entry in value:
        if isinstance(entry, dict):
            entry = (entry.get("value"), entry.get("label") or entry.get("value"))
        pair = (entry, entry) if isinstance(entry, str) else tuple(entry) if isinstance(entry, (list, tuple)) else ()
        if len(pair) != 2 or not all(isinstance(part, str) and 0 < len(part) <= 500 for part in pair):
            raise _refused(name, _("each choice is a value and a label, both texts of 1 to 500 characters."))
        try:
            pairs.append((one_line(pair[0]), one_line(pair[1])))
        except FieldError as error:
            raise _refused(name, error.message) from error
    values = [given for given, _label in pairs]
    if not all(values) or len(set(values)) < len(values):
        raise _refused(name, _("each value may stand there once, and none may be empty."))
    if kind is Choices and any(";" in given for given in values):
        raise _refused(name, _("a value may hold no semicolon, which separates the choices in a sheet."))
    return pairs


_READERS: dict[str, Callable[[type[Kind], str, Any], Any]] = {
    "max": _limit,
    "min": _limit,
    "places": _places,
    "currency": _currency,
    "required": _flag,
    "help": _words,
    "noun": _name,
    "country": _name,
    "choices": _choices,
}
