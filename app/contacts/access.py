"""Where a contact belongs, and whether they may sign in to the portal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select

from app.companies.models import Company
from app.fields.errors import FieldError, FieldErrors
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.people import passwords
from app.people.models import Account, Session
from app.records import purging, read, write
from app.records.actor import Actor
from app.records.errors import Conflict
from app.records.models import Operation
from app.records.needed import among
from app.records.write import Create, Update, Withdraw
from tenants import db

from . import ending
from .memberships import ANEW
from .models import Contact, Membership

# What signs in to the portal alone goes with its person; a member of staff stays, and so does the person then.
purging.along(Contact, Account.contact_id, unless=Account.staff_id.is_not(None))


class Deactivated(Conflict):
    """Who is deactivated may not sign in."""

    sentence = _l("This contact is deactivated. Activate it first.")


@dataclass(frozen=True)
class Access:
    """How a contact signs in to the portal, if at all."""

    is_open: bool
    # What may be typed as the login: an e-mail address that several share is none.
    logins: list[str]
    must_change: bool = False
    signed_in_at: datetime | None = None
    signed_in_from: str = ""


def of(contact: Contact, account: Account | None, is_shared: bool) -> Access:
    """The portal access of a contact with this account, whose address may also name somebody else."""
    is_open = account is not None and account.enabled
    logins = [contact.user_name] + ([] if is_shared else [contact.email])
    if account is None:
        return Access(False, list(dict.fromkeys(logins)))
    seen = account.signed_in_at, account.signed_in_from or ""
    return Access(is_open, list(dict.fromkeys(logins)), account.must_change, *seen)


def open_access(contact: Contact, *, actor: Actor) -> str:
    """Let a contact sign in, with a new password that is returned once and must be changed at the first sign-in.

    Sessions with the former password end. Raises `Deactivated`.
    """
    if not contact.active:
        raise Deactivated
    password = passwords.random()
    account = _account(contact.id)
    with db.session.begin_nested():
        operation = write.begin(actor, "edit", title=_("Portal password for %(name)s", name=contact.full_name))
        if account is None:
            account = Account(contact_id=contact.id, created_op=operation.id)
            db.session.add(account)
        account.password_hash, account.password_sealed = passwords.hashed(password), None
        account.must_change, account.enabled = True, True
        db.session.flush()
    _sign_out(account.id)
    return password


def close_access(contact: Contact, *, actor: Actor) -> None:
    """Let a contact sign in no more, from now on."""
    account = _account(contact.id)
    if account is None or not account.enabled:
        return
    write.begin(actor, "edit", title=_("Portal access closed for %(name)s", name=contact.full_name))
    if account.staff_id is not None:
        # The same account opens the desk: only its way into the portal goes.
        account.contact_id = None
    else:
        account.enabled = False
    db.session.flush()
    db.session.execute(delete(Session).where(Session.account_id == account.id, Session.surface == "portal"))


def deactivate(contact: Contact, *, actor: Actor, reason: str = "") -> Operation | None:
    """Set a contact aside, who can sign in no more from now on; None when that was done already."""
    if not contact.active:
        return None
    operation = write.begin(actor, "edit", title=_("%(name)s deactivated", name=contact.full_name), reason=reason)
    write.update(contact, {"active": False}, actor=actor, operation=operation)
    sign_out([contact.id])
    return operation


def activate(contact: Contact, *, actor: Actor, reason: str = "") -> Operation | None:
    """Bring a contact back who was set aside; None when nobody was."""
    if contact.active:
        return None
    operation = write.begin(actor, "edit", title=_("%(name)s activated", name=contact.full_name), reason=reason)
    write.update(contact, {"active": True}, actor=actor, operation=operation)
    return operation


def sign_out(contact_ids: Sequence[int]) -> None:
    """End the portal sessions of those who may not sign in any more: none of them comes back with the person."""
    shut = select(Contact.id).where(among(Contact, contact_ids), ~Contact.active | Contact.withdrawn_at.is_not(None))
    accounts = select(Account.id).where(Account.contact_id.in_(shut))
    mine = delete(Session).where(Session.surface == "portal", Session.account_id.in_(accounts))
    db.session.execute(mine.execution_options(synchronize_session=False))


def _account(contact_id: int) -> Account | None:
    return db.session.scalar(select(Account).where(Account.contact_id == contact_id))


def _sign_out(account_id: int) -> None:
    db.session.execute(delete(Session).where(Session.account_id == account_id))


# --- memberships ------------------------------------------------------------------------------------------------------


def join(contact: Contact, company_id: int, *, actor: Actor) -> Operation:
    """Let a contact belong to a company as well; the first company is the primary one. Raises `FieldErrors`."""
    read.hold(Contact, contact.id)
    rows = list(db.session.scalars(select(Membership).where(Membership.contact_id == contact.id)))
    known = next((row for row in rows if row.company_id == company_id), None)
    if known is not None and known.withdrawn_at is None:
        taken = FieldError(_("This person already belongs to this company."), code="taken")
        raise FieldErrors({"company_id": taken})
    primary = next((row for row in rows if row.is_primary and row.withdrawn_at is None), None)
    with db.session.begin_nested():
        operation = write.begin(actor, "edit", title=_("One more company for %(name)s", name=contact.full_name))
        if known is None:
            values = {"contact_id": contact.id, "company_id": company_id, "is_primary": primary is None}
            write.apply(operation, [Create(Membership, values)])
            return operation
        swaps = primary is not None and known.is_primary
        if swaps:
            # It was the primary one when it ended, and two cannot stand beside each other.
            write.apply(operation, [Update(Membership, primary.id, {"is_primary": False})])
        write.apply(operation, [Withdraw(Membership, known.id, back=True)])
        write.apply(operation, [Update(Membership, known.id, ANEW | {"is_primary": primary is None})])
        if swaps:
            write.apply(operation, [Update(Membership, primary.id, {"is_primary": True})])
    return operation


def join_new(contact: Contact, name: str, *, actor: Actor) -> Operation:
    """Let a contact belong to a company that is made with this name. Raises `FieldErrors` where it is taken."""
    read.hold(Contact, contact.id)
    live = (Membership.contact_id == contact.id) & Membership.is_primary & Membership.withdrawn_at.is_(None)
    is_first = db.session.scalar(select(Membership.id).where(live)) is None
    try:
        with db.session.begin_nested():
            operation = write.begin(actor, "edit", title=_("One more company for %(name)s", name=contact.full_name))
            company_id = write.create(Company, {"name": name}, actor=actor, operation=operation)
            values = {"contact_id": contact.id, "company_id": company_id, "is_primary": is_first}
            write.apply(operation, [Create(Membership, values)])
    except FieldErrors as error:
        raise FieldErrors({"company_id": next(iter(error.errors.values()))}) from error
    return operation


def leave(membership: Membership, *, actor: Actor) -> Operation:
    """Let a contact belong to a company no more; if it was the primary one, the next becomes it."""
    read.hold(Contact, membership.contact_id)
    following = next(iter(ending.following([membership.contact_id]).values()), None) if membership.is_primary else None
    with db.session.begin_nested():
        operation = write.begin(actor, "edit", title=_("A company less"))
        write.apply(operation, [Withdraw(Membership, membership.id)])
        if following is not None:
            write.apply(operation, [Update(Membership, following, {"is_primary": True})])
    return operation


def end(membership: Membership, last_day: date, *, actor: Actor) -> Operation | None:
    """Let a contact belong to a company until this day; its rights are gone on the next. Raises `FieldErrors`."""
    return update_membership(membership, {"ends_on": last_day}, actor=actor)


def make_primary(membership: Membership, *, actor: Actor) -> Operation | None:
    """Let this company be the contact's primary one."""
    if membership.is_primary:
        return None
    read.hold(Contact, membership.contact_id)
    former = select(Membership.id).where(
        Membership.contact_id == membership.contact_id, Membership.is_primary, Membership.withdrawn_at.is_(None)
    )
    with db.session.begin_nested():
        operation = write.begin(actor, "edit", title=_("Another primary company"))
        for one in db.session.scalars(former).all():
            write.apply(operation, [Update(Membership, one, {"is_primary": False})])
        write.apply(operation, [Update(Membership, membership.id, {"is_primary": True})])
    return operation


def update_membership(membership: Membership, values: dict[str, Any], *, actor: Actor, base: int | None = None):
    """Change role, rights, department or dates of a membership. Raises `FieldErrors`.

    When it ends and was the primary one, another that goes on becomes it, in the same operation.
    """
    if "department_id" in values and "room" not in values and membership.room:
        # A room is one of the department's.
        values = values | {"room": None}
    starts = values.get("starts_on", membership.starts_on)
    ends = values.get("ends_on", membership.ends_on)
    if {"starts_on", "ends_on"} & values.keys() and starts and ends and ends < starts:
        wrong = FieldError(_("The end date lies before the start date."), code="order")
        raise FieldErrors({"ends_on" if "ends_on" in values else "starts_on": wrong})
    if "ends_on" not in values:
        return write.update(membership, values, actor=actor, base=base)
    contact_id = membership.contact_id
    read.hold(Contact, contact_id)
    with db.session.begin_nested():
        operation = write.update(membership, values, actor=actor, base=base)
        if operation is not None and (former := ending.over(ending.PRIMARY.contact_id == contact_id)):
            ending.move_on(operation, former)
    return operation
