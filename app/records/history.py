"""The history of records: who did what, when, through what and why, read from the journal."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from app.fields import references
from app.fields.kinds import Reference
from app.fields.registry import model_of
from app.fields.settings import fields_of
from app.i18n import current_locale
from tenants import db

from .models import Change, Operation

PAGE = 20


@dataclass
class Line:
    """One field of one change, as people read it."""

    label: str
    before: str
    after: str
    change_id: int
    noun: str
    field: str
    # The values as the journal keeps them.
    was: Any = None
    now: Any = None


@dataclass
class Entry:
    """One operation as it touched the records at hand."""

    id: int
    kind: str
    title: str
    when: datetime
    account_id: int | None
    who: str
    on_behalf: str
    through: str
    why: str
    undone: bool
    undoes: int | None
    # How many records the whole operation touched, these and others.
    size: int = 1
    actions: set[str] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)


def feed(
    records: Iterable[tuple[str, Iterable[int]]], viewer, until: int | None = None
) -> tuple[list[Entry], int | None]:
    """The newest operations on these records (noun and ids), and the operation to continue after, if any."""
    wanted = [(noun, list(ids)) for noun, ids in records]
    touched = or_(*[and_(Change.noun == noun, Change.record_id.in_(ids)) for noun, ids in wanted if ids])
    page = select(Change.operation_id).where(touched).distinct().order_by(Change.operation_id.desc()).limit(PAGE + 1)
    if until is not None:
        page = page.where(Change.operation_id < until)
    undo = aliased(Operation)
    rows = db.session.execute(
        select(Operation, undo.id, Change)
        .join(Change, Change.operation_id == Operation.id)
        .outerjoin(undo, undo.undoes == Operation.id)
        .where(Operation.id.in_(page), touched)
        .order_by(Operation.id.desc(), Change.id)
    ).all()
    entries: dict[int, Entry] = {}
    for operation, undone, change in rows:
        entry = entries.setdefault(operation.id, _entry(operation, undone))
        entry.actions.add(f"{change.noun}.{change.action}")
        entry.lines += _lines(change, viewer)
    for entry in entries.values():
        # What stands in a row beside the record is said once, as the record's own.
        own = {line.label for line in entry.lines if line.noun == wanted[0][0]}
        entry.lines = [line for line in entry.lines if line.noun == wanted[0][0] or line.label not in own]
    _name_references(entries.values())
    found = list(entries.values())
    for operation_id, size in _sizes(entries).items():
        entries[operation_id].size = size
    return found[:PAGE], (found[PAGE - 1].id if len(found) > PAGE else None)


def _entry(operation: Operation, undone: int | None) -> Entry:
    return Entry(
        id=operation.id,
        kind=operation.kind,
        title=operation.title,
        when=operation.at,
        account_id=operation.account_id,
        who=operation.actor,
        on_behalf=operation.on_behalf,
        through=operation.through,
        why=operation.reason,
        undone=undone is not None,
        undoes=operation.undoes,
    )


def _lines(change: Change, viewer) -> list[Line]:
    fields = fields_of(model_of(change.noun), viewer)
    found = []
    for name in change.after or {}:
        entry = fields.get(name)
        if entry is None:
            continue
        before, after = (_text(entry, values.get(name)) for values in (change.before or {}, change.after))
        raw = (change.before or {}).get(name), change.after[name]
        found.append(Line(str(entry.label), before, after, change.id, change.noun, name, *raw))
    return found


def _text(entry, raw: Any) -> str:
    """A journalled value as this viewer reads it; references stay numbers until all are named at once."""
    if raw is None:
        return ""
    if isinstance(entry.kind, Reference):
        return str(raw)
    return entry.kind.format(entry.kind.restore(raw), current_locale())


def _name_references(entries: Iterable[Entry]) -> None:
    """Put names in place of the numbers of referred records, one query for each noun referred to."""
    wanted: dict[str, list[Line]] = {}
    for entry in entries:
        for line in entry.lines:
            kind = fields_of(model_of(line.noun))[line.field].kind
            if isinstance(kind, Reference):
                wanted.setdefault(kind.noun, []).append(line)
    for noun, lines in wanted.items():
        ids = {int(text) for line in lines for text in (line.before, line.after) if text}
        titles = references.titles(noun, ids)
        for line in lines:
            line.before = titles.get(int(line.before), f"#{line.before}") if line.before else ""
            line.after = titles.get(int(line.after), f"#{line.after}") if line.after else ""


def made_and_changed(record) -> dict[str, str]:
    """By whom the record was made and last changed."""
    ids = {record.created_op, record.updated_op} - {None}
    names = dict(db.session.execute(select(Operation.id, Operation.actor).where(Operation.id.in_(ids))).all())
    return {"created_by": names.get(record.created_op, ""), "updated_by": names.get(record.updated_op, "")}


def counts(operation_id: int) -> dict[tuple[str, str], int]:
    """How many records of which noun an operation made, changed or withdrew."""
    rows = db.session.execute(
        select(Change.noun, Change.action, func.count())
        .where(Change.operation_id == operation_id)
        .group_by(Change.noun, Change.action)
        .order_by(Change.noun, Change.action)
    )
    return {(noun, action): n for noun, action, n in rows}


def records_of(operation_id: int, most: int = 50) -> list[tuple[str, int, str, str]]:
    """The first records an operation touched: noun, id, name and address, where the noun has a page."""
    rows = db.session.execute(
        select(Change.noun, Change.record_id)
        .where(Change.operation_id == operation_id)
        .group_by(Change.noun, Change.record_id)
        .order_by(Change.noun, Change.record_id)
        .limit(most)
    ).all()
    found = []
    for noun in sorted({row.noun for row in rows}):
        ids = [row.record_id for row in rows if row.noun == noun]
        names = references.titles(noun, ids) if references.is_referable(noun) else {}
        found += [(noun, one, names.get(one, f"#{one}"), references.url(noun, one)) for one in ids]
    return [row for row in found if row[3]]


def undo_permissions(operation_id: int) -> set[str]:
    """What somebody must be allowed to take this operation back, by the nouns it touched."""
    nouns = db.session.scalars(select(Change.noun).where(Change.operation_id == operation_id).distinct())
    return {model_of(noun).undo_permission for noun in nouns} - {""}


def undone_by(operation_id: int) -> int | None:
    """The operation that took this one back, if any."""
    return db.session.scalar(select(Operation.id).where(Operation.undoes == operation_id))


def _sizes(ids: Iterable[int]) -> dict[int, int]:
    """How many records each operation touched."""
    rows = select(Change.operation_id, func.count()).where(Change.operation_id.in_(ids)).group_by(Change.operation_id)
    return dict(db.session.execute(rows).all())
