"""Taking an operation back, as a new operation: what was made is withdrawn, what was changed gets its old values.

A record that somebody touched since is not overwritten: it is kept and listed with the reason.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Text, case, column, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, array
from sqlalchemy.exc import IntegrityError

from app.fields.record import Record
from app.fields.registry import Field, FieldSet, model_of
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from tenants import Tenanted, db, tenancy

from . import erased, statements, write
from .actor import Actor
from .constraints import sentence_of
from .errors import Conflict, NotFound
from .models import Change, Operation
from .needed import among, needed, numbers

CHUNK = 5000


class AlreadyUndone(Conflict):
    """An operation can be taken back once; its undo can be taken back in turn."""

    sentence = _l("This was already undone.")


class ChangedSince(Conflict):
    """The value is no longer the one this change made."""

    sentence = _l("This field was changed again since; nothing was undone.")


@dataclass
class Outcome:
    """What an undo did: how many records it put back, and those it left alone with the reason."""

    operation_id: int
    reversed: int = 0
    kept: list[tuple[str, int, str]] = field(default_factory=list)


# What a step did: the ids written, and those left alone with the reason.
Done = tuple[list[int], list[tuple[int, str]]]
# Model -> what must still hold once such records were put back; it raises what forbids that.
_rules: dict[type[Record], list[Callable[[], None]]] = {}
# Called with (undone operation, undoing operation) for what is not a record, such as accounts.
_also: list[Callable[[int, int], None]] = []


@dataclass(frozen=True)
class Way:
    """How operations of one kind are taken back: `check` raises where that may not be, `take` does it in one piece."""

    check: Callable[[Operation], None]
    take: Callable[[Operation, int, Outcome], None] | None = None


# Kind of operation -> its own way back, where it has one.
ways: dict[str, Way] = {}


def rule(model: type[Record]) -> Callable:
    """Register what is asked after changes of `model` were taken back: it raises when that may not be."""

    def register(function: Callable[[], None]) -> Callable:
        _rules.setdefault(model, []).append(function)
        return function

    return register


def also(function: Callable[[int, int], None]) -> Callable:
    """Register what else an undo takes back."""
    _also.append(function)
    return function


def begin(operation_id: int, actor: Actor, reason: str = "") -> Operation:
    """Open the operation that takes another back; raises `NotFound` or `AlreadyUndone`."""
    undone = db.session.get(Operation, operation_id)
    if undone is None:
        raise NotFound
    if undone.kind in ways:
        ways[undone.kind].check(undone)
    erased.refuse(undone)
    try:
        with db.session.begin_nested():
            return write.begin(actor, "undo", title=undone.title, reason=reason, undoes=operation_id)
    except IntegrityError as error:
        raise AlreadyUndone from error


def undo(operation_id: int, actor: Actor, reason: str = "") -> Outcome:
    """Take back a whole operation now; for many records use `undo_chunks` in a job."""
    operation = begin(operation_id, actor, reason)
    outcome = Outcome(operation.id)
    if not _took(operation_id, outcome):
        undo_where(operation_id, operation.id, true(), outcome)
    finish(operation_id, operation.id)
    return outcome


def _took(operation_id: int, outcome: Outcome) -> bool:
    """Take an operation back its own way, if it has one."""
    undone = db.session.get(Operation, operation_id)
    way = ways.get(undone.kind)
    if way is None or way.take is None:
        return False
    way.take(undone, outcome.operation_id, outcome)
    return True


def finish(operation_id: int, undo_operation_id: int) -> None:
    """Take back what is not a record; in the portal nothing else is ever made."""
    for function in _also if tenancy().login != "portal" else ():
        function(operation_id, undo_operation_id)


def undo_chunks(work, operation_id: int, undo_operation_id: int) -> Outcome:
    """Take back an operation inside a job, some thousand changes at a time, the last ones first."""
    outcome = Outcome(undo_operation_id, work.saved.get("reversed", 0), work.saved.get("kept", []))
    total = db.session.scalar(select(func.count()).where(Change.operation_id == operation_id))
    done = work.saved.get("undone", 0)
    if not done and _took(operation_id, outcome):
        finish(operation_id, undo_operation_id)
        work.checkpoint(done=total, total=total, undone=total, reversed=outcome.reversed, kept=outcome.kept[:1000])
        return outcome
    while True:
        # The newest chunk that is still to do: its lower end is saved with the chunk's own commit.
        below = work.saved.get("below")
        condition = Change.operation_id == operation_id
        if below is not None:
            condition &= Change.id < below
        ids = select(Change.id).where(condition).order_by(Change.id.desc()).limit(CHUNK).subquery()
        lowest, count = db.session.execute(select(func.min(ids.c.id), func.count())).one()
        if not count:
            break
        upper = true() if below is None else Change.id < below
        undo_where(operation_id, undo_operation_id, (Change.id >= lowest) & upper, outcome)
        done += count
        work.checkpoint(
            done=done, total=total, below=lowest, undone=done, reversed=outcome.reversed, kept=outcome.kept[:1000]
        )
    finish(operation_id, undo_operation_id)
    return outcome


def undo_field(operation_id: int, change_id: int, name: str, actor: Actor) -> Operation:
    """Put one field of one change back; raises `ChangedSince` when it has another value by now."""
    change = db.session.get(Change, (operation_id, change_id))
    if change is not None and tenancy().login != "portal" and erased.among(change.noun, [change.record_id]):
        raise erased.WasErased
    if change is None or change.action != "update" or name not in (change.before or {}):
        raise NotFound
    model = model_of(change.noun)
    entry = fields_of(model).get(name)
    record = db.session.get(model, change.record_id, with_for_update=True)
    if entry is None or record is None or record.withdrawn_at is not None:
        raise NotFound
    if _now(model, record.id, entry) != change.after.get(name):
        raise ChangedSince
    operation = write.begin(actor, "undo", title=_("one field"))
    before = change.before[name]
    write.update(
        record, {name: None if before is None else entry.kind.restore(before)}, actor=actor, operation=operation
    )
    _check(model)
    return operation


def _check(model: type[Record]) -> None:
    for rule_of in _rules.get(model, ()):
        rule_of()


def _now(model: type[Record], record_id: int, entry: Field) -> Any:
    """What the record has in a field now, as the journal keeps it."""
    if entry.related:
        return write.related_values(model, [record_id])[record_id].get(entry.name)
    kept = statements.journal_object(model.__table__, [entry.name])
    return db.session.scalar(select(kept).where(model.id == record_id))[entry.name]


def undo_where(
    undone_id: int,
    operation_id: int,
    condition: ColumnElement,
    outcome: Outcome,
    but: Mapping[str, Iterable[int]] | None = None,
    gone: bool = False,
) -> None:
    """Take back those changes of an operation that meet the condition, noun by noun, `but` for those of some records.

    Values come first, with `gone` those of withdrawn records, too; then what was made goes, the rows that refer to
    others before those; then what was withdrawn comes back. What stands in other rows is journalled on its record when
    all of them are back.
    """
    mine = (Change.operation_id == undone_id) & condition
    but = {noun: set(ids) for noun, ids in (but or {}).items()}
    outcome.kept += [one for one in erased.spared(undone_id, but) if one not in outcome.kept]
    found = db.session.execute(select(Change.noun, Change.action).where(mine).distinct()).all()
    places = {table.name: place for place, table in enumerate(Tenanted.metadata.sorted_tables)}
    steps = []
    beside = {}
    for noun, action in found:
        model = model_of(noun)
        place = places[model.__table__.name]
        chosen = mine & (Change.noun == noun) & (Change.action == action)
        if but.get(noun):
            chosen &= Change.record_id.not_in(numbers(but[noun]))
        if action == "update":
            steps.append(((0, place), model, partial(_put_back, gone=gone), chosen))
            beside[model] = _related_of(model, chosen)
        elif action == "withdraw":
            steps.append(((2, place), model, _bring_back, chosen))
        else:
            # What had been taken away and was brought back may have been named all the time.
            since = gone and action == "restore"
            steps.append(((1, -place), model, partial(_withdraw, since=since), chosen))
    for _place, model, step, chosen in sorted(steps, key=lambda one: one[0]):
        _carefully(step, model, undone_id, operation_id, chosen, outcome)
    for model, (was, wanted) in beside.items():
        outcome.reversed += len(write.note_related(operation_id, model, was))
        now = write.related_values(model, wanted) if wanted else {}
        left = [one for one, values in now.items() if any(values.get(name) != old for name, old in wanted[one].items())]
        outcome.kept += [(model.noun, record_id, _("changed since")) for record_id in left]


def _carefully(
    step: Callable, model: type[Record], undone_id: int, operation_id: int, chosen, outcome: Outcome
) -> None:
    """Take a step; where the database refuses it, on ever fewer changes, and keep those that it refuses alone."""
    try:
        with db.session.begin_nested():
            done, kept = step(model, undone_id, operation_id, chosen)
    except IntegrityError as error:
        changes = select(Change.id, Change.record_id).where(chosen).order_by(Change.id)
        rows = db.session.execute(changes).all()
        if len(rows) == 1:
            outcome.kept.append((model.noun, rows[0].record_id, sentence_of(error) or _("in conflict with another")))
            return
        middle = rows[len(rows) // 2].id
        # What came last goes first: a mark that only one may bear leaves the one before it comes back to another.
        for half in (Change.id >= middle, Change.id < middle):
            _carefully(step, model, undone_id, operation_id, chosen & half, outcome)
        return
    _check(model)
    outcome.reversed += len(done)
    outcome.kept += [(model.noun, record_id, reason) for record_id, reason in kept]


def _withdraw(model: type[Record], undone_id: int, operation_id: int, chosen, since: bool = False) -> Done:
    """Withdraw what was created, where nobody touched it since and nothing else needs it."""
    ids, kept = _untouched(model, undone_id, operation_id, chosen)
    wholes = _wholes_of(model, ids) if model.part_of else {}
    made, staying = _staying(_whole(model), set(wholes.values()), undone_id, operation_id) if wholes else (set(), set())
    ids = [record_id for record_id in ids if wholes.get(record_id) not in staying]
    others = needed(model, ids, undone_id, operation_id, since=since)
    kept += [(record_id, _("in use by others since")) for record_id in others]
    done = statements.withdraw(operation_id, model, set(ids) - others, empty=model.in_step)
    gone: set[int] = set()
    if made - staying:
        # What has lost its last part goes with it, so that nothing is left half at the end of a chunk.
        whole = _whole(model)
        whole_ids = (made - staying) - needed(whole, made - staying, undone_id, operation_id)
        gone = set(statements.withdraw(operation_id, whole, whole_ids, empty=whole.in_step))
        write.expire(whole, gone)
    write.expire(model, done)
    write.after(model, [record_id for record_id in done if wholes.get(record_id) not in gone])
    return [*done, *gone], kept


def _wholes_of(part: type[Record], ids: Iterable[int]) -> dict[int, int]:
    """The record that each of these parts belongs to."""
    return dict(db.session.execute(select(part.id, getattr(part, part.part_of)).where(among(part, ids))).all())


def _staying(whole: type[Record], ids: set[int], undone_id: int, operation_id: int) -> tuple[set[int], set[int]]:
    """Which of these records the operation made, and which of them the undo leaves where they are."""
    rows = select(whole.id, whole.updated_op).where(among(whole, ids), whole.created_op == undone_id)
    made = dict(db.session.execute(rows).all())
    edited = {record_id for record_id, last in made.items() if last not in (undone_id, operation_id)}
    return set(made), edited | needed(whole, set(made) - edited, undone_id, operation_id, parts=False)


def _whole(part: type[Record]) -> type[Record]:
    """The kind of record whose parts these are."""
    (key,) = part.__table__.c[part.part_of].foreign_keys
    return next(model for model in Record.__subclasses__() if model.__table__ is key.column.table)


def _bring_back(model: type[Record], undone_id: int, operation_id: int, chosen) -> Done:
    """Bring back what was withdrawn, where nobody touched it since; parts only of what is there itself."""
    ids, kept = _untouched(model, undone_id, operation_id, chosen)
    if model.part_of:
        whole, wholes = _whole(model), _wholes_of(model, ids)
        there = select(whole.id).where(among(whole, set(wholes.values())), whole.withdrawn_at.is_(None))
        there = set(db.session.scalars(there))
        ids = [record_id for record_id in ids if wholes[record_id] in there]
    done = statements.withdraw(operation_id, model, ids, back=True)
    write.after(model, done)
    return done, kept


def _untouched(model: type[Record], undone_id: int, operation_id: int, chosen) -> tuple[list[int], list]:
    """The records that nobody wrote since but this undo, and the others with the reason."""
    mine = select(model.id, model.updated_op).where(model.id.in_(select(Change.record_id).where(chosen)))
    rows = db.session.execute(mine.order_by(model.id).with_for_update()).all()
    by_us = (undone_id, operation_id)
    kept = [(record_id, _("changed since")) for record_id, last in rows if last not in by_us]
    return [record_id for record_id, last in rows if last in by_us], kept


def _put_back(model: type[Record], undone_id: int, operation_id: int, chosen, gone: bool = False) -> Done:
    """Give each changed field that still has the value of this operation its old value."""
    keys = select(func.jsonb_object_keys(Change.before)).where(chosen).distinct()
    fields = fields_of(model)
    names = sorted(name for name in db.session.scalars(keys) if _stands_here(model, fields, name))
    if not names:
        return [], []
    now = statements.journal_object(model.__table__, names)
    change = _joined(chosen)
    columns, edited = [], []
    for name, old in zip(names, _typed(model, names, change.c.before), strict=True):
        current = model.custom[name.removeprefix("custom-")] if name.startswith("custom-") else getattr(model, name)
        untouched = now[name].is_not_distinct_from(change.c.after[name])
        touched = change.c.before.has_key(name)
        columns.append(case((touched & untouched, old), else_=current).label(statements.plain(name)))
        edited.append(touched & ~untouched)
    joined = select(model.id.label("id")).join(change, change.c.record_id == model.id)
    kept = [(record_id, _("changed since")) for record_id in db.session.scalars(joined.where(or_(*edited)))]
    done = statements.update(operation_id, model, names, joined.add_columns(*columns), gone=gone)
    write.after(model, done)
    return done, kept


def _joined(chosen):
    """The changes, one row a record: from the first `before` to the last `after` where it was written repeatedly."""
    again = select(literal(1)).where(chosen).group_by(Change.record_id).having(func.count() > 1).limit(1)
    if db.session.scalar(again) is None:
        # As after nearly every operation: there is nothing to put together.
        return select(Change.record_id, Change.before, Change.after).where(chosen).subquery("change")
    each = (
        func.jsonb_each(Change.before).table_valued(column("key", Text), column("value", JSONB)).render_derived("each")
    )
    before = aggregate_order_by(each.c.value, Change.id.desc())
    after = aggregate_order_by(Change.after[each.c.key], Change.id)
    return (
        select(
            Change.record_id,
            func.jsonb_object_agg(each.c.key, before, type_=JSONB).label("before"),
            func.jsonb_object_agg(each.c.key, after, type_=JSONB).label("after"),
        )
        .select_from(Change)
        .join(each, true())
        .where(chosen)
        .group_by(Change.record_id)
        .subquery("change")
    )


def _stands_here(model: type[Record], fields: FieldSet, name: str) -> bool:
    """Whether the value stands on the record itself and there is such a field still."""
    return name in model.__table__.c or (name in fields and fields[name].custom)


def _related_of(model: type[Record], chosen) -> tuple[dict[int, dict], dict[int, dict]]:
    """For records whose changes name what stands in other rows: what they have there now, and what they had before."""
    names = [entry.name for entry in fields_of(model) if entry.related and entry.related.save]
    if not names:
        return {}, {}
    rows = select(Change.record_id, Change.before).where(chosen, Change.before.has_any(array(names)))
    wanted: dict[int, dict] = {}
    for record_id, before in db.session.execute(rows.order_by(Change.id.desc())):
        wanted.setdefault(record_id, {}).update({name: value for name, value in before.items() if name in names})
    return (write.related_values(model, wanted) if wanted else {}), wanted


def _typed(model: type[Record], names: list[str], values) -> list[ColumnElement]:
    """The values of a journal object as typed expressions, one for each name."""
    found = []
    for name in names:
        if name.startswith("custom-"):
            found.append(values[name])
            continue
        record = func.jsonb_to_record(values).table_valued(column(name, model.__table__.c[name].type))
        one = record.render_derived(name=f"old_{name}", with_types=True)
        found.append(select(one.c[name]).scalar_subquery().label(statements.plain(name)))
    return found
