"""The archive of a whole organization: readable, complete, and without what proves who somebody is."""

import csv
import io
import json
import stat
import zipfile

import pytest

from app.exports import organization
from app.records import files
from tenants import resolve


def nothing(done: int, total: int) -> None:
    """Nobody looks at the progress."""


@pytest.fixture
def archive(world, tmp_path):
    """The archive of harbor, with a file in it."""
    with world.inside():
        files.store("plan/of\\rooms.txt", [b"First ", b"floor"], media_type="text/plain", account_id=None)
    path = tmp_path / "harbor.zip"
    with world.app.app_context():
        made = organization.export("harbor", path, nothing)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as found:
        members = {name: found.read(name) for name in found.namelist()}
    assert json.loads(members["contents.json"])["tables"] == made.tables
    return members


@pytest.mark.feature("B026")
def test_every_table_is_a_sheet_and_every_file_as_it_came(world, archive):
    people = list(csv.DictReader(io.StringIO(archive["contact.csv"].decode())))
    wanted = world.sql(f"SELECT id, first_name, email FROM {world.schema()}.contact ORDER BY id")
    assert [(int(row["id"]), row["first_name"], row["email"]) for row in people] == [
        tuple(row.values()) for row in wanted
    ]
    (name,) = [name for name in archive if name.startswith("files/")]
    assert name.endswith("-plan_of_rooms.txt") and archive[name] == b"First floor"
    tables = {
        row["tablename"] for row in world.sql(f"SELECT tablename FROM pg_tables WHERE schemaname = '{world.schema()}'")
    }
    sheets = {name.removesuffix(".csv") for name in archive if name.endswith(".csv")}
    assert tables - sheets == organization.LEFT_OUT | {"alembic_version"}


@pytest.mark.threat("T-120")
def test_no_secret_and_nothing_of_others_is_in_it(world, archive):
    said = b"".join(archive.values())
    hashes = world.sql(f"SELECT password_hash AS h FROM {world.schema()}.account WHERE password_hash <> ''")
    assert hashes and not any(row["h"].encode() in said for row in hashes)
    assert b"password_hash" not in archive["account.csv"] and b"password_sealed" not in archive["account.csv"]
    assert b"Harbor" in said and b"Summit" not in said and b"summit" not in said


def test_what_cannot_be_is_said_and_leaves_nothing(world, tmp_path):
    with world.app.app_context():
        with pytest.raises(resolve.UnknownOrganization):
            organization.export("nobody", tmp_path / "x.zip", nothing)
        (tmp_path / "there.zip").write_text("mine")
        with pytest.raises(organization.ExportError, match="is there already"):
            organization.export("harbor", tmp_path / "there.zip", nothing)
        with pytest.raises(organization.ExportError, match="cannot be written"):
            organization.export("harbor", tmp_path / "no" / "x.zip", nothing)
    assert [path.name for path in tmp_path.iterdir()] == ["there.zip"]
