"""Taking a merge back, within thirty days: every row that nobody touched since names again what it named before.

Keys that others name by are among what moves, so all of it is put back and then looked at: where a row that was made
since needs one as it is now, that one stays, and so does what would name it where it was.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import ForeignKeyConstraint, Table, and_, delete, func, or_, select, tuple_
from sqlalchemy import text as sql

from app.fields import references
from app.fields.registry import model_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from tenants import Tenanted, db

from . import beside, naming, statements, undo
from .errors import Conflict
from .merged import Merged
from .models import Change, Operation

KEPT_DAYS = 30


class TooLate(Conflict):
    """A merge can be taken back for thirty days."""

    sentence = _l("This merge is older than 30 days and can no longer be undone.")


class MergedFurther(Conflict):
    """The record that was left has been merged into another one since."""


class MergeAgain(Conflict):
    """What was taken apart is merged again by merging it, not by an undo."""

    sentence = _l("An undone merge is not done again this way: merge the records once more.")


class _Broken(Exception):
    """What was put back names what is not there."""


def _check(operation: Operation) -> None:
    if operation.at < datetime.now(UTC) - timedelta(days=KEPT_DAYS):
        raise TooLate
    rows = select(Merged.noun, Merged.into_id).where(Merged.operation_id == operation.id)
    further = select(Merged).where(tuple_(Merged.noun, Merged.id).in_(rows))
    found = db.session.scalars(further.limit(1)).first()
    if found is not None:
        into = references.titles(found.noun, [found.into_id]).get(found.into_id, f"#{found.into_id}")
        said = _("“%(name)s” was merged into “%(into)s” since. Undo that merge first.", name=found.name, into=into)
        raise MergedFurther(said)


def _check_undo(operation: Operation) -> None:
    undone = db.session.get(Operation, operation.undoes) if operation.undoes else None
    if undone is not None and undone.kind == "merge":
        raise MergeAgain


def _take(operation: Operation, undo_id: int, outcome: undo.Outcome) -> None:
    rows = list(db.session.scalars(select(Merged).where(Merged.operation_id == operation.id)))
    kept: dict[str, set[int]] = {}
    db.session.execute(sql("SET CONSTRAINTS ALL DEFERRED"))
    while True:
        attempt = undo.Outcome(outcome.operation_id)
        try:
            with db.session.begin_nested():
                undo.undo_where(operation.id, undo_id, sql("true"), attempt, but=kept, gone=True)
                if more := _broken(operation.id, rows, kept):
                    raise _Broken
            break
        except _Broken:
            for noun, ids in more.items():
                kept.setdefault(noun, set()).update(ids)
    outcome.reversed += attempt.reversed
    outcome.kept += attempt.kept
    outcome.kept += [(noun, one, _("in use by others since")) for noun, ids in kept.items() for one in sorted(ids)]
    for row in rows:
        outcome.kept += [(row.noun, row.into_id, _("changed since")) for _table in beside.put_back(row.beside)]
    db.session.execute(delete(Merged).where(Merged.operation_id == operation.id))
    for noun in {row.noun for row in rows}:
        mine = [row for row in rows if row.noun == noun]
        for function in _apart.get(noun, ()):
            function([row.id for row in mine] + [row.into_id for row in mine])
    db.session.execute(sql("SET CONSTRAINTS ALL IMMEDIATE"))


# Noun -> what is kept in step with records that were merged or taken apart.
_apart: dict[str, list] = {}


def apart(noun: str):
    """Register what is done with the ids of records that were taken apart again."""

    def register(function):
        _apart.setdefault(noun, []).append(function)
        return function

    return register


def _broken(operation_id: int, rows: list[Merged], kept: dict[str, set[int]]) -> dict[str, set[int]]:
    """The records that must stay as the merge left them, since something would name what is not there."""
    found: dict[str, set[int]] = {}
    ids = {row.id for row in rows} | {row.into_id for row in rows}
    nouns = {row.noun for row in rows}
    for table in Tenanted.metadata.sorted_tables:
        for key in table.constraints:
            if isinstance(key, ForeignKeyConstraint) and len(key.columns) > 1:
                for row in _without(table, key, nouns, ids):
                    _blame(operation_id, table, key, row, found, kept)
    return {noun: fresh for noun, mine in found.items() if (fresh := mine - kept.get(noun, set()))}


def _without(table: Table, key: ForeignKeyConstraint, nouns: set[str], ids: set[int]):
    """The rows that name by this key what is not there, among those that have to do with the merged records."""
    whole = key.referred_table
    pairs = [(table.c[element.parent.name], element.column) for element in key.elements]
    named = [naming.by_key(model_of(noun)) for noun in sorted(nouns)]
    mine = [here for here, _there in pairs if any((table.name, here.name) in names for names in named)]
    if not mine:
        return []
    there = select(1).where(and_(*[here == one for here, one in pairs])).select_from(whole).correlate(table).exists()
    statement = select(*table.primary_key, *[here for here, _there in pairs if here.name != "id"])
    of_ours = or_(*[here == func.any(statements.numbers(ids)) for here in mine])
    filled = [here.is_not(None) for here, _there in pairs]
    return db.session.execute(statement.where(of_ours, *filled, ~there)).mappings().all()


def _blame(operation_id: int, table: Table, key: ForeignKeyConstraint, row, found, kept: dict[str, set[int]]) -> None:
    """Who must stay: the row itself, where the undo moved it, otherwise what it names as that is called now."""
    columns = [element.parent.name for element in key.elements]
    model = naming.model_at(table)
    free = model is not None and row["id"] not in kept.get(model.noun, ())
    if free and row["id"] in _changed(operation_id, model.noun, columns, {}):
        found.setdefault(model.noun, set()).add(row["id"])
        return
    whole = naming.model_at(key.referred_table)
    wanted = {element.column.name: row[element.parent.name] for element in key.elements}
    if whole is not None:
        found.setdefault(whole.noun, set()).update(_changed(operation_id, whole.noun, list(wanted), wanted))


def _changed(operation_id: int, noun: str, columns: list[str], after: dict) -> set[int]:
    """The records of a noun whose columns the merge changed, to these values where they are given."""
    rows = select(Change.record_id).where(
        Change.operation_id == operation_id, Change.noun == noun, Change.action == "update"
    )
    rows = rows.where(or_(*[Change.after.has_key(name) for name in columns]))
    for name, value in after.items():
        is_so = Change.after[name].astext == str(value)
        rows = rows.where(Change.record_id == value if name == "id" else ~Change.after.has_key(name) | is_so)
    return set(db.session.scalars(rows))


undo.ways["merge"] = undo.Way(_check, _take)
undo.ways["undo"] = undo.Way(_check_undo)
