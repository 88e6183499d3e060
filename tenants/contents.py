"""What is in an organization's tables, as whole: read and written by COPY, table by table, and proved by sums.

Backup, restore and move are made of this. It works as the owner of the tables, whose policy shows it all rows.
COPY into a table is refused while row-level security binds its owner, so that it is lifted for the owner alone until
the rows are in; foreign keys are set aside meanwhile, since tables refer to one another in circles. All of that
happens in one transaction, so that nobody meets a table without them.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, text

# However the servers are set: the same row is the same text.
_SETTINGS = (
    "SELECT set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, YMD', true),"
    " set_config('intervalstyle', 'iso_8601', true), set_config('extra_float_digits', '3', true),"
    " set_config('bytea_output', 'hex', true), set_config('search_path', :path, true),"
    " set_config('statement_timeout', '0', true), set_config('jit', 'off', true)"
)


@dataclass(frozen=True)
class Table:
    """A table of an organization: the columns that are written, and those of its primary key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    def listed(self) -> str:
        """The columns as they stand in a statement."""
        return ", ".join(f'"{column}"' for column in self.columns)

    def keys(self) -> str:
        """The columns of the primary key as they stand in a statement."""
        return ", ".join(f'"{column}"' for column in self.key)


@dataclass(frozen=True)
class Sum:
    """How many rows a table has, and a number that any other content would change."""

    rows: int
    total: str


def enter(connection: Connection, schema: str) -> None:
    """Let unqualified names mean an organization's tables until the transaction ends."""
    connection.execute(text(_SETTINGS), {"path": f'"{schema}", extensions'})


def tables(connection: Connection, schema: str) -> list[Table]:
    """The tables of an organization, by name. Which revision they have is kept with a backup, not in it."""
    query = text(
        "SELECT c.relname, ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0"
        " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum),"
        " ARRAY(SELECT a.attname FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k (number, place)"
        " JOIN pg_attribute a ON a.attnum = k.number WHERE i.indrelid = c.oid AND i.indisprimary"
        " AND a.attrelid = c.oid ORDER BY k.place)"
        " FROM pg_class c WHERE c.relnamespace = to_regnamespace(:schema) AND c.relkind = 'r'"
        " AND c.relname <> 'alembic_version' ORDER BY c.relname"
    )
    found = connection.execute(query, {"schema": f'"{schema}"'})
    return [Table(name, tuple(columns), tuple(key)) for name, columns, key in found]


def sums(connection: Connection, wanted: Iterable[Table]) -> dict[str, Sum]:
    """Rows and sum of each table, whatever order the rows lie in; `enter` comes first."""
    parts = [
        f"SELECT '{table.name}', count(*),"  # noqa: S608
        f" coalesce(sum(hashtextextended(ROW({table.listed()})::text, 0)::numeric), 0)"
        f'::text FROM "{table.name}"'
        for table in wanted
    ]
    if not parts:
        return {}
    return {name: Sum(rows, total) for name, rows, total in connection.execute(text(" UNION ALL ".join(parts)))}


def read(connection: Connection, table: Table, where: str = "") -> Iterator[bytes]:
    """The rows of a table, or some of them, in COPY's text format, part by part."""
    query = f'COPY (SELECT {table.listed()} FROM "{table.name}" {where}) TO STDOUT'  # noqa: S608
    with _cursor(connection) as cursor, cursor.copy(query) as copy:
        for part in copy:
            yield bytes(part)


def write(connection: Connection, table: Table, parts: Iterable[bytes], into: str = "") -> None:
    """Put rows into a table, or into another of the same columns."""
    query = f'COPY "{into or table.name}" ({table.listed()}) FROM STDIN'
    with _cursor(connection) as cursor, cursor.copy(query) as copy:
        for part in parts:
            copy.write(part)


def _cursor(connection: Connection):
    return connection.connection.driver_connection.cursor()


@contextmanager
def opened(connection: Connection, wanted: Iterable[Table], validate: bool = True) -> Iterator[None]:
    """Set aside what keeps rows from being written as a whole, and bring it back at the end.

    Without `validate` the foreign keys hold for what is written from then on; `validate_keys` looks at the rest.
    """
    wanted = list(wanted)
    walls = _forced(connection)
    keys = _foreign_keys(connection)
    for table in wanted:
        if table.name in walls:
            connection.exec_driver_sql(f'ALTER TABLE "{table.name}" NO FORCE ROW LEVEL SECURITY')
    for name, constraint, _ in keys:
        connection.exec_driver_sql(f'ALTER TABLE "{name}" DROP CONSTRAINT "{constraint}"')
    yield
    for name, constraint, definition in keys:
        later = "" if validate else " NOT VALID"
        connection.exec_driver_sql(f'ALTER TABLE "{name}" ADD CONSTRAINT "{constraint}" {definition}{later}')
    for table in wanted:
        if table.name in walls:
            connection.exec_driver_sql(f'ALTER TABLE "{table.name}" FORCE ROW LEVEL SECURITY')


def _forced(connection: Connection) -> set[str]:
    query = "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relforcerowsecurity"
    return set(connection.scalars(text(query)))


def _foreign_keys(connection: Connection, unseen: bool = False) -> list[tuple[str, str, str]]:
    """Table, name and definition of each foreign key, or of those that have not looked at all rows."""
    query = (
        "SELECT r.relname, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_class r"
        " ON r.oid = c.conrelid WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace"
        " AND NOT (c.convalidated AND :unseen) ORDER BY r.relname, c.conname"
    )
    return [tuple(row) for row in connection.execute(text(query), {"unseen": unseen})]


def validate_keys(connection: Connection) -> None:
    """Look at all rows for the foreign keys that were brought back without that; others may work meanwhile."""
    for name, constraint, _ in _foreign_keys(connection, unseen=True):
        connection.exec_driver_sql(f'ALTER TABLE "{name}" VALIDATE CONSTRAINT "{constraint}"')


def counters(connection: Connection, schema: str) -> dict[str, int]:
    """The last number that each sequence gave, for those that gave one."""
    query = text(
        "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = :schema AND last_value IS NOT NULL"
    )
    return {name: last for name, last in connection.execute(query, {"schema": schema})}


def set_counters(connection: Connection, last: dict[str, int]) -> None:
    """Let each sequence go on from where it was."""
    for name, value in last.items():
        connection.execute(
            text("SELECT setval(CAST(:name AS regclass), :value)"), {"name": f'"{name}"', "value": value}
        )
