"""Doing a thing once though it was asked twice: form nonces and the API's Idempotency-Key.

The receipt is written in the same transaction as the thing itself, under a unique key: a second request waits for
the first, then gets its answer; if the first failed, the second does the work.
"""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, DateTime, Integer, Text, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from tenants import Tenanted, db, retention

# For so long a key means what it meant first; then it may be used anew.
KEPT_HOURS = 24


class Receipt(Tenanted):
    """The answer that was given to one key of one account; kept for a day."""

    __tablename__ = "receipt"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Text)
    status: Mapped[int] = mapped_column(Integer, server_default="0")
    location: Mapped[str] = mapped_column(Text, server_default="")
    body: Mapped[str] = mapped_column(Text, server_default="")
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), index=True)


retention.forget(Receipt, Receipt.at < func.now() - timedelta(hours=KEPT_HOURS))


def fingerprint(*parts: bytes | str) -> str:
    """A hash that tells whether a repeated key came with the same request."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()


def claim(account_id: int, key: str, print_: str) -> Receipt | None:
    """Take a key for this transaction; returns the earlier receipt when the key was used before.

    Waits while another transaction holds the same key.
    """
    fresh = {"fingerprint": print_, "status": 0, "location": "", "body": "", "at": func.now()}
    made = db.session.scalar(
        insert(Receipt)
        .values(account_id=account_id, key=key, **fresh)
        .on_conflict_do_update(
            index_elements=[Receipt.account_id, Receipt.key],
            set_=fresh,
            where=Receipt.at < func.now() - timedelta(hours=KEPT_HOURS),
        )
        .returning(Receipt.key)
        .execution_options(populate_existing=True)
    )
    if made is not None:
        return None
    return db.session.scalar(
        select(Receipt)
        .where(Receipt.account_id == account_id, Receipt.key == key)
        .execution_options(populate_existing=True)
    )


def answer(account_id: int, key: str, status: int, location: str = "", body: str = "") -> None:
    """Keep the answer that repeated requests will get."""
    db.session.execute(
        update(Receipt)
        .where(Receipt.account_id == account_id, Receipt.key == key)
        .values(status=status, location=location, body=body)
    )
