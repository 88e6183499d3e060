"""Which records a list asks for: those of a status that meet its filters."""

from functools import lru_cache

from sqlalchemy import Select

from app.fields.errors import FieldError
from app.fields.filter import condition
from app.fields.kinds import DateTime
from app.fields.record import Record
from app.fields.registry import Field, FieldSet
from app.i18n import lazy_gettext as _l

MOMENTS = {"created_at": _l("Created"), "updated_at": _l("Updated")}
_MOMENTS = {name: Field(name, DateTime(label), label) for name, label in MOMENTS.items()}
# How many statements of lists are kept of each sort.
KEPT = 200


def to_filter(list_of, fields: FieldSet) -> dict[str, Field]:
    """What a list can be filtered by: its fields, and when the records were made and last changed."""
    return {entry.name: entry for entry in fields} | {name: _MOMENTS[name] for name in list_of.moments}


def narrowed(list_of, asked, fields: FieldSet, base: Select) -> Select:
    """The records in `base` that have the status and meet the filters; one that cannot be read is left out and said."""
    known = to_filter(list_of, fields)
    base = _of_status(list_of.model, base, asked.status)
    for name, operator, typed in asked.filters:
        try:
            base = base.where(condition(known[name], operator, typed, list_of.model))
        except FieldError as error:
            asked.problems.append(f"{known[name].label}: {error.message}")
    return base


# Made once for each list, so that statements made of it are made once: see lists.
@lru_cache(KEPT)
def _of_status(model: type[Record], base: Select, status: str) -> Select:
    if status == "deleted":
        return base.where(model.withdrawn_at.is_not(None))
    base = base.where(model.withdrawn_at.is_(None))
    return base.where(model.active == (status == "active")) if status else base
