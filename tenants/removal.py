"""Deleting an organization for good: its tables, roles and queue entries go; what went is written down as counts.

Its hosts lead nowhere any more and are held for `hosts.HOLD`, so that no stranger takes over what links still point to.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from psycopg.errors import DependentObjectsStillExist
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from . import contents, engines, provision, queue, resolve, shards


class StillAtWork(RuntimeError):
    """Only an organization that is suspended can be deleted, and only while the queue can forget it too."""


@dataclass(frozen=True)
class Certificate:
    """What was deleted, and when: names of tables and numbers of rows, no contents."""

    slug: str
    name: str
    created_at: str
    deleted_at: str
    shard: str
    rows: dict[str, int]
    hosts: list[str]
    queued: int
    left: str = "Backups and exports that were written to files are not known to this program: delete them by hand."


def planned(slug: str) -> dict:
    """What would go: rows by table. Raises as `delete` does."""
    found = resolve.organization(slug)
    if (state := provision.state(slug)) != "suspended":
        raise StillAtWork(f"{slug} is {state}: `deskhand org suspend {slug}` first.")
    return {"slug": slug, "name": found.name, "rows": _count(found.shard, f"org_{found.key}")}


def delete(slug: str) -> Certificate:
    """Delete an organization that is suspended. It cannot be undone but by restoring a backup.

    Raises `UnknownOrganization` and `StillAtWork`.
    """
    key = resolve.organization(slug).key
    with engines.engine("main", "owner").begin() as main:
        row = text("SELECT slug, name, shard, state, created_at FROM shared.organization WHERE key = :key FOR UPDATE")
        found = main.execute(row, {"key": key}).one()
        if found.state != "suspended":
            raise StillAtWork(f"{found.slug} is {found.state}: `deskhand org suspend {found.slug}` first.")
        rows = _count(found.shard, f"org_{key}")
        hosts = list(main.scalars(_HOSTS, {"key": key}))
        for shard in shards.names():
            with engines.engine(shard, "owner").begin() as connection:
                connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS org_{key} CASCADE")
                connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS org_{key}_moved CASCADE")
                connection.execute(text("DELETE FROM shared.wake WHERE organization = :key"), {"key": key})
        certificate = Certificate(
            found.slug,
            found.name,
            found.created_at.isoformat(timespec="seconds"),
            datetime.now(UTC).isoformat(timespec="seconds"),
            found.shard,
            rows,
            hosts,
            _forgotten(key),
        )
        values = {"key": key, "slug": found.slug, "certificate": json.dumps(asdict(certificate))}
        for statement in _TOMBSTONE:
            main.execute(text(statement), values)
    for shard in shards.names():
        _drop_roles(shard, key)
    resolve.forget()
    return certificate


def _forgotten(key: str) -> int:
    try:
        return queue.drop(key)
    except RedisError as error:
        raise StillAtWork(f"The queue cannot be reached, which has to forget it too: {error}") from error


_HOSTS = text("SELECT name FROM shared.host WHERE organization = :key AND verified_at IS NOT NULL ORDER BY name")
_TOMBSTONE = (
    "INSERT INTO shared.deletion (organization, slug, certificate) VALUES (:key, :slug, CAST(:certificate AS jsonb))",
    "DELETE FROM shared.mail_address WHERE organization = :key",
    "DELETE FROM shared.host WHERE organization = :key AND verified_at IS NULL",
    "UPDATE shared.host SET removed_at = coalesce(removed_at, now()) WHERE organization = :key",
    "UPDATE shared.organization SET state = 'deleted', slug = key, name = '', shard = 'main', revision = NULL,"
    " sealed_as = key WHERE key = :key",
)


def _count(shard: str, schema: str) -> dict[str, int]:
    with engines.engine(shard, "owner").begin() as connection:
        contents.enter(connection, schema)
        tables = contents.tables(connection, schema)
        return {name: found.rows for name, found in contents.sums(connection, tables).items()}


def _drop_roles(shard: str, key: str) -> None:
    """Drop the roles on a server; one that another database of that server still has something for goes with that."""
    for role in (f"org_{key}", f"org_{key}_portal"):
        try:
            with engines.engine(shard, "owner").begin() as connection:
                connection.exec_driver_sql(f"DROP ROLE IF EXISTS {role}")
        except SQLAlchemyError as error:
            if not isinstance(error.orig, DependentObjectsStillExist):
                raise


def certificates() -> list[dict]:
    """The certificates of all that were deleted, the newest first."""
    query = text("SELECT certificate FROM shared.deletion ORDER BY deleted_at DESC, organization")
    with engines.engine("main", "owner").connect() as connection:
        return list(connection.scalars(query))
