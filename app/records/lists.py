"""Lists of records: filters, order, keyset pages, a capped count; a fixed number of statements whatever their length.

Everything that makes up a list stands in its address, so the same address shows a colleague the same list.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Numeric,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    true,
)

from app.fields import references
from app.fields.filter import NO_VALUE
from app.fields.folding import folded, sought
from app.fields.kinds import Reference
from app.fields.record import Record
from app.fields.registry import Field, FieldSet
from app.i18n import current_locale
from app.i18n import gettext as _
from tenants import fetch

from . import markers
from . import search as searching
from .models import Operation
from .narrowing import KEPT, conditions, counted, kept, meeting, narrowed, to_filter

SIZES = (10, 25, 50, 100)
COUNT_CAP = 1001
MOST_FILTERS = 20
# What a list's address holds beside its filters.
OWN = ("q", "sort", "size", "columns", "density", "status", "of", "after", "before")
# Above this many rows only columns with an index of their own can be sorted by.
SORT_CAP = 50_000


@dataclass(frozen=True)
class ListOf:
    """What a noun says about its list."""

    model: type[Record]
    sort: str
    search: searching.Search | None = None
    descending: bool = False
    # Columns beside the fields that lists show: 'created_at', 'updated_at'.
    moments: tuple[str, ...] = ("created_at", "updated_at")
    # The initials and the picture that each row shows, where it shows a face.
    face: tuple[ColumnElement, ...] = ()
    # What can be asked for instead of all that is not deleted: 'active', 'inactive', 'deleted'.
    statuses: tuple[str, ...] = ()


@dataclass
class Wanted:
    """A list as its address asks for it."""

    columns: list[str]
    sort: str
    descending: bool
    size: int
    q: str = ""
    status: str = ""
    # Whether the rows stand close to each other.
    compact: bool = False
    filters: list[tuple[str, str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    after: str = ""
    before: str = ""
    # How many hits of a search are looked for.
    most: int = searching.MOST


@dataclass
class Row:
    """One record of a list: its id, its version, the values of the shown columns, and the names they refer to."""

    id: int
    version: int
    values: dict[str, Any]
    active: bool = True
    # Initials and picture, of nouns that have a face.
    face: tuple[str, str | None] | None = None
    # Of a deleted record: when that was, by whom and why.
    deleted: tuple[datetime, str, str] | None = None
    # What the records are called to which the row refers, by noun and id.
    titles: dict[tuple[str, int], str | None] = field(default_factory=dict)


@dataclass
class Page:
    """One page of a list with what leads to its neighbours."""

    rows: list[Row]
    count: int
    capped: bool
    after: str = ""
    before: str = ""
    note: str = ""


def wanted(args, list_of: ListOf, fields: FieldSet, size: int, columns: Sequence[str] = ()) -> Wanted:
    """Read a list's address; what it names and does not exist is left out and said in `problems`.

    `columns` are those to show where the address names none.
    """
    names = {entry.name for entry in fields} | set(list_of.moments)
    named = [name for name in args.get("columns", "").split(",") if name]
    shown = [name for name in dict.fromkeys(named) if name in names]
    usual = [name for name in columns if name in names] or [entry.name for entry in fields if entry.listed]
    status = args.get("status", "")
    sort = args.get("sort", "").removeprefix("-")
    sorts = sort in list_of.moments or (sort in fields and fields[sort].kind.sort)
    found = Wanted(
        columns=shown or usual,
        sort=sort if sorts else list_of.sort,
        descending=args.get("sort", "").startswith("-") if sorts else list_of.descending,
        size=min(max(args.get("size", size, type=int) or size, SIZES[0]), SIZES[-1]),
        q=sought(args.get("q", "")[:1000])[:100],
        compact=args.get("density") == "compact",
        after=args.get("after", ""),
        before=args.get("before", ""),
    )
    found.problems = [
        _("There is no column “%(name)s”.", name=name[:40]) for name in dict.fromkeys(named) if name not in names
    ]
    if status in list_of.statuses:
        found.status = status
        if status == "deleted" and not sorts:
            # What was deleted last is looked for first.
            found.sort, found.descending = "updated_at", True
    elif status:
        found.problems.append(_("There is no status “%(name)s”.", name=status[:40]))
    if (density := args.get("density", "")) not in ("", "compact"):
        found.problems.append(_("There is no density “%(name)s”.", name=density[:40]))
    if sort and not sorts:
        found.problems.append(_("This list cannot be sorted by “%(name)s”.", name=sort[:40]))
    known = to_filter(list_of, fields)
    for key in args:
        name, dot, rest = key.partition(".")
        if name in known and key not in OWN:
            found.filters += [(name, rest or known[name].kind.operators[0], text) for text in args.getlist(key)]
        elif name == "f" and rest in known:
            # As the form of the filters sends them: 'f.city' with 'op.city' beside it, both for every field there is.
            operator = args.get(f"op.{rest}", known[rest].kind.operators[0])
            typed = [text for text in args.getlist(key) if text.strip() or operator in NO_VALUE]
            # Boxes that are ticked side by side are one question: 'is one of these'.
            typed = ["; ".join(typed)] if typed and known[rest].kind.input == "checkboxes" else typed
            found.filters += [(rest, operator, text) for text in typed]
        elif dot and (name, rest in known) != ("op", True):
            found.problems.append(_("There is no filter “%(name)s”.", name=key[:40]))
    if len(found.filters) > MOST_FILTERS:
        found.problems.append(_("At most %(most)s filters can be combined.", most=MOST_FILTERS))
        del found.filters[MOST_FILTERS:]
    return found


def read(list_of: ListOf, asked: Wanted, fields: FieldSet, base: Select, *, named: bool = False) -> Page:
    """One page of the records in `base` (a query of the model that already knows the viewer).

    With `named` the rows know what the records are called to which their columns refer.
    """
    base = kept(list_of.model, base, asked.status)
    filters = conditions(list_of, asked, fields)
    if list_of.search and (words := searching.words_of(asked.q)):
        return _found(_shape(list_of, fields, meeting(base, filters), asked, named), asked, words)
    base, total, values = narrowed(list_of.model, base, filters, COUNT_CAP)
    note = _allow_sort(list_of, asked, fields, base, total)
    shape = _shape(list_of, fields, base, asked, named)
    found, more = _keyset(shape, asked, values) if total else ([], False)
    page = Page(_rows(found, shape), min(total, COUNT_CAP - 1), total >= COUNT_CAP, note=note)
    if found:
        if more or asked.before:
            page.after = markers.made(found[-1][2], found[-1][0], _list_name(list_of, asked))
        if asked.after or (more and asked.before):
            page.before = markers.made(found[0][2], found[0][0], _list_name(list_of, asked))
    return page


def chosen(
    list_of: ListOf, columns: Sequence[str], fields: FieldSet, base: Select, by, numbers: Sequence[int]
) -> list[Row]:
    """The records in `base` whose column `by` holds one of these numbers, with the values of these columns."""
    base = kept(list_of.model, base)
    shape = _Shape(list_of, fields, base, tuple(columns), list_of.sort, current_locale(), True, "")
    return _rows(fetch(_chosen(shape, by), {"numbers": list(numbers)}), shape)


# Making a statement costs as much as running it: those that differ in values alone are made once. Which they are is
# told by the very query and fields they were made of, so that one which is made anew each time finds nothing kept.


@lru_cache(KEPT)
def _chosen(shape: "_Shape", by) -> Select:
    model = shape.list_of.model
    statement = shape.base.with_only_columns(model.id, model.version, literal(0), *_columns(shape))
    return statement.where(by == func.any(bindparam("numbers", type_=ARRAY(BigInteger)))).order_by(model.id)


@dataclass(frozen=True)
class _Shape:
    """What makes one page of a list another statement than the next, but for the values in it."""

    list_of: ListOf
    fields: FieldSet
    base: Select
    columns: tuple[str, ...]
    sort: str
    locale: str
    named: bool
    status: str

    def entries(self) -> list[Field | None]:
        return [self.fields.get(name) for name in self.columns]

    def references(self) -> list[tuple[str, str]]:
        """The columns whose records are named, each with their noun."""
        wanted = self.entries() if self.named else []
        return [(entry.name, entry.kind.noun) for entry in wanted if entry and isinstance(entry.kind, Reference)]


def _shape(list_of: ListOf, fields: FieldSet, base: Select, asked: Wanted, named: bool) -> _Shape:
    return _Shape(list_of, fields, base, tuple(asked.columns), asked.sort, current_locale(), named, asked.status)


def _allow_sort(list_of, asked: Wanted, fields: FieldSet, base: Select, total: int) -> str:
    """Fall back to the usual order where sorting would have to read too much; the page says so."""
    entry = fields.get(asked.sort)
    if entry is None or entry.sortable or total < COUNT_CAP:
        return ""
    many = fetch(counted(base, SORT_CAP + 1)).scalar()
    if many <= SORT_CAP:
        return ""
    asked.sort, asked.descending = list_of.sort, list_of.descending
    return _(
        "%(field)s can only be sorted within 50,000 records. Narrow the list with a filter first.", field=entry.label
    )


def _found(shape: _Shape, asked: Wanted, words: searching.Words) -> Page:
    """A page of search results, the best first."""
    if not re.fullmatch("[0-9]{0,4}", marker := asked.before or asked.after):
        raise markers.BadMarker
    most = asked.most
    start = min(int(marker or 0), most)
    bound = {"hits": most + 1, "start": start, "end": min(start + asked.size, most)}
    found = fetch(_hits(shape, words), words.values | bound).all()
    total = found[0][2] if found else 0
    more = total > most
    total = min(total, most)
    page = Page(_rows(found, shape), total, more)
    if start + asked.size < total or (more and most < searching.MOST):
        page.after = str(start + asked.size)
    if start:
        page.before = str(max(0, start - asked.size))
    if more:
        page.note = _("These are the first %(n)s that match. Type more to narrow them down.", n=most)
    return page


@lru_cache(KEPT)
def _hits(shape: _Shape, words: searching.Words) -> Select:
    """The hits behind the one bound to `start` up to the one bound to `end`, each with how many there are."""
    model = shape.list_of.model
    hits = searching.matches(shape.list_of.search, model, shape.base, words).subquery("found")
    place = func.row_number().over(order_by=(hits.c.rank, hits.c.key, hits.c.id)).label("place")
    numbered = select(hits.c.id, place, func.count().over().label("total")).subquery("numbered")
    statement = shape.base.with_only_columns(model.id, model.version, numbered.c.total, *_columns(shape))
    start, end = bindparam("start", type_=Integer), bindparam("end", type_=Integer)
    statement = statement.join(numbered, numbered.c.id == model.id)
    return statement.where(numbered.c.place > start, numbered.c.place <= end).order_by(numbered.c.place)


def _columns(shape: _Shape) -> list[ColumnElement]:
    """The values of the shown columns, whether the record is active, and what the records are called they refer to."""
    model, fields = shape.list_of.model, shape.fields
    found = [
        (entry.expression(model) if entry else getattr(model, name)).label(f"f_{place}")
        for place, (name, entry) in enumerate(zip(shape.columns, shape.entries(), strict=True))
    ]
    found.append((model.active if hasattr(model, "active") else true()).label("is_active"))
    found += [one.label(f"face_{place}") for place, one in enumerate(shape.list_of.face)]
    if shape.status == "deleted":
        last = [select(what).where(Operation.id == model.updated_op) for what in (Operation.actor, Operation.reason)]
        found += [model.withdrawn_at.label("deleted_at"), *(one.scalar_subquery() for one in last)]
    found += [
        references.title_of(noun, fields[name].expression(model), model).label(f"t_{place}")
        for place, (name, noun) in enumerate(shape.references())
    ]
    return found


def _rows(found: Iterable, shape: _Shape) -> list[Row]:
    last, named, made = 3 + len(shape.columns), shape.references(), []
    faced = last + 1 + len(shape.list_of.face)
    deleted = 3 if shape.status == "deleted" else 0
    for row in found:
        values = dict(zip(shape.columns, row[3:last], strict=True))
        titles = {
            (noun, values[name]): title for (name, noun), title in zip(named, row[faced + deleted :], strict=True)
        }
        gone = tuple(row[faced : faced + 3]) if deleted else None
        made.append(Row(row[0], row[1], values, row[last], tuple(row[last + 1 : faced]) or None, gone, titles))
    return made


def _sort_key(shape: _Shape) -> ColumnElement:
    """What the rows are ordered by, before their id: never null, so that a page may end anywhere."""
    model = shape.list_of.model
    entry = shape.fields.get(shape.sort)
    column = entry.expression(model) if entry else getattr(model, shape.sort)
    if entry is None:
        return folded(column) if isinstance(column.type, Text) else column
    if entry.sortable and isinstance(column.type, Integer):
        return column
    if isinstance(entry.kind, Reference):
        return folded(references.title_of(entry.kind.noun, column, model))
    if isinstance(column.type, Text):
        options = entry.kind.options(shape.locale)
        if options:
            return func.coalesce(
                func.array_position(cast([value for value, _label in options], ARRAY(Text)), column), 0
            )
        return folded(column)
    moment = DateTime(timezone=True)
    for kind, least in ((Date(), "-infinity"), (moment, "-infinity"), (Boolean(), False), (Numeric(), "-infinity")):
        if isinstance(column.type, type(kind)):
            return func.coalesce(cast(column, kind), cast(least, kind))
    return func.coalesce(cast(column, BigInteger), cast(-(2**63), BigInteger))


def _keyset(shape: _Shape, asked: Wanted, values: dict[str, Any]) -> tuple[list, bool]:
    backwards = bool(asked.before)
    values = values | {"most": asked.size + 1}
    marker = asked.before or asked.after
    if marker:
        values["edge"], values["edge_id"] = markers.read(marker, _list_name(shape.list_of, asked))
    statement = _page(shape, asked.descending != backwards, bool(marker))
    found = fetch(statement, values).all()
    more = len(found) > asked.size
    found = found[: asked.size]
    return (found[::-1] if backwards else found), more


def _list_name(list_of: ListOf, asked: Wanted) -> str:
    """What tells one list and its order from another: a page marker of theirs is none here."""
    return f"{list_of.model.noun} {asked.sort} {asked.descending}"


@lru_cache(KEPT)
def _page(shape: _Shape, descending: bool, beyond: bool) -> Select:
    """So many records as are bound to `most`, from the start or `beyond` the place bound to `edge` and `edge_id`."""
    model = shape.list_of.model
    key = _sort_key(shape)
    statement = shape.base.with_only_columns(model.id, model.version, cast(key, Text), *_columns(shape))
    if beyond:
        value, record_id = bindparam("edge", type_=Text), bindparam("edge_id", type_=BigInteger)
        value = cast(value, key.type) if not isinstance(key.type, Text) else value.collate("C")
        behind = key < value if descending else key > value
        further = model.id < record_id if descending else model.id > record_id
        # Two conditions rather than a row comparison, so that the index on (key, id) bounds the scan for any type.
        edge = key <= value if descending else key >= value
        statement = statement.where(edge, or_(behind, further))
    order = (key.desc(), model.id.desc()) if descending else (key, model.id)
    return statement.order_by(*order).limit(bindparam("most", type_=Integer))
