"""Deleting records and bringing them back: what goes along, what is in the way, and what keeps one from coming back.

Nothing is removed in place: a deleted record is withdrawn, with its parts, and comes back with those of them that went
with it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, func, inspect, literal, select, union_all
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from app.fields import references
from app.fields.record import Record
from app.i18n import gettext as _
from app.i18n import ngettext
from tenants import db

from . import erased, write
from .constraints import sentence_of
from .errors import Conflict
from .models import Operation
from .needed import among, numbers


class InTheWay(Conflict):
    """The record cannot be deleted, or cannot come back; the sentence says why."""


@dataclass(frozen=True)
class Removal:
    """What a noun says about deleting its records."""

    model: type[Record]
    permission: str
    # Whether only those may be deleted that no record refers to which would stay.
    alone: bool = False
    # Conditions under which a record may not be deleted, each with the sentence that says so.
    forbidden: tuple[tuple[ColumnElement[bool], object], ...] = ()


@dataclass(frozen=True)
class Naming:
    """How many records of a noun name the record in one of their fields."""

    noun: str
    field: str
    count: int


@cache
def going_along(model: type[Record]) -> tuple[tuple[type[Record], str], ...]:
    """The kinds of records that go with records of this kind, each with the column that names it."""
    return tuple(
        (other, name)
        for other in Record.__subclasses__()
        for name in (other.part_of, *other.goes_with)
        if name and any(key.column.table is model.__table__ for key in other.__table__.c[name].foreign_keys)
    )


@cache
def _naming(model: type[Record]) -> tuple[tuple[type[Record], str, Callable[[Iterable[int]], Select]], ...]:
    """Who refers to records of this kind or to what goes with them: noun, field, and the query that counts them."""
    found, parts = [], going_along(model)
    for other in Record.__subclasses__():
        if other in [part for part, _column in parts]:
            continue
        for key in sorted(other.__table__.foreign_key_constraints, key=lambda one: one.column_keys):
            target = next((one for one, _c in ((model, ""), *parts) if one.__table__ is key.referred_table), None)
            named = key.column_keys[-1]
            if target is None or named in other.says_of or (other, named) in [one[:2] for one in found]:
                continue
            found.append((other, named, _Counting(model, other, key, target, dict(parts).get(target, "id"))))
    direct = {other for other, _name, counted in found if counted.direct}
    return tuple(one for one in found if one[2].direct or one[0] not in direct)


@dataclass(frozen=True)
class _Counting:
    """Counts the live rows of `other` that name a record, by itself or through a part of it."""

    model: type[Record]
    other: type[Record]
    key: object
    target: type[Record]
    column: str

    @property
    def direct(self) -> bool:
        return self.target is self.model

    def __call__(self, ids: Iterable[int]) -> Select:
        source, target = aliased(self.other), aliased(self.target)
        columns = inspect(source).selectable.c
        refers = and_(
            *[inspect(target).selectable.c[one.column.name] == columns[one.parent.name] for one in self.key.elements]
        )
        whole = getattr(target, self.column)
        name = self.key.column_keys[-1]
        return (
            select(
                whole.label("id"), literal(self.other.noun).label("noun"), literal(name).label("field"), func.count()
            )
            .join_from(target, source, refers)
            .where(whole.in_(numbers(ids)), source.withdrawn_at.is_(None))
            .group_by(whole)
        )


def named_by(model: type[Record], ids: Iterable[int]) -> dict[int, list[Naming]]:
    """The records that name these and would stay, counted by noun and field; in one statement."""
    ids, found = list(ids), {}
    arms = [counted(ids) for _other, _name, counted in _naming(model)]
    for record_id, noun, field, count in db.session.execute(union_all(*arms)) if arms else ():
        found.setdefault(record_id, []).append(Naming(noun, field, count))
    return found


def forbidden(removal: Removal, ids: Sequence[int]) -> dict[int, str]:
    """Those of the records that are of a kind that may not be deleted, each with the reason."""
    found: dict[int, str] = {}
    for condition, sentence in removal.forbidden:
        mine = select(removal.model.id).where(among(removal.model, ids), condition)
        found |= {one: str(sentence) for one in db.session.scalars(mine) if one not in found}
    return found


def refused(removal: Removal, ids: Sequence[int]) -> dict[int, str]:
    """Those of the records that may not be deleted now, each with the reason."""
    found = forbidden(removal, ids)
    for record_id, naming in named_by(removal.model, ids).items() if removal.alone else ():
        count = sum(one.count for one in naming)
        found.setdefault(record_id, ngettext("%(num)d record belongs to it", "%(num)d records belong to it", count))
    return found


def delete(removal: Removal, ids: Sequence[int], operation: Operation) -> tuple[list[int], dict[int, str]]:
    """Withdraw records with what goes along; returns the ids of those, and the others with the reason."""
    model = removal.model
    # Whoever makes something for one of these meanwhile waits, and what was made before is seen.
    db.session.execute(select(model.id).where(among(model, ids)).order_by(model.id).with_for_update())
    kept = refused(removal, ids)
    done = write.withdraw_from(operation, model, numbers(one for one in ids if one not in kept))
    for part, column in going_along(model) if done else ():
        write.withdraw_from(operation, part, select(part.id).where(getattr(part, column).in_(numbers(done))))
    return done, kept


def restore(removal: Removal, ids: Sequence[int], operation: Operation) -> tuple[list[int], dict[int, str]]:
    """Bring records back with what went with them; returns the ids of those, and the others with the reason."""
    model = removal.model
    gone = select(model.id).where(among(model, ids), model.withdrawn_at.is_not(None)).order_by(model.id)
    ids = list(db.session.scalars(gone.with_for_update()))
    kept = {one: _("personal data was erased") for one in erased.among(model.noun, ids)} | _homeless(model, ids)
    return _carefully(lambda some: _bring_back(model, some, operation), [one for one in ids if one not in kept], kept)


def _bring_back(model: type[Record], ids: Sequence[int], operation: Operation) -> list[int]:
    parts = [
        (part, list(db.session.scalars(_went_along(model, part, column, ids)))) for part, column in going_along(model)
    ]
    done = write.withdraw_from(operation, model, numbers(ids), back=True)
    for part, mine in parts:
        if mine:
            write.withdraw_from(operation, part, numbers(mine), back=True)
    return done


def _went_along(model: type[Record], part: type[Record], column: str, ids: Sequence[int]) -> Select:
    """The parts that the same operation withdrew, but for those that belong to something else that is gone by now."""
    query = select(part.id).join(model, model.id == getattr(part, column))
    query = query.where(among(model, ids), part.withdrawn_at.is_not(None), part.updated_op == model.updated_op)
    for name, other in _homes(part):
        if other is not model:
            there = select(other.id).where(other.withdrawn_at.is_(None))
            query = query.where(getattr(part, name).in_(there))
    return query


def _homes(model: type[Record]) -> list[tuple[str, type[Record]]]:
    """What each such record must belong to: the columns that are never empty, with the kind that they name."""
    tables = {other.__table__: other for other in Record.__subclasses__()}
    return [
        (column.name, tables[key.column.table])
        for column in model.__table__.c
        for key in column.foreign_keys
        if not column.nullable and key.column.name == "id" and key.column.table in tables
    ]


def _homeless(model: type[Record], ids: Sequence[int]) -> dict[int, str]:
    """Those of the records that belong to something that is deleted itself."""
    found: dict[int, str] = {}
    for name, other in _homes(model):
        mine = select(model.id, other.id).join(other, other.id == getattr(model, name))
        rows = db.session.execute(mine.where(among(model, ids), other.withdrawn_at.is_not(None))).all()
        names = references.titles(other.noun, {home for _id, home in rows}) if rows else {}
        for record_id, home in rows:
            found.setdefault(record_id, _("%(name)s is deleted; restore it first.", name=names.get(home, f"#{home}")))
    return found


def _carefully(
    step: Callable[[Sequence[int]], list[int]], ids: Sequence[int], kept: dict[int, str]
) -> tuple[list[int], dict[int, str]]:
    """Take a step; where the database refuses it, on ever fewer records, and keep those that it refuses alone."""
    if not ids:
        return [], kept
    try:
        with db.session.begin_nested():
            return step(ids), kept
    except IntegrityError as error:
        if len(ids) == 1:
            return [], kept | {ids[0]: sentence_of(error) or _("in conflict with another")}
        middle = len(ids) // 2
        first, kept = _carefully(step, ids[:middle], kept)
        second, kept = _carefully(step, ids[middle:], kept)
        return [*first, *second], kept
