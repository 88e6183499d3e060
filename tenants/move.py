"""Moving an organization to another database server while it is in use.

Its tables are copied as of one moment, which takes as long as it takes. Then writers are kept waiting, and what was
written since that moment is brought over: rows whose inserting transaction is not older than the moment's oldest, and
the absence of those that were deleted. When both sides add up to the same, the old schema is set aside under another
name, which makes whoever waited for it look again, and the lists say where the organization is now. Requests that met
it on the way are answered by `elsewhere`. Killed at any point, the organization is whole in one place, and the same
command does the rest.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from . import contents, engines, migrate, provision, resolve, shards
from .backup import differing, nothing, snapshot
from .contents import Sum, Table

# Milliseconds for which the move waits for writers before it lets those through that wait behind it. Less than the
# second after which PostgreSQL looks for a deadlock and ends one of the two: this is always the one that gives way.
PATIENCE = 500
TRIES = 120


class MoveError(RuntimeError):
    """An organization cannot be moved now; it is where it was, and works."""


@dataclass(frozen=True)
class Moved:
    """What a move did: rows in all, seconds in all, and the seconds for which writers waited."""

    slug: str
    source: str
    target: str
    rows: int
    seconds: float
    paused: float


def move(slug: str, target: str, progress: Callable[[int, int], None] = nothing) -> Moved:
    """Move an organization to a server. Raises `UnknownOrganization`, `UnknownShard` and `MoveError`."""
    begun, key = time.monotonic(), resolve.organization(slug).key
    engines.engine(target, "owner")
    with engines.engine("main", "owner").begin() as main:
        # Held until the end: it is not suspended, deleted or moved elsewhere meanwhile.
        row = text("SELECT shard, state FROM shared.organization WHERE key = :key FOR NO KEY UPDATE")
        source, state = main.execute(row, {"key": key}).one()
        move = _Move(key, source, target, progress)
        if source == target:
            move.finish()
            raise MoveError(f"{slug} is on {target} already.")
        move.bring_back()
        moment = move.copy()
        if state == "suspended":
            provision.forbid(target, key)
        with move.held() as held:
            paused = time.monotonic()
            rows = move.catch_up(held, moment)
            held.exec_driver_sql(f"ALTER SCHEMA {move.schema} RENAME TO {move.aside}")
        there = text("UPDATE shared.organization SET shard = :shard WHERE key = :key")
        main.execute(there, {"shard": target, "key": key})
    resolve.forget()
    paused = time.monotonic() - paused
    move.finish()
    return Moved(slug, source, target, rows, time.monotonic() - begun, paused)


def planned(slug: str, target: str) -> dict:
    """What a move would do: from where to where. Raises as `move` does for a name that is wrong."""
    source = resolve.organization(slug).shard
    shards.must_exist(target)
    if source == target:
        raise MoveError(f"{slug} is on {target} already.")
    return {"slug": slug, "source": source, "target": target}


def living_on(shard: str) -> list[str]:
    """The slugs of the organizations on a server. Raises `UnknownShard`."""
    shards.must_exist(shard)
    query = text("SELECT slug FROM shared.organization WHERE shard = :shard AND state <> 'deleted' ORDER BY slug")
    with engines.engine("main", "owner").connect() as connection:
        return list(connection.scalars(query, {"shard": shard}))


class _Move:
    """One organization between two servers."""

    def __init__(self, key: str, source: str, target: str, progress: Callable[[int, int], None]):
        self.key, self.source, self.target, self.progress = key, source, target, progress
        self.schema, self.aside = f"org_{key}", f"org_{key}_moved"
        self.tables: list[Table] = []

    def bring_back(self) -> None:
        """Undo what a move left that was killed: the schema has its name again, and there is none at the target."""
        with engines.engine(self.source, "owner").begin() as its:
            if _exists(its, self.aside) and not _exists(its, self.schema):
                its.exec_driver_sql(f"ALTER SCHEMA {self.aside} RENAME TO {self.schema}")
        with engines.engine(self.target, "owner").begin() as new:
            for schema in (self.schema, self.aside):
                new.exec_driver_sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")

    def copy(self) -> int:
        """Copy everything as of one moment; returns the oldest transaction that it may not have seen."""
        with ExitStack() as stack:
            its = stack.enter_context(snapshot(self.source))
            new = stack.enter_context(engines.engine(self.target, "owner").begin())
            contents.enter(its, self.schema)
            moment = its.scalar(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text"))
            provision.make_schema(new, self.key)
            migrate.upgrade_schema(new, self.schema, to=migrate.revision(its, self.schema))
            contents.enter(new, self.schema)
            self.tables = contents.tables(its, self.schema)
            if contents.tables(new, self.schema) != self.tables:
                raise MoveError("Its tables are not those of its revision: see `deskhand doctor`.")
            with contents.opened(new, self.tables, validate=False):
                for done, table in enumerate(self.tables):
                    self.progress(done, 2 * len(self.tables))
                    new.exec_driver_sql(f'DELETE FROM "{table.name}"')  # noqa: S608
                    contents.write(new, table, contents.read(its, table))
        with engines.engine(self.target, "owner").begin() as new:
            contents.enter(new, self.schema)
            for table in self.tables:
                new.exec_driver_sql(f'ANALYZE "{table.name}"')
        # Rows bear the lower half of a transaction's number.
        return int(moment) % 2**32

    @contextmanager
    def held(self) -> Iterator[Connection]:
        """A transaction in which nobody else writes to the organization's tables; readers go on."""
        names = ", ".join(f'"{table.name}"' for table in self.tables)
        with engines.engine(self.source, "owner").connect() as connection:
            for attempt in range(TRIES):
                contents.enter(connection, self.schema)
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {PATIENCE}")
                try:
                    connection.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")
                    break
                except OperationalError as error:
                    connection.rollback()
                    if not isinstance(error.orig, LockNotAvailable):
                        raise
                # Those who waited behind this one come first now.
                time.sleep(min(0.05 * 2**attempt, 1))
            else:
                raise MoveError("It is written to without a pause by something long, an import perhaps: try later.")
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            yield connection
            connection.commit()

    def catch_up(self, its: Connection, moment: int) -> int:
        """Bring over what was written since the moment, and prove that both sides are the same; returns all rows."""
        with engines.engine(self.target, "owner").begin() as new:
            contents.enter(new, self.schema)
            with contents.opened(new, self.tables, validate=False):
                for done, table in enumerate(self.tables, len(self.tables)):
                    self.progress(done, 2 * len(self.tables))
                    _catch_up(its, new, table, moment)
            contents.set_counters(new, contents.counters(its, self.schema))
            here, there = _both(its, new, self.tables)
            if wrong := differing(here, there):
                raise MoveError(f"The copy of {', '.join(wrong)} is not what it should be. Nothing was moved.")
            new.execute(text("INSERT INTO shared.wake (organization) VALUES (:key)"), {"key": self.key})
        return sum(its_sum.rows for its_sum in here.values())

    def finish(self) -> None:
        """What may take its time: the foreign keys look at all rows, and the old schema goes."""
        with engines.engine(self.target, "owner").begin() as new:
            contents.enter(new, self.schema)
            contents.validate_keys(new)
        for shard in shards.names():
            with engines.engine(shard, "owner").begin() as its:
                its.exec_driver_sql(f"DROP SCHEMA IF EXISTS {self.aside} CASCADE")
        self.progress(1, 1)


