"""Reading one record with every field, those that stand in other rows included, in one statement."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ScalarSelect, Select, bindparam, select
from sqlalchemy.orm import load_only

from app.fields.record import Record
from app.fields.registry import Field, FieldSet
from tenants import db

from .errors import NotFound
from .merged import WasMerged, successor
from .models import Operation


@dataclass
class Loaded:
    """A record and the values of its fields."""

    record: Record
    values: dict[str, Any]
    # By whom the record was made and last changed, as the journal has them; the portal is not told.
    created_by: str = ""
    updated_by: str = ""

    @property
    def id(self) -> int:
        return self.record.id

    @property
    def version(self) -> int:
        return self.record.version


def load(
    model: type[Record], record_id: int, base: Select, fields: FieldSet, *, opened: bool = False, deleted: bool = False
) -> Loaded:
    """The record with this id within `base` (which knows the viewer).

    Raises `NotFound`, or `WasMerged` where it is another one by now.

    With `deleted` it is one that was deleted, otherwise one that was not. With `opened` nothing of the record is read
    but these fields, as the portal's login may read no more.
    """
    statement = _reading(model, base, fields, opened, deleted)
    # What the session has of the record may be older than this statement.
    options = {"populate_existing": True}
    row = db.session.execute(statement, {"record": record_id}, execution_options=options).first()
    if row is None:
        became = successor(model, record_id)
        raise WasMerged(model.noun, record_id, *became) if became else NotFound
    elsewhere = _elsewhere(fields, opened)
    # By name: to compare fields with each other takes longer than to read them.
    there = dict(zip((entry.name for entry in elsewhere), row[1:], strict=False))
    values = {entry.name: there[entry.name] if entry.name in there else entry.value(row[0]) for entry in fields}
    by = [name or "" for name in row[1 + len(elsewhere) :]]
    return Loaded(row[0], values, *by)


def _elsewhere(fields: FieldSet, opened: bool) -> list[Field]:
    """The fields that are no attribute of the record as it is read."""
    return [entry for entry in fields if entry.related or (opened and entry.custom)]


# Made once for each noun and viewers who see the same of it: making it takes longer than its answer.
@lru_cache(100)
def _reading(model: type[Record], base: Select, fields: FieldSet, opened: bool, deleted: bool) -> Select:
    elsewhere = _elsewhere(fields, opened)
    statement = base.add_columns(*[entry.expression(model).label(f"r_{n}") for n, entry in enumerate(elsewhere)])
    statement = statement.add_columns(*(() if opened else map(_actor, (model.created_op, model.updated_op))))
    if opened:
        own = [entry.column for entry in fields if entry.column is not None]
        own += [getattr(model, name) for name in model.read_along]
        statement = statement.options(load_only(model.id, model.version, *own, raiseload=True))
    there = model.withdrawn_at.is_not(None) if deleted else model.withdrawn_at.is_(None)
    return statement.where(model.id == bindparam("record", type_=BigInteger), there)


def _actor(operation_id) -> ScalarSelect[str]:
    return select(Operation.actor).where(Operation.id == operation_id).scalar_subquery()


def hold(model: type[Record], record_id: int) -> None:
    """Let nobody else change this record until the transaction ends, so that what is read next stays true."""
    db.session.execute(select(model.id).where(model.id == record_id).with_for_update())
