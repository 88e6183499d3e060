"""Filters: from a field, an operator and what was typed to an SQL condition, and to the words of a chip."""

import operator as operators
from datetime import timedelta
from typing import NoReturn

from sqlalchemy import ARRAY, ColumnElement, Text, and_, cast, func, not_, or_

from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l

from . import references
from .errors import FieldError
from .folding import digits, folded, like, sought
from .kinds import Choices, DateTime, Reference
from .kinds.cleaning import shown
from .kinds.several import Several
from .record import Record
from .registry import Field

OPERATORS = {
    "is": _l("is"),
    "is_not": _l("is not"),
    "contains": _l("contains"),
    "starts": _l("begins with"),
    "empty": _l("is empty"),
    "not_empty": _l("is not empty"),
    "lt": _l("is less than"),
    "lte": _l("is at most"),
    "gt": _l("is more than"),
    "gte": _l("is at least"),
    "any_of": _l("is one of"),
    "none_of": _l("is none of"),
    "before": _l("is before"),
    "after": _l("is after"),
    "last_days": _l("is in the last days"),
}
NO_VALUE = ("empty", "not_empty")


def condition(field: Field, operator: str, typed: str, model: type[Record]) -> ColumnElement[bool]:
    """The condition that a filter means; raises `FieldError` for a value or an operator the field does not know."""
    if operator not in field.kind.operators:
        raise FieldError(_("“%(op)s” is no filter of this field.", op=operator[:20]), code="operator")
    value = field.expression(model)
    if operator == "empty":
        nothing = value.is_(None)
        return nothing if isinstance(value.type, ARRAY) else or_(nothing, cast(value, Text) == "")
    if operator == "not_empty":
        return not_(condition(field, "empty", "", model))
    if operator == "last_days":
        return and_(value >= func.now() - timedelta(days=field_days(typed)), value <= func.now())
    if operator in ("contains", "starts") and field.kind.name != "several":
        return _text_condition(field, operator, typed, value)
    values = _values(field, operator, typed)
    if field.related and field.related.matches:
        found = field.related.matches(model, values)
        return not_(found) if operator in ("is_not", "none_of") else found
    if operator in ("any_of", "none_of"):
        found = any_of(value, values)
        return found if operator == "any_of" else or_(value.is_(None), not_(found))
    if field.kind.name == "phone":
        return digits(value) == _digits(typed)
    return _compare(operator, value, values[0])


def any_of(value: ColumnElement, wanted: list) -> ColumnElement[bool]:
    """The condition that the value is one of these; of several values, that one of them is."""
    if isinstance(value.type, ARRAY):
        return value.overlap(cast(wanted, ARRAY(Text)))
    if isinstance(value.type, Text):
        return folded(value).in_([func.extensions.fold(one) for one in wanted])
    return value.in_(wanted)


def _text_condition(field: Field, operator: str, typed: str, value) -> ColumnElement[bool]:
    """Part of a text, whatever its case and accents; of a phone number, however it is written."""
    anywhere = "%" if operator == "contains" else ""
    if field.kind.name == "phone" and _digits(typed):
        return digits(value).like(f"{anywhere}{_digits(typed)}%")
    pattern = like(typed) or _none()
    return folded(value).like(anywhere + func.extensions.fold(pattern) + "%", escape="\\")


def _digits(typed: str) -> str:
    return "".join(sign for sign in sought(typed) if sign in "0123456789")


def _compare(operator: str, value, wanted) -> ColumnElement[bool]:
    if operator in ("is", "is_not") and isinstance(value.type, Text):
        same = folded(value) == func.extensions.fold(wanted)
        return same if operator == "is" else not_(same)
    return {
        "is": operators.eq,
        "is_not": lambda one, other: one.is_distinct_from(other),
        "lt": operators.lt,
        "lte": operators.le,
        "gt": operators.gt,
        "gte": operators.ge,
        "before": operators.lt,
        "after": operators.gt,
    }[operator](value, wanted)


def field_days(typed: str) -> int:
    """A number of days that was typed."""
    number = sought(typed)
    if not number.isdecimal() or len(number) > 5 or not 1 <= int(number) <= 36500:
        raise FieldError(_("A number of days is expected, such as 30."), code="format")
    return int(number)


def _values(field: Field, operator: str, typed: str) -> list:
    """What was typed as values: one, or several with commas between them where the operator takes several."""
    if isinstance(field.kind, Several):
        return [field.kind.of.parse(typed)] if typed.strip() else _none()
    if isinstance(field.kind, Choices):
        return field.kind.parse(typed) or _none()
    if isinstance(field.kind, DateTime):
        bound = field.kind.bound(typed, operator) if typed.strip() else None
        return _none() if bound is None else [bound]
    try:
        # A value may hold a comma itself: where only known ones can be meant, all of the text is tried first.
        values = [field.kind.parse(typed)] if operator not in ("any_of", "none_of") or field.kind.exact_json else None
    except FieldError:
        if operator not in ("any_of", "none_of"):
            raise
        values = None
    if values is None:
        values = [field.kind.parse(part) for part in typed.split(",")]
    return [value for value in values if value is not None] or _none()


def _none() -> NoReturn:
    raise FieldError(_("Enter what to filter by."), code="required")


def describe(field: Field, operator: str, typed: str, locale: str | None = None) -> str:
    """The filter as a chip says it: 'City is Kiel'; what cannot be read stands there as it was typed."""
    words = f"{field.label} {OPERATORS.get(operator, operator[:20])}"
    if operator in NO_VALUE:
        return words
    typed = shown(sought(typed), 80)
    if operator in ("contains", "starts", "last_days"):
        return f"{words} {typed}"
    try:
        values = _values(field, operator, typed)
    except FieldError:
        return f"{words} {typed}"
    if isinstance(field.kind, Reference):
        names = references.titles(field.kind.noun, values)
        parts = [names.get(value, f"#{value}") for value in values]
    elif isinstance(field.kind, Several | Choices):
        parts = [field.kind.format(values, locale)]
    else:
        parts = [field.kind.format(value, locale) for value in values]
    return f"{words} {', '.join(parts)}"
