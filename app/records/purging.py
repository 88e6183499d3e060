"""Records whose creation was taken back go for good after a while, with all that belongs to them.

Only what an undo of its own creation withdrew goes: what somebody deleted stays among the deleted, what was merged
leads to what is left of it, and who was erased keeps a number. Nothing goes that something else names, be that itself
withdrawn; it is looked at again the next day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.fields.record import Record
from app.i18n import lazy_gettext as _l
from app.i18n import ngettext
from tenants import Tenanted, db, retention
from tenants.jobs import Work, job

from . import naming, undo, write
from .actor import Actor
from .duplicates import Duplicate
from .errors import Conflict
from .merged import Merged
from .models import Operation
from .needed import among, numbers
from .presence import Word

# How long the undo can itself be taken back, and how many records go at a time.
KEPT_DAYS = 30
CHUNK = 500
CALENDAR = Actor("Deskhand", through="calendar")
# Kinds of records that stay, and why.
STAYING = {
    "staff": "the journal and many records name them",
    "field_setting": "there is one for each field at most",
    "custom_field": "records have values under its key",
    "form": "its answers are read by it",
    "form_version": "its answers are read by it",
    "list_view": "links lead to it",
}


class WasPurged(Conflict):
    """What went for good cannot be brought back."""

    sentence = _l("This went for good: it cannot be brought back.")


def _never(_operation: Operation) -> None:
    raise WasPurged


undo.ways["purge"] = undo.Way(_never)


@dataclass(frozen=True)
class _Along:
    """Rows without a journal that go with a record: the column that names it, and those of them that hold it back."""

    column: InstrumentedAttribute
    unless: ColumnElement[bool]


_along: dict[type[Record], list[_Along]] = {}


def along(model: type[Record], column: InstrumentedAttribute, unless: ColumnElement[bool]) -> None:
    """Let rows that name a record in this column go with it; a row that meets `unless` keeps the record here."""
    _along.setdefault(model, []).append(_Along(column, unless))


@cache
def _parts(model: type[Record]) -> dict[type[Record], tuple[str, ...]]:
    """The kinds of records that belong to records of this kind or speak of them, with the columns that say so."""
    found: dict[type[Record], tuple[str, ...]] = {}
    for other in Record.__subclasses__():
        names = dict.fromkeys((other.part_of, *other.goes_with, *other.says_of))
        mine = tuple(name for name in names if name and _leads_to(other, name) is model)
        if mine and other is not model:
            found[other] = mine
    return found


def _leads_to(model: type[Record], column: str) -> type[Record] | None:
    tables = {key.column.table for key in model.__table__.c[column].foreign_keys if key.column.name == "id"}
    return next((other for other in Record.__subclasses__() if other.__table__ in tables), None)


def _kinds() -> list[type[Record]]:
    """The kinds of records that go, those that name others before those."""
    tables = [naming.model_at(table) for table in reversed(Tenanted.metadata.sorted_tables)]
    return [model for model in tables if model is not None and model.noun not in STAYING]


def due(model: type[Record]) -> Select:
    """The ids of the records whose creation was taken back so long ago, but for parts that wait for their whole."""
    undone = select(Operation.id).where(
        Operation.id == model.updated_op, Operation.kind == "undo", Operation.undoes == model.created_op
    )
    found = select(model.id).where(model.withdrawn_at < func.now() - timedelta(days=KEPT_DAYS), undone.exists())
    for name in filter(None, (model.part_of, *model.goes_with)):
        if (owner := _leads_to(model, name)) is not None:
            whole = aliased(owner)
            gone = select(whole.id).where(whole.id == getattr(model, name), whole.withdrawn_at.is_not(None))
            found = found.where(~gone.exists())
    return found


@job("records.purge", lane="long")
def purge(work: Work) -> None:
    """Remove what is due, some hundred records at a time."""
    done = 0
    for model in _kinds():
        last = 0
        while ids := _next(model, last):
            last = ids[-1]
            gone = _free(model, set(ids))
            if gone:
                title = ngettext(
                    "%(num)d record whose creation was undone is gone for good",
                    "%(num)d records whose creation was undone are gone for good",
                    len(gone),
                )
                write.begin(CALENDAR, "purge", title=title)
                _remove(model, gone)
            done += len(gone)
            work.checkpoint(done=done, note=model.__tablename__)


retention.daily(purge)


def _next(model: type[Record], last: int) -> list[int]:
    some = due(model).where(model.id > last).order_by(model.id).limit(CHUNK)
    return list(db.session.scalars(some.with_for_update(of=model)))


def _free(model: type[Record], ids: set[int]) -> set[int]:
    """Those of the records that nothing names but what goes with them."""
    free = ids - _held(model, ids)
    while free:
        named = set()
        for naming_it in _named(model, free):
            named |= set(db.session.scalars(naming_it)) & free
        if not named:
            break
        # Who was to go and stays may name another of them.
        free -= named
    return free


def _held(model: type[Record], ids: set[int]) -> set[int]:
    """Those of the records that are kept by what stands beside the journal."""
    found: set[int] = set()
    for one in _along.get(model, ()):
        found |= set(db.session.scalars(select(one.column).where(one.column.in_(numbers(ids)), one.unless)))
    for column in (Merged.id, Merged.into_id):
        found |= set(db.session.scalars(select(column).where(Merged.noun == model.noun, column.in_(numbers(ids)))))
    return found


def _named(model: type[Record], ids: set[int]) -> Iterable[Select]:
    """Queries of the ids that rows name which would stay."""
    for table, places in naming.places(model).items():
        other = naming.model_at(table)
        for place in places:
            if place.how == naming.ID:
                column = table.c[place.column]
                yield select(column).where(column.in_(numbers(ids)), ~_goes(model, other, ids))
    # Keys that lead to another column than the id, such as those of contracts to memberships.
    for other in Record.__subclasses__():
        for key in other.__table__.foreign_key_constraints:
            pairs = [(one.column.name, one.parent.name) for one in key.elements]
            if key.referred_table is model.__table__ and "id" not in dict(pairs):
                source = other.__table__.alias("source")
                refers = and_(*[model.__table__.c[here] == source.c[there] for here, there in pairs])
                yield select(model.id).join(source, refers).where(among(model, ids))


def _goes(model: type[Record], other: type[Record] | None, ids: set[int]) -> ColumnElement[bool]:
    """The condition that a row of `other` goes with these records."""
    if other is model:
        return other.id.in_(numbers(ids))
    names = _parts(model).get(other, ()) if other is not None else ()
    mine = or_(False, *[getattr(other, name).in_(numbers(ids)) for name in names])
    return func.coalesce(and_(mine, other.withdrawn_at.is_not(None)), False) if names else mine


def _remove(model: type[Record], ids: set[int]) -> None:
    """Remove records for good: what belongs to them first."""
    table = {one: place for place, one in enumerate(Tenanted.metadata.sorted_tables)}
    for other in sorted(_parts(model), key=lambda one: -table[one.__table__]):
        _delete(other, _goes(model, other, ids))
    for one in _along.get(model, ()):
        _delete(one.column.class_, one.column.in_(numbers(ids)))
    pair = or_(Duplicate.one_id.in_(numbers(ids)), Duplicate.other_id.in_(numbers(ids)))
    _delete(Duplicate, (Duplicate.noun == model.noun) & pair)
    _delete(Word, (Word.noun == model.noun) & Word.record_id.in_(numbers(ids)))
    _delete(model, among(model, ids))
    write.expire(model, ids)


def _delete(model: type[Tenanted], condition: ColumnElement[bool]) -> None:
    db.session.execute(delete(model).where(condition).execution_options(synchronize_session=False))
