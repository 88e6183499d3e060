"""Keys for the API, as the administrator sees them: whose they are, what they may do, and taking them away."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select, update

from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records.actor import Actor
from app.records.errors import NotFound
from app.records.write import begin
from tenants import db

from .models import Account, Staff, Token

MOST = 500
SCOPE_NAMES = {
    "read": _l("Read companies, contacts and contracts"),
    "write": _l("Change them"),
    "import": _l("Import and export files"),
}


@dataclass(frozen=True)
class Listed:
    """One key; its secret is known to nobody but whoever made it."""

    id: int
    name: str
    whose: str
    scopes: list[str]
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime
    revoked_at: datetime | None

    @property
    def state(self) -> str:
        """'revoked', 'expired' or 'valid'."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at <= datetime.now(UTC) else "valid"


def listed() -> list[Listed]:
    """The newest keys of everybody."""
    rows = db.session.execute(
        select(Token, Staff.name)
        .join(Account, Account.id == Token.account_id)
        .join(Staff, Staff.id == Account.staff_id)
        .order_by(Token.id.desc())
        .limit(MOST)
    )
    return [_listed(token, whose) for token, whose in rows]


def _listed(token: Token, whose: str) -> Listed:
    times = (token.created_at, token.used_at, token.expires_at, token.revoked_at)
    return Listed(token.id, token.name, whose, list(token.scopes), *times)


def account_of(staff_id: int) -> int | None:
    """The account of an active member of staff."""
    found = select(Account.id).join(Staff, Staff.id == Account.staff_id)
    return db.session.scalar(found.where(Staff.id == staff_id, Staff.active, Account.enabled))


def note_made(name: str, whose: str, scopes: Iterable[str], *, actor: Actor) -> None:
    """Write into the journal that a key was made."""
    what = ", ".join(scopes)
    begin(actor, "create", title=_("API token “%(name)s” for %(whose)s (%(what)s)", name=name, whose=whose, what=what))


def revoke(token_id: int, *, actor: Actor) -> str:
    """Take a key away at once; returns its name. Raises `NotFound` for one that is gone."""
    revoked = update(Token).where(Token.id == token_id, Token.revoked_at.is_(None)).values(revoked_at=func.now())
    name = db.session.scalar(revoked.returning(Token.name))
    if name is None:
        raise NotFound
    begin(actor, "edit", title=_("API token “%(name)s” revoked", name=name))
    return name
