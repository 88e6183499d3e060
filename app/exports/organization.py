"""Everything an organization has, in one archive that anybody can read: for an MSP that leaves, or wants to look.

Each table is a CSV file with the names of its columns, `files/` has the files as they came, and `contents.json` says
what there is. What only proves who somebody is (passwords, tokens) is left out. It cannot be restored: that is what
`tenants.backup` is for.
"""

import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import LargeBinary, Table, func, select

import app.models_index  # noqa: F401  (all tables)
from app.records import files
from app.records.files import File, FilePart
from tenants import Tenanted, db, scope, tenancy
from tenants.whole_file import new_file

# What proves who somebody is; all that is binary is so as well, or a file's parts.
SECRETS = {"password_hash"}
# Tables that hold nothing but that, or what a machine remembers for a day.
LEFT_OUT = {"file_part", "receipt", "session", "sign_in_attempt", "token"}


class ExportError(ValueError):
    """The archive cannot be written; the sentence says why."""


@dataclass(frozen=True)
class Exported:
    """What an archive holds: rows of each table, and how many files."""

    slug: str
    name: str
    taken_at: str
    tables: dict[str, int]
    files: int


def export(slug: str, path: Path, progress: Callable[[int, int], None]) -> Exported:
    """Write an organization's archive to a new file that only its owner may read; it is of one moment.

    Raises `UnknownOrganization` and `ExportError`.
    """
    with (
        new_file(path, ExportError) as file,
        scope(slug, seconds=3600) as here,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        return _write(archive, here.slug, progress)


def _write(archive: zipfile.ZipFile, slug: str, progress: Callable[[int, int], None]) -> Exported:
    tables = [table for table in Tenanted.metadata.sorted_tables if table.name not in LEFT_OUT]
    stored = list(db.session.execute(select(File.id, File.name).where(select(FilePart.no).where(_its).exists())))
    steps = len(tables) + len(stored)
    rows = {}
    for done, table in enumerate(tables):
        progress(done, steps)
        rows[table.name] = _table(archive, table)
    for done, (file_id, name) in enumerate(stored, len(tables)):
        progress(done, steps)
        plain = re.sub(r"[/\\\x00-\x1f]", "_", name)
        with archive.open(f"files/{file_id}-{plain}", "w", force_zip64=True) as member:
            for part in files.read(file_id):
                member.write(part)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    made = Exported(slug, tenancy().name, now, rows, len(stored))
    archive.writestr("contents.json", json.dumps(asdict(made), indent=1))
    progress(steps, steps)
    return made


_its = FilePart.file_id == File.id


def _table(archive: zipfile.ZipFile, table: Table) -> int:
    """Write a table's rows by their key; returns how many."""
    columns = [one for one in table.columns if not (isinstance(one.type, LargeBinary) or one.name in SECRETS)]
    names = ", ".join(f'"{one.name}"' for one in columns)
    keys = ", ".join(f'"{one.name}"' for one in table.primary_key)
    query = f'COPY (SELECT {names} FROM "{table.name}" ORDER BY {keys}) TO STDOUT (FORMAT csv, HEADER)'  # noqa: S608
    cursor = db.session.connection().connection.driver_connection.cursor()
    with archive.open(f"{table.name}.csv", "w", force_zip64=True) as member, cursor, cursor.copy(query) as copy:
        for part in copy:
            member.write(bytes(part))
    return db.session.scalar(select(func.count()).select_from(table))
