"""Which rows could not stand beside each other once their columns had other values: by every unique key of a table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    Table,
    UniqueConstraint,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy import text as sql

from tenants import db

# Unique keys under which two rows stand for different things: what the one that comes is given instead of being folded
# into the one that is there.
_settled: dict[str, dict[str, Any]] = {}


def settle(constraint: str, values: dict[str, Any]) -> None:
    """Say what a row gets that would be the second under a unique key, where it is no second writing of the first."""
    _settled[constraint] = values


@dataclass
class Clashes:
    """What was found: rows to be given other values, and rows that say the same as another one (here -> there)."""

    settled: list[tuple[dict[str, Any], list[int]]] = field(default_factory=list)
    same: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Key:
    """A unique key: its name, its parts as SQL over the table's own columns, and the condition under which it holds."""

    name: str
    parts: tuple[str, ...]
    where: str = ""

    def names(self, columns) -> bool:
        """Whether one of these columns is part of it."""
        words = set(re.findall(r"\w+", " ".join(self.parts)))
        return bool(words & set(columns))


def keys(table: Table, primary: bool = False) -> Iterator[Key]:
    """Every unique key of a table; the primary one where it is asked for."""
    if primary:
        yield Key(f"pk_{table.name}", tuple(column.name for column in table.primary_key))
    for one in table.constraints:
        if isinstance(one, UniqueConstraint):
            yield Key(str(one.name), tuple(column.name for column in one.columns))
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        if index.unique:
            yield Key(str(index.name), tuple(map(_written, index.expressions)), _where(index))


def _written(part) -> str:
    return getattr(part, "name", None) or str(part)


def _where(index: Index) -> str:
    found = index.dialect_options["postgresql"]["where"]
    return "" if found is None else str(found)


def _would_be(table: Table, new: dict[str, ColumnElement], moved: ColumnElement, stays: ColumnElement):
    """The rows as they would be, under the table's own name, so that its keys can be read of them."""
    own = [column for column in table.columns if column.name not in new]
    before = [column.label(f"was_{column.name}") for column in table.primary_key]
    changed = [value.label(name) for name, value in new.items()]
    return select(*own, *before, *changed, moved.label("moved_")).where(moved | stays).subquery(table.name)


def _ordered(key: Key, rows, dies: bool) -> tuple[dict[str, Any], list]:
    """How the rows of one key are told apart, and who comes first: who was there, who is alive, who is older."""
    parts = [literal_column(f"({part})") for part in key.parts]
    older = [column for column in rows.c if column.name.startswith("was_")]
    order = [rows.c.moved_, *([rows.c.withdrawn_at.is_not(None)] if dies else []), *older]
    holds = [part.is_not(None) for part in parts] + ([sql(key.where)] if key.where else [])
    return {"partition_by": parts, "order_by": order}, holds


def find(table: Table, new: dict[str, ColumnElement], moved: ColumnElement, stays: ColumnElement) -> Clashes:
    """The clashes among records when `moved` ones get the `new` values; those that `stays` names are there already."""
    found = Clashes()
    for key in keys(table):
        if not key.names(new):
            continue
        rows = _would_be(table, new, moved, stays)
        over, holds = _ordered(key, rows, dies=True)
        first = func.first_value(rows.c.id).over(**over).label("first")
        ranked = select(rows.c.id, first).where(*holds).subquery()
        second = db.session.execute(select(ranked).where(ranked.c.id != ranked.c.first)).all()
        if not second:
            continue
        if key.name in _settled:
            found.settled.append((_settled[key.name], [row.id for row in second]))
        else:
            found.same |= {row.id: row.first for row in second if row.id not in found.same}
    for here, there in found.same.items():
        while there in found.same:
            there = found.same[there]
        found.same[here] = there
    return found


def beside(
    table: Table, new: dict[str, ColumnElement], moved: ColumnElement, stays: ColumnElement
) -> Iterator[ColumnElement[bool]]:
    """The same for a table without a journal: for each key the condition of the rows that another one stands for."""
    primary = list(table.primary_key)
    for key in keys(table, primary=True):
        if not key.names(new):
            continue
        rows = _would_be(table, new, moved, stays)
        over, holds = _ordered(key, rows, dies=False)
        place = func.row_number().over(**over).label("place")
        was = [rows.c[f"was_{column.name}"] for column in primary]
        ranked = select(*was, place).where(*holds).subquery()
        yield tuple_(*primary).in_(select(*list(ranked.c)[:-1]).where(ranked.c.place > 1))


def hanging(table: Table, columns) -> list[str]:
    """Columns that name something by the key of both it and one of these, and that may be empty."""
    moved = {place.column for place in columns}
    found: list[str] = []
    for key in table.constraints:
        if isinstance(key, ForeignKeyConstraint) and len(key.columns) > 1 and moved & set(key.column_keys):
            found += [name for name in key.column_keys if name not in moved and table.c[name].nullable]
    return found
