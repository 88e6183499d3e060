"""Files that the desk attaches to a contact or a company: what they are called, and what they are taken for.

A file is kept as it came and never opened here. Its name is only shown; its type is told from its first bytes and its
name together, and is that of plain data where the two do not agree.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Select, Text, func, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.fields.kinds import Text as TextKind
from app.fields.record import Record
from app.fields.registry import field
from app.fields.settings import fields_of
from app.i18n import lazy_gettext as _l
from tenants import db, retention

from . import files, read, undo, write
from .actor import Actor
from .errors import Conflict
from .files import File
from .history import RECORD, Part
from .models import Operation
from .notes import COMPANIES

PURPOSE = "attachment"
LONGEST_NAME = 200
# A deleted file can be brought back for so long.
KEPT_DAYS = 30
CHUNK = 256 * 1024


class Attachment(Record):
    """A file of a contact or a company."""

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("num_nonnulls(contact_id, company_id) = 1", name="subject"),
        ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        ForeignKeyConstraint(["company_id"], ["company.id"]),
        # What was deleted long ago has lost its content.
        ForeignKeyConstraint(["file_id"], ["file.id"], ondelete="SET NULL"),
        Index("ix_attachment_contact", "contact_id", "id", postgresql_where=sql("contact_id IS NOT NULL")),
        Index("ix_attachment_company", "company_id", "id", postgresql_where=sql("company_id IS NOT NULL")),
        Index("ix_attachment_file", "file_id"),
    )
    noun = "attachment"
    says_of = ("contact_id", "company_id")
    undo_permission = "files.edit"
    companies_sql = COMPANIES

    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    company_id: Mapped[int | None] = mapped_column(BigInteger)
    file_id: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str] = field(TextKind(_l("File"), max=LONGEST_NAME, required=True), fixed=True, opens="")
    media_type: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)


_gone = Attachment.withdrawn_at < func.now() - timedelta(days=KEPT_DAYS)
_nobodys = ~select(Attachment.id).where(Attachment.file_id == File.id).exists()
retention.forget(File, (File.purpose == PURPOSE) & (File.id.in_(select(Attachment.file_id).where(_gone)) | _nobodys))


class NotKept(Conflict):
    """The content of a deleted file is kept for a while only."""

    sentence = _l("This file was deleted too long ago: its content is not kept any more.")


@undo.rule(Attachment)
def _has_content() -> None:
    """A file that was deleted long ago cannot come back."""
    empty = select(Attachment.id).where(Attachment.file_id.is_(None), Attachment.withdrawn_at.is_(None))
    if db.session.scalar(empty.limit(1)) is not None:
        raise NotKept


def part(about: str) -> Part:
    """The files in the history of a contact (`about` is 'contact_id') or of a company."""
    ids = select(Attachment.id).where(getattr(Attachment, about) == RECORD)
    return Part(Attachment, ids, shows=("name", "size"), words="name")


def get(attachment_id: int, viewer) -> read.Loaded:
    """One attached file; raises `NotFound`."""
    every: Select = select(Attachment)
    return read.load(Attachment, attachment_id, every, fields_of(Attachment, viewer))


@dataclass(frozen=True)
class Given:
    """A file as it was sent."""

    name: str
    stream: BinaryIO
    size: int


def pictures_of(contact_id: int) -> list[tuple[int, str]]:
    """The pictures among the files of a contact, the newest first."""
    kinds = ("image/png", "image/jpeg", "image/gif")
    mine = select(Attachment.id, Attachment.name).where(
        Attachment.contact_id == contact_id,
        Attachment.withdrawn_at.is_(None),
        Attachment.file_id.is_not(None),
        Attachment.media_type.in_(kinds),
    )
    return [(row.id, row.name) for row in db.session.execute(mine.order_by(Attachment.id.desc()).limit(20))]


def stored() -> int:
    """How many bytes all attached files of the organization take."""
    return int(db.session.scalar(select(func.coalesce(func.sum(File.size), 0)).where(File.purpose == PURPOSE)))


def add(about: str, record_id: int, given: Iterable[Given], *, actor: Actor) -> Operation:
    """Attach files to this record, in one operation."""
    with db.session.begin_nested():
        operation = write.begin(actor, "create")
        made = []
        for one in given:
            name, head = clean_name(one.name), one.stream.read(2048)
            one.stream.seek(0)
            kind = media_type(name, head)
            file = files.store(name, _chunks(one.stream), media_type=kind, account_id=None)
            file.purpose = PURPOSE
            values = {about: record_id, "file_id": file.id, "name": name, "media_type": kind, "size": one.size}
            made.append(write.Create(Attachment, values))
        db.session.flush()
        write.apply(operation, made)
    return operation


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def remove(attachment: Attachment, *, actor: Actor) -> Operation:
    """Delete a file; undoing that brings it back as long as its content is kept."""
    return write.withdraw(attachment, actor=actor)


# What no name of a file may hold on one system or another; a colon would name a stream of another file.
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)


def clean_name(given: str) -> str:
    """The name of a sent file as it is kept: without what cannot be seen, turns the writing, or leads elsewhere."""
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", given) if unicodedata.category(sign)[0] != "C")
    last = seen.replace("\\", "/").rpartition("/")[2]
    name = " ".join(_FORBIDDEN.sub("_", last).split()).strip(". ")
    if _RESERVED.match(name):
        name = f"_{name}"
    stem, dot, ending = name.rpartition(".")
    if len(name) > LONGEST_NAME:
        kept = f"{dot}{ending}" if stem and len(ending) <= 10 else ""
        name = name[: LONGEST_NAME - len(kept)].strip(". ") + kept
    return name or "file"


_OFFICE = "application/vnd.openxmlformats-officedocument"
# Ending -> what such a file begins with, and what it is sent as. What is not here is sent as plain data.
_TYPES: dict[str, tuple[tuple[bytes, ...], str]] = {
    "pdf": ((b"%PDF-",), "application/pdf"),
    "png": ((b"\x89PNG\r\n\x1a\n",), "image/png"),
    "jpg": ((b"\xff\xd8\xff",), "image/jpeg"),
    "jpeg": ((b"\xff\xd8\xff",), "image/jpeg"),
    "gif": ((b"GIF87a", b"GIF89a"), "image/gif"),
    "zip": ((b"PK\x03\x04", b"PK\x05\x06"), "application/zip"),
    "docx": ((b"PK\x03\x04",), f"{_OFFICE}.wordprocessingml.document"),
    "xlsx": ((b"PK\x03\x04",), f"{_OFFICE}.spreadsheetml.sheet"),
    "pptx": ((b"PK\x03\x04",), f"{_OFFICE}.presentationml.presentation"),
    "odt": ((b"PK\x03\x04",), "application/vnd.oasis.opendocument.text"),
    "ods": ((b"PK\x03\x04",), "application/vnd.oasis.opendocument.spreadsheet"),
}
DATA = "application/octet-stream"


def media_type(name: str, head: bytes) -> str:
    """What a file is sent as: only where its first bytes are what its name says."""
    _stem, dot, ending = name.rpartition(".")
    begins, kind = _TYPES.get(dot and ending.lower(), ((), DATA))
    return kind if begins and head.startswith(begins) else DATA
