"""Where a contact belongs and whether they may sign in: a part of the contact's page that is also a page of its own."""

from dataclasses import dataclass

from flask import Blueprint, Response, redirect, request
from flask_login import current_user
from sqlalchemy import select

from app.fields.errors import FieldErrors
from app.fields.form import read_one
from app.fields.registry import FieldSet
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.records import read
from app.records.models import Operation
from app.records.read import Loaded
from app.web import cells, toasts
from app.web.access import allow
from app.web.forms import sentence
from app.web.htmx import page, redirect_to
from app.web.inline import Inline, inline

from . import access, queries
from .models import Contact, Membership

bp = Blueprint("access", __name__)


def _membership(membership_id: int, viewer) -> Loaded:
    """One membership; raises `NotFound`."""
    return read.load(Membership, membership_id, select(Membership), fields_of(Membership, viewer))


MEMBERSHIP = Inline(
    Membership, _membership, "/memberships", "contacts.view", "contacts.edit", save=access.update_membership
)


@dataclass
class Places:
    """A contact's memberships with the companies' names, and the names of what else they refer to."""

    fields: FieldSet
    rows: list[tuple[Loaded, str]]
    titles: cells.Titles


def places(contact_id: int, titles: cells.Titles) -> Places:
    """Where a contact belongs; the page's `titles` name what it refers to."""
    fields = fields_of(Membership, current_user).only(lambda entry: entry.name != "company_id")
    rows = [
        (Loaded(row, {entry.name: entry.value(row) for entry in fields} | {"company_id": row.company_id}), name)
        for row, name in queries.memberships(contact_id)
    ]
    titles.want(fields, [loaded.values for loaded, _name in rows])
    return Places(fields, rows, titles)


def part(contact: Contact, found: Places | None = None, wrong: FieldErrors | None = None, secret: str = "") -> dict:
    """Everything `staff/contacts/_access.html` shows."""
    found = found or places(contact.id, cells.Titles())
    company = fields_of(Membership)["company_id"]
    return {
        "memberships": [
            (loaded.record, name, [MEMBERSHIP.cell(entry, loaded, "dd", found.titles) for entry in found.fields])
            for loaded, name in found.rows
        ],
        "portal": access.of(contact),
        "company": cells.editor(company, None, id="join-company", error=sentence(wrong, "company_id")),
        "secret": secret,
    }


def _contact(id: int) -> Contact:
    return queries.get(id, current_user).record


def _shown(contact: Contact, status: int = 200, toast: dict | None = None, **more) -> Response:
    """The part for htmx, or the page that consists of it."""
    shown = {"contact": contact, "access": part(contact, **more), "toast": toast}
    return page("staff/contacts/access.html", part="staff/contacts/_access.html", status=status, **shown)


def _done(contact_id: int, text: str, operation: Operation | None = None) -> Response:
    """After a change: the part anew for htmx, otherwise back to the contact."""
    here = f"/contacts/{contact_id}"
    if not request.wants_fragment:
        toasts.leave(text, operation, here)
        return redirect_to(here)
    return _shown(_contact(contact_id), toast=toasts.toast(text, operation, here))


@bp.get("/contacts/<int:id>/access")
@allow("contacts.view")
def show(id: int) -> Response:
    """Where a contact belongs and whether they may sign in."""
    return _shown(_contact(id))


@bp.post("/contacts/<int:id>/access")
@allow("contacts.edit")
def create(id: int) -> Response:
    """Open the portal to a contact, or give a new password; it is shown this once."""
    contact = _contact(id)
    return _shown(contact, 201, secret=access.open_access(contact, actor=current_user.actor))


@bp.post("/contacts/<int:id>/access/removal")
@allow("contacts.edit")
def create_removal(id: int) -> Response:
    """Close the portal to a contact."""
    access.close_access(_contact(id), actor=current_user.actor)
    return _done(id, _("Portal access is closed"))


@bp.post("/contacts/<int:id>/memberships")
@allow("contacts.edit")
def create_membership(id: int) -> Response:
    """Let a contact belong to one more company."""
    contact = _contact(id)
    try:
        company_id = read_one(fields_of(Membership)["company_id"], request.form, "company_id")
        operation = access.join(contact, company_id, actor=current_user.actor)
    except FieldErrors as error:
        return _shown(contact, 422, wrong=error)
    except ValueError as error:
        return _shown(contact, 422, wrong=FieldErrors({"company_id": error}))
    return _done(id, _("Company added"), operation)


@bp.get("/memberships/<int:id>")
@allow("contacts.view")
def show_membership(id: int) -> Response:
    """A membership stands on its contact's page."""
    return redirect(f"/contacts/{_membership(id, current_user).record.contact_id}")


@bp.post("/memberships/<int:id>/removal")
@allow("contacts.edit")
def create_membership_removal(id: int) -> Response:
    """Let a contact belong to a company no more."""
    record = _membership(id, current_user).record
    contact_id = record.contact_id
    return _done(contact_id, _("Company removed"), access.leave(record, actor=current_user.actor))


@bp.post("/memberships/<int:id>/primary")
@allow("contacts.edit")
def create_primary(id: int) -> Response:
    """Let a company be the contact's primary one."""
    record = _membership(id, current_user).record
    contact_id = record.contact_id
    return _done(contact_id, _("Primary company changed"), access.make_primary(record, actor=current_user.actor))


inline(bp, MEMBERSHIP)
