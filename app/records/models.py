"""The journal: operations, the change of each record in them, and the events they raise. Only ever added to."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Integer, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants import Tenanted


class Operation(Tenanted):
    """One act: who did it, on whose behalf, through what, why, and which operation it takes back."""

    __tablename__ = "operation"
    __table_args__ = (Index("uq_operation_undoes", "undoes", unique=True, postgresql_where=text("undoes IS NOT NULL")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text, server_default="")
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    account_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(Text, server_default="")
    on_behalf: Mapped[str] = mapped_column(Text, server_default="")
    through: Mapped[str] = mapped_column(Text, server_default="")
    reason: Mapped[str] = mapped_column(Text, server_default="")
    undoes: Mapped[int | None] = mapped_column(ForeignKey("operation.id"))


class Change(Tenanted):
    """What one operation did to one record. A create holds no values; an update holds those it touched."""

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_record", "record_id", "noun", "id"),)

    # No foreign key: operations are never removed, and looking each one up costs an import a tenth of its time.
    operation_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    # Later changes have higher numbers, over all operations.
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    noun: Mapped[str] = mapped_column(Text)
    record_id: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    before: Mapped[dict | None] = mapped_column(JSONB)
    after: Mapped[dict | None] = mapped_column(JSONB)
    company_ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    # Who made it in the portal, where people read their own changes only: the others' hold what is internal.
    contact_id: Mapped[int] = mapped_column(
        BigInteger, server_default=text("coalesce(nullif(current_setting('app.contact_id', true), ''), '0')::bigint")
    )


class Event(Tenanted):
    """'Contacts were changed by operation 12': one row for each operation and kind, whatever the number of records."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("operation_id", "kind"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    operation_id: Mapped[int] = mapped_column(ForeignKey("operation.id"))
    kind: Mapped[str] = mapped_column(Text)
