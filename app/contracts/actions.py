"""What can be done with contracts."""

from typing import Any

from app.fields.errors import FieldError, FieldErrors
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.records import write
from app.records.actor import Actor

from .models import Contract


def new_fields(viewer):
    """The fields of the form for a new contract, in order."""
    return fields_of(Contract, viewer).only(lambda entry: not entry.readonly)


def create(values: dict[str, Any], *, actor: Actor) -> int:
    """Make a contract; returns its id. Raises `FieldErrors` for a term that ends before it starts."""
    given = {name: value for name, value in values.items() if value is not None}
    _judge_term(given)
    _judge_hours(given)
    return write.create(Contract, given, actor=actor)


def update(contract: Contract, values: dict[str, Any], *, actor: Actor, base: int | None = None):
    """Change some fields of a contract."""
    whole = {name: getattr(contract, name) for name in ("starts_on", "ends_on", "limited", "minutes")} | values
    # What was wrong already is no reason to refuse a change of something else.
    if {"starts_on", "ends_on"} & values.keys():
        _judge_term(whole)
    if {"limited", "minutes"} & values.keys():
        _judge_hours(whole)
    return write.update(contract, values, actor=actor, base=base)


def _judge_term(values: dict[str, Any]) -> None:
    starts, ends = values.get("starts_on"), values.get("ends_on")
    if starts and ends and ends < starts:
        raise FieldErrors({"ends_on": FieldError(_("The end date lies before the start date."), code="order")})


def _judge_hours(values: dict[str, Any]) -> None:
    if values.get("limited") and values.get("minutes") is None:
        needed = FieldError(_("A contract with an hour restriction needs its hours."), code="required")
        raise FieldErrors({"minutes": needed})
