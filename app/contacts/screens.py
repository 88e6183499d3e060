"""Where a contact belongs and whether they may sign in: a part of the contact's page that is also a page of its own."""

import json
from dataclasses import dataclass, replace
from datetime import date

from flask import Blueprint, Response, redirect, request
from flask_login import current_user
from sqlalchemy import select

from app.companies.models import Company
from app.fields.errors import FieldError, FieldErrors
from app.fields.form import read_one
from app.fields.registry import FieldSet
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.people.models import Account
from app.records import read
from app.records.errors import NotAllowed
from app.records.models import Operation
from app.records.read import Loaded
from app.web import cells, toasts
from app.web.access import allow
from app.web.confirm import Confirm
from app.web.forms import sentence, typed_in
from app.web.htmx import page, redirect_to
from app.web.inline import Inline, inline
from app.web.removal import reason

from . import access, comments, queries
from .models import Contact, Membership

bp = Blueprint("access", __name__)
# Before the name of a company that there is not yet, where one is chosen.
NEW = "new:"


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
    comments: list[comments.Comment]
    account: Account | None
    # Whether the address names somebody else as well.
    is_shared: bool


def places(contact_id: int, titles: cells.Titles) -> Places:
    """Where a contact belongs; the page's `titles` name what it refers to."""
    fields = fields_of(Membership, current_user).only(lambda entry: entry.name not in ("company_id", "rooms"))
    rows, said = [], []
    found = queries.belonging(contact_id)
    for row, name, comment, rooms in found.memberships:
        values = {entry.name: entry.value(row) for entry in fields} | {"company_id": row.company_id, "rooms": rooms}
        if not (rooms or row.room):
            # Where the department has no rooms there is none to choose.
            values.pop("room", None)
        rows.append((Loaded(row, values), name))
        said += [comments.Comment(name, comment)] if comment else []
    titles.want(fields, [loaded.values for loaded, _name in rows])
    return Places(fields, rows, titles, said, found.account, found.is_shared)


def part(
    contact: Contact,
    found: Places | None = None,
    wrong: FieldErrors | None = None,
    secret: str = "",
    made: str = "",
    ending: tuple[int, FieldError] | None = None,
) -> dict:
    """Everything `staff/contacts/_access.html` shows.

    `made` is the name of a company that there is not and that can be made; `ending` is what is wrong with the last day
    of a membership.
    """
    today = date.today()
    found = found or places(contact.id, cells.Titles())
    company = fields_of(Membership)["company_id"]
    return {
        "memberships": [
            (
                loaded.record,
                name,
                [MEMBERSHIP.cell(one, loaded, "dd", found.titles) for one in found.fields if one.name in loaded.values],
            )
            for loaded, name in found.rows
        ],
        "portal": access.of(contact, found.account, found.is_shared),
        "company": cells.picker(
            "join-company",
            str(company.label),
            "company_id",
            "company",
            typed=typed_in([company], wrong).get("company_id", "").removeprefix(NEW),
            new=_("Make the company") if current_user.may("companies.edit") else "",
            error=sentence(wrong, "company_id"),
        ),
        "secret": secret,
        "made": made,
        "today": today.isoformat(),
        "ended": {loaded.id for loaded, _name in found.rows if loaded.record.ends_on and loaded.record.ends_on < today},
        "ending": ending,
        "last_day": request.form.get("ends_on", "") if ending else "",
    }


def _contact(id: int) -> Contact:
    return queries.get(id, current_user).record


def _shown(contact: Contact, status: int = 200, toast: dict | None = None, **more) -> Response:
    """The part for htmx, or the page that consists of it."""
    shown = {"contact": contact, "access": part(contact, **more), "toast": toast}
    return page("staff/contacts/access.html", part="staff/contacts/_access.html", status=status, **shown)


def _done(contact_id: int, text: str, operation: Operation | None = None, joined: bool = False) -> Response:
    """After a change: the part anew for htmx, otherwise back to the contact.

    Who has `joined` a company may be offered what it brings along, by other parts of the contact's page.
    """
    here = f"/contacts/{contact_id}"
    if not request.wants_fragment:
        toasts.leave(text, operation, here)
        return redirect_to(f"{here}?offer=groups" if joined else here)
    response = _shown(_contact(contact_id), toast=toasts.toast(text, operation, here))
    if joined:
        response.headers["HX-Trigger"] = json.dumps({"contact:joined": {"id": contact_id}})
    return response


@bp.get("/contacts/<int:id>/access")
@allow("contacts.view")
def show(id: int) -> Response:
    """Where a contact belongs and whether they may sign in."""
    return _shown(_contact(id))


