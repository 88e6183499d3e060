"""Who is in a group: on the page of a contact or company, and as the lists of people and companies of a group."""

from dataclasses import replace
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from flask_login import current_user

from app.companies import queries as companies
from app.companies import staff as companies_staff
from app.companies.models import Company
from app.contacts import queries as contacts
from app.contacts import staff as contacts_staff
from app.contacts.models import Contact
from app.fields.errors import FieldError
from app.fields.form import read_one
from app.fields.record import Record
from app.fields.registry import Field
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import ngettext
from app.records.errors import NotAllowed
from app.records.models import Operation
from app.web import cells, parts, toasts
from app.web.access import allow
from app.web.htmx import page, redirect_to
from app.web.listing import PASSING, Listing, listing

from . import members, queries
from .models import Group, GroupMember

bp = Blueprint("group_members", __name__)
# What an address bears where somebody came to a company just now; see `offer`.
OFFER = "offer"


def part(model: type[Record], record_id: int, *, offer: bool = False, typed: str = "", error: str = "") -> dict:
    """Everything `staff/groups/_profile.html` shows; with `offer` also what the person's companies are in."""
    may = current_user.may("groups.members")
    places, others = queries.of(model, record_id)
    picker = cells.picker("group-to-add", _("Group"), "group_id", "group", typed=typed, error=error)
    picker.options = [(str(group_id), name) for group_id, name in others]
    return {
        "noun": model.noun,
        "path": f"/{'contacts' if model is Contact else 'companies'}/{record_id}",
        "id": record_id,
        "places": places,
        "may": may,
        "picker": picker if may else None,
        "offered": queries.offered(record_id) if offer and may and model is Contact else [],
    }


@parts.shows_on("contact")
def _on_contact(contact_id: int) -> parts.Part | None:
    return _on_page(Contact, contact_id)


@parts.shows_on("company")
def _on_company(company_id: int) -> parts.Part | None:
    return _on_page(Company, company_id)


def _on_page(model: type[Record], record_id: int) -> parts.Part | None:
    if not current_user.may("groups.view"):
        return None
    return parts.Part("staff/groups/_profile.html", part(model, record_id, offer=request.args.get(OFFER) == "groups"))


def _record(model: type[Record], record_id: int):
    return (contacts if model is Contact else companies).get(record_id, current_user).record


def _shown(model: type[Record], record, status: int = 200, toast: dict | None = None, **more) -> Response:
    """The part for htmx, or the page that consists of it."""
    name = record.full_name if model is Contact else record.name
    shown = part(model, record.id, **more) | {"toast": toast}
    return page("staff/groups/profile.html", part="staff/groups/_profile.html", status=status, shown=shown, name=name)


def _done(model: type[Record], record_id: int, text: str, operation: Operation | None) -> Response:
    """After a change: the part anew for htmx, otherwise back to the record."""
    here = f"/{'contacts' if model is Contact else 'companies'}/{record_id}"
    if not request.wants_fragment:
        toasts.leave(text, operation, here)
        return redirect_to(here)
    return _shown(model, _record(model, record_id), toast=toasts.toast(text, operation, here))


@bp.get("/contacts/<int:id>/groups")
@allow("groups.view")
def of_contact(id: int) -> Response:
    """The groups of a contact."""
    return _shown(Contact, _record(Contact, id), offer=request.args.get(OFFER) == "groups")


@bp.get("/companies/<int:id>/groups")
@allow("groups.view")
def of_company(id: int) -> Response:
    """The groups of a company."""
    return _shown(Company, _record(Company, id))


@bp.post("/contacts/<int:id>/groups")
@allow("groups.members")
def create_of_contact(id: int) -> Response:
    """Put a contact into one more group."""
    return _add(Contact, _record(Contact, id))


@bp.post("/companies/<int:id>/groups")
@allow("groups.members")
def create_of_company(id: int) -> Response:
    """Put a company into one more group."""
    return _add(Company, _record(Company, id))


def _add(model: type[Record], record) -> Response:
    try:
        group = _chosen()
        ids = {"contact_ids": [record.id]} if model is Contact else {"company_ids": [record.id]}
        outcome = members.add_members(group, **ids, actor=current_user.actor)
        if outcome.operation is None:
            raise FieldError(members.refusal(outcome.counts, model), code="taken")
    except FieldError as error:
        typed = request.form.get("group_id_text") or ""
        return _shown(model, record, 422, typed=typed, error=error.sentence)
    return _done(model, record.id, _("Added to %(name)s", name=group.name), outcome.operation)


def _chosen() -> Group:
    group_id = read_one(fields_of(GroupMember)["group_id"], request.form, "group_id")
    return queries.get(group_id, current_user).record


@bp.post("/contacts/<int:id>/company-groups")
@allow("groups.members")
def create_of_company_groups(id: int) -> Response:
    """Put a contact into the groups of their companies that were offered."""
    contact = _record(Contact, id)
    offered = {group_id for group_id, _name in queries.offered(id)}
    named = {int(one) for one in request.form.getlist("group_id") if one.isascii() and one.isdigit() and len(one) < 19}
    operation = members.add_to_groups(contact.id, offered & named, actor=current_user.actor)
    count = len(offered & named)
    text = ngettext("Added to %(num)d group", "Added to %(num)d groups", count)
    return _done(Contact, id, text, operation)


