"""Bringing the shared schema of a server, or the schema of one organization, to a revision; `fleet` does them all."""

import re
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from . import engines
from .folders import folder


class CannotMigrate(RuntimeError):
    """The owner of DATABASE_URL lacks a right; the sentence names the SQL that grants it."""


# What organizations and servers may be called: it stands in commands and file names.
NAME = re.compile(r"[a-z][a-z0-9-]{0,38}[a-z0-9]")
# Revisions that an organization's tables may be behind this program, or ahead of it, and still be served: while
# servers are updated one after the other, and until `deskhand migrate` has reached every organization.
SERVED = 1


def shared(shard: str = "main") -> None:
    """Make the logins and the shared schema of a server; safe to run again at any time.

    The lists of organizations, hosts and servers are empty on all servers but 'main'.
    """
    try:
        with engines.engine(shard, "owner").begin() as connection:
            _logins(connection)
            connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS shared")
            connection.exec_driver_sql("SET LOCAL search_path = shared")
            _upgrade(connection, "shared", "shared")
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        said = "; ".join(str(error.orig).splitlines())
        raise CannotMigrate(f"The role of DATABASE_URL lacks a right: {said} (docs/operating.md)") from error


def upgrade_schema(connection: Connection, schema: str, to: str = "head") -> bool:
    """Bring one organization's schema to a revision inside the caller's transaction; True when it changed.

    A second run at the same schema waits for the first, and for nothing longer than five seconds.
    """
    connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
    connection.exec_driver_sql(f'SET LOCAL search_path = "{schema}", extensions')
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:schema, 0))"), {"schema": schema})
    if revision(connection, schema) == (head("tenant") if to == "head" else to):
        return False
    _upgrade(connection, "tenant", schema, to)
    return True


def note(connection: Connection, key: str, revision: str | None) -> None:
    """Write an organization's revision on the server 'main', where every request reads it with the host."""
    change = text(
        "UPDATE shared.organization SET revision = :revision WHERE key = :key AND revision IS DISTINCT FROM :revision"
    )
    connection.execute(change, {"revision": revision, "key": key})


def serves(revision: str | None) -> bool:
    """Whether this program can work with tables of a revision: its own, the one before, or the one after."""
    return bool(revision) and abs(int(revision) - int(head("tenant"))) <= SERVED


def knows(revision: str) -> bool:
    """Whether this program has the migrations up to a revision."""
    return revision in _revisions("tenant")[1]


def revision(connection: Connection, schema: str) -> str | None:
    """The revision of an organization's tables as the schema has it: empty before the first, None without tables."""
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f'"{schema}".alembic_version'}) is None:
        return None
    return connection.scalar(text(f'SELECT version_num FROM "{schema}".alembic_version')) or ""  # noqa: S608


def head(tree: str) -> str:
    """The newest revision of a tree ('shared' or 'tenant')."""
    return _revisions(tree)[0]


def standing(connection: Connection, schema: str) -> str:
    """How a schema stands to this program: 'current', 'behind', 'ahead' (of a newer program), or 'missing'."""
    tree = "shared" if schema == "shared" else "tenant"
    if (found := revision(connection, schema)) is None:
        return "missing"
    newest, known = _revisions(tree)
    return "current" if found == newest else "behind" if not found or found in known else "ahead"


@cache
def _revisions(tree: str) -> tuple[str, set[str]]:
    scripts = ScriptDirectory.from_config(_config(tree))
    return scripts.get_current_head(), {script.revision for script in scripts.walk_revisions()}


def is_current() -> bool:
    """True when the shared schema is at its newest revision, as the web server sees it."""
    with engines.engine("main", "desk").connect() as connection:
        found = connection.scalar(text("SELECT version_num FROM shared.alembic_version"))
    return found == head("shared")


def _config(tree: str, connection: Connection | None = None, schema: str = "") -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder("migrations") / tree))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, schema=schema)
    return config


def _upgrade(connection: Connection, tree: str, schema: str, to: str = "head") -> None:
    command.upgrade(_config(tree, connection, schema), to)


def _logins(connection: Connection) -> None:
    """The group all organization roles belong to, and the two logins that own nothing and inherit nothing."""
    may = connection.scalar(text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"))
    present = set(connection.scalars(text("SELECT rolname FROM pg_roles WHERE rolname LIKE 'deskhand%'")))
    if not may:
        owner = connection.scalar(text("SELECT current_user"))
        raise CannotMigrate(
            f"The role {owner} of DATABASE_URL may not create roles, and each organization needs two."
            f" As a superuser run: ALTER ROLE {owner} CREATEROLE;"
        )
    if "deskhand_org" not in present:
        connection.exec_driver_sql("CREATE ROLE deskhand_org NOLOGIN")
    database = connection.scalar(text("SELECT quote_ident(current_database())"))
    for name, password in engines.make_login_passwords().items():
        verb = "ALTER" if name in present else "CREATE"
        connection.exec_driver_sql(f"{verb} ROLE {name} LOGIN NOINHERIT PASSWORD '{password}'")
        connection.exec_driver_sql(f"GRANT CONNECT ON DATABASE {database} TO {name}")
        connection.exec_driver_sql(f"ALTER ROLE {name} IN DATABASE {database} SET search_path = no_tenant")
