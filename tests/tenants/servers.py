"""A second database server for the tests of this folder, beside the one of every test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg import sql

from app.embedded import database, postgres
from tests.cluster import SETTINGS


@contextmanager
def second_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server with roles of its own."""
    with TemporaryDirectory(prefix="deskhand-second-") as folder:
        place = Path(folder)
        place.chmod(0o711)
        server = postgres.start(place / "postgres", fast=True, extra=SETTINGS)
        try:
            yield server
        finally:
            server.kill()


def empty_database(server: postgres.Server, home: Path, name: str) -> str:
    """An empty database there; returns its address as the owner."""
    home.mkdir(exist_ok=True, mode=0o700)
    url = database.prepare(server, home)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        names = sql.Identifier(name), sql.Identifier(database.OWNER)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(names[0]))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))
    return url.rpartition("/")[0] + "/" + name


def sums(address: str, schema: str) -> dict[str, tuple]:
    """Rows and a hash of each table of a schema, as its superuser sees them; what is generated is left out."""
    with psycopg.connect(address) as connection:
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1"
        names = [name for (name,) in connection.execute(tables, [schema])]
        query = "SELECT count(*), md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {} t"
        found = {}
        for name in names:
            found[name] = connection.execute(sql.SQL(query).format(sql.Identifier(schema, name))).fetchone()
        return found
