"""What can be done with contacts."""

from typing import Any

from sqlalchemy import func, select

from app.fields.kinds import default_zone
from app.fields.settings import fields_of
from app.records import write
from app.records.actor import Actor
from tenants import db

from .models import Contact


def new_fields(viewer):
    """The fields of the form for a new contact, in order."""
    return fields_of(Contact, viewer).only(lambda entry: not entry.readonly and not entry.lock)


def create(values: dict[str, Any], *, actor: Actor) -> int:
    """Make a contact; returns its id.

    A missing user name is made from the e-mail address, and the country brings its time zone. Raises `FieldErrors`
    when the user name, or the e-mail address with this name, is taken.
    """
    given = {name: value for name, value in values.items() if value is not None}
    if not given.get("user_name"):
        given["user_name"] = free_user_name(given["email"])
    if given.get("country") and not given.get("time_zone"):
        zone = default_zone(given["country"])
        if zone:
            given["time_zone"] = zone
    if not given.get("company"):
        # These stand in the membership, and without a company there is none.
        given = {key: v for key, v in given.items() if key not in ("department", "company_primary", "department_primary")}
    return write.create(Contact, given, actor=actor)


def update(contact: Contact, values: dict[str, Any], *, actor: Actor, base: int | None = None):
    """Change some fields; a new country brings its time zone where none was set by hand."""
    values = dict(values)
    if values.get("country") and "time_zone" not in values:
        former = default_zone(contact.country) if contact.country else None
        if contact.time_zone in (None, former):
            values["time_zone"] = default_zone(values["country"])
    return write.update(contact, values, actor=actor, base=base)


def free_user_name(email: str) -> str:
    """A user name that nobody has: the e-mail address, with a number behind it when that is taken."""
    wanted = email.lower()[:60]
    taken = set(
        db.session.scalars(
            select(func.lower(Contact.user_name)).where(
                func.lower(Contact.user_name).startswith(wanted, autoescape=True), Contact.withdrawn_at.is_(None)
            )
        )
    )
    name, n = wanted, 1
    while name in taken:
        n += 1
        name = f"{wanted}{n}"
    return name
