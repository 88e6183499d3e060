"""Which columns name a record: found from the tables themselves, so that no new table can be forgotten.

A column names a contact when its foreign key leads to `contact.id`, be it over other tables (a contract names its
customer contact by the membership's key), when it has no foreign key and is called `contact_id` or `…_contact_id`,
when it is an array called `contact_ids`, or when it is the `record_id` beside a `noun`.
"""

import re
from dataclasses import dataclass
from functools import cache

from sqlalchemy import ARRAY, BigInteger, ColumnElement, FromClause, Table, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY as PgArray

from app.fields.record import Record
from tenants import Tenanted

# What goes on naming the record that was meant then: the journal, and the working papers of imports and jobs.
LEFT = {
    "change": "the journal says what was",
    "operation": "the journal says what was",
    "event": "the journal says what was",
    "import_row": "what a file said",
    "import_verdict": "what was found about a file",
    "import_name": "what was found about a file",
    "job": "what was asked for then",
    "presence": "who is where for a minute",
    "merged": "it says itself what became of whom",
    "erasure": "who was erased is merged with nobody",
}
ID, LIST, ANY_NOUN = "id", "list", "any noun"
# Tables that a noun's own verb takes care of: (noun, table).
_taken: set[tuple[str, str]] = set()


def taken(noun: str, table: str) -> None:
    """Say that what becomes of this table when records of the noun are merged is done by the noun itself."""
    _taken.add((noun, table))


@dataclass(frozen=True)
class Place:
    """A column that names records of a noun."""

    table: Table
    column: str
    how: str
    noun: str

    def within(self, rows: FromClause, ids: ColumnElement) -> ColumnElement[bool]:
        """The condition that a row names one of the records whose ids are this array."""
        column = rows.c[self.column]
        if self.how == LIST:
            return column.overlap(ids)
        mine = column == func.any(ids)
        return mine & (rows.c.noun == self.noun) if self.how == ANY_NOUN else mine

    def other(self, rows: FromClause, pairs: FromClause) -> ColumnElement:
        """The value that the column gets when each `here` of the pairs becomes its `there`."""
        column = rows.c[self.column]
        if self.how == LIST:
            each = func.unnest(column).column_valued("each")
            became = select(func.coalesce(pairs.c.there, each)).select_from(each)
            became = became.outerjoin(pairs, pairs.c.here == each).distinct().order_by(1)
            return func.array(became.correlate(rows).scalar_subquery(), type_=PgArray(BigInteger))
        became = select(pairs.c.there).where(pairs.c.here == column)
        if self.how == ANY_NOUN:
            became = became.where(rows.c.noun == self.noun)
        return func.coalesce(became.correlate(rows).scalar_subquery(), column)


@cache
def places(model: type[Record]) -> dict[Table, tuple[Place, ...]]:
    """The columns that name records of this model, by table, those first that others refer to.

    What is left as it is, what the noun's own verb sees to, and lists that are kept in step are not among them.
    """
    named = by_key(model)
    found: dict[Table, tuple[Place, ...]] = {}
    for table in Tenanted.metadata.sorted_tables:
        if table.name in LEFT or (model.noun, table.name) in _taken:
            continue
        kept = in_step(table)
        mine = [
            Place(table, column.name, how, model.noun)
            for column in table.columns
            if column.name not in kept and (how := _how(model, column, named))
        ]
        if mine:
            found[table] = tuple(mine)
    return found


def by_key(model: type[Record]) -> set[tuple[str, str]]:
    """Table and column of everything that foreign keys lead from to the record's id, by way of other tables, too."""
    named = {(model.__table__.name, "id")}
    while True:
        more = {
            (table.name, key.parent.name)
            for table in Tenanted.metadata.tables.values()
            for key in table.foreign_keys
            if (key.column.table.name, key.column.name) in named
        }
        if more <= named:
            return named - {(model.__table__.name, "id")}
        named |= more


def _how(model: type[Record], column, named: set[tuple[str, str]]) -> str:
    if (column.table.name, column.name) in named:
        return ID
    if column.name == "record_id" and "noun" in column.table.c:
        return ANY_NOUN
    if isinstance(column.type, ARRAY):
        return LIST if column.name == f"{model.noun}_ids" else ""
    looks_so = re.fullmatch(rf"(.+_)?{model.noun}_id", column.name) and isinstance(column.type, BigInteger)
    return ID if looks_so and not column.foreign_keys else ""


def in_step(table: Table) -> tuple[str, ...]:
    """The lists on a table's rows that follow from rows of others."""
    model = model_at(table)
    return model.in_step if model else ()


def model_at(table: Table) -> type[Record] | None:
    """The records that stand in this table; None for what has no journal."""
    return next((model for model in Record.__subclasses__() if model.__table__ is table), None)


def touching(table: FromClause, columns: tuple[Place, ...], ids: ColumnElement) -> ColumnElement[bool]:
    """The condition that a row names one of these records in one of these columns."""
    return or_(*[place.within(table, ids) for place in columns])
