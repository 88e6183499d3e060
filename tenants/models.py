"""The tables of the schema "shared": which organizations exist, at which hosts, on which server."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from .db import Shared


class Shard(Shared):
    """A database server. 'main' is the one DATABASE_URL names and has no address of its own.

    An address holds no password: see `engines.owner_passwords`. A server that is 'draining' gets no organizations.
    """

    __tablename__ = "shard"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    address: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Organization(Shared):
    """One MSP. The key is random, never changes and is never shown; slug and name may change.

    One that was deleted leaves a row without a name, to which its hosts are held for a while. `revision` is that of its
    tables as `migrate` left them; `sealed_as` is bound into what is sealed for it: its key, unless it was restored.
    """

    __tablename__ = "organization"
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="active")
    shard: Mapped[str] = mapped_column(ForeignKey("shared.shard.name"), server_default="main", index=True)
    revision: Mapped[str | None] = mapped_column(Text)
    sealed_as: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Host(Shared):
    """A host name that leads to one organization; until it is verified it leads nowhere, and others may ask for it."""

    __tablename__ = "host"
    __table_args__ = (Index("uq_host_name", "name", unique=True, postgresql_where=text("verified_at IS NOT NULL")),)
    organization: Mapped[str] = mapped_column(
        ForeignKey("shared.organization.key", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    token: Mapped[str] = mapped_column(Text)
    verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    # A verified host that was removed stays with its organization for a while, see `hosts.HOLD`.
    removed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class MailAddress(Shared):
    """An address that receives mail for one organization."""

    __tablename__ = "mail_address"
    address: Mapped[str] = mapped_column(Text, primary_key=True)
    organization: Mapped[str] = mapped_column(ForeignKey("shared.organization.key", ondelete="CASCADE"), index=True)


class Deletion(Shared):
    """That an organization was deleted, and what went: counts, no contents."""

    __tablename__ = "deletion"
    organization: Mapped[str] = mapped_column(ForeignKey("shared.organization.key"), primary_key=True)
    slug: Mapped[str] = mapped_column(Text)
    certificate: Mapped[dict] = mapped_column(JSONB)
    deleted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Wake(Shared):
    """'This organization has work due at that moment', so that no one need visit every schema to find it."""

    __tablename__ = "wake"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    organization: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), index=True)
