"""Filters: from a field, an operator and what was typed to an SQL condition, and to the words of a chip."""

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import ColumnElement, DateTime, Text, and_, cast, false, func, not_, or_

from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l

from . import references
from .errors import FieldError
from .folding import folded, like
from .kinds import Reference
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
        return or_(value.is_(None), cast(value, Text) == "") if field.kind.name != "several" else value.is_(None)
    if operator == "not_empty":
        return not_(condition(field, "empty", "", model))
    if not typed.strip():
        raise FieldError(_("Enter what to filter by."), code="required")
    if field.related and field.related.matches and operator in ("is", "is_not", "any_of", "none_of", "contains"):
        found = field.related.matches(model, _values(field, operator, typed))
        return not_(found) if operator in ("is_not", "none_of") else found
    if operator in ("contains", "starts"):
        return _text_condition(field, operator, typed, value)
    if operator in ("any_of", "none_of"):
        found = value.in_(_values(field, operator, typed))
        return found if operator == "any_of" else or_(value.is_(None), not_(found))
    if operator == "last_days":
        days = field_days(typed)
        return and_(value >= func.now() - timedelta(days=days), value <= func.now())
    return _compare(operator, value, _value(field, typed))


def _text_condition(field: Field, operator: str, typed: str, value) -> ColumnElement[bool]:
    if field.kind.name == "choices":
        return value.any(field.kind.parse(typed)[0])
    pattern = func.extensions.fold(like(typed))
    return folded(value).like(("%" if operator == "contains" else "") + pattern + "%", escape="\\")


def _compare(operator: str, value, wanted) -> ColumnElement[bool]:
    if isinstance(value.type, DateTime) and not isinstance(wanted, datetime):
        start = datetime.combine(wanted, time(), UTC)
        end = start + timedelta(days=1)
        return {
            "is": and_(value >= start, value < end),
            "is_not": or_(value < start, value >= end),
            "before": value < start,
            "after": value >= end,
        }.get(operator, false())
    if operator in ("is", "is_not") and isinstance(value.type, Text) and isinstance(wanted, str):
        same = folded(value) == func.extensions.fold(wanted)
        return same if operator == "is" else not_(same)
    return {
        "is": lambda: value == wanted,
        "is_not": lambda: value.is_distinct_from(wanted),
        "lt": lambda: value < wanted,
        "lte": lambda: value <= wanted,
        "gt": lambda: value > wanted,
        "gte": lambda: value >= wanted,
        "before": lambda: value < wanted,
        "after": lambda: value > wanted,
    }[operator]()


def field_days(typed: str) -> int:
    """A number of days that was typed."""
    if not typed.strip().isdigit() or not 1 <= int(typed) <= 36500:
        raise FieldError(_("A number of days is expected, such as 30."), code="format")
    return int(typed)


def _value(field: Field, typed: str):
    if field.kind.name == "yes_no":
        return bool(field.kind.parse(typed))
    return field.kind.parse(typed)


def _values(field: Field, operator: str, typed: str) -> list:
    parts = typed.split(",") if operator in ("any_of", "none_of") else [typed]
    if field.kind.name == "several":
        return [field.kind.of.parse(part) for part in parts]
    return [_value(field, part) for part in parts if part.strip()]


def describe(field: Field, operator: str, typed: str, locale: str | None = None) -> str:
    """The filter as a chip says it: 'City is Kiel'."""
    if operator in NO_VALUE:
        return f"{field.label} {OPERATORS[operator]}"
    try:
        values = _values(field, operator, typed)
        if isinstance(field.kind, Reference):
            names = references.titles(field.kind.noun, values)
            shown = ", ".join(names.get(value, f"#{value}") for value in values)
        else:
            shown = ", ".join(field.kind.format(value, locale) for value in values)
    except FieldError:
        shown = typed
    return f"{field.label} {OPERATORS[operator]} {shown or typed}"
