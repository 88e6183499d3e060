"""Records that were merged into others: who asks for one of them is led to the one that is left."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Index, Select, Text, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.fields.record import Record
from app.i18n import gettext as _
from tenants import Tenanted, db, tenancy

from .errors import Conflict, NotFound


class Merged(Tenanted):
    """One record that was merged into another, by which operation; taking the merge back removes the row.

    `beside` is what changed in tables without a journal: see `beside`.
    """

    __tablename__ = "merged"
    __table_args__ = (
        Index("ix_merged_into", "noun", "into_id"),
        Index("ix_merged_operation", "operation_id"),
    )

    noun: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    into_id: Mapped[int] = mapped_column(BigInteger)
    operation_id: Mapped[int] = mapped_column(BigInteger)
    # What it was called, for whoever asks for it later.
    name: Mapped[str] = mapped_column(Text, server_default="")
    beside: Mapped[list] = mapped_column(JSONB, server_default="[]")
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class WasMerged(NotFound):
    """The record is another one's by now; whoever reads is led there, whoever writes is told."""

    def __init__(self, noun: str, record_id: int, into_id: int, name: str):
        super().__init__(_("“%(name)s” was merged into another record.", name=name or f"#{record_id}"))
        self.noun, self.record_id, self.into_id, self.name = noun, record_id, into_id, name
        self.facts = {"merged_into": into_id}


class AlreadyMerged(Conflict):
    """One of the records was merged by somebody else meanwhile: exactly one of them is left."""

    def __init__(self, sentence: str, into_id: int):
        super().__init__(sentence)
        self.into_id = into_id


def successor(model: type[Record], record_id: int) -> tuple[int, str] | None:
    """The record that is left of the one with this number, and what that one was called; None if it was not merged."""
    if tenancy().login == "portal":
        return None
    way = select(Merged.into_id, Merged.name).where(Merged.noun == model.noun, Merged.id == record_id)
    first = db.session.execute(way).first()
    return None if first is None else (last(model, first.into_id), first.name)


def last(model: type[Record], record_id: int) -> int:
    """The end of the way from one merge to the next; it has no circles, since what was merged is merged no more."""
    start = select(Merged.into_id).where(Merged.noun == model.noun, Merged.id == record_id)
    way = start.cte("way", recursive=True)
    further = select(Merged.into_id).join(way, (Merged.noun == model.noun) & (Merged.id == way.c.into_id))
    way = way.union(further)
    ends = select(way.c.into_id).where(
        ~select(Merged.id).where(Merged.noun == model.noun, Merged.id == way.c.into_id).exists()
    )
    return db.session.scalar(ends) or record_id


def former(noun: str, record_id) -> Select:
    """The ids of all records that were merged into this one, those merged into them included."""
    way = select(Merged.id).where(Merged.noun == noun, Merged.into_id == record_id).cte("former", recursive=True)
    further = select(Merged.id).join(way, (Merged.noun == noun) & (Merged.into_id == way.c.id))
    return select(way.union(further).c.id)
