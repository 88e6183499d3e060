"""The servers behind the tests of one worker process, and databases that are copied from a template.

Each pytest worker has its own PostgreSQL cluster (roles belong to a cluster) and its own Valkey, both in one temporary
folder that goes away at the end. A test never shares rows with another: it gets a copy of the template, which costs
about as much as copying its files, and the copy is dropped afterwards.
"""

import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from app.embedded import database, postgres, valkey
from app.embedded.process import locked

# No background process may hold a template while it is copied, and nothing here is replicated.
SETTINGS = {
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "max_connections": "60",
}
TEMPLATE = "world"
LOGINS = ("deskhand_app", "deskhand_portal")
PREFIX = "deskhand-tests-"
# What one process of the tests may come to need, in bytes.
ROOM = 2 * 1024**3


class Cluster:
    """One PostgreSQL server and one Valkey server, with the databases that the tests of this process use."""

    def __init__(self, folder: Path):
        self.home = folder / "home"
        self.home.mkdir(mode=0o700)
        self.postgres = postgres.start(folder / "postgres", fast=True, extra=SETTINGS)
        self.valkey = valkey.start(folder / "valkey", persist=False)
        self.owner_url = database.prepare(self.postgres, self.home)
        self._numbers = itertools.count(1)

    def url(self, name: str) -> str:
        """The address of a database as the role that owns the tables."""
        return self.owner_url.rpartition("/")[0] + "/" + name

    def connect(self, name: str = "postgres") -> psycopg.Connection:
        """A connection of the superuser, for what no role of the application may do."""
        return psycopg.connect(self.postgres.url(database=name), autocommit=True)

    def create(self, name: str, template: str | None = None) -> str:
        """Make a database, empty or as a copy, with the settings that `deskhand migrate` gives a database."""
        with self.connect() as connection:
            statement = sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(database.OWNER)
            )
            if template is not None:
                statement += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
            connection.execute(statement)
            for login in LOGINS if template is not None else ():
                setting = sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = no_tenant")
                connection.execute(setting.format(sql.Identifier(login), sql.Identifier(name)))
        return name

    def clone(self, template: str = TEMPLATE) -> str:
        """Copy a template; returns the copy's name."""
        return self.create(f"copy_{next(self._numbers)}", template)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def roles(self) -> dict[str, set[str]]:
        """The roles of organizations, each with the logins that may become it."""
        query = """
            SELECT r.rolname, coalesce(array_agg(l.rolname) FILTER (WHERE l.rolname IS NOT NULL), '{}')
            FROM pg_roles r LEFT JOIN pg_auth_members m ON m.roleid = r.oid
            LEFT JOIN pg_roles l ON l.oid = m.member AND l.rolcanlogin AND l.rolname = ANY (%s)
            WHERE r.rolname LIKE 'org\\_%%' GROUP BY r.rolname
        """
        with self.connect() as connection:
            return {name: set(logins) for name, logins in connection.execute(query, [list(LOGINS)])}

    def restore_roles(self, wanted: dict[str, set[str]]) -> None:
        """Bring the cluster's roles back to what they were: none too many, each with its logins."""
        found = self.roles()
        if found == wanted:
            return
        with psycopg.connect(self.url("deskhand"), autocommit=True) as connection:
            for name in found.keys() - wanted.keys():
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
            for name, logins in wanted.items():
                for login in logins - found.get(name, set()):
                    grant = sql.SQL("GRANT {} TO {}")
                    connection.execute(grant.format(sql.Identifier(name), sql.Identifier(login)))

    def stop(self) -> None:
        """End both servers."""
        self.valkey.kill()
        self.postgres.kill()


@contextmanager
def running() -> Iterator[Cluster]:
    """A cluster in a temporary folder, gone afterwards. PostgreSQL runs as another user when the tests run as root."""
    room = _room()
    _sweep(room)
    new = Path(tempfile.mkdtemp(dir=room))
    if os.geteuid() == 0:
        new.chmod(0o711)
    cluster = None
    with locked(new / "lock"):
        # Under this name others look for what nobody holds: it gets it when it is held.
        folder = new.rename(room / f"{PREFIX}{new.name}")
        try:
            cluster = Cluster(folder)
            yield cluster
        finally:
            if cluster is not None:
                with suppress(Exception):
                    cluster.stop()
            shutil.rmtree(folder, ignore_errors=True)


def _room() -> Path:
    """Memory where there is enough of it, since a copy then takes a tenth of the time; otherwise the usual folder."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM:
        return memory
    return Path(tempfile.gettempdir())


def _sweep(room: Path) -> None:
    """Remove what earlier runs left behind when they were killed: nobody holds their lock any more."""
    for folder in room.glob(f"{PREFIX}*"):
        try:
            with open(folder / "lock") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
