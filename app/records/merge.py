"""Merging: several records of a noun become one, and everything that named the others names it.

Generated over every column that names such a record (see `naming`). Where two rows may not stand beside each other
(a membership that both have) the survivor's stays, and what named the other names it, in turn. All of it is one
operation with a change for each row, so that histories are kept and it can be taken back.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Table,
    Text,
    case,
    column,
    func,
    insert,
    null,
    select,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError

from app.fields import references
from app.fields.kinds import Reference
from app.fields.record import Record
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from tenants import db

from . import beside, clashes, naming, statements, write
from .actor import Actor
from .errors import Conflict, DeskError, NotFound
from .merged import AlreadyMerged, Merged, last
from .models import Operation

FEWEST, MOST = 2, 5


class WrongNumber(DeskError):
    """Merging takes two to five records."""

    status = 422
    sentence = _l("Between two and five records can be merged at a time.")


class ChangedMeanwhile(Conflict):
    """One of the records is not the one that was looked at."""

    sentence = _l("Somebody changed one of these records in the meantime. Look at them again before you merge them.")


class CannotMerge(Conflict):
    """Something that hangs on the records cannot be brought together."""

    sentence = _l("These records cannot be merged: what belongs to them does not go together. Nothing was changed.")


@dataclass
class Work:
    """A merge at work."""

    operation: Operation
    model: type[Record]
    survivor: int
    losers: list[int]
    # Whose is taken of what the noun asked about, by its own names.
    choices: Mapping[str, int] = field(default_factory=dict)
    notes: list[beside.Note] = field(default_factory=list)
    # What the noun's `before` wants to know again in `after`.
    known: dict[str, Any] = field(default_factory=dict)


# Called before anything was moved, and after.
_before: dict[type[Record], list[Callable[[Work], None]]] = {}
_after: dict[type[Record], list[Callable[[Work], None]]] = {}
# Model -> what the row that stays takes from the one that goes: called with a query of both ids.
_uniting: dict[type[Record], Callable[[Work, dict[int, int]], None]] = {}


def before(model: type[Record]) -> Callable:
    """Register what is done before records of `model` are merged."""
    return _registered(_before, model)


def after(model: type[Record]) -> Callable:
    """Register what is done when everything that named the merged records names the survivor."""
    return _registered(_after, model)


def _registered(where: dict, model: type[Record]) -> Callable:
    def register(function: Callable) -> Callable:
        where.setdefault(model, []).append(function)
        return function

    return register


def uniting(model: type[Record]) -> Callable:
    """Register what a row takes from another that cannot stand beside it: called with the ids, from -> to."""

    def register(function: Callable) -> Callable:
        _uniting[model] = function
        return function

    return register


def merge(
    model: type[Record],
    survivor: int,
    losers: Iterable[int],
    values: dict[str, Any],
    *,
    actor: Actor,
    reason: str = "",
    versions: Mapping[int, int] | None = None,
    choices: Mapping[str, int] | None = None,
) -> Operation:
    """Merge records into one, which gets these values; returns the operation.

    Raises `WrongNumber`, `NotFound`, `AlreadyMerged`, `ChangedMeanwhile` (a version is not the one that was looked at),
    `CannotMerge` or `FieldErrors`; nothing is written then.
    """
    losers = [one for one in dict.fromkeys(losers) if one != survivor]
    if not FEWEST <= len(losers) + 1 <= MOST:
        raise WrongNumber
    try:
        with write.together():
            return _in_one(model, [survivor, *losers], values, actor, reason, versions or {}, choices or {})
    except IntegrityError as error:
        raise CannotMerge from error


def _in_one(model, ids: list[int], values, actor: Actor, reason: str, versions, choices) -> Operation:
    _hold(model, ids, versions)
    names = references.titles(model.noun, ids)
    survivor, *others = [names.get(one, f"#{one}") for one in ids]
    title = _("%(others)s merged into %(survivor)s", others=", ".join(others), survivor=survivor)
    work = Work(write.begin(actor, "merge", title=title, reason=reason), model, ids[0], ids[1:], choices)
    _merge(work, values, names)
    return work.operation


def _merge(work: Work, values: dict[str, Any], names: Mapping[int, str]) -> None:
    model, operation = work.model, work.operation
    # A key may be moved before what names it; all must fit together at the end.
    db.session.execute(sql("SET CONSTRAINTS ALL DEFERRED"))
    was = write.related_values(model, [work.survivor])
    for function in _before.get(model, ()):
        function(work)
    fold(work, model, dict.fromkeys(work.losers, work.survivor))
    gone = statements.withdraw(operation.id, model, work.losers, empty=model.in_step)
    write.after(model, gone)
    own = {name: value for name, value in values.items() if not fields_of(model)[name].related}
    if own:
        write.apply(operation, [write.Update(model, work.survivor, own)])
    for function in _after.get(model, ()):
        function(work)
    write.note_related(operation.id, model, was)
    rows = [
        {
            "noun": model.noun,
            "id": one,
            "into_id": work.survivor,
            "operation_id": operation.id,
            "name": names.get(one, ""),
            "beside": [] if n else work.notes,
        }
        for n, one in enumerate(work.losers)
    ]
    db.session.execute(insert(Merged), rows)
    db.session.execute(sql("SET CONSTRAINTS ALL IMMEDIATE"))


def _hold(model: type[Record], ids: list[int], versions: Mapping[int, int]) -> None:
    """Hold the records, in the order of their numbers, so that two merges of the same pair follow each other."""
    rows = select(model.id, model.version, model.withdrawn_at).where(model.id.in_(ids))
    found = {row.id: row for row in db.session.execute(rows.order_by(model.id).with_for_update())}
    if len(found) < len(ids):
        raise NotFound
    gone = [one for one in ids if found[one].withdrawn_at is not None]
    if gone:
        raise already(model, gone) or NotFound
    if any(found[one].version != version for one, version in versions.items() if one in found):
        raise ChangedMeanwhile


def already(model: type[Record], gone: list[int]) -> AlreadyMerged | None:
    """What became of records that somebody else merged meanwhile."""
    rows = (
        select(Merged.id, Merged.name, Operation.actor)
        .join(Operation, Operation.id == Merged.operation_id)
        .where(Merged.noun == model.noun, Merged.id.in_(gone))
    )
    row = db.session.execute(rows.order_by(Merged.id).limit(1)).first()
    if row is None:
        return None
    into = last(model, row.id)
    name = references.titles(model.noun, [into]).get(into, f"#{into}")
    said = _(
        "%(who)s merged “%(name)s” into “%(survivor)s” in the meantime. Nothing was merged a second time.",
        who=row.actor or _("Somebody"),
        name=row.name or f"#{row.id}",
        survivor=name,
    )
    return AlreadyMerged(said, into)


def pairs_of(pairs: Mapping[int, int]) -> FromClause:
    """From whom to whom, as rows: here, there."""
    columns = column("here", BigInteger), column("there", BigInteger)
    rows = func.unnest(statements.numbers(pairs), statements.numbers(pairs.values()))
    return rows.table_valued(*columns).render_derived(name="pairs")


def fold(work: Work, model: type[Record], pairs: dict[int, int]) -> None:
    """Let everything that names a record of the pairs (from -> to) name the other one."""
    if not pairs:
        return
    for table, columns in naming.places(model).items():
        record = naming.model_at(table)
        if record is None:
            _move_beside(work, table, columns, pairs)
        else:
            _move(work, record, columns, pairs)
    for record in Record.__subclasses__():
        _move_custom(work, record, model, pairs)


def _moved(rows: FromClause, columns: tuple[naming.Place, ...], pairs: dict[int, int]) -> ColumnElement[bool]:
    """The condition that a row names one that goes. The rows of those that go stay as they are."""
    named = naming.touching(rows, columns, statements.numbers(pairs))
    own = columns[0].noun == getattr(naming.model_at(columns[0].table), "noun", "")
    return named & ~(rows.c.id == func.any(statements.numbers(pairs))) if own else named


def _new(rows: FromClause, place: naming.Place, pairs: FromClause) -> ColumnElement:
    """What a column becomes; nobody is named by themselves."""
    new = place.other(rows, pairs)
    own = place.noun == getattr(naming.model_at(place.table), "noun", "")
    return case((new == rows.c.id, null()), else_=new) if own and place.how == naming.ID else new


def _move(work: Work, model: type[Record], columns: tuple[naming.Place, ...], pairs: dict[int, int]) -> None:
    """Move the records that name one of the pairs; those that cannot stand beside another are folded into it."""
    table, given = model.__table__, pairs_of(pairs)
    new = {place.column: _new(table, place, given) for place in columns}
    moved = _moved(table, columns, pairs)
    stays = naming.touching(table, columns, statements.numbers(pairs.values()))
    found = clashes.find(table, new, moved, stays)
    for values, ids in found.settled:
        rows = select(table.c.id, *[_typed(table, name, value) for name, value in values.items()])
        rows = rows.where(table.c.id.in_(ids), table.c.withdrawn_at.is_(None))
        write.update_from(work.operation, model, list(values), rows)
    if found.same:
        _fold_rows(work, model, columns, found.same)
    rows = select(table.c.id, *[value.label(name) for name, value in new.items()])
    rows = rows.where(moved, table.c.id.not_in(list(found.same)) if found.same else moved)
    write.update_from(work.operation, model, list(new), rows, gone=True)


def _typed(table: Table, name: str, value: Any) -> ColumnElement:
    return func.cast(value, table.c[name].type).label(name)


def _fold_rows(work: Work, model: type[Record], columns: tuple[naming.Place, ...], same: dict[int, int]) -> None:
    """Fold rows into those that stay: what named them names these, and they are withdrawn where they are."""
    table = model.__table__
    alive = set(
        db.session.scalars(select(model.id).where(model.id.in_([*same, *same.values()]), model.withdrawn_at.is_(None)))
    )
    fold(work, model, same)
    going = select(func.unnest(statements.numbers(one for one in same if one in alive)))
    write.withdraw_from(work.operation, model, going)
    # One that had been taken away comes back when the other was there.
    back = {there for here, there in same.items() if here in alive and there not in alive}
    if back:
        write.withdraw_from(work.operation, model, select(func.unnest(statements.numbers(back))), back=True)
    work.known.setdefault("back", {}).setdefault(model, set()).update(back)
    if model in _uniting:
        _uniting[model](work, {here: there for here, there in same.items() if here in alive})
    # A row that stays where it was may not name by the key of both what has moved.
    names = clashes.hanging(table, columns)
    if names:
        rows = select(table.c.id, *[_typed(table, name, None) for name in names])
        rows = rows.where(table.c.id == func.any(statements.numbers(same)))
        write.update_from(work.operation, model, names, rows, gone=True)


def _move_custom(work: Work, model: type[Record], of: type[Record], pairs: dict[int, int]) -> None:
    """Let the organization's own fields that name one of the pairs name the other one."""
    given = pairs_of(pairs)
    for entry in fields_of(model):
        if not entry.custom or not isinstance(entry.kind, Reference) or entry.kind.noun != of.noun:
            continue
        value = model.custom[entry.key].astext.cast(BigInteger)
        rows = select(
            model.id.label("id"), func.to_jsonb(given.c.there, type_=JSONB).label(statements.plain(entry.name))
        )
        rows = rows.join(given, given.c.here == value).where(model.id.not_in(work.losers) if model is of else True)
        write.update_from(work.operation, model, [entry.name], rows, gone=True)


