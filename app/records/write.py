"""The one door for writing records. Every write is an operation with a change row for each record it touched.

`apply` takes many changes at once and writes each kind of change with one set-based statement, which also writes
the journal; `create`, `update` and `withdraw` are its singular faces. Imports hand it a query instead of values:
`insert_from` and `update_from` are what `apply` itself uses.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import BigInteger, Select, insert, inspect, literal, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import make_transient_to_detached

from app.fields.record import Record
from app.fields.registry import Field
from app.fields.settings import fields_of
from app.i18n import gettext as _
from tenants import db, fetch

from . import statements
from .actor import Actor
from .constraints import explain
from .errors import EditConflict, NotFound
from .models import Change, Operation


@dataclass(frozen=True)
class Create:
    """A record to be made, with its values by field name."""

    model: type[Record]
    values: dict[str, Any]


@dataclass(frozen=True)
class Update:
    """New values for some fields of a record. `base` is the version they were typed over, None to overwrite."""

    model: type[Record]
    id: int
    values: dict[str, Any]
    base: int | None = None


@dataclass(frozen=True)
class Withdraw:
    """A record whose creation is taken back (`back=False`), or a withdrawn one brought back."""

    model: type[Record]
    id: int
    back: bool = False


@dataclass
class Applied:
    """The ids made or changed, in the order of the changes; a record that already had the values is None."""

    ids: list[int | None] = field(default_factory=list)


# What a noun keeps in step with its rows, called with the ids written: see `keep`.
_keepers: dict[type[Record], list[Callable[[Sequence[int]], None]]] = {}


def keep(model: type[Record]) -> Callable:
    """Register a function that is called with the ids of written `model` rows, in the same operation."""

    def register(function: Callable[[Sequence[int]], None]) -> Callable:
        _keepers.setdefault(model, []).append(function)
        return function

    return register


def begin(actor: Actor, kind: str, *, title: str = "", reason: str = "", undoes: int | None = None) -> Operation:
    """Open an operation: the journal's row that names who, through what and why."""
    values = {
        "kind": kind,
        "title": str(title),
        "account_id": actor.account_id,
        "contact_id": actor.contact_id,
        "actor": actor.name,
        "on_behalf": actor.on_behalf,
        "through": actor.through,
        "reason": reason or "",
        "undoes": undoes,
    }
    # Every edit begins so: the unit of work would take three times as long.
    operation = Operation(id=fetch(_BEGIN, values).scalar(), **values)
    make_transient_to_detached(operation)
    db.session.add(operation)
    return operation


_BEGIN = insert(Operation.__table__).returning(Operation.__table__.c.id)


def create(model: type[Record], values: dict[str, Any], *, actor: Actor, operation: Operation | None = None) -> int:
    """Make one record; returns its id. Raises `FieldErrors` where the database finds a value taken."""
    with _acting(operation, actor, "create") as operation:
        return _apply(operation, [Create(model, values)]).ids[0]


def update(
    record: Record,
    values: dict[str, Any],
    *,
    actor: Actor,
    base: int | None = None,
    operation: Operation | None = None,
) -> Operation | None:
    """Change some fields of one record; returns the operation, or None when it already had these values.

    Raises `EditConflict` when one of these very fields was changed since version `base`.
    """
    values = fields_of(type(record)).spread(values)
    values = {name: value for name, value in values.items() if not _same(record, name, value)}
    if not values:
        return None
    try:
        with _acting(operation, actor, "edit") as operation:
            if _apply(operation, [Update(type(record), record.id, values, base)]).ids[0] is None:
                raise _NothingChanged
            return operation
    except _NothingChanged:
        return None


def withdraw(record: Record, *, actor: Actor, operation: Operation | None = None) -> Operation:
    """Take back the creation of one record."""
    with _acting(operation, actor, "withdraw") as operation:
        _apply(operation, [Withdraw(type(record), record.id)])
        return operation


class _NothingChanged(Exception):
    """The record had these values already."""


@contextmanager
def _acting(operation: Operation | None, actor: Actor, kind: str) -> Iterator[Operation]:
    """The operation to write in. One that is begun here leaves no trace when the writing fails or changes nothing."""
    with together():
        yield operation or begin(actor, kind)


@contextmanager
def together() -> Iterator[None]:
    """All of it is written, or nothing; a value that the database refuses becomes a `FieldErrors`."""
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError as error:
        explain(error)
        raise


def apply(operation: Operation, changes: Iterable[Create | Update | Withdraw]) -> Applied:
    """Write many changes in one operation, a few statements for each kind of change whatever their number.

    Raises `EditConflict` (stale base), `NotFound` (no such record) or `FieldErrors` (a value the database refuses);
    nothing is written then.
    """
    with together():
        return _apply(operation, changes)


