"""Stored files: in sealed parts, one in memory at a time, the same for web and worker."""

import hashlib
import os

import pytest
from sqlalchemy import select

from app.records import files
from app.records.files import PART, File, FilePart
from tenants import db


def stored(world, data: bytes, chunk: int = 64 * 1024) -> int:
    with world.inside():
        chunks = (data[start : start + chunk] for start in range(0, len(data), chunk))
        return files.store("people.csv", chunks, media_type="text/csv", account_id=7).id


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 2 * PART + 17])
def test_a_file_comes_back_as_it_was(world, size):
    data = os.urandom(size)
    file_id = stored(world, data)
    with world.inside():
        file = db.session.get(File, file_id)
        assert (file.name, file.media_type, file.account_id) == ("people.csv", "text/csv", 7)
        assert (file.size, file.sha256) == (size, hashlib.sha256(data).hexdigest())
        parts = list(files.read(file_id))
        assert b"".join(parts) == data and all(len(part) == PART for part in parts[:-1])


def test_chunks_of_any_size_make_the_same_parts(world):
    data = os.urandom(PART + 1000)
    one, other = stored(world, data, 999), stored(world, data, 3 * PART)
    with world.inside():
        assert [len(part) for part in files.read(one)] == [len(part) for part in files.read(other)] == [PART, 1000]
        assert b"".join(files.read(one, 1)) == data[PART:]


def test_what_stands_in_the_database_is_sealed(world):
    secret = b"first_name,last_name,password\nIna,Berg,hunter2\n" * 10
    file_id = stored(world, secret)
    (row,) = world.sql(f"SELECT data FROM {world.schema()}.file_part WHERE file_id = %s", file_id)
    assert b"hunter2" not in bytes(row["data"]) and b"first_name" not in bytes(row["data"])


def test_another_organization_has_no_such_file(world):
    file_id = stored(world, b"harbor's")
    with world.inside("summit"):
        assert db.session.get(File, file_id) is None
        assert list(files.read(file_id)) == []


def test_a_name_is_only_a_name(world):
    with world.inside():
        file = files.store("../../etc/passwd" + "x" * 400, [b"x"], media_type="text/csv", account_id=None)
        assert len(file.name) == 255 and file.name.startswith("../../etc")


def test_a_file_that_is_deleted_takes_its_parts_along(world):
    file_id = stored(world, b"x" * (PART + 1))
    with world.inside():
        db.session.delete(db.session.get(File, file_id))
        db.session.flush()
        assert db.session.scalars(select(FilePart.no).where(FilePart.file_id == file_id)).all() == []