@bp.get("/contacts/<int:id>/comments")
@allow("contacts.view")
def show_comments(id: int) -> Response:
    """What should be known before one deals with this person; for the dialog nothing where nobody said anything."""
    contact = _contact(id)
    found = comments.of(contact, comments.of_companies(id))
    if request.wants_fragment and not found:
        return Response(status=204)
    shown = {"contact": contact, "comments": found}
    return page("staff/contacts/comments.html", part="staff/contacts/_comments_dialog.html", **shown)


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


@bp.get("/contacts/<int:id>/deactivation")
@allow("contacts.edit")
def new_deactivation(id: int) -> Response:
    """Ask whether a contact shall be set aside."""
    contact = _contact(id)
    asked = Confirm(
        title=_("Deactivate %(name)s?", name=contact.full_name),
        text=_("No portal and no new tickets from now on. Everything else stays, and can be activated again."),
        action=f"/contacts/{id}/deactivation",
        submit=_("Deactivate"),
        cancel_url=f"/contacts/{id}",
        danger=True,
        reason="optional",
    )
    crumbs = [(_("Contacts"), "/contacts"), (contact.full_name, f"/contacts/{id}"), (_("Deactivate"), None)]
    shown = {"crumbs": crumbs, "layout": "staff/base.html", "confirm": asked}
    return page("shared/confirm_page.html", part="shared/_confirm.html", **shown)


@bp.post("/contacts/<int:id>/deactivation")
@allow("contacts.edit")
def create_deactivation(id: int) -> Response:
    """Set a contact aside, who can sign in no more from now on."""
    contact = _contact(id)
    operation = access.deactivate(contact, actor=current_user.actor, reason=reason())
    return _stands(id, _("%(name)s is deactivated", name=contact.full_name), operation)


@bp.post("/contacts/<int:id>/activation")
@allow("contacts.edit")
def create_activation(id: int) -> Response:
    """Bring a contact back who was set aside."""
    contact = _contact(id)
    operation = access.activate(contact, actor=current_user.actor, reason=reason())
    return _stands(id, _("%(name)s is active again", name=contact.full_name), operation)


def _stands(contact_id: int, text: str, operation: Operation | None) -> Response:
    """Back to the contact, where much has changed."""
    here = f"/contacts/{contact_id}"
    toasts.leave(text, operation, here)
    return redirect_to(here)


@bp.post("/contacts/<int:id>/memberships")
@allow("contacts.edit")
def create_membership(id: int) -> Response:
    """Let a contact belong to one more company."""
    contact, typed = _contact(id), request.form.get("company_id_text", "").strip()
    chosen = request.form.get("company_id", "")
    is_new = chosen.startswith(NEW) or bool(request.form.get("made"))
    typed = chosen.removeprefix(NEW).strip() if chosen.startswith(NEW) else typed
    try:
        if is_new and typed:
            operation = _join_new(contact, typed)
        else:
            company_id = read_one(fields_of(Membership)["company_id"], request.form, "company_id")
            operation = access.join(contact, company_id, actor=current_user.actor)
    except FieldErrors as error:
        return _shown(contact, 422, wrong=error)
    except FieldError as error:
        unknown = error.code == "unknown" and bool(typed) and current_user.may("companies.edit")
        return _shown(contact, 422, wrong=FieldErrors({"company_id": error}), made=typed if unknown else "")
    return _done(id, _("Company added"), operation, joined=True)


def _join_new(contact: Contact, typed: str) -> Operation:
    if not current_user.may("companies.edit"):
        raise NotAllowed("companies.edit")
    name = fields_of(Company)["name"].kind.parse(typed)
    return access.join_new(contact, name, actor=current_user.actor)


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


@bp.post("/memberships/<int:id>/end")
@allow("contacts.edit")
def create_end(id: int) -> Response:
    """Let a contact belong to a company until a day, whose rights in the portal are gone on the next."""
    record = _membership(id, current_user).record
    contact_id = record.contact_id
    entry = replace(fields_of(Membership)["ends_on"], required=True)
    try:
        operation = access.end(record, read_one(entry, request.form, "ends_on"), actor=current_user.actor)
    except FieldErrors as error:
        return _shown(_contact(contact_id), 422, ending=(id, next(iter(error.errors.values()))))
    except FieldError as error:
        return _shown(_contact(contact_id), 422, ending=(id, error))
    return _done(contact_id, _("Membership ended"), operation)


@bp.post("/memberships/<int:id>/primary")
@allow("contacts.edit")
def create_primary(id: int) -> Response:
    """Let a company be the contact's primary one."""
    record = _membership(id, current_user).record
    contact_id = record.contact_id
    return _done(contact_id, _("Primary company changed"), access.make_primary(record, actor=current_user.actor))


inline(bp, MEMBERSHIP)
