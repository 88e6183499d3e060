"""One organization in a file, and from a file: beside the original, in its place, or where it was deleted.

A backup is a zip file: `manifest.json` and for each table one member with its rows in COPY's text format, all of one
moment (REPEATABLE READ). How the tables look is not in it: the migrations make them at the backup's revision, the rows
are put in and proved by the sums of the manifest, and then the tables are brought to this program's revision. What the
organization sealed (its files) can be opened only with the installation's secret key, which is not in it either.
"""

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from psycopg import DataError, IntegrityError
from sqlalchemy import Connection, text

from . import contents, engines, migrate, provision, resolve
from .contents import Sum, Table
from .whole_file import new_file

FORMAT = 1
MANIFEST = "manifest.json"
PART = 2**18
Progress = Callable[[int, int], None]


class BackupError(ValueError):
    """A file cannot be written, read or restored; the sentence says why."""


@dataclass(frozen=True)
class Manifest:
    """What is in a backup, of which moment and of whom."""

    format: int
    taken_at: str
    slug: str
    name: str
    sealed_as: str
    revision: str
    hosts: list[str]
    mail_addresses: list[str]
    tables: dict[str, dict]
    counters: dict[str, int]

    @property
    def rows(self) -> int:
        """All rows of all tables."""
        return sum(table["rows"] for table in self.tables.values())

    def sums(self) -> dict[str, Sum]:
        """What each table must add up to."""
        return {name: Sum(table["rows"], table["total"]) for name, table in self.tables.items()}


