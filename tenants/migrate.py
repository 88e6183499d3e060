"""Bringing the shared schema and every organization's schema to the newest revision.

Each schema has a transaction and a version row of its own: one that fails stays as it was and is reported, the
others go on, and running the command again does only what is left.
"""

from dataclasses import dataclass, field
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


@dataclass
class Report:
    """What a run did: organizations brought up to date, those already there, and failures with their reason."""

    upgraded: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def everything() -> Report:
    """Make the logins, migrate the shared schema, then each organization's."""
    shared()
    report = Report()
    owner = engines.engine("main", "owner")
    with owner.connect() as connection:
        found = connection.execute(text("SELECT slug, key FROM shared.organization ORDER BY slug")).all()
    for slug, key in found:
        try:
            with owner.begin() as connection:
                changed = upgrade_schema(connection, f"org_{key}")
            (report.upgraded if changed else report.current).append(slug)
        except Exception as error:
            report.failed[slug] = str(error).splitlines()[0]
    return report


def shared() -> None:
    """Make the logins and the shared schema; safe to run again at any time."""
    try:
        with engines.engine("main", "owner").begin() as connection:
            _logins(connection)
            connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS shared")
            connection.exec_driver_sql("SET LOCAL search_path = shared")
            _upgrade(connection, "shared")
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        said = "; ".join(str(error.orig).splitlines())
        raise CannotMigrate(f"The role of DATABASE_URL lacks a right: {said} (docs/operating.md)") from error


def upgrade_schema(connection: Connection, schema: str) -> bool:
    """Bring one organization's schema to the newest revision inside the caller's transaction; True when it changed."""
    connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
    connection.exec_driver_sql(f'SET LOCAL search_path = "{schema}", extensions')
    before = _version(connection)
    if before == head("tenant"):
        return False
    _upgrade(connection, "tenant")
    return True


def head(tree: str) -> str:
    """The newest revision of a tree ('shared' or 'tenant')."""
    return ScriptDirectory.from_config(_config(tree)).get_current_head()


def standing(connection: Connection, schema: str) -> str:
    """How a schema stands to this program: 'current', 'behind', 'ahead' (of a newer program), or 'missing'."""
    tree = "shared" if schema == "shared" else "tenant"
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f'"{schema}".alembic_version'}) is None:
        return "missing"
    found = connection.scalar(text(f'SELECT version_num FROM "{schema}".alembic_version'))  # noqa: S608
    newest, known = _revisions(tree)
    return "current" if found == newest else "behind" if found is None or found in known else "ahead"


@cache
def _revisions(tree: str) -> tuple[str, set[str]]:
    scripts = ScriptDirectory.from_config(_config(tree))
    return scripts.get_current_head(), {script.revision for script in scripts.walk_revisions()}


def is_current() -> bool:
    """True when the shared schema is at its newest revision, as the web server sees it."""
    with engines.engine("main", "desk").connect() as connection:
        found = connection.scalar(text("SELECT version_num FROM shared.alembic_version"))
    return found == head("shared")


def _version(connection: Connection) -> str | None:
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _config(tree: str, connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder("migrations") / tree))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, tree: str) -> None:
    command.upgrade(_config(tree, connection), "head")


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
