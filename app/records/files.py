"""Files that people upload or fetch: in the database, in sealed parts, so that web and workers share them."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    Text,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from tenants import Tenanted, db
from tenants.secrets import seal, unseal

PART = 1024 * 1024


class File(Tenanted):
    """A stored file; its name is only ever shown, never used as a path."""

    __tablename__ = "file"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text, server_default="application/octet-stream")
    size: Mapped[int] = mapped_column(BigInteger, server_default="0")
    # What it is for; only an export may be fetched by its number.
    purpose: Mapped[str] = mapped_column(Text, server_default="")
    sha256: Mapped[str] = mapped_column(Text, server_default="")
    account_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class FilePart(Tenanted):
    """Up to one mebibyte of a file, sealed."""

    __tablename__ = "file_part"

    file_id: Mapped[int] = mapped_column(ForeignKey("file.id", ondelete="CASCADE"), primary_key=True)
    no: Mapped[int] = mapped_column(Integer, primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


def store(name: str, chunks: Iterable[bytes], *, media_type: str, account_id: int | None) -> File:
    """Keep a file; reads its chunks one by one and holds one part in memory."""
    file = File(name=name[:255], media_type=media_type, account_id=account_id)
    db.session.add(file)
    db.session.flush()
    append(file, chunks)
    return file


def append(file: File, chunks: Iterable[bytes], first: int = 0) -> None:
    """Write chunks as parts from number `first` on, then note the file's size and hash."""
    digest, size = hashlib.sha256(), 0
    for no, part in enumerate(_parts(chunks), first):
        digest.update(part)
        size += len(part)
        sealed = seal("file", part)
        db.session.execute(insert(FilePart).values(file_id=file.id, no=no, data=sealed))
    db.session.execute(update(File).where(File.id == file.id).values(size=size, sha256=digest.hexdigest()))


def read(file_id: int, first: int = 0) -> Iterator[bytes]:
    """The file's parts in order, one at a time."""
    no = first
    while True:
        data = db.session.scalar(select(FilePart.data).where(FilePart.file_id == file_id, FilePart.no == no))
        if data is None:
            return
        yield unseal("file", data)
        no += 1


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= PART:
            yield bytes(held[:PART])
            del held[:PART]
    if held:
        yield bytes(held)
