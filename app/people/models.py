"""The MSP's own people, and what signs in: accounts, their sessions, their tokens, and failed attempts."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Integer, LargeBinary, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.fields.kinds import Choice, Email, Phone, YesNo
from app.fields.kinds import Text as TextKind
from app.fields.record import Record
from app.fields.references import Source, referable
from app.fields.registry import field
from app.i18n import lazy_gettext as _l
from app.records.constraints import constraint
from tenants import Tenanted, retention

ROLES = [
    ("technician", _l("Technician")),
    ("supervisor", _l("Supervisor")),
    ("administrator", _l("Administrator")),
]


class Staff(Record):
    """One of the MSP's people."""

    __tablename__ = "staff"
    __table_args__ = (
        Index("uq_staff_email", text("lower(email)"), unique=True, postgresql_where=text("withdrawn_at IS NULL")),
    )
    noun = "staff"
    undo_permission = "admin.staff"
    companies_sql = "'{}'::bigint[]"

    name: Mapped[str] = field(TextKind(_l("Name"), max=128, required=True), listed=True)
    email: Mapped[str] = field(Email(_l("E-mail"), max=254, required=True), listed=True)
    phone: Mapped[str | None] = field(Phone(_l("Phone"), max=40), listed=True)
    role: Mapped[str] = field(Choice(_l("Role"), choices=ROLES, required=True, default="technician"), listed=True)
    active: Mapped[bool] = field(YesNo(_l("Active"), default=True), listed=True, server_default=text("true"))


constraint("uq_staff_email", "email", _l("Another staff member has this e-mail address."))
referable("staff", Source(Staff, Staff.name, restrict=lambda found: found.where(Staff.active)))


class Account(Tenanted):
    """What signs in: belongs to a staff member, a contact, or both. A sealed password waits to be hashed."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), unique=True)
    contact_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    password_hash: Mapped[str | None] = mapped_column(Text)
    password_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    must_change: Mapped[bool] = mapped_column(server_default=text("false"))
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    page_size: Mapped[int] = mapped_column(Integer, server_default="50")
    locale: Mapped[str] = mapped_column(Text, server_default="")
    time_zone: Mapped[str] = mapped_column(Text, server_default="")
    theme: Mapped[str] = mapped_column(Text, server_default="auto")
    single_keys: Mapped[bool] = mapped_column(server_default=text("true"))
    created_op: Mapped[int | None] = mapped_column(BigInteger, index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    signed_in_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    signed_in_from: Mapped[str | None] = mapped_column(Text)


class Session(Tenanted):
    """One signed-in browser. The cookie holds a random token, this row its hash; signing out deletes the row."""

    __tablename__ = "session"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    surface: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Token(Tenanted):
    """A key for the API: shown once, kept as a hash, for the named scopes, until it expires or is revoked."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Attempt(Tenanted):
    """A try at a password, by the hash of the login typed and the address it came from; kept for a day."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_login", "login_hash", "at"),
        Index("ix_sign_in_attempt_address", "address", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    login_hash: Mapped[bytes] = mapped_column(LargeBinary)
    address: Mapped[str] = mapped_column(Text)
    ok: Mapped[bool]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


retention.forget(Attempt, Attempt.at < func.now() - timedelta(days=1))
