"""Creating, suspending and resuming organizations, as the owner of the tables. Every step is one transaction."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, insert, select, text, update

from . import engines, migrate, resolve, shards
from .models import Host, Organization

SLUG = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
RESERVED = {"admin", "api", "portal", "shared", "extensions", "www", "deskhand"}


class ProvisionError(ValueError):
    """What was asked for cannot be made; the sentence says why."""


def create(slug: str, name: str, hosts: list[str], *, shard: str = "", sealed_as: str = "") -> Organization:
    """Make an organization with its schema, its two roles and its verified hosts; all of it or nothing.

    It lives on the server `shard`, or on the emptiest one. Raises `ProvisionError` for a slug or host that is malformed
    or taken.
    """
    key = new_key()
    with engines.engine("main", "owner").begin() as connection:
        home = enlist(connection, key, slug, name, hosts, shard, sealed_as)
        with on(home, connection) as its:
            make_schema(its, key)
            migrate.upgrade_schema(its, f"org_{key}")
        make_roles(connection, key)
        migrate.note(connection, key, migrate.head("tenant"))
    resolve.forget()
    return resolve.organization(key)


def rehearse(slug: str, name: str, hosts: list[str], shard: str = "") -> None:
    """Raise what `create` would raise for a slug or host, and make nothing."""
    with engines.engine("main", "owner").connect() as connection:
        enlist(connection, new_key(), slug, name, hosts, shard, "")
        connection.rollback()


@contextmanager
def on(shard: str, main: Connection) -> Iterator[Connection]:
    """A transaction of the owner on a server; on 'main', the one that is open there."""
    if shard == "main":
        yield main
        return
    with engines.engine(shard, "owner").begin() as connection:
        yield connection


def new_key() -> str:
    return secrets.choice("abcdefghijklmnopqrstuvwxyz") + secrets.token_hex(5)


def enlist(connection: Connection, key: str, slug: str, name: str, hosts: list[str], shard: str, sealed_as: str) -> str:
    """Enter an organization and its hosts in the lists of the server 'main'; returns the server where it is to live.

    Its roles are to be made there last: two databases of one server have them in common.
    """
    judge(connection, slug)
    home = shard or shards.emptiest()
    values = {"key": key, "slug": slug, "name": name, "shard": home, "sealed_as": sealed_as or key}
    connection.execute(insert(Organization).values(values))
    for host in hosts:
        _release(connection, host, slug)
        _add_host(connection, key, host, verified=True)
    return home


def _release(connection: Connection, host: str, slug: str) -> None:
    """Let a host go to an organization that is made again under the name of the one that had it and was deleted."""
    statement = text(
        "DELETE FROM shared.host h USING shared.deletion d"
        " WHERE d.organization = h.organization AND d.slug = :slug AND h.name = :name"
    )
    connection.execute(statement, {"slug": slug, "name": resolve.normal_host(host)})


def judge(connection: Connection, slug: str) -> None:
    """Raise `ProvisionError` for a slug that is malformed or taken."""
    if not SLUG.fullmatch(slug) or slug in RESERVED:
        raise ProvisionError(
            f"The slug {slug!r} cannot be used: 3 to 40 letters a-z, digits and hyphens, beginning with a letter."
        )
    if connection.scalar(text("SELECT 1 FROM shared.organization WHERE slug = :slug"), {"slug": slug}):
        raise ProvisionError(f"There is already an organization with the slug {slug!r}.")


def make_roles(connection: Connection, key: str) -> None:
    """The two roles of an organization on a server, and the logins that may become them; those there already stay."""
    known = set(
        connection.scalars(text("SELECT rolname FROM pg_roles WHERE rolname LIKE :like"), {"like": f"org_{key}%"})
    )
    for login, role in _memberships(key):
        if role not in known:
            connection.exec_driver_sql(f"CREATE ROLE {role} NOLOGIN IN ROLE deskhand_org")
            connection.exec_driver_sql(f"GRANT {role} TO {login}")


def make_schema(connection: Connection, key: str) -> None:
    """The roles, the schema and the privileges that its tables will have, before the tables exist."""
    make_roles(connection, key)
    role, portal, schema = f"org_{key}", f"org_{key}_portal", f"org_{key}"
    for statement in (
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
        " WHERE o.state <> 'deleted'"
        " GROUP BY o.key ORDER BY o.slug"
    )
    with engines.engine("main", "owner").connect() as connection:
        return [dict(row) for row in connection.execute(rows).mappings()]


def rename(slug: str, new: str = "", name: str = "") -> Organization:
    """Give an organization another slug, another name, or both; hosts, links and files stay as they are.

    Raises `ProvisionError` and `UnknownOrganization`.
    """
    key = resolve.organization(slug).key
    with engines.engine("main", "owner").begin() as connection:
        values = {column: value.strip() for column, value in (("slug", new), ("name", name)) if value.strip()}
        if not values:
            raise ProvisionError("Give a new slug, a new name, or both.")
        if values.get("slug", slug) != slug:
            judge(connection, values["slug"])
        connection.execute(update(Organization).where(Organization.key == key).values(values))
    resolve.forget()
    return resolve.organization(key)


def shown(slug: str) -> dict:
    """What an operator may know of an organization: where it is and how large, nothing of its customers."""
    found = resolve.organization(slug)
    row = next(row for row in listed() if row["slug"] == found.slug)
    query = text(
        "SELECT count(*) AS tables, coalesce(sum(pg_total_relation_size(oid)), 0) AS bytes,"
        " coalesce(sum(greatest(reltuples, 0)), 0)::bigint AS rows"
        " FROM pg_class WHERE relnamespace = to_regnamespace(:schema) AND relkind = 'r'"
    )
    jobs = text(f"SELECT count(*) FROM \"org_{found.key}\".job WHERE state IN ('queued', 'running')")  # noqa: S608
    with engines.engine(found.shard, "owner").connect() as connection:
        size = dict(connection.execute(query, {"schema": f"org_{found.key}"}).mappings().one())
        waiting = connection.scalar(jobs)
    return row | {"revision": found.revision, "open_jobs": waiting} | {name: int(value) for name, value in size.items()}


def suspend(slug: str) -> None:
    """Stop all work in an organization at once: the logins lose the right to enter its schema."""
    _set_state(slug, "suspended", "REVOKE {role} FROM {login}")


def resume(slug: str) -> None:
    """Let a suspended organization work again."""
    _set_state(slug, "active", "GRANT {role} TO {login}")


def state(slug: str) -> str:
    """'active' or 'suspended'."""
    key = resolve.organization(slug).key
    with engines.engine("main", "owner").connect() as connection:
        return connection.scalar(select(Organization.state).where(Organization.key == key))


def _set_state(slug: str, state: str, statement: str) -> None:
    """Write an organization's state, and change who may enter it on its own server and then on 'main'.

    Its row is held until this is done, so that it does not move meanwhile.
    """
    key = resolve.organization(slug).key
    with engines.engine("main", "owner").begin() as connection:
        changed = text("UPDATE shared.organization SET state = :state WHERE key = :key RETURNING shard")
        home = connection.scalar(changed, {"state": state, "key": key})
        if home != "main":
            with engines.engine(home, "owner").begin() as its:
                _allow(its, key, statement)
        _allow(connection, key, statement)


def forbid(shard: str, key: str) -> None:
    """Let nobody enter an organization on a server, as long as it is suspended."""
    with engines.engine(shard, "owner").begin() as connection:
        _allow(connection, key, "REVOKE {role} FROM {login}")


def _allow(connection: Connection, key: str, statement: str) -> None:
    for login, role in _memberships(key):
        connection.exec_driver_sql(statement.format(role=role, login=login))


def _memberships(key: str) -> list[tuple[str, str]]:
    return [(engines.LOGINS["desk"], f"org_{key}"), (engines.LOGINS["portal"], f"org_{key}_portal")]


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
    connection.execute(insert(Host).values(values))
