"""Security events: what an administrator should be able to see later although the request itself came to nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Text, exists, func, insert, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from tenants import Tenanted, aside, retention

DENIED = "authz.denied"
# The same try again is noted after a while, and of one account only so many in an hour: nobody fills the table.
AGAIN, MOST, WITHIN = timedelta(minutes=10), 60, timedelta(hours=1)
KEPT = timedelta(days=180)


class SecurityEvent(Tenanted):
    """One event: whose account, what it was about, by which request and from where."""

    __tablename__ = "security_event"
    __table_args__ = (Index("ix_security_event_account", "account_id", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    # Who is erased takes these along: an address is personal data.
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    surface: Mapped[str] = mapped_column(Text)
    permission: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text)
    endpoint: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


@dataclass(frozen=True)
class Asked:
    """The request that was refused: its method, the endpoint behind it, and the address that it came from."""

    surface: str
    method: str
    endpoint: str
    address: str


def note_denied(account_id: int, permission: str, asked: Asked) -> None:
    """Note that this account was refused something for want of a permission, in a transaction of its own."""
    event = SecurityEvent
    mine = event.account_id == account_id
    same = {
        "kind": DENIED,
        "account_id": account_id,
        "surface": asked.surface,
        "permission": permission,
        "method": asked.method,
        "endpoint": asked.endpoint,
        "address": asked.address[:64],
    }
    lately = exists().where(*(getattr(event, name) == value for name, value in same.items()), _since(AGAIN))
    counted = select(event.id).where(mine, _since(WITHIN)).limit(MOST).subquery()
    many = select(func.count()).select_from(counted).scalar_subquery()
    columns = [literal(value, event.__table__.c[name].type) for name, value in same.items()]
    row = select(*columns).where(~lately, many < MOST)
    with aside() as connection:
        connection.execute(insert(event).from_select(list(same), row, include_defaults=False))


def _since(time: timedelta):
    return SecurityEvent.at > func.now() - time


retention.forget(SecurityEvent, SecurityEvent.at < func.now() - KEPT)