def _apply(operation: Operation, changes: Iterable[Create | Update | Withdraw]) -> Applied:
    changes = list(changes)
    result = Applied([None] * len(changes))
    groups: dict[tuple, list[tuple[int, Any]]] = {}
    for place, change in enumerate(changes):
        if not isinstance(change, Withdraw):
            change = replace(change, values=fields_of(change.model).spread(change.values))
        names = tuple(sorted(change.values)) if not isinstance(change, Withdraw) else (change.back,)
        groups.setdefault((type(change), change.model, names), []).append((place, change))
    for (verb, model, names), members in groups.items():
        _apply_group(operation, verb, model, names, members, result)
    return result


def _apply_group(operation, verb, model, names, members, result: Applied) -> None:
    places = [place for place, _ in members]
    group = [change for _, change in members]
    if verb is Withdraw:
        done = statements.withdraw(operation.id, model, [change.id for change in group], back=names[0])
        after(model, done)
        _place(result, places, [change.id for change in group], done)
    elif verb is Create:
        own, related = _split(model, names)
        rows = _rows(model, own, (({"n": n}, change.values) for n, change in enumerate(group)))
        made = statements.insert(operation.id, model, own, statements.source(model, tuple(own)), rows)
        after(model, list(made.values()))
        for place, n in zip(places, range(len(group)), strict=True):
            result.ids[place] = made[n]
        _save_related(operation, model, related, {made[n]: change.values for n, change in enumerate(group)})
    else:
        own, related = _split(model, names)
        done: set[int] = set()
        if related:
            # What stands in other rows is written before, so the records are held, and their versions looked at, now.
            _check_bases(model, group, lock=True)
            was = related_values(model, [change.id for change in group])
            _save_related(operation, model, related, {change.id: change.values for change in group if change.id in was})
            done |= set(note_related(operation.id, model, was))
            group = [replace(change, base=None) for change in group]
        if own:
            done |= _update_own(operation, model, own, group)
        _place(result, places, [change.id for change in group], done)


def _update_own(operation: Operation, model: type[Record], names: Sequence[str], group: list[Update]) -> set[int]:
    """Write what stands on the records themselves; returns the ids that really changed.

    Those that are no longer at their base are looked at after: mostly there are none.
    """
    source = statements.source(model, tuple(names))
    rows = _rows(model, names, (({"id": change.id, "base": change.base}, change.values) for change in group))
    done = set(statements.update(operation.id, model, names, source, rows))
    left = [change for change in group if change.base is not None and change.id not in done]
    if left:
        _check_bases(model, left)
        rows = _rows(model, names, (({"id": change.id}, change.values) for change in left))
        done |= set(statements.update(operation.id, model, names, source, rows))
    after(model, list(done))
    return done


def insert_from(operation: Operation, model: type[Record], names: Sequence[str], source: Select) -> dict[int, int]:
    """Insert a record for each row of `source` (columns `n`, `id` or NULL, the fields); returns the new ids by `n`."""
    made = statements.insert(operation.id, model, names, source)
    after(model, list(made.values()))
    return made


def insert_all(operation: Operation, model: type[Record], names: Sequence[str], source: Select) -> int:
    """The same for a caller who keeps in step himself what depends on these records; returns how many."""
    return statements.insert_all(operation.id, model, names, source)


def update_from(
    operation: Operation, model: type[Record], names: Sequence[str], source: Select, gone: bool = False
) -> list[int]:
    """Change each record (with `gone` withdrawn ones, too) that `source` names by `id`; returns those that changed."""
    done = statements.update(operation.id, model, names, source, gone=gone)
    after(model, done)
    return done


def withdraw_from(operation: Operation, model: type[Record], ids: Select, *, back: bool = False) -> list[int]:
    """Withdraw each record that `ids` names, or bring it back; returns the ids of those that were not so already."""
    done = statements.withdraw(operation.id, model, ids, back=back)
    after(model, done)
    return done


def after(model: type[Record], ids: Sequence[int]) -> None:
    """Forget what the session had of these rows, and keep in step what depends on them."""
    expire(model, ids)
    if ids:
        for keeper in _keepers.get(model, ()):
            keeper(ids)


