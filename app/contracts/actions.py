"""What can be done with contracts."""

from typing import Any

from sqlalchemy import false

from app.fields.errors import FieldError, FieldErrors
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records import write
from app.records.actor import Actor
from app.records.bulk import Bulky, Rule, bulky
from app.records.removing import Removal

from .models import Contract

REMOVAL = Removal(Contract, "contracts.delete")


def _ends_before(name: str, value: Any):
    """Whether the term would end before it starts."""
    if value is None:
        return false()
    return Contract.ends_on < value if name == "starts_on" else Contract.starts_on > value


def _lacks_hours(name: str, value: Any):
    """Whether there would be an hour restriction without hours."""
    if name == "limited":
        return Contract.minutes.is_(None) if value else false()
    return Contract.limited if value is None else false()


ENDS_FIRST, NO_HOURS = (
    _l("The end date lies before the start date."),
    _l("A contract with an hour restriction needs its hours."),
)
BULKY = bulky(
    Bulky(
        Contract,
        "contracts.edit",
        REMOVAL,
        rules=(
            Rule(("starts_on", "ends_on"), _ends_before, ENDS_FIRST),
            Rule(("limited", "minutes"), _lacks_hours, NO_HOURS),
        ),
    )
)


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
