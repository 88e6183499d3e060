"""The history of records: who did what, when, through what and why, read from the journal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Row, Select, bindparam, func, literal, select, union_all
from sqlalchemy.orm import aliased

from app.fields import references
from app.fields.kinds import Reference
from app.fields.registry import model_of
from app.fields.settings import fields_of
from app.i18n import current_locale
from tenants import db, fetch

from .models import Change, Operation

PAGE = 20
# More changes of one operation than these are not counted.
MOST = 1000


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
    # How many records the whole operation touched, these and others: counted up to one more than MOST.
    size: int = 1
    actions: set[str] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)


_UNDO = aliased(Operation, name="undo")
_UNDONE = select(func.max(_UNDO.id)).where(_UNDO.undoes == Operation.id).scalar_subquery()
# Stands for the record's id in the queries of `Past`.
RECORD = bindparam("record", type_=BigInteger)


@dataclass(frozen=True)
class Past:
    """Whose changes make up the history of a record: its own noun, and beside it queries of other rows' ids."""

    noun: str
    beside: tuple[tuple[str, Select], ...] = ()


def feed(
    past: Past, record_id: int, viewer, until: int | None = None, names: Callable = references.names
) -> tuple[list[Entry], int | None]:
    """The newest operations on a record and what stands beside it, and the operation to continue after, if any.

    `names` finds what records are called: a page brings one that knows the names of all it shows.
    """
    values = {"record": record_id} | ({} if until is None else {"until": until})
    entries: dict[int, Entry] = {}
    for row in fetch(_newest(past, until is not None), values):
        entry = entries.get(row.id)
        if entry is None:
            entry = entries[row.id] = _entry(row)
        entry.actions.add(f"{row.noun}.{row.action}")
        entry.lines += _lines(row, viewer)
    for entry in entries.values():
        # What stands in a row beside the record is said once, as the record's own.
        own = {line.label for line in entry.lines if line.noun == past.noun}
        entry.lines = [line for line in entry.lines if line.noun == past.noun or line.label not in own]
    _name_references(entries.values(), names)
    found = list(entries.values())
    return found[:PAGE], (found[PAGE - 1].id if len(found) > PAGE else None)


# Made once for each noun: making it takes longer than its answer.
@cache
def _newest(past: Past, older: bool) -> Select:
    """The changes of the newest operations on the record that is bound, or of those before the one bound to `until`."""
    records = [(past.noun, None), *past.beside]
    touched = union_all(
        *[
            select(Change.operation_id, Change.id).where(
                Change.noun == noun, Change.record_id == RECORD if ids is None else Change.record_id.in_(ids)
            )
            for noun, ids in records
        ]
    ).cte("touched")
    page = select(touched.c.operation_id.label("id")).distinct().order_by(touched.c.operation_id.desc()).limit(PAGE + 1)
    if older:
        page = page.where(touched.c.operation_id < bindparam("until", type_=BigInteger))
    page = page.subquery("page")
    others = select(literal(1)).where(Change.operation_id == page.c.id).correlate(page).limit(MOST + 1).subquery()
    size = select(func.count()).select_from(others).scalar_subquery()
    sizes = select(page.c.id, size.label("size")).cte("sizes").prefix_with("MATERIALIZED")
    of_operation = [column for column in Operation.__table__.c if column.name != "contact_id"]
    of_change = [Change.noun, Change.action, Change.before, Change.after]
    return (
        select(*of_operation, _UNDONE.label("undone"), sizes.c.size, Change.id.label("change_id"), *of_change)
        .join_from(sizes, Operation, Operation.id == sizes.c.id)
        .join(touched, touched.c.operation_id == sizes.c.id)
        .join(Change, (Change.operation_id == touched.c.operation_id) & (Change.id == touched.c.id))
        .order_by(Operation.id.desc(), Change.id)
    )


def _entry(row: Row) -> Entry:
    return Entry(
        size=row.size,
        id=row.id,
        kind=row.kind,
        title=row.title,
        when=row.at,
        account_id=row.account_id,
        who=row.actor,
        on_behalf=row.on_behalf,
        through=row.through,
        why=row.reason,
        undone=row.undone is not None,
        undoes=row.undoes,
    )


def _lines(change: Row, viewer) -> list[Line]:
    fields = fields_of(model_of(change.noun), viewer)
    found = []
    for name in change.after or {}:
        entry = fields.get(name)
        if entry is None:
            continue
        before, after = (_text(entry, values.get(name)) for values in (change.before or {}, change.after))
        raw = (change.before or {}).get(name), change.after[name]
        found.append(Line(str(entry.label), before, after, change.change_id, change.noun, name, *raw))
    return found


def _text(entry, raw: Any) -> str:
    """A journalled value as this viewer reads it; references stay numbers until all are named at once."""
    if raw is None:
        return ""
    if isinstance(entry.kind, Reference):
        return str(raw)
    return entry.kind.format(entry.kind.restore(raw), current_locale())


def _name_references(entries: Iterable[Entry], names: Callable) -> None:
    """Put names in place of the numbers of referred records."""
    wanted: dict[str, list[Line]] = {}
    for entry in entries:
        for line in entry.lines:
            kind = fields_of(model_of(line.noun))[line.field].kind
            if isinstance(kind, Reference):
                wanted.setdefault(kind.noun, []).append(line)
    numbers = {
        noun: {int(text) for line in lines for text in (line.before, line.after) if text}
        for noun, lines in wanted.items()
    }
    found = names(numbers)
    for noun, lines in wanted.items():
        titles = found.get(noun, {})
        for line in lines:
            line.before = titles.get(int(line.before), f"#{line.before}") if line.before else ""
            line.after = titles.get(int(line.after), f"#{line.after}") if line.after else ""


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
