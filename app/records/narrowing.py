"""Which records a list asks for: those of a status that meet its filters."""

from functools import lru_cache

from sqlalchemy import Select

from app.fields.errors import FieldError
from app.fields.filter import condition
from app.fields.record import Record
from app.fields.registry import FieldSet

# How many statements of lists are kept of each sort.
KEPT = 200


def narrowed(model: type[Record], asked, fields: FieldSet, base: Select) -> Select:
    """The records in `base` that have the status and meet the filters; one that cannot be read is left out and said."""
    base = _of_status(model, base, asked.status)
    for name, operator, typed in asked.filters:
        try:
            base = base.where(condition(fields[name], operator, typed, model))
        except FieldError as error:
            asked.problems.append(f"{fields[name].label}: {error.message}")
    return base


# Made once for each list, so that statements made of it are made once: see lists.
@lru_cache(KEPT)
def _of_status(model: type[Record], base: Select, status: str) -> Select:
    if status == "deleted":
        return base.where(model.withdrawn_at.is_not(None))
    base = base.where(model.withdrawn_at.is_(None))
    return base.where(model.active == (status == "active")) if status else base
