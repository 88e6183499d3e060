"""Attached files: names that lead nowhere, types that are what they say, and how long a deleted one can come back."""

import io

import pytest

from app.companies.models import Company
from app.records import attachments, files, undo
from app.records.actor import Actor
from app.records.attachments import DATA, Attachment, Given, clean_name, media_type
from tenants import db, retention

ANN = Actor("Ann Tanner", account_id=1001)
NAMES = {
    "plan.pdf": "plan.pdf",
    "../../etc/passwd": "passwd",
    "..\\..\\boot.ini": "boot.ini",
    "C:\\Users\\ann\\plan.pdf": "plan.pdf",
    "/": "file",
    "": "file",
    "...": "file",
    ".htaccess": "htaccess",
    "\u200b.htaccess": "htaccess",
    ".ht\u200baccess": "htaccess",
    "evil.php\u200b": "evil.php",
    "evil.pht.": "evil.pht",
    "evil.php  ": "evil.php",
    "cod\u202efdp.exe": "codfdp.exe",
    "plan.pdf::$DATA": "plan.pdf__$DATA",
    "CON": "_CON",
    "nul.txt": "_nul.txt",
    "lpt1.pdf": "_lpt1.pdf",
    "console.txt": "console.txt",
    'a"b\r\nSet-Cookie: x.pdf': "a_bSet-Cookie_ x.pdf",
    "a\x00b.pdf": "ab.pdf",
    "Ａ．pdf": "A.pdf",
    "／etc／passwd": "passwd",
    "Übersicht für März.pdf": "Übersicht für März.pdf",
    "契約.pdf": "契約.pdf",
    "\ud800.pdf": "pdf",
}


@pytest.mark.feature("I109")
@pytest.mark.threat("T-082")
@pytest.mark.parametrize("given", NAMES, ids=[ascii(name) for name in NAMES])
def test_a_name_is_only_a_name(given):
    assert clean_name(given) == NAMES[given]
    assert clean_name(NAMES[given]) == NAMES[given]


@pytest.mark.threat("T-082")
def test_a_long_name_keeps_its_ending():
    assert clean_name("x" * 500 + ".pdf") == "x" * 196 + ".pdf"
    assert len(clean_name("x." * 500)) <= 200
    assert clean_name("y" * 300) == "y" * 200


TYPES = {
    ("a.pdf", b"%PDF-1.7"): "application/pdf",
    ("A.PDF", b"%PDF-1.7"): "application/pdf",
    ("a.png", b"\x89PNG\r\n\x1a\n...."): "image/png",
    ("a.jpeg", b"\xff\xd8\xff\xe0"): "image/jpeg",
    ("a.gif", b"GIF89a"): "image/gif",
    ("a.zip", b"PK\x03\x04"): "application/zip",
    # What is not what it says.
    ("a.png", b"<html><script>"): DATA,
    ("a.gif", b"GIF87"): DATA,
    ("a.pdf", b"MZ%PDF-1.7"): DATA,
    ("a.pdf", b""): DATA,
    ("gif", b"GIF89a=1;alert(1)"): DATA,
    # What could run where it is opened.
    ("a.html", b"<html>"): DATA,
    ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"): DATA,
    ("a.xml", b"<?xml"): DATA,
    ("a.js", b"alert(1)"): DATA,
    ("a.txt", b"words"): DATA,
    ("plan.pdf.html", b"%PDF-1.7"): DATA,
}


@pytest.mark.threat("T-083", "T-081")
@pytest.mark.parametrize(("name", "head"), TYPES)
def test_a_type_is_told_from_the_first_bytes_and_the_name_together(name, head):
    assert media_type(name, head) == TYPES[name, head]
    # With a name that ends otherwise it could be told as nothing else, except in its own family.
    assert media_type(f"{name}.exe", head) == DATA


def attached(world, cast, data: bytes = b"%PDF-1.7") -> tuple[int, int]:
    """Attach a file to Acme; returns its id and that of the operation."""
    with world.inside():
        given = Given("plan.pdf", io.BytesIO(data), len(data))
        operation = attachments.add("company_id", cast.acme, [given], actor=ANN)
        return db.session.scalar(db.select(db.func.max(Attachment.id))), operation.id


@pytest.mark.feature("I109")
def test_a_file_is_kept_whole_and_sealed(world, cast):
    data = b"%PDF-1.7" + b"secret" * 400_000
    number, _operation = attached(world, cast, data)
    with world.inside():
        found = db.session.get(Attachment, number)
        assert b"".join(files.read(found.file_id)) == data
        assert (found.size, found.media_type) == (len(data), "application/pdf") and attachments.stored() == len(data)
    (row,) = world.sql(f"SELECT data FROM {world.schema()}.file_part WHERE no = 0")
    assert b"secret" not in bytes(row["data"])


def test_what_was_deleted_a_month_ago_loses_its_content_and_does_not_come_back(world, cast, run_jobs):
    number, _operation = attached(world, cast)
    kept, _operation = attached(world, cast)
    with world.inside():
        removed = attachments.remove(db.session.get(Attachment, number), actor=ANN).id
        fresh = attachments.remove(db.session.get(Attachment, kept), actor=ANN).id
    world.sql(f"UPDATE {world.schema()}.attachment SET withdrawn_at = now() - interval '31 days' WHERE id = %s", number)
    with world.inside():
        retention.keep_house.later()
    run_jobs()
    with world.inside():
        assert db.session.get(Attachment, number).file_id is None
        assert undo.undo(fresh, ANN).reversed == 1
    with world.inside(), pytest.raises(attachments.NotKept), db.session.begin_nested():
        undo.undo(removed, ANN)
    with world.inside():
        assert db.session.get(Attachment, number).withdrawn_at is not None
        assert db.session.get(Company, cast.acme) is not None