def _exists(connection: Connection, schema: str) -> bool:
    return connection.scalar(text("SELECT to_regnamespace(:schema)"), {"schema": schema}) is not None


def _catch_up(its: Connection, new: Connection, table: Table, moment: int) -> None:
    """Bring one table to what it is now.

    Older rows of which something was changed have a newer transaction too. What was deleted is looked for only where
    the numbers of rows do not fit, since that takes all keys.
    """
    late = _beside(new, "late_rows", table.name, table.listed())
    newer = f"WHERE age(xmin) <= age('{moment}'::xid)"
    contents.write(new, table, contents.read(its, table, newer), into=late)
    same = " AND ".join(f'old."{column}" = now."{column}"' for column in table.key)
    new.exec_driver_sql(f'DELETE FROM "{table.name}" old USING {late} now WHERE {same}')  # noqa: S608
    rows = [
        connection.scalar(text(f'SELECT count(*) FROM "{name}"'))  # noqa: S608
        for connection, name in ((its, table.name), (new, table.name), (new, late))
    ]
    if rows[0] != rows[1] + rows[2]:
        _delete_gone(its, new, table)
    new.exec_driver_sql(
        f'INSERT INTO "{table.name}" ({table.listed()}) OVERRIDING SYSTEM VALUE'  # noqa: S608
        f" SELECT {table.listed()} FROM {late}"
    )
    new.exec_driver_sql(f"DROP TABLE {late}")


def _delete_gone(its: Connection, new: Connection, table: Table) -> None:
    """Delete the rows whose key is no longer at the source."""
    keys = Table(table.name, table.key, table.key)
    left = _beside(new, "left_keys", table.name, table.keys())
    contents.write(new, keys, contents.read(its, keys), into=left)
    same = " AND ".join(f'gone."{column}" = kept."{column}"' for column in table.key)
    new.exec_driver_sql(
        f'DELETE FROM "{table.name}" gone WHERE NOT EXISTS (SELECT 1 FROM {left} kept WHERE {same})'  # noqa: S608
    )
    new.exec_driver_sql(f"DROP TABLE {left}")


def _beside(connection: Connection, name: str, table: str, columns: str) -> str:
    """An empty table of this transaction's own with columns of another, and nothing that they must fulfil."""
    connection.exec_driver_sql(
        f'CREATE TEMP TABLE {name} ON COMMIT DROP AS SELECT {columns} FROM "{table}" WHERE false'  # noqa: S608
    )
    return name


def _both(its: Connection, new: Connection, tables: list[Table]) -> tuple[dict[str, Sum], dict[str, Sum]]:
    """What both sides add up to, asked at the same time: writers wait for it."""
    with ThreadPoolExecutor(1) as beside:
        there = beside.submit(contents.sums, new, tables)
        return contents.sums(its, tables), there.result()