def _move_beside(work: Work, table: Table, columns: tuple[naming.Place, ...], pairs: dict[int, int]) -> None:
    """Move rows without a journal; one that cannot stand beside another goes, with a note."""
    given = pairs_of(pairs)
    new = {place.column: place.other(table, given) for place in columns}
    moved = naming.touching(table, columns, statements.numbers(pairs))
    stays = naming.touching(table, columns, statements.numbers(pairs.values()))
    keys = [one.name for one in table.primary_key]
    for condition in clashes.beside(table, new, moved, stays):
        work.notes += beside.remove(table, condition)
    olds = [table.c[name].label(f"was_{name}") for name in new]
    rows = select(
        *[table.c[name] for name in keys], *olds, *[value.label(f"now_{name}") for name, value in new.items()]
    )
    found = [
        {
            "key": {name: row[name] for name in keys},
            "was": {name: row[f"was_{name}"] for name in new},
            "now": {name: row[f"now_{name}"] for name in new},
        }
        for row in db.session.execute(rows.where(moved)).mappings()
    ]
    work.notes += beside.rewrite(table, found)


def counts(model: type[Record], ids: Iterable[int]) -> list[tuple[str, int, int]]:
    """How many live rows name each of these records: (table, record, number), for the question before a merge."""
    wanted = statements.numbers(ids)
    arms: list[Select] = []
    for table, columns in naming.places(model).items():
        for place in columns:
            if place.how == naming.LIST:
                continue
            there = [table.c.withdrawn_at.is_(None)] if "withdrawn_at" in table.c else []
            one = table.c[place.column]
            arm = select(func.cast(table.name, Text()).label("of"), one.label("id"), func.count().label("n"))
            arms.append(arm.where(place.within(table, wanted), *there).group_by(one))
    found: dict[tuple[str, int], int] = {}
    for of, record_id, n in db.session.execute(arms[0].union_all(*arms[1:])) if arms else ():
        found[of, record_id] = max(n, found.get((of, record_id), 0))
    return [(of, record_id, n) for (of, record_id), n in found.items()]
