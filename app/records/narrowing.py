"""Which records a list asks for: those of a status that meet its filters."""

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    any_,
    bindparam,
    case,
    false,
    func,
    literal,
    select,
    true,
)

from app.fields.errors import FieldError
from app.fields.filter import condition
from app.fields.kinds import DateTime
from app.fields.record import Record
from app.fields.registry import Field, FieldSet
from app.i18n import lazy_gettext as _l
from tenants import fetch

MOMENTS = {"created_at": _l("Created"), "updated_at": _l("Updated")}
_MOMENTS = {name: Field(name, DateTime(label), label, sortable=True) for name, label in MOMENTS.items()}
# How many statements of lists are kept of each sort.
KEPT = 200
Conditions = list[tuple[Field, ColumnElement[bool]]]


def to_filter(list_of, fields: FieldSet) -> dict[str, Field]:
    """What a list can be filtered by: its fields and what stands beside them, and when records were made."""
    return {entry.name: entry for entry in fields.filters()} | {name: _MOMENTS[name] for name in list_of.moments}


def conditions(list_of, asked, fields: FieldSet) -> Conditions:
    """What the filters mean; one that cannot be read is left out and said in `problems`."""
    known, found = to_filter(list_of, fields), []
    for name, operator, typed in asked.filters:
        try:
            found.append((known[name], condition(known[name], operator, typed, list_of.model)))
        except FieldError as error:
            asked.problems.append(f"{known[name].label}: {error.message}")
    return found


def meeting(base: Select, filters: Conditions) -> Select:
    """The records in `base` that meet all of these."""
    return base.where(*[meant for _entry, meant in filters]) if filters else base


def narrowed(model: type[Record], base: Select, filters: Conditions, most: int) -> tuple[Select, int, dict[str, Any]]:
    """The records that the filters leave, how many these are (up to `most`), and values that the query asks for.

    Of most fields PostgreSQL cannot know how many records a filter leaves, and takes them for very few: it would read
    and sort a whole table for the first page. So it is asked first. A few that are found are looked up by their ids;
    with many the first ones are near, in whatever order, and it is told to expect that.
    """
    if not filters:
        return base, fetch(counted(base, most)).scalar(), {}
    few = meeting(base.with_only_columns(model.id), filters).limit(most).subquery()
    ids = fetch(select(func.array_agg(few.c.id))).scalar() or []
    if len(ids) < most:
        return _these(model, base), len(ids), {"ids": ids}
    likely = [
        meant if entry.sortable or entry.related else case((meant, true()), else_=false()) for entry, meant in filters
    ]
    return base.where(*likely), most, {}


# Made once for each list, so that statements made of it are made once: see lists.


@lru_cache(KEPT)
def kept(model: type[Record], base: Select, status: str = "") -> Select:
    """The records in `base` that are not deleted; or those that are active, inactive or deleted."""
    if status == "deleted":
        return base.where(model.withdrawn_at.is_not(None))
    base = base.where(model.withdrawn_at.is_(None))
    return base.where(model.active == (status == "active")) if status else base


@lru_cache(KEPT)
def counted(base: Select, most: int) -> Select:
    """How many records there are in `base`, up to `most`."""
    return select(func.count()).select_from(base.with_only_columns(literal(1)).limit(most).subquery())


@lru_cache(KEPT)
def _these(model: type[Record], base: Select) -> Select:
    """The records of `base` whose ids are bound to `ids`."""
    return base.where(model.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
