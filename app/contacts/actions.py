"""What can be done with contacts."""

from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from app.fields.errors import FieldError
from app.fields.kinds import default_zone
from app.fields.registry import Field, FieldSet
from app.fields.settings import fields_of
from app.records import write
from app.records.actor import Actor
from app.records.removing import Removal
from tenants import db

from . import access
from .addresses import Address
from .models import Contact

REMOVAL = Removal(Contact, "contacts.delete")


def new_fields(viewer):
    """The fields of the form for a new contact, in order.

    The user name may be left to `create`, and the full name is another way to write its parts.
    """
    fields = fields_of(Contact, viewer).only(
        lambda entry: not entry.readonly and not entry.lock and entry.name != "send_to"
    )
    left = ("user_name", "full_name")
    return FieldSet(Contact, tuple(_optional(entry) if entry.name in left else entry for entry in fields))


def _optional(entry: Field) -> Field:
    return replace(entry, required=False, kind=replace(entry.kind, required=False))


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
        given = {
            key: v for key, v in given.items() if key not in ("department", "company_primary", "department_primary")
        }
    return write.create(Contact, given, actor=actor)


def update(contact: Contact, values: dict[str, Any], *, actor: Actor, base: int | None = None):
    """Change some fields.

    A new country brings its time zone where none was set by hand, and takes a state along that is none of its own.
    Where mail is sent to an address that is given up, it goes to the first one again.
    """
    values = with_country(values, contact.country, contact.state, contact.time_zone)
    values = _with_addresses(contact, values)
    operation = write.update(contact, values, actor=actor, base=base)
    if values.get("active") is False:
        access.sign_out([contact.id])
    return operation


def update_own(contact: Contact, values: dict[str, Any], *, actor: Actor, base: int | None = None):
    """Change what people may change of themselves in the portal, where the rest of the contact is not read."""
    place = select(Contact.country, Contact.state, Contact.time_zone).where(Contact.id == contact.id)
    values = with_country(values, *db.session.execute(place).one())
    with db.session.begin_nested():
        operation = write.begin(actor, "edit")
        write.apply(operation, [write.Update(Contact, contact.id, values, base)])
    return operation


def with_country(values: dict[str, Any], country: str | None, state: str | None, zone: str | None) -> dict[str, Any]:
    """The values, with what follows from a new country; `country`, `state` and `zone` are those of before."""
    values = dict(values)
    if not values.get("country") or values["country"] == country:
        return values
    if "time_zone" not in values:
        former = default_zone(country) if country else None
        if zone in (None, former):
            values["time_zone"] = default_zone(values["country"])
    if state and "state" not in values:
        try:
            fields_of(Contact)["state"].kind.parse(state, country=values["country"])
        except FieldError:
            values["state"] = None
    return values


def _with_addresses(contact: Contact, values: dict[str, Any]) -> dict[str, Any]:
    """The values, with what follows from other addresses for the one that mail is sent to."""
    if contact.send_to is None or "send_to" in values or not values.keys() & {"email", "addresses"}:
        return values
    if "addresses" in values:
        further = values["addresses"] or []
    else:
        live = select(Address.email).where(Address.contact_id == contact.id, Address.withdrawn_at.is_(None))
        further = list(db.session.scalars(live))
    known = [values.get("email", contact.email), *further]
    return values if contact.send_to in known else values | {"send_to": None}


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
