"""Signing in with a password, and changing it: uniform answers, limits that outlive a rollback."""

from datetime import timedelta
from ipaddress import ip_address, ip_network

from sqlalchemy import delete, func, insert, or_, select, update

from app.contacts.models import Contact
from app.fields.errors import FieldError, FieldErrors
from app.i18n import gettext as _
from app.people import passwords
from app.people.models import Account, Attempt, Staff
from app.records.errors import DeskError
from tenants import aside, db
from tenants.secrets import fingerprint

from . import devices, sessions

# Failures after which a login, and an address, must wait: (window in minutes, failures).
LOGIN_LIMITS = ((15, 10), (24 * 60, 100))
ADDRESS_LIMITS = ((15, 60),)


class Refused(DeskError):
    """Wrong, unknown, disabled, locked: one answer for all, so that it tells nothing."""

    status = 422

    def __init__(self):
        super().__init__(_("These sign-in details are not right. Check the name and the password."))


def normal_login(login: str) -> str:
    """A login as it is looked up and counted."""
    return login.strip().lower()[:254]


def sign_in(login: str, password: str, address: str, surface: str, device: str = "") -> str:
    """Sign in on a surface ('staff' or 'portal') by e-mail address or user name; returns the new session's token.

    Raises `Refused`. Every try is counted for the login and for the network it came from; from a browser that is
    known (`device` is what it keeps) for that browser alone, so that no stranger can lock anybody out.
    """
    login, network = normal_login(login), network_of(address)
    known_as = devices.name_of(device, surface, login) if device else ""
    login_hash = fingerprint("sign-in", f"{surface}/{login}/{known_as}" if known_as else f"{surface}/{login}")
    counted = "" if known_as else network
    if _too_many(login_hash, counted):
        raise Refused
    # It is noted as a failure before it is compared, and counted again: tries at the same moment do not pass together.
    attempt = _note(login_hash, network)
    if _too_many(login_hash, counted, own=1):
        _drop(attempt)
        raise Refused
    account = _account(login, surface)
    known = account is not None
    right = passwords.matches(
        password, account.password_hash if known else None, account.password_sealed if known else None
    )
    if not right:
        raise Refused
    _note_success(attempt)
    if account.password_hash is None or passwords.needs_rehash(account.password_hash):
        account.password_hash, account.password_sealed = passwords.hashed(password), None
    return sessions.open_session(account.id, surface, address)


def network_of(address: str) -> str:
    """The network that an address stands for: whoever has one IPv6 address has all 2^64 beside it."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if found.version == 6 and found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def _account(login: str, surface: str) -> Account | None:
    """The one enabled account that this login names; none when it names several."""
    if not login or "\0" in login:
        return None
    if surface == "staff":
        found = select(Account).join(Staff, Staff.id == Account.staff_id)
        found = found.where(func.lower(Staff.email) == login, Staff.active, Staff.withdrawn_at.is_(None))
    else:
        found = select(Account).join(Contact, Contact.id == Account.contact_id)
        found = found.where(
            or_(func.lower(Contact.user_name) == login, func.lower(Contact.email) == login),
            Contact.active,
            Contact.withdrawn_at.is_(None),
        )
    rows = db.session.scalars(found.where(Account.enabled).limit(2)).all()
    return rows[0] if len(rows) == 1 else None


def _too_many(login_hash: bytes, network: str, own: int = 0) -> bool:
    """Whether this login has failed too often, and this network where one is given, but for so many of one's own."""
    conditions = [(LOGIN_LIMITS, Attempt.login_hash == login_hash)]
    if network:
        conditions.append((ADDRESS_LIMITS, Attempt.address == network))
    for limits, condition in conditions:
        for minutes, most in limits:
            failures = db.session.scalar(
                select(func.count()).where(condition, ~Attempt.ok, Attempt.at > func.now() - timedelta(minutes=minutes))
            )
            if failures - own >= most:
                return True
    return False


def _note(login_hash: bytes, network: str) -> int:
    noted = insert(Attempt).values(login_hash=login_hash, address=network, ok=False)
    return _write_aside(noted.returning(Attempt.id))


def _note_success(attempt: int) -> None:
    _write_aside(update(Attempt).where(Attempt.id == attempt).values(ok=True).returning(Attempt.id))


def _drop(attempt: int) -> None:
    _write_aside(delete(Attempt).where(Attempt.id == attempt).returning(Attempt.id))


def _write_aside(statement) -> int:
    with aside() as connection:
        return connection.scalar(statement)


def change_password(viewer, current: str, new: str, again: str) -> None:
    """Give the viewer's account a new password and end its other sessions.

    Raises `FieldErrors` when the current one is wrong or the new one may not be chosen.
    """
    account = db.session.get(Account, viewer.account_id)
    if not passwords.matches(current, account.password_hash, account.password_sealed):
        raise FieldErrors({"current": FieldError(_("This is not your current password."), code="wrong")})
    if new != again:
        raise FieldErrors({"again": FieldError(_("The two new passwords differ."), code="differs")})
    if new == current:
        raise FieldErrors({"new": FieldError(_("The new password is the old one."), code="same")})
    try:
        passwords.judge(new, viewer.name, viewer.email)
    except FieldError as error:
        raise FieldErrors({"new": error}) from error
    set_password(account, new)
    sessions.close_sessions(account.id, but=viewer.session_id)


def set_password(account: Account, new: str, must_change: bool = False) -> None:
    """Keep the hash of a new password."""
    db.session.execute(
        update(Account)
        .where(Account.id == account.id)
        .values(password_hash=passwords.hashed(new), password_sealed=None, must_change=must_change)
    )
