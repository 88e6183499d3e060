"""A record as it was: what it is now, with everything taken back that the journal has since a moment.

What was done is told by the moment at which its operation began: an import that was at work for an hour counts from its
first minute. What stands in rows beside the record (a contact's company, a company's web domains) is taken back from
the journal of those rows; a row that was handed to another record since is not found again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from app.fields.models import CustomField
from app.fields.record import Record
from app.fields.registry import Beside, Field, FieldSet
from app.fields.settings import fields_of, own_field
from tenants import db

from . import statements
from .errors import NotFound
from .models import Change, Operation

# What a record could be at a moment.
THERE, NOT_YET, WITHDRAWN = "there", "not yet", "withdrawn"


@dataclass
class Fact:
    """One field: what it was then, what it is now, and the operations that changed it since, the newest first."""

    entry: Field
    was: Any
    now: Any
    since: list[Operation] = field(default_factory=list)
    # The organization set the field aside since: there is no now.
    removed: bool = False

    @property
    def differs(self) -> bool:
        """Whether it is another value now."""
        return self.was != self.now


@dataclass
class AsOf:
    """A record as it was before `until`; `facts` are empty when it was not there."""

    until: datetime
    state: str = THERE
    facts: dict[str, Fact] = field(default_factory=dict)
    # Fields of which nobody can tell what they were, such as those that are counted.
    unknown: list[Field] = field(default_factory=list)
    # The operation that made the record, or withdrew it, where it was not there.
    by: Operation | None = None
    # Whether the journal has every change since.
    whole: bool = True


def read(model: type[Record], record_id: int, until: datetime, viewer) -> AsOf:
    """The record as it was before the moment `until`, in the fields that this viewer may see.

    Whoever calls this has made sure that the viewer may see the record. Raises `NotFound`.
    """
    every, shown = fields_of(model), fields_of(model, viewer)
    now = _Rows(model, record_id, every)
    then = now.copy()
    changes = _since(now, until)
    since: dict[str, list[Operation]] = {}
    found = AsOf(until)
    versions = [change.version for change, _operation in changes if now.is_own(change)]
    found.whole = versions == list(range(now.version, now.version - len(versions), -1))
    for _id, group in groupby(changes, key=lambda row: row[1].id):
        rows = list(group)
        operation = rows[0][1]
        before = then.copy()
        for change, _operation in rows:
            then.take_back(change)
            if now.is_own(change) and change.action != "update":
                found.state = {"create": NOT_YET, "restore": WITHDRAWN}.get(change.action, THERE)
                found.by = operation
        for name in before.differing(then):
            since.setdefault(name, []).append(operation)
    if found.state != THERE:
        return found
    for entry in [*shown, *_removed(model, every, until)]:
        if not now.knows(entry):
            found.unknown.append(entry)
            continue
        removed = entry.name not in every
        was, is_ = then.value(entry), None if removed else now.value(entry)
        if not removed or was is not None:
            found.facts[entry.name] = Fact(entry, was, is_, since.get(entry.name, []), removed)
    return found


class _Rows:
    """A record and the rows beside it, each as the journal would keep it."""

    def __init__(self, model: type[Record], record_id: int, fields: FieldSet):
        self.model, self.record_id = model, record_id
        self.related = {entry.name: entry.related.beside for entry in fields if entry.related and entry.related.beside}
        names = [entry.name for entry in fields if entry.column is not None]
        own = select(model.version, model.custom, statements.journal_object(model.__table__, names))
        row = db.session.execute(own.where(model.id == record_id, model.withdrawn_at.is_(None))).first()
        if row is None:
            raise NotFound
        self.version = row.version
        self.own: dict[str, Any] = row[2] | {f"custom-{key}": value for key, value in (row.custom or {}).items()}
        self.rows: dict[str, dict[int, dict[str, Any]]] = {}
        for other, columns in self._tables().items():
            self.rows[other.noun] = self._read(other, columns)

    def _tables(self) -> dict[type[Record], set[str]]:
        """The models of the rows beside, and the columns of each that decide something."""
        found: dict[type[Record], set[str]] = {}
        for beside in self.related.values():
            found.setdefault(beside.model, {beside.parent}).update(beside.columns)
        return found

    def _read(self, model: type[Record], columns: Iterable[str]) -> dict[int, dict[str, Any]]:
        parent = next(beside.parent for beside in self.related.values() if beside.model is model)
        values = statements.journal_object(model.__table__, sorted(columns))
        rows = select(model.id, model.withdrawn_at.is_(None).label("live"), values.label("kept"))
        found = db.session.execute(rows.where(getattr(model, parent) == self.record_id))
        return {row.id: row.kept | {"live": row.live} for row in found}

    def copy(self) -> "_Rows":
        """The same, to be changed."""
        made = object.__new__(_Rows)
        made.__dict__ |= self.__dict__
        made.own = dict(self.own)
        made.rows = {noun: {one: dict(row) for one, row in rows.items()} for noun, rows in self.rows.items()}
        return made

    def is_own(self, change: Change) -> bool:
        """Whether a change is one of the record itself."""
        return change.noun == self.model.noun and change.record_id == self.record_id

    def take_back(self, change: Change) -> None:
        """Be as before this change."""
        if self.is_own(change):
            self.own |= {name: value for name, value in (change.before or {}).items() if name not in self.related}
            return
        row = self.rows[change.noun][change.record_id]
        if change.action == "update":
            row |= change.before or {}
        else:
            row["live"] = change.action == "withdraw"

    def knows(self, entry: Field) -> bool:
        """Whether the value of a field can be told."""
        return not entry.related or entry.name in self.related

    def raw(self, name: str) -> Any:
        """The value of a field as the journal would keep it."""
        beside: Beside | None = self.related.get(name)
        if beside is None:
            return self.own.get(name)
        rows = self.rows[beside.model.noun].values()
        return beside.value([row for row in rows if row["live"] and row[beside.parent] == self.record_id])

    def value(self, entry: Field) -> Any:
        """The value of a field."""
        raw = self.raw(entry.name)
        return None if raw is None else entry.kind.restore(raw)

    def differing(self, other: "_Rows") -> list[str]:
        """The fields that have another value there."""
        names = {name for name in (*self.own, *other.own) if self.own.get(name) != other.own.get(name)}
        return [*names, *(name for name in self.related if self.raw(name) != other.raw(name))]


def _since(now: _Rows, until: datetime) -> list[tuple[Change, Operation]]:
    """What was done to the record, or to rows beside it, from a moment on; the newest first.

    It is a piece of the journal without a gap: from the first change of that time on, in the order of the journal.
    Operations that ran side by side would otherwise be taken back in part.
    """
    wanted = {now.model.noun: [now.record_id]} | {noun: list(rows) for noun, rows in now.rows.items()}
    touched = or_(*[and_(Change.noun == noun, Change.record_id.in_(ids)) for noun, ids in wanted.items() if ids])
    joined: Select = select(Change, Operation).join(Operation, Operation.id == Change.operation_id).where(touched)
    first = joined.with_only_columns(func.min(Change.id)).where(Operation.at >= until).correlate(None)
    rows = db.session.execute(joined.where(Change.id >= first.scalar_subquery()).order_by(Change.id.desc()))
    return [(change, operation) for change, operation in rows]


def _removed(model: type[Record], fields: FieldSet, until: datetime) -> list[Field]:
    """The organization's own fields that were in use then and are not any more."""
    gone = func.least(CustomField.withdrawn_at, CustomField.archived_at)
    rows = db.session.scalars(
        select(CustomField)
        .where(CustomField.of_noun == model.noun, CustomField.hidden.is_(False), gone >= until)
        .order_by(CustomField.position, CustomField.id)
    )
    found = []
    for row in rows:
        entry = None if f"custom-{row.key}" in fields else own_field(model, row)
        found += [] if entry is None else [replace(entry, required=False, portal="")]
    return found
