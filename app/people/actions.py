"""What can be done with the MSP's own people."""

from typing import Any

from sqlalchemy import delete, select, update

from app.fields.errors import FieldError, FieldErrors
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records import undo, write
from app.records.actor import Actor
from app.records.errors import Conflict
from app.records.models import Operation
from tenants import db

from . import passwords
from .models import Account, Session, Staff


class LastAdministrator(Conflict):
    """Nobody would be left to administer the organization."""

    sentence = _l("This is the last active administrator. Make somebody else an administrator first.")


class OwnRights(Conflict):
    """Nobody changes what they may do themselves."""

    sentence = _l("Nobody changes their own role or deactivates themselves: another administrator can.")


def create_staff(values: dict[str, Any], *, password: str, actor: Actor, must_change: bool = True) -> int:
    """Make a staff member with an account; returns the staff member's id. Raises `FieldErrors`."""
    fields = fields_of(Staff)
    read, wrong = {}, {}
    for name, value in values.items():
        try:
            read[name] = fields[name].kind.parse(str(value))
        except FieldError as error:
            wrong[name] = error
    if wrong:
        raise FieldErrors(wrong)
    with db.session.begin_nested():
        operation = write.begin(actor, "create")
        staff_id = write.create(Staff, read, actor=actor, operation=operation)
        account = Account(
            staff_id=staff_id,
            password_hash=passwords.hashed(password),
            must_change=must_change,
            created_op=operation.id,
        )
        db.session.add(account)
        db.session.flush()
    return staff_id


def update_staff(staff: Staff, values: dict[str, Any], *, actor: Actor, base: int | None = None) -> Operation | None:
    """Change a staff member.

    The last active administrator stays one, and nobody changes their own rights. Who is deactivated is signed out
    everywhere at once.
    """
    if {"role", "active"} & values.keys() and _is_self(staff.id, actor):
        raise OwnRights
    leaves = values.get("role", staff.role) != "administrator" or values.get("active", staff.active) is False
    if staff.role == "administrator" and staff.active and leaves and _administrators() == [staff.id]:
        raise LastAdministrator
    operation = write.update(staff, values, actor=actor, base=base)
    if values.get("active") is False:
        _sign_out(staff.id)
    return operation


def reset_password(staff: Staff, *, actor: Actor) -> str:
    """Give a staff member a new random password, which is returned once and must be changed at the next sign-in."""
    if _is_self(staff.id, actor):
        raise OwnRights(_("Your own password is changed in your profile."))
    new = passwords.random()
    write.begin(actor, "edit", title=_("New password for %(name)s", name=staff.name))
    changed = {"password_hash": passwords.hashed(new), "password_sealed": None, "must_change": True}
    db.session.execute(update(Account).where(Account.staff_id == staff.id).values(changed))
    _sign_out(staff.id)
    return new


@undo.rule(Staff)
def keep_an_administrator() -> None:
    """Taking changes back may not leave the organization without an administrator."""
    if not _administrators():
        raise LastAdministrator


def _administrators() -> list[int]:
    """The active administrators, held until the transaction ends, so that two cannot leave at the same time."""
    found = select(Staff.id).where(Staff.role == "administrator", Staff.active, Staff.withdrawn_at.is_(None))
    return list(db.session.scalars(found.order_by(Staff.id).with_for_update()))


def _is_self(staff_id: int, actor: Actor) -> bool:
    if actor.account_id is None:
        return False
    return db.session.scalar(select(Account.staff_id).where(Account.id == actor.account_id)) == staff_id


def _sign_out(staff_id: int) -> None:
    """End every session of a staff member."""
    accounts = select(Account.id).where(Account.staff_id == staff_id).scalar_subquery()
    db.session.execute(delete(Session).where(Session.account_id.in_(accounts)))