def nothing(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def backup(slug: str, path: Path, progress: Progress = nothing) -> Manifest:
    """Write one organization to a new file that only its owner may read. The organization goes on working.

    Raises `UnknownOrganization` and `BackupError`; a file that is not whole does not stay.
    """
    found = resolve.organization(slug)
    with (
        new_file(path, BackupError) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        return _write(archive, found, progress)


def _write(archive: zipfile.ZipFile, found: resolve.Organization, progress: Progress) -> Manifest:
    schema = f"org_{found.key}"
    with snapshot(found.shard) as connection:
        contents.enter(connection, schema)
        revision = migrate.revision(connection, schema)
        tables = contents.tables(connection, schema)
        for done, table in enumerate(tables):
            progress(done, len(tables) + 1)
            with archive.open(_member(table.name), "w", force_zip64=True) as member:
                for part in contents.read(connection, table):
                    member.write(part)
        sums = contents.sums(connection, tables)
        counters = contents.counters(connection, schema)
    hosts, addresses = _central(found.key)
    manifest = Manifest(
        FORMAT,
        datetime.now(UTC).isoformat(timespec="seconds"),
        found.slug,
        found.name,
        found.sealed_as,
        revision or "",
        hosts,
        addresses,
        {table.name: asdict(sums[table.name]) | {"columns": table.columns, "key": table.key} for table in tables},
        counters,
    )
    archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
    progress(len(tables) + 1, len(tables) + 1)
    return manifest


def snapshot(shard: str):
    """A transaction of the owner that sees one moment, whatever others write meanwhile."""
    return engines.engine(shard, "owner").execution_options(isolation_level="REPEATABLE READ").begin()


def _central(key: str) -> tuple[list[str], list[str]]:
    """The verified hosts and the mail addresses of an organization."""
    hosts = text(
        "SELECT name FROM shared.host WHERE organization = :key AND verified_at IS NOT NULL AND removed_at IS NULL"
        " ORDER BY 1"
    )
    addresses = text("SELECT address FROM shared.mail_address WHERE organization = :key ORDER BY 1")
    with engines.engine("main", "owner").connect() as connection:
        return tuple(list(connection.scalars(query, {"key": key})) for query in (hosts, addresses))


def _member(table: str) -> str:
    return f"tables/{table}.copy"


def examine(path: Path) -> Manifest:
    """Read what a file says of itself. Raises `BackupError` for one that is no backup, or not of this program."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = Manifest(**json.loads(archive.read(MANIFEST)))
            there = set(archive.namelist())
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise BackupError(f"{path} is no backup of an organization, or it is not whole.") from error
    if manifest.format != FORMAT:
        raise BackupError(f"{path} has format {manifest.format}; this program reads {FORMAT}.")
    if not migrate.knows(manifest.revision):
        raise BackupError(
            f"{path} has tables of revision {manifest.revision}, which this program does not know:"
            " restore it with the version that made it, or a newer one."
        )
    if missing := {_member(name) for name in manifest.tables} - there:
        raise BackupError(f"{path} is not whole: {', '.join(sorted(missing))} is missing.")
    return manifest


def restore(
    path: Path,
    slug: str,
    hosts: list[str],
    *,
    name: str = "",
    shard: str = "",
    go_on: bool = False,
    progress: Progress = nothing,
) -> resolve.Organization:
    """Make a new organization of a backup, beside the one it was taken of. All of it or nothing.

    Its open jobs are cancelled, since those of the original are done there; unless they shall `go_on` here. Raises
    `BackupError` and `ProvisionError`.
    """
    manifest, key = examine(path), provision.new_key()
    with engines.engine("main", "owner").begin() as connection:
        sealed_as = manifest.sealed_as
        home = provision.enlist(connection, key, slug, name or manifest.name, hosts, shard, sealed_as)
        with provision.on(home, connection) as its, zipfile.ZipFile(path) as archive:
            _fill(its, key, manifest, archive, progress)
            if not go_on:
                its.execute(_CANCEL)
            its.execute(text("INSERT INTO shared.wake (organization) VALUES (:key)"), {"key": key})
            migrate.upgrade_schema(its, f"org_{key}")
        provision.make_roles(connection, key)
        migrate.note(connection, key, migrate.head("tenant"))
    resolve.forget()
    return resolve.organization(key)


_CANCEL = text(
    "UPDATE job SET state = 'cancelled', finished_at = now(), lease_until = NULL WHERE state IN ('queued', 'running')"
)


def _fill(connection: Connection, key: str, manifest: Manifest, archive: zipfile.ZipFile, progress: Progress) -> None:
    """Make the tables of the backup's revision and put its rows in; proved by its sums."""
    schema = f"org_{key}"
    provision.make_schema(connection, key)
    migrate.upgrade_schema(connection, schema, to=manifest.revision)
    contents.enter(connection, schema)
    tables = contents.tables(connection, schema)
    there = {table.name: list(table.columns) for table in tables}
    if there != {name: list(table["columns"]) for name, table in manifest.tables.items()}:
        raise BackupError("The tables of the backup are not those of its revision: the file was changed.")
    with contents.opened(connection, tables):
        for done, table in enumerate(tables):
            progress(done, len(tables) + 1)
            connection.exec_driver_sql(f'DELETE FROM "{table.name}"')  # noqa: S608
            try:
                contents.write(connection, table, _parts(archive, table))
            except (zipfile.BadZipFile, DataError, IntegrityError) as error:
                raise BackupError(f"The backup is damaged: {str(error).splitlines()[0]}.") from error
        if wrong := differing(contents.sums(connection, tables), manifest.sums()):
            raise BackupError(f"The backup is damaged: {', '.join(wrong)} do not add up to what was saved.")
    contents.set_counters(connection, manifest.counters)
    for table in tables:
        connection.exec_driver_sql(f'ANALYZE "{table.name}"')
    progress(len(tables) + 1, len(tables) + 1)


def differing(one: dict[str, Sum], other: dict[str, Sum]) -> list[str]:
    """The tables that do not add up to the same."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _parts(archive: zipfile.ZipFile, table: Table) -> Iterator[bytes]:
    with archive.open(_member(table.name)) as member:
        while part := member.read(PART):
            yield part


@dataclass(frozen=True)
class Replaced:
    """An organization that was restored in its place, and the name under which the one before is kept, suspended."""

    slug: str
    before: str


def replace_with(path: Path, slug: str, *, progress: Progress = nothing) -> Replaced:
    """Restore a backup in the place of an organization, which is suspended and kept under another name.

    Its hosts and mail addresses lead to what was restored. Raises `UnknownOrganization`, `BackupError` and
    `ProvisionError`; then the organization works on as before.
    """
    old = resolve.organization(slug)
    examine(path)
    stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    before = f"{slug[:18]}-before-{stamp}"
    was_active = provision.state(slug) == "active"
    provision.suspend(slug)
    try:
        meanwhile = f"{slug[:18]}-restoring-{stamp}"[:40]
        new = restore(path, meanwhile, [], name=old.name, shard=old.shard, go_on=True, progress=progress)
        with engines.engine("main", "owner").begin() as connection:
            for statement in _SWAP:
                values = {"old": old.key, "new": new.key, "slug": slug, "before": before}
                connection.execute(text(statement), values)
    except BaseException:
        if was_active:
            provision.resume(old.key)
        raise
    resolve.forget()
    return Replaced(slug, before)


_SWAP = (
    "UPDATE shared.organization SET slug = :before WHERE key = :old",
    "UPDATE shared.organization SET slug = :slug WHERE key = :new",
    "UPDATE shared.host SET organization = :new WHERE organization = :old",
    "UPDATE shared.mail_address SET organization = :new WHERE organization = :old",
)
