"""Taking an operation back, as a new operation: what was made is withdrawn, what was changed gets its old values.

A record that somebody touched since is not overwritten: it is kept and listed with the reason.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, case, column, func, literal, select, true
from sqlalchemy.exc import IntegrityError

from app.fields.record import Record
from app.fields.registry import model_of
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from tenants import db

from . import statements, write
from .actor import Actor
from .constraints import explain
from .errors import Conflict, NotFound
from .models import Change, Operation

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


# Model -> query of those among the given records (a subquery with `id`) that others now depend on.
_needed: dict[type[Record], list[Callable[[Select], Select]]] = {}
# Called with (undone operation, undoing operation) for what is not a record, such as accounts.
_also: list[Callable[[int, int], None]] = []


def needed_by_others(model: type[Record]) -> Callable:
    """Register a query that finds, among records about to be withdrawn, those that must stay."""

    def register(function: Callable[[Select], Select]) -> Callable:
        _needed.setdefault(model, []).append(function)
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
    try:
        with db.session.begin_nested():
            return write.begin(actor, "undo", title=undone.title, reason=reason, undoes=operation_id)
    except IntegrityError as error:
        raise AlreadyUndone from error


def undo(operation_id: int, actor: Actor, reason: str = "") -> Outcome:
    """Take back a whole operation now; for many records use `undo_chunks` in a job."""
    operation = begin(operation_id, actor, reason)
    outcome = Outcome(operation.id)
    _undo_where(operation_id, operation.id, true(), outcome)
    finish(operation_id, operation.id)
    return outcome


def finish(operation_id: int, undo_operation_id: int) -> None:
    """Take back what is not a record."""
    for function in _also:
        function(operation_id, undo_operation_id)


def undo_chunks(work, operation_id: int, undo_operation_id: int) -> Outcome:
    """Take back an operation inside a job, some thousand changes at a time, the last ones first."""
    outcome = Outcome(undo_operation_id, work.saved.get("reversed", 0), work.saved.get("kept", []))
    total = db.session.scalar(select(func.count()).where(Change.operation_id == operation_id))
    done = work.saved.get("undone", 0)
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
        _undo_where(operation_id, undo_operation_id, (Change.id >= lowest) & upper, outcome)
        done += count
        work.checkpoint(
            done=done, total=total, below=lowest, undone=done, reversed=outcome.reversed, kept=outcome.kept[:1000]
        )
    finish(operation_id, undo_operation_id)
    return outcome


def undo_field(change_id: int, name: str, actor: Actor) -> Operation:
    """Put one field of one change back; raises `ChangedSince` when it has another value by now."""
    change = db.session.get(Change, change_id)
    if change is None or change.action != "update" or name not in (change.before or {}):
        raise NotFound
    model = model_of(change.noun)
    record = db.session.get(model, change.record_id, with_for_update=True)
    if record is None or record.withdrawn_at is not None:
        raise NotFound
    now = db.session.scalar(select(_now(model, [name])).where(model.id == record.id))
    if now.get(name) != change.after.get(name):
        raise ChangedSince
    operation = write.begin(actor, "undo", title=_("one field"))
    rows = select(literal(record.id).label("id"), *_typed(model, [name], _before(change_id)))
    write.update_from(operation, model, [name], rows)
    return operation


def _undo_where(undone_id: int, operation_id: int, condition: ColumnElement, outcome: Outcome) -> None:
    """Take back those changes of an operation that meet the condition, noun by noun."""
    mine = (Change.operation_id == undone_id) & condition
    found = db.session.execute(select(Change.noun, Change.action).where(mine).group_by(Change.noun, Change.action)).all()
    order = {"update": 0, "create": 1, "restore": 1, "withdraw": 2}
    try:
        with db.session.begin_nested():
            for noun, action in sorted(found, key=lambda row: (order[row.action], row.noun)):
                model = model_of(noun)
                chosen = mine & (Change.noun == noun) & (Change.action == action)
                if action == "update":
                    _put_back(model, undone_id, operation_id, chosen, outcome)
                else:
                    _turn_round(model, undone_id, operation_id, chosen, outcome, back=action == "withdraw")
    except IntegrityError as error:
        explain(error)
        raise


def _turn_round(model, undone_id: int, operation_id: int, chosen, outcome: Outcome, back: bool) -> None:
    """Withdraw what was created, or bring back what was withdrawn, where nobody touched it since."""
    ids = select(Change.record_id).where(chosen)
    untouched = select(model.id).where(model.id.in_(ids), model.updated_op == undone_id)
    edited = select(model.id).where(model.id.in_(ids), model.updated_op.is_distinct_from(undone_id))
    _keep(outcome, model, edited, _("changed since"))
    if not back:
        for query in _needed.get(model, ()):
            needed = query(untouched)
            _keep(outcome, model, needed, _("in use by others since"))
            untouched = untouched.where(model.id.not_in(needed))
    done = statements.withdraw(operation_id, model, untouched, back=back)
    write.after(model, done)
    outcome.reversed += len(done)


def _put_back(model, undone_id: int, operation_id: int, chosen, outcome: Outcome) -> None:
    """Restore each changed field that still has the value this operation gave it."""
    keys = func.jsonb_object_keys(Change.before).label("name")
    names = sorted(db.session.scalars(select(keys).where(chosen).distinct()))
    known = [name for name in names if name in fields_of(model) or name in model.__table__.c]
    if not known:
        return
    now = _now(model, known)
    before = select(Change.record_id, Change.before, Change.after).where(chosen).subquery("changes")
    typed = _typed(model, known, before.c.before)
    columns = []
    for name, old in zip(known, typed, strict=True):
        untouched = before.c.before.has_key(name) & now[name].is_not_distinct_from(before.c.after[name])
        current = model.custom[name.removeprefix("custom-")] if name.startswith("custom-") else getattr(model, name)
        columns.append(case((untouched, old), else_=current).label(statements.plain(name)))
    rows = select(model.id.label("id"), *columns).join(before, before.c.record_id == model.id)
    done = statements.update(operation_id, model, known, rows)
    write.after(model, done)
    outcome.reversed += len(done)
    still = select(Change.record_id).where(chosen, Change.record_id.not_in(done)) if len(done) < 30000 else None
    if still is not None:
        _keep(outcome, model, still, _("changed since"))


def _keep(outcome: Outcome, model: type[Record], ids: Select, reason: str) -> None:
    outcome.kept += [(model.noun, record_id, reason) for record_id in db.session.scalars(ids)]


def _now(model: type[Record], names: list[str]):
    return statements.journal_object(model.__table__, names)


def _before(change_id: int):
    return select(Change.before).where(Change.id == change_id).scalar_subquery()


def _typed(model: type[Record], names: list[str], values) -> list[ColumnElement]:
    """The values of a journal object as typed expressions, one for each name."""
    found = []
    for name in names:
        if name.startswith("custom-"):
            found.append(values[name] if hasattr(values, "__getitem__") else func.jsonb_extract_path(values, name))
            continue
        record = func.jsonb_to_record(values).table_valued(column(name, model.__table__.c[name].type))
        one = record.render_derived(name=f"old_{name}", with_types=True)
        found.append(select(one.c[name]).scalar_subquery().label(statements.plain(name)))
    return found

