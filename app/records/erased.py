"""Records whose contents were erased for good: the certificates, and what that means for taking things back."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Select, Text, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from tenants import Tenanted, db, tenancy

from .errors import Conflict
from .models import Change, Operation


class Erased(Tenanted):
    """One record whose contents are gone, and the operation that erased them. Such rows stay for good."""

    __tablename__ = "erased"

    noun: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    operation_id: Mapped[int] = mapped_column(ForeignKey("operation.id"))


Index("ix_erased_operation", Erased.operation_id)


class Erasure(Tenanted):
    """The certificate of an erasure: who, when, why, and what was removed, without any of the values."""

    __tablename__ = "erasure"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    noun: Mapped[str] = mapped_column(Text)
    record_id: Mapped[int] = mapped_column(BigInteger)
    operation_id: Mapped[int] = mapped_column(ForeignKey("operation.id"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    # How many of each kind of thing, by the names of `erasing.Part`.
    counts: Mapped[dict[str, int]] = mapped_column(JSONB)
    # What was removed, line by line: 'contact 7: email, first_name'. The hash is of these lines.
    removed: Mapped[list[str]] = mapped_column(JSONB)
    sha256: Mapped[str] = mapped_column(Text)


Index("uq_erasure_record", Erasure.record_id, Erasure.noun, unique=True)


class WasErased(Conflict):
    """What was erased cannot be brought back by anything."""

    sentence = _l("Personal data was erased here. It is gone for good, so this can no longer be undone.")


def erasure_of(noun: str, record_id: int) -> Erasure | None:
    """The certificate of a record that was erased."""
    return db.session.scalar(select(Erasure).where(Erasure.noun == noun, Erasure.record_id == record_id))


def among(noun: str, ids) -> set[int]:
    """Those of the records that were erased."""
    return set(db.session.scalars(select(Erased.id).where(Erased.noun == noun, Erased.id.in_(list(ids)))))


def refuse(operation: Operation) -> None:
    """Raise `WasErased` for an operation that concerned nothing but what was erased since, or a merge of such records.

    Others can be taken back for the records that are still there.
    """
    if tenancy().login == "portal":
        return
    changes = select(Change.id).where(Change.operation_id == operation.id)
    gone = select(Erased.id).where(Erased.noun == Change.noun, Erased.id == Change.record_id).exists()
    some, others = changes.where(gone).exists(), changes.where(~gone).exists()
    is_some, is_others = db.session.execute(select(some, others)).one()
    if is_some and (not is_others or operation.kind == "merge"):
        raise WasErased


def spared(undone_id: int, but: dict[str, set[int]]) -> list[tuple[str, int, str]]:
    """The erased records that an operation had changed, each with the reason why it stays; added to `but`."""
    if tenancy().login == "portal":
        return []
    rows: Select[Any] = select(Change.noun, Change.record_id).distinct().where(Change.operation_id == undone_id)
    rows = rows.join(Erased, (Erased.noun == Change.noun) & (Erased.id == Change.record_id))
    found = db.session.execute(rows).all()
    for noun, record_id in found:
        but.setdefault(noun, set()).add(record_id)
    return [(noun, record_id, _("personal data was erased")) for noun, record_id in found]