def _member(member_id: int) -> tuple[GroupMember, type[Record], int]:
    """A place in a group, and the record that has it."""
    found = queries.member(member_id)
    return (found, Contact, found.contact_id) if found.contact_id else (found, Company, found.company_id)


@bp.get("/group-members/<int:id>")
@allow("groups.view")
def show(id: int) -> Response:
    """A place in a group stands on the page of whoever has it."""
    _place, model, record_id = _member(id)
    return redirect(f"/{'contacts' if model is Contact else 'companies'}/{record_id}")


@bp.post("/group-members/<int:id>/removal")
@allow("groups.members")
def create_removal(id: int) -> Response:
    """Take a contact or a company out of a group."""
    place, model, record_id = _member(id)
    group = queries.get(place.group_id, current_user).record
    text = _("Removed from %(name)s", name=group.name)
    return _done(model, record_id, text, members.remove(place, group, actor=current_user.actor))


@bp.post("/group-members/<int:id>/primary")
@allow("groups.members")
def create_primary(id: int) -> Response:
    """Let a group be the contact's primary one; a company has none."""
    place, model, record_id = _member(id)
    if model is Company:
        return redirect_to(f"/companies/{record_id}")
    operation = members.make_primary(place, actor=current_user.actor)
    return _done(Contact, record_id, _("Primary group changed"), operation)


# --- the people and companies of a group ------------------------------------------------------------------------------

lists_bp = Blueprint("group_lists", __name__, url_prefix="/groups")


def _field(model: type[Record]) -> Field:
    return fields_of(GroupMember)["contact_id" if model is Contact else "company_id"]


def _listing(model: type[Record], group: Group) -> Listing:
    """The people, or the companies, of a group that the request's address asks for."""
    is_people = model is Contact
    noun, nouns, column = ("contacts", contacts, GroupMember.contact_id)
    if not is_people:
        noun, nouns, column = "companies", companies, GroupMember.company_id
    path = f"/groups/{group.id}/{noun}"
    return listing(
        nouns.LIST,
        nouns.visible_to(current_user).where(model.id.in_(queries.members(group.id, column))),
        fields_of(model, current_user),
        path=path,
        noun=noun,
        title=_("Contacts") if is_people else _("Companies"),
        record_path=f"/{noun}",
        edit=f"{noun}.edit",
        columns=contacts_staff.columns(path) if is_people else companies_staff.COLUMNS,
        empty={"text": _("Nobody is in this group yet.") if is_people else _("No company is in this group yet.")},
    )


def _list_page(model: type[Record], group: Group, status: int = 200, typed: str = "", error: str | None = None):
    noun, entry = "contacts" if model is Contact else "companies", _field(model)
    may = current_user.may("groups.members")
    # What is shown can be removed as it is shown, by the same filters.
    kept = [(key, value) for key, value in request.args.items(multi=True) if key not in PASSING]
    removals = f"/groups/{group.id}/removals?{urlencode([('from', noun), *kept])}"
    return page(
        "staff/groups/members.html",
        part="shared/_list.html" if status == 200 else "",
        status=status,
        group=group,
        noun=noun,
        listing=_listing(model, group),
        removals_url=removals if may else None,
        picker=cells.picker("member-to-add", str(entry.label), entry.name, entry.kind.noun, typed=typed, error=error)
        if may
        else None,
    )


@lists_bp.get("/<int:id>/contacts")
@allow("contacts.view")
def contacts_of(id: int) -> Response:
    """The people of a group."""
    return _list_page(Contact, _group(id))


@lists_bp.get("/<int:id>/companies")
@allow("companies.view")
def companies_of(id: int) -> Response:
    """The companies of a group."""
    return _list_page(Company, _group(id))


def _group(id: int) -> Group:
    if not current_user.may("groups.view"):
        raise NotAllowed("groups.view")
    return queries.get(id, current_user).record


@lists_bp.post("/<int:id>/contacts")
@allow("groups.members")
def create_contact(id: int) -> Response:
    """Put one more person into a group."""
    return _add_here(Contact, id)


@lists_bp.post("/<int:id>/companies")
@allow("groups.members")
def create_company(id: int) -> Response:
    """Put one more company into a group."""
    return _add_here(Company, id)


def _add_here(model: type[Record], id: int) -> Response:
    group, entry = _group(id), _field(model)
    here = f"/groups/{id}/{'contacts' if model is Contact else 'companies'}"
    try:
        chosen = read_one(replace(entry, required=True), request.form, entry.name)
        ids = {"contact_ids" if model is Contact else "company_ids": [chosen]}
        outcome = members.add_members(group, **ids, actor=current_user.actor)
        if outcome.operation is None:
            raise FieldError(members.refusal(outcome.counts, model), code="taken")
    except FieldError as error:
        typed = request.form.get(f"{entry.name}_text") or ""
        return _list_page(model, group, 422, typed, error.sentence)
    toasts.leave(_("Added to %(name)s", name=group.name), outcome.operation, here)
    return redirect_to(here)