def related_values(model: type[Record], ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What these records have in the fields that stand in other rows, as the journal keeps it."""
    fields = [entry for entry in fields_of(model) if entry.related and entry.related.save]
    rows = select(model.id, *[entry.expression(model).label(f"r_{n}") for n, entry in enumerate(fields)])
    return {
        row[0]: {entry.name: _kept(entry, value) for entry, value in zip(fields, row[1:], strict=True)}
        for row in db.session.execute(rows.where(model.id.in_(list(ids)), model.withdrawn_at.is_(None)))
    }


def note_related(operation_id: int, model: type[Record], was: dict[int, dict[str, Any]]) -> list[int]:
    """Journal on the records what changed in other rows since `related_values` gave `was`; returns those changed."""
    rows = []
    for record_id, now in (related_values(model, was) if was else {}).items():
        names = [name for name in now if now[name] != was[record_id].get(name)]
        if names:
            rows.append(
                {
                    "id": record_id,
                    "was": {name: was[record_id].get(name) for name in names},
                    "now": {name: now[name] for name in names},
                }
            )
    done = statements.note(operation_id, model, rows) if rows else []
    after(model, done)
    return done


def expire(model: type[Record], ids: Iterable[int]) -> None:
    """Let the next use of these records read them anew."""
    mapper = inspect(model)
    for record_id in ids:
        known = db.session.identity_map.get(mapper.identity_key_from_primary_key((record_id,)))
        if known is not None:
            db.session.expire(known)


def _split(model: type[Record], names: Sequence[str]) -> tuple[list[str], list[str]]:
    fields = fields_of(model)
    related = [name for name in names if name in fields and fields[name].related]
    return [name for name in names if name not in related], related


def _rows(model: type[Record], names: Sequence[str], rows: Iterable[tuple[dict, dict[str, Any]]]) -> list[dict]:
    """The changes' values as the rows of a source: JSON of each field's kind, with n or id beside it."""
    fields = fields_of(model)
    listed = []
    for marks, values in rows:
        row = dict(marks)
        for name in names:
            entry, value = fields.get(name), values[name]
            row[statements.plain(name)] = entry.kind.to_json(value) if entry and value is not None else value
        listed.append(row)
    return listed


def _check_bases(model: type[Record], group: Sequence[Update], lock: bool = False) -> None:
    """Refuse a change whose very fields were changed since its base; other fields' changes are no conflict.

    With `lock` the records are held even without a base, since what stands in other rows hangs on them.
    """
    stale = {change.id: change for change in group if change.base is not None}
    held = [change.id for change in group] if lock else list(stale)
    if not held:
        return
    rows = select(model.id, model.version).where(model.id.in_(held), model.withdrawn_at.is_(None))
    versions = dict(db.session.execute(rows.order_by(model.id).with_for_update()).all())
    if set(stale) - set(versions):
        raise NotFound
    stale = {key: change for key, change in stale.items() if versions[key] != change.base}
    if not stale:
        return
    rows = db.session.execute(
        select(Change, Operation.actor, Operation.at)
        .join(Operation, Operation.id == Change.operation_id)
        .where(
            Change.noun == model.noun,
            Change.record_id.in_(stale),
            Change.version > literal(min(change.base for change in stale.values()), BigInteger),
        )
        .order_by(Change.id.desc())
    ).all()
    known = dict.fromkeys(stale, 0)
    for change, actor, at in rows:
        mine = stale[change.record_id]
        if change.version <= mine.base:
            continue
        known[change.record_id] += 1
        if touched := set(change.after or {}) & set(mine.values):
            name = sorted(touched)[0]
            raise EditConflict(name, change.after[name], actor, at, versions[change.record_id])
    for record_id, mine in stale.items():
        # In the portal the desk's changes cannot be read: any of them may have touched the field.
        if known[record_id] < versions[record_id] - mine.base:
            raise EditConflict(sorted(mine.values)[0], None, _("Somebody"), None, versions[record_id])


def _save_related(operation: Operation, model: type[Record], names: Sequence[str], values: dict[int, dict]) -> None:
    """Let each related field write what stands in other rows; by name, which puts the company before its department."""
    fields = fields_of(model)
    for name in names:
        save = fields[name].related.save
        if save is not None and values:
            save({record_id: row[name] for record_id, row in values.items()}, operation)


def _kept(entry: Field, value: Any) -> Any:
    """A value as the journal keeps it; lists in order, since rows have none."""
    kept = None if value is None else entry.kind.to_json(value)
    return sorted(kept) or None if isinstance(kept, list) else kept


def _place(result: Applied, places: Sequence[int], ids: Sequence[int], done: Iterable[int]) -> None:
    done = set(done)
    for place, record_id in zip(places, ids, strict=True):
        result.ids[place] = record_id if record_id in done else None


def _same(record: Record, name: str, value: Any) -> bool:
    entry = fields_of(type(record)).get(name)
    if entry is None:
        return getattr(record, name) == value
    # What stands elsewhere is compared where it is saved.
    return not entry.related and entry.value(record) == value
