"""The history of records: who did what, when, through what and why, read from the journal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from app.fields import references
from app.fields.folding import folded, like, sought
from app.fields.kinds import Reference
from app.fields.record import Record
from app.fields.registry import model_of
from app.fields.settings import fields_of
from app.i18n import current_locale
from tenants import db, fetch

from .actor import Actor
from .models import Change, Operation

PAGE = 15
# More changes of one operation than these are not counted.
MOST = 1000
# What may be asked for: everything, notes or files alone, notes that are important, or what was done without the notes.
FEED, NOTES, FILES, IMPORTANT, AUDIT = "feed", "notes", "files", "important", "audit"


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
class Made:
    """A row beside the record that stands in the history itself, at the place where it was made."""

    noun: str
    id: int
    version: int
    values: dict[str, Any]


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
    made: list[Made] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


_UNDO = aliased(Operation, name="undo")
_UNDONE = select(func.max(_UNDO.id)).where(_UNDO.undoes == Operation.id).scalar_subquery()
# Stands for the record's id in the queries of `Past`.
RECORD = bindparam("record", type_=BigInteger)


@dataclass(frozen=True, eq=False)
class Part:
    """Rows beside the record that its history shows themselves, such as notes, as long as they are not withdrawn.

    `ids` are theirs, `shows` the columns to bring, and `words` is the column in which a search looks. Those that have
    an `important` mark are what people say; they are no part of an audit.
    """

    model: type[Record]
    ids: Select
    shows: tuple[str, ...]
    words: str
    important: str = ""

    @property
    def noun(self) -> str:
        return self.model.noun


@dataclass(frozen=True)
class Past:
    """Whose changes make up the history of a record: its own noun, and beside it queries of other rows' ids."""

    noun: str
    beside: tuple[tuple[str, Select], ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def shows(self) -> tuple[str, ...]:
        """What may be asked for."""
        said = {bool(part.important) for part in self.parts}
        there = {FEED} | ({NOTES, IMPORTANT, AUDIT} if True in said else set()) | ({FILES} if False in said else set())
        return tuple(one for one in (FEED, NOTES, FILES, IMPORTANT, AUDIT) if one in there)

    @property
    def nouns(self) -> list[str]:
        """Whose changes these are."""
        return list(
            dict.fromkeys([self.noun, *(noun for noun, _ids in self.beside), *(one.noun for one in self.parts)])
        )


@dataclass(frozen=True)
class Wanted:
    """What is asked of a history: FEED or another of these, words, and the operation to go on after."""

    show: str = FEED
    q: str = ""
    until: int | None = None


# noun -> further rows whose changes its history tells of, named by nouns that this record's own does not know.
_others: dict[str, list[tuple[str, Select]]] = {}


def beside(noun: str, other: str, ids: Select) -> None:
    """Let the history of `noun` tell of the rows of `other` whose ids this query of RECORD gives, too."""
    _others.setdefault(noun, []).append((other, ids))


def feed(
    past: Past, record_id: int, viewer, wanted: Wanted | int | None = None, names: Callable = references.names
) -> tuple[list[Entry], int | None]:
    """The newest operations on a record and what stands beside it, and the operation to continue after, if any.

    `names` finds what records are called: a page brings one that knows the names of all it shows.
    """
    asked = wanted if isinstance(wanted, Wanted) else Wanted(until=wanted)
    q = sought(asked.q)
    values: dict[str, Any] = {"record": record_id}
    values |= {} if asked.until is None else {"until": asked.until}
    values |= _searched(past, viewer, q) if q else {}
    entries: dict[int, Entry] = {}
    for row in fetch(_newest(past, asked.until is not None, asked.show, bool(q)), values):
        entry = entries.get(row.id)
        if entry is None:
            entry = entries[row.id] = _entry(row)
        entry.actions.add(f"{row.noun}.{row.action}")
        entry.lines += _lines(row, viewer)
        entry.made += _made(past, row)
    for entry in entries.values():
        # What stands in a row beside the record is said once, as the record's own.
        own = {line.label for line in entry.lines if line.noun == past.noun}
        entry.lines = [line for line in entry.lines if line.noun == past.noun or line.label not in own]
    _name_references(entries.values(), names)
    found = list(entries.values())
    return found[:PAGE], (found[PAGE - 1].id if len(found) > PAGE else None)


def _searched(past: Past, viewer, q: str) -> dict[str, Any]:
    """What a search binds: the pattern, the fields that this viewer may see, and those that are called so."""
    seen = [(noun, entry) for noun in past.nouns for entry in fields_of(model_of(noun), viewer)]
    named = [f"{noun}.{entry.name}" for noun, entry in seen if q.casefold() in str(entry.label).casefold()]
    return {"q": f"%{like(q)}%", "seen": [f"{noun}.{entry.name}" for noun, entry in seen], "named": named}


# Made once for each noun: making it takes longer than its answer.
@cache
def _newest(past: Past, older: bool, show: str, searched: bool) -> Select:
    """The changes of the newest operations on the record that is bound, or of those before the one bound to `until`."""
    touched = union_all(*_touched(past, show)).cte("touched")
    page = select(touched.c.operation_id.label("id")).distinct().order_by(touched.c.operation_id.desc()).limit(PAGE + 1)
    if older:
        page = page.where(touched.c.operation_id < bindparam("until", type_=BigInteger))
    if searched:
        page = page.join_from(touched, Operation, Operation.id == touched.c.operation_id)
        page = _with_parts(past, page.join(Change, _is_touched(touched))).where(_hit(past))
    page = page.subquery("page")
    others = select(literal(1)).where(Change.operation_id == page.c.id).correlate(page).limit(MOST + 1).subquery()
    size = select(func.count()).select_from(others).scalar_subquery()
    sizes = select(page.c.id, size.label("size")).cte("sizes").prefix_with("MATERIALIZED")
    of_operation = [column for column in Operation.__table__.c if column.name != "contact_id"]
    of_change = [Change.noun, Change.action, Change.record_id, Change.before, Change.after]
    of_parts = [
        getattr(part.model, name).label(f"{part.noun}_{name}")
        for part in past.parts
        for name in ("id", "version", *part.shows)
    ]
    rows = (
        select(
            *of_operation, _UNDONE.label("undone"), sizes.c.size, Change.id.label("change_id"), *of_change, *of_parts
        )
        .join_from(sizes, Operation, Operation.id == sizes.c.id)
        .join(touched, touched.c.operation_id == sizes.c.id)
        .join(Change, _is_touched(touched))
    )
    return _with_parts(past, rows).order_by(Operation.id.desc(), Change.id)


def _touched(past: Past, show: str) -> list[Select]:
    """The changes that are asked for, those of each noun in a query of its own, which has its index."""
    said = [part for part in past.parts if part.important]
    wanted = said if show in (NOTES, IMPORTANT) else [part for part in past.parts if not part.important]
    changes = select(Change.operation_id, Change.id)
    if show in (NOTES, IMPORTANT, FILES) and wanted:
        found = []
        for part in wanted:
            ids = part.ids.where(part.model.withdrawn_at.is_(None))
            ids = ids.where(getattr(part.model, part.important)) if show == IMPORTANT else ids
            found.append(changes.where(Change.noun == part.noun, Change.action == "create", Change.record_id.in_(ids)))
        return found
    found = [changes.where(Change.noun == past.noun, Change.record_id == RECORD)]
    others = (*past.beside, *_others.get(past.noun, ()))
    found += [changes.where(Change.noun == noun, Change.record_id.in_(ids)) for noun, ids in others]
    for part in past.parts:
        mine = changes.where(Change.noun == part.noun, Change.record_id.in_(part.ids))
        found.append(mine.where(Change.action != "create") if show == AUDIT and part in said else mine)
    return found


def _is_touched(touched) -> ColumnElement[bool]:
    return (Change.operation_id == touched.c.operation_id) & (Change.id == touched.c.id)


def _with_parts(past: Past, rows: Select) -> Select:
    """The changes with the parts that they made and that are there still."""
    for part in past.parts:
        made = and_(Change.noun == part.noun, Change.action == "create", part.model.id == Change.record_id)
        rows = rows.outerjoin(part.model, made & part.model.withdrawn_at.is_(None))
    return rows


def _hit(past: Past) -> ColumnElement[bool]:
    """Whether a change has the words that are bound to `q`: in what people see of it, or in who did it and why."""
    pattern = func.extensions.fold(bindparam("q", type_=Text), type_=Text)

    def has(column) -> ColumnElement[bool]:
        return folded(column).like(pattern, escape="\\")

    values = []
    for kept in (Change.before, Change.after):
        each = func.jsonb_each_text(kept).table_valued("key", "value").render_derived(name=f"of_{kept.key}")
        name = Change.noun + "." + each.c.key
        seen = name == any_(bindparam("seen", type_=ARRAY(Text)))
        called = name == any_(bindparam("named", type_=ARRAY(Text)))
        values.append(select(literal(1)).select_from(each).where(seen, called | has(each.c.value)).exists())
    of_operation = [has(getattr(Operation, name)) for name in ("actor", "on_behalf", "title", "reason")]
    return or_(*of_operation, *values, *[has(getattr(part.model, part.words)) for part in past.parts])


def _made(past: Past, row: Row) -> list[Made]:
    """What a change made that stands in the history itself."""
    found = []
    for part in past.parts:
        record_id = getattr(row, f"{part.noun}_id") if row.noun == part.noun else None
        if record_id is not None:
            values = {name: getattr(row, f"{part.noun}_{name}") for name in part.shows}
            found.append(Made(part.noun, record_id, getattr(row, f"{part.noun}_version"), values))
    return found


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


def touched(operation_id: int, model: type[Record], record_id: int, actor: Actor) -> bool:
    """Whether this operation is an edit of the actor's own that changed this record."""
    found = (
        select(Change.id)
        .join(Operation, Operation.id == Change.operation_id)
        .where(Operation.id == operation_id, Operation.kind == "edit", Operation.account_id == actor.account_id)
        .where(Change.noun == model.noun, Change.record_id == record_id)
    )
    return db.session.scalar(found.limit(1)) is not None
