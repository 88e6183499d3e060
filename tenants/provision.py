"""Creating, suspending and resuming organizations, as the owner of the tables. Every step is one transaction."""

import re
import secrets

from sqlalchemy import Connection, text

from . import engines, migrate, resolve
from .models import Host, Organization

SLUG = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
RESERVED = {"admin", "api", "portal", "shared", "extensions", "www", "deskhand"}


class ProvisionError(ValueError):
    """What was asked for cannot be made; the sentence says why."""


def create(slug: str, name: str, hosts: list[str]) -> Organization:
    """Make an organization with its schema, its two roles and its verified hosts; all of it or nothing.

    Raises `ProvisionError` for a slug or host that is malformed or taken.
    """
    if not SLUG.fullmatch(slug) or slug in RESERVED:
        raise ProvisionError(
            f"The slug {slug!r} cannot be used: 3 to 40 letters a-z, digits and hyphens, beginning with a letter."
        )
    key = secrets.choice("abcdefghijklmnopqrstuvwxyz") + secrets.token_hex(5)
    with engines.engine("main", "owner").begin() as connection:
        if connection.scalar(text("SELECT 1 FROM shared.organization WHERE slug = :slug"), {"slug": slug}):
            raise ProvisionError(f"There is already an organization with the slug {slug!r}.")
        connection.execute(Organization.__table__.insert().values(key=key, slug=slug, name=name, shard="main"))
        for host in hosts:
            _add_host(connection, key, host, verified=True)
        _make_schema(connection, key)
        migrate.upgrade_schema(connection, f"org_{key}")
    resolve.forget()
    return resolve.organization(key)


def _make_schema(connection: Connection, key: str) -> None:
    """The roles, the schema and the privileges that its tables will have, before the tables exist."""
    role, portal, schema = f"org_{key}", f"org_{key}_portal", f"org_{key}"
    for statement in (
        f"CREATE ROLE {role} NOLOGIN IN ROLE deskhand_org",
        f"CREATE ROLE {portal} NOLOGIN IN ROLE deskhand_org",
        f"GRANT {role} TO {engines.LOGINS['desk']}",
        f"GRANT {portal} TO {engines.LOGINS['portal']}",
        f"CREATE SCHEMA {schema}",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}, {portal}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE ON SEQUENCES TO {role}",
    ):
        connection.exec_driver_sql(statement)


def listed() -> list[dict]:
    """Every organization with its state and hosts, by slug."""
    rows = text(
        "SELECT o.slug, o.name, o.state, o.shard, o.created_at,"
        " coalesce(array_agg(h.name ORDER BY h.name) FILTER (WHERE h.name IS NOT NULL), '{}') AS hosts"
        " FROM shared.organization o LEFT JOIN shared.host h"
        " ON h.organization = o.key AND h.verified_at IS NOT NULL AND h.removed_at IS NULL"
        " GROUP BY o.key ORDER BY o.slug"
    )
    with engines.engine("main", "owner").connect() as connection:
        return [dict(row) for row in connection.execute(rows).mappings()]


def suspend(slug: str) -> None:
    """Stop all work in an organization at once: the logins lose the right to enter its schema."""
    found = resolve.organization(slug)
    with engines.engine("main", "owner").begin() as connection:
        _state(connection, found.key, "suspended")
        for login, role in _memberships(found.key):
            connection.exec_driver_sql(f"REVOKE {role} FROM {login}")


def resume(slug: str) -> None:
    """Let a suspended organization work again."""
    found = resolve.organization(slug)
    with engines.engine("main", "owner").begin() as connection:
        _state(connection, found.key, "active")
        for login, role in _memberships(found.key):
            connection.exec_driver_sql(f"GRANT {role} TO {login}")


def _memberships(key: str) -> list[tuple[str, str]]:
    return [(engines.LOGINS["desk"], f"org_{key}"), (engines.LOGINS["portal"], f"org_{key}_portal")]


def _state(connection: Connection, key: str, state: str) -> None:
    connection.execute(
        text("UPDATE shared.organization SET state = :state WHERE key = :key"), {"state": state, "key": key}
    )


def add_host(slug: str, host: str) -> None:
    """Give an organization one more host, verified by the operator who types the command."""
    found = resolve.organization(slug)
    with engines.engine("main", "owner").begin() as connection:
        _add_host(connection, found.key, host, verified=True)
    resolve.forget()


def _add_host(connection: Connection, key: str, host: str, verified: bool) -> None:
    name = resolve.normal_host(host)
    if not re.fullmatch(r"[a-z0-9.-]{1,253}", name):
        raise ProvisionError(f"{host!r} is not a host name.")
    values = {"name": name, "key": key}
    mine = text("DELETE FROM shared.host WHERE name = :name AND organization = :key AND verified_at IS NULL")
    connection.execute(mine, values)
    taken = text("SELECT 1 FROM shared.host WHERE name = :name AND (verified_at IS NOT NULL OR organization = :key)")
    if connection.scalar(taken, values):
        raise ProvisionError(f"The host {name!r} is taken.")
    values = {"name": name, "organization": key, "token": secrets.token_urlsafe(24)}
    if verified:
        values["verified_at"] = text("now()")
    connection.execute(Host.__table__.insert().values(values))
