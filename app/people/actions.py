"""What can be done with the MSP's own people."""

from typing import Any

from sqlalchemy import select

from app.fields.settings import fields_of
from app.records.actor import Actor
from app.records.errors import Conflict
from app.records.write import begin, create, update
from app.i18n import lazy_gettext as _l
from tenants import db

from . import passwords
from .models import Account, Staff


class LastAdministrator(Conflict):
    """Nobody would be left to administer the organization."""

    sentence = _l("This is the last active administrator. Make somebody else an administrator first.")


def create_staff(
    values: dict[str, Any], *, password: str, actor: Actor, must_change: bool = True
) -> int:
    """Make a staff member with an account; returns the staff member's id."""
    fields = fields_of(Staff)
    read = {name: fields[name].kind.parse(str(value)) for name, value in values.items()}
    operation = begin(actor, "create")
    staff_id = create(Staff, read, actor=actor, operation=operation)
    db.session.add(
        Account(
            staff_id=staff_id,
            password_hash=passwords.hashed(password),
            must_change=must_change,
            created_op=operation.id,
        )
    )
    db.session.flush()
    return staff_id


def update_staff(staff: Staff, values: dict[str, Any], *, actor: Actor, base: int | None = None):
    """Change a staff member; the last active administrator stays one."""
    leaves = values.get("role", staff.role) != "administrator" or values.get("active", staff.active) is False
    if staff.role == "administrator" and staff.active and leaves:
        others = db.session.scalar(
            select(Staff.id)
            .where(Staff.role == "administrator", Staff.active, Staff.withdrawn_at.is_(None), Staff.id != staff.id)
            .limit(1)
        )
        if others is None:
            raise LastAdministrator
    return update(staff, values, actor=actor, base=base)
