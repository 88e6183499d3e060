"""Sessions: the browser holds a random token, the organization's schema holds its hash, and signing out deletes it."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, LargeBinary, Select, bindparam, delete, func, select, update

from app.contacts.memberships import current_membership
from app.contacts.models import Contact, Membership
from app.fields.models import FieldVersion
from app.fields.settings import know_version
from app.people.models import Account, Session, Staff, Token
from app.people.viewer import ACCOUNT, STAFF, Viewer, portal_viewer, staff_viewer
from tenants import db, fetch, retention

# A session ends after so many hours without use, and at the latest after so many days.
IDLE_HOURS, ABSOLUTE_DAYS = 12, 30
TOKEN_PREFIX = "desk_"


def _lasts() -> ColumnElement[bool]:
    """The condition that a session has not ended of itself."""
    used = Session.seen_at > func.now() - timedelta(hours=IDLE_HOURS)
    return used & (Session.created_at > func.now() - timedelta(days=ABSOLUTE_DAYS))


retention.forget(Session, ~_lasts())


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def open_session(account_id: int, surface: str, address: str = "") -> str:
    """Start a session; returns the token for the cookie, which is kept nowhere else."""
    token = secrets.token_urlsafe(32)
    db.session.add(Session(token_hash=_hash(token), account_id=account_id, surface=surface))
    seen = {"signed_in_at": func.now(), "signed_in_from": address[:64] or None}
    db.session.execute(update(Account).where(Account.id == account_id).values(seen))
    return token


def close_session(token: str) -> None:
    """End one session."""
    db.session.execute(delete(Session).where(Session.token_hash == _hash(token)))


def close_sessions(account_id: int, but: str = "") -> None:
    """End every session of an account, but for the one with the token `but`."""
    db.session.execute(delete(Session).where(Session.account_id == account_id, Session.token_hash != _hash(but)))


_version = select(FieldVersion.version).scalar_subquery()


def viewer_of(token: str, surface: str) -> Viewer | None:
    """The person whose session this is, or None when it ended, was never here, or the account was disabled."""
    if not token or len(token) > 100:
        return None
    if surface == "portal":
        return _portal_viewer(token)
    row = fetch(_staff_of_session(), {"token_hash": _hash(token)}).first()
    if row is None:
        return None
    know_version(row.version)
    _touch(token, row.seen_at)
    return staff_viewer(row, token)


# Made once: each request asks this, and making the statement costs as much as the answer.
@cache
def _staff_of_session() -> Select:
    return (
        select(Session.seen_at, *ACCOUNT, *STAFF, _version.label("version"))
        .join(Account, Account.id == Session.account_id)
        .join(Staff, Staff.id == Account.staff_id)
        .where(*_alive("staff"), Account.enabled, Staff.active, Staff.withdrawn_at.is_(None))
    )


def _portal_viewer(token: str) -> Viewer | None:
    row = fetch(_contact_of_session(), {"token_hash": _hash(token)}).first()
    if row is None:
        return None
    know_version(row.version)
    _touch(token, row.seen_at)
    rights = {"portal.people"} if row.sees_people else set()
    rights |= {"portal.contracts"} if row.sees_contracts else set()
    return portal_viewer(row, frozenset(rights), token)


@cache
def _contact_of_session() -> Select:
    return (
        select(
            Session.seen_at,
            *ACCOUNT,
            Contact.id.label("contact_id"),
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Contact.language.label("contact_language"),
            Contact.time_zone.label("contact_time_zone"),
            func.coalesce(func.bool_or(Membership.sees_people), False).label("sees_people"),
            func.coalesce(func.bool_or(Membership.sees_contracts), False).label("sees_contracts"),
            _version.label("version"),
        )
        .join(Account, Account.id == Session.account_id)
        .join(Contact, Contact.id == Account.contact_id)
        .outerjoin(Membership, (Membership.contact_id == Contact.id) & current_membership())
        .where(*_alive("portal"), Account.enabled, Contact.active, Contact.withdrawn_at.is_(None))
        .group_by(Session.token_hash, Account.id, Contact.id)
    )


def _alive(surface: str) -> tuple:
    return (
        Session.token_hash == bindparam("token_hash", type_=LargeBinary),
        Session.surface == surface,
        _lasts(),
    )


def _touch(token: str, seen_at: datetime) -> None:
    """Note that the session is used, at most every five minutes: a read of a page shall write nothing."""
    if datetime.now(UTC) - seen_at > timedelta(minutes=5):
        db.session.execute(update(Session).where(Session.token_hash == _hash(token)).values(seen_at=func.now()))


def viewer_of_token(secret: str) -> Viewer | None:
    """The person an API token belongs to, with the token's scopes; None when it is unknown, expired or revoked."""
    if not secret.startswith(TOKEN_PREFIX) or len(secret) > 100:
        return None
    row = db.session.execute(
        select(Token, *ACCOUNT, *STAFF, _version.label("version"))
        .join(Account, Account.id == Token.account_id)
        .join(Staff, Staff.id == Account.staff_id)
        .where(
            Token.secret_hash == _hash(secret),
            Token.revoked_at.is_(None),
            Token.expires_at > func.now(),
            Account.enabled,
            Staff.active,
            Staff.withdrawn_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    know_version(row.version)
    _note_use(row.Token)
    return staff_viewer(row, token=row.Token)


def _note_use(token: Token) -> None:
    """Note that the token is used, at most every five minutes; many requests at once do not wait for each other."""
    if token.used_at is not None and datetime.now(UTC) - token.used_at < timedelta(minutes=5):
        return
    free = select(Token.id).where(Token.id == token.id).with_for_update(skip_locked=True).scalar_subquery()
    db.session.execute(
        update(Token).where(Token.id == free).values(used_at=func.now()).execution_options(synchronize_session=False)
    )


def make_token(account_id: int, name: str, scopes: list[str], days: int = 365) -> str:
    """Make an API token; returns the secret, which is shown this once."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    db.session.add(
        Token(
            account_id=account_id,
            name=name,
            secret_hash=_hash(secret),
            scopes=scopes,
            expires_at=func.now() + timedelta(days=days),
        )
    )
    db.session.flush()
    return secret
