"""Contacts on the desk: all of them, those of one company, and each one's page."""

import base64
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

from flask import Blueprint, Response, redirect, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from app.companies import queries as companies
from app.fields.errors import FieldErrors
from app.fields.form import read_all
from app.fields.kinds import Reference
from app.fields.registry import Field
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records import erased, removing
from app.records.errors import NotFound
from app.records.read import Loaded
from app.web import parts, toasts, views
from app.web.access import allow
from app.web.as_of import AsOfPage, as_of
from app.web.cells import editor
from app.web.faces import face, initials
from app.web.forms import form, nonce, number, once, sentence, typed_in
from app.web.htmx import page, redirect_to
from app.web.inline import Inline, inline
from app.web.listing import AddRow, group_url, listing
from app.web.maps import map_url
from app.web.merging import MergePage, merging
from app.web.neighbours import neighbours, step
from app.web.presence import presence
from app.web.recent import opened
from app.web.removal import Removing, removal, words
from app.web.timeline import Timeline, timeline

from . import access, actions, comments, duplicates, names, pictures, queries, screens
from .cards import Card
from .merging import questions as merge_questions
from .models import Contact

bp = Blueprint("contacts", __name__)
# What the row for a new contact inside a table asks for.
QUICK = ("first_name", "last_name", "email")
# What somebody has in common with the colleague whose profile is taken as a pattern.
SIMILAR = ("company", "department", "line_manager_id", "partner_id", "address1", "address2", "city", "postcode")
SIMILAR += ("country", "state", "time_zone", "language")
# Somebody who is known already, to be added to a company.
_CHOSEN = Reference(_l("Somebody who is known already"), noun="contact", required=True)
KNOWN = Field("contact_id", _CHOSEN, _CHOSEN.label, required=True)


def columns(path: str) -> list[str]:
    """The columns of the list at this path; a company's own list does not repeat the company in each row."""
    company = [] if path.startswith("/companies/") else ["company"]
    return ["first_name", "last_name", "email", "phone", *company, "job_title"]


INLINE = Inline(
    Contact,
    queries.get,
    "/contacts",
    "contacts.view",
    "contacts.edit",
    save=actions.update,
    columns=columns,
    picked=True,
    face=lambda contact: face(contact.id, initials(contact.first_name, contact.last_name), contact.picture),
)

REMOVING = Removing(
    INLINE,
    actions.REMOVAL,
    queries.get_deleted,
    queries.PAST,
    lambda contact: contact.full_name,
    _l("Contacts"),
    {
        "contact": lambda id: f"/contacts?line_manager_id.is={id}",
        "contract": lambda id: f"/contracts?customer_contact_id.is={id}",
    },
    access.sign_out,
    erasing="contacts.erase",
)
TIMELINE = Timeline(INLINE, queries.PAST, "staff/contacts/history.html", "contact", "contact_id")


def contacts_list(company_id: int | None = None, wrong: FieldErrors | None = None):
    """The list of contacts that the request's address asks for, of one company or of all."""
    path = f"/companies/{company_id}/contacts" if company_id else "/contacts"
    base = queries.of_company(company_id, current_user) if company_id else queries.visible_to(current_user)
    return listing(
        queries.LIST,
        base,
        fields_of(Contact, current_user),
        path=path,
        noun="contacts",
        title=_("Contacts"),
        record_path="/contacts",
        edit="contacts.edit",
        delete="contacts.delete",
        bulk=True,
        columns=columns(path),
        add=_add_row(path, wrong),
        export_url="/exports/contacts/new" if current_user.may("exports.run") and not company_id else None,
        group_url=group_url("contacts") if not company_id else None,
        empty={
            "text": _("No contacts yet. Add the first one in the row above, or bring a whole file."),
            "action_url": "/contacts/new",
            "action_label": _("New contact"),
            "second_url": "/imports/new",
            "second_label": _("Import a file"),
        },
    )


def _add_row(path: str, wrong: FieldErrors | None = None) -> AddRow | None:
    if not current_user.may("contacts.edit"):
        return None
    fields = [fields_of(Contact, current_user)[name] for name in QUICK]
    typed = typed_in(fields, wrong)
    editors = [editor(one, None, typed=typed.get(one.name), error=sentence(wrong, one.name)) for one in fields]
    others = [error.message for name, error in wrong.errors.items() if name not in QUICK] if wrong else []
    # The answer is the list as it stands, in the same order and with the same columns.
    query = "?" + request.query_string.decode("ascii", "ignore") if request.query_string else ""
    return AddRow(path + query, editors, nonce(), " ".join(others))


@bp.get("/contacts")
@allow("contacts.view")
def index() -> Response:
    """The list of contacts, as the view that was used last shows it."""
    if where := views.remembered("contacts"):
        return redirect(where)
    found = contacts_list()
    where = step(found, "/contacts", "contact")
    return where or page("staff/contacts/index.html", part="shared/_list.html", listing=found)


@bp.get("/companies/<int:id>/contacts")
@allow("contacts.view")
def of_company(id: int) -> Response:
    """The contacts of one company."""
    loaded = companies.get(id, current_user)
    found = contacts_list(id)
    where = step(found, "/contacts", "contact")
    shown = {"listing": found, **_people(loaded.record)}
    return where or page("staff/contacts/of_company.html", part="shared/_list.html", **shown)


def _people(company) -> dict:
    """What stands above the list of a company's contacts; a fragment is the list alone."""
    return {"company": company, "liaisons": [] if request.wants_fragment else queries.liaisons(company)}


@bp.get("/companies/<int:id>/people")
@allow("contacts.edit")
def new_person(id: int) -> Response:
    """Choose somebody who is known already, to belong to this company as well."""
    company = companies.get(id, current_user).record
    return page("staff/contacts/known.html", company=company, form=_known_form(id))


@bp.post("/companies/<int:id>/people")
@allow("contacts.edit")
def create_person(id: int) -> Response:
    """Let somebody who is known already belong to a company as well."""
    company = companies.get(id, current_user).record
    try:
        chosen = read_all([KNOWN], request.form)[KNOWN.name]
        contact = queries.get(chosen, current_user).record
        operation = access.join(contact, id, actor=current_user.actor)
    except FieldErrors as error:
        wrong = FieldErrors({KNOWN.name: next(iter(error.errors.values()))}, error.typed)
        shown = {"company": company, "form": _known_form(id, wrong)}
        return page("staff/contacts/known.html", part="shared/_form.html", status=422, **shown)
    here = f"/companies/{id}/contacts"
    toasts.leave(_("Added: %(name)s", name=contact.full_name), operation, here)
    return redirect_to(here)


def _known_form(company_id: int, wrong: FieldErrors | None = None):
    cancel = f"/companies/{company_id}/contacts"
    return form([KNOWN], f"/companies/{company_id}/people", wrong=wrong, submit=_("Add"), cancel_url=cancel)


@bp.get("/contacts/new")
@allow("contacts.edit")
def new() -> Response:
    """The form for a new contact; beside the people of one company, or like somebody who is there."""
    like = request.args.get("like", type=number)
    loaded = queries.get(like, current_user) if like else None
    form = _form(like=loaded.values if loaded else None)
    return page("staff/contacts/new.html", form=form, like=loaded.record if loaded else None)


@bp.get("/contacts/likely")
@allow("contacts.view")
def likely() -> Response:
    """Who looks like the person that is being typed."""
    typed = {
        name: request.args.get(name, "")[:1000] for name in ("first_name", "last_name", "email", "phone", "mobile")
    }
    found = duplicates.likely(
        typed["first_name"], typed["last_name"], typed["email"], [typed["phone"], typed["mobile"]]
    )
    return page("staff/contacts/likely.html", part="staff/contacts/_likely.html", likely=found)


def _form(wrong: FieldErrors | None = None, like: Mapping[str, Any] | None = None):
    values = {name: like[name] for name in SIMILAR if like.get(name) is not None} if like else {}
    company_id = request.values.get("company", type=number) or values.get("company")
    values |= {"company": company_id} if company_id else {}
    fields = actions.new_fields(current_user).only(lambda entry: entry.name != "department" or bool(company_id))
    return form(
        fields,
        "/contacts",
        values=values,
        wrong=wrong,
        nonce=nonce(),
        submit=_("Add contact"),
        cancel_url=f"/companies/{company_id}/contacts" if company_id else "/contacts",
    )


@bp.post("/contacts")
@allow("contacts.edit")
def create() -> Response:
    """Make a contact from the form, or from the row inside the list."""
    quick = "last_name" in request.form and "user_name" not in request.form
    return _create_quick(None) if quick else _create()


def _with_parts(form: MultiDict) -> MultiDict:
    """A form for a new contact in which a full name was typed, with its parts where they were left empty."""
    typed = form.get("full_name", "").strip()
    found = names.parted(typed) if 0 < len(typed) <= names.FullName.longest_typed else {}
    filled = form.copy()
    for part, value in found.items():
        if value and part in form and not form[part].strip():
            filled[part] = value
    return filled


def _create() -> Response:
    try:
        typed = _with_parts(request.form)
        values = read_all(actions.new_fields(current_user), typed)
        # A company may bring something along, which the page of the contact offers.
        offer = "?offer=groups" if values.get("company") else ""
        where = once(lambda: actions.create(values, actor=current_user.actor), lambda made: f"/contacts/{made}{offer}")
    except FieldErrors as error:
        return page("staff/contacts/new.html", part="shared/_form.html", status=422, form=_form(error))
    return redirect_to(where)


@bp.post("/companies/<int:id>/contacts")
@allow("contacts.edit")
def create_in_company(id: int) -> Response:
    """Make a contact in the table of a company's contacts."""
    return _create_quick(companies.get(id, current_user).record)


def _create_quick(company) -> Response:
    company_id = company.id if company else None
    fields = fields_of(Contact, current_user).only(lambda entry: entry.name in QUICK)
    path = f"/companies/{company_id}/contacts" if company else "/contacts"
    template = "staff/contacts/of_company.html" if company else "staff/contacts/index.html"
    try:
        values = read_all(fields, request.form) | ({"company": company_id} if company else {})
        offer = "?offer=groups" if company else ""
        where = once(lambda: actions.create(values, actor=current_user.actor), lambda made: f"/contacts/{made}{offer}")
    except FieldErrors as error:
        found = contacts_list(company_id, error)
        around = _people(company) if company else {}
        return page(template, part="shared/_list.html", status=422, listing=found, **around)
    if not request.wants_fragment:
        return redirect_to(path)
    toast = {"text": _("Added: %(name)s", name=f"{values['first_name']} {values['last_name']}"), "url": where}
    return page(template, part="shared/_list.html", company=company, listing=contacts_list(company_id), toast=toast)


@bp.get("/contacts/<int:id>")
@allow("contacts.view")
def show(id: int) -> Response:
    """A contact's page: facts, memberships, history; of a deleted one that it was, and the way back."""
    try:
        loaded = queries.get(id, current_user)
    except NotFound:
        return erased_page(id) or REMOVING.deleted_page(id)
    opened("contact", id)
    if not loaded.values.get("addresses"):
        # With one address there is nothing to choose from.
        loaded.values.pop("send_to", None)
    titles = INLINE.titles(loaded)
    places = screens.places(id, titles)
    past = TIMELINE.block(id, titles)
    return page(
        "staff/contacts/show.html",
        contact=loaded.record,
        near=neighbours("/contacts", id),
        map_url=map_url(loaded.values),
        facts=INLINE.facts(loaded, titles),
        access=screens.part(loaded.record, places),
        parts=parts.of("contact", id),
        comments=comments.of(loaded.record, places.comments),
        toast=None,
        made=loaded,
        history=past,
    )


def erased_page(id: int) -> Response | None:
    """The page of a person who was erased: that it was so, by whom, when and why; nothing else is known."""
    found = erased.erasure_of("contact", id)
    if found is None:
        return None
    name = queries.get_deleted(id, current_user).record.full_name
    return page("staff/contacts/erased.html", erasure=found, name=name, staying=staying(id))


def staying(id: int) -> list[tuple[str, int]]:
    """The records that go on naming the person, by their number."""
    nouns = words()
    named = removing.named_by(Contact, [id]).get(id, [])
    return [(nouns.get(one.noun, one.noun), one.count) for one in named]


@bp.get("/contacts/<int:id>/card")
@allow("contacts.view")
def show_card(id: int) -> Response:
    """A contact's business card, with a picture of it that a telephone reads."""
    loaded = queries.get(id, current_user)
    return page("staff/contacts/card.html", contact=loaded.record, picture=_card(loaded).picture())


@bp.get("/contacts/<int:id>/card.vcf")
@allow("contacts.view")
def show_card_file(id: int) -> Response:
    """A contact's business card as a file for address books."""
    loaded = queries.get(id, current_user)
    card = _card(loaded)
    if photo := pictures.jpeg(loaded.record):
        card = replace(card, photo=base64.b64encode(photo).decode())
    response = Response(card.text(), mimetype="text/vcard")
    response.headers["Content-Disposition"] = f'attachment; filename="{card.file_name}"'
    return response


def _card(loaded: Loaded) -> Card:
    # The same card of the same person each time, so that an address book knows it again.
    uid = uuid.uuid5(uuid.NAMESPACE_URL, f"https://{request.host}/contacts/{loaded.id}").urn
    revised = f"{loaded.record.updated_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return Card(uid, loaded.values, queries.workplace(loaded.values), revised, loaded.values.get("country"))


inline(bp, INLINE)
removal(bp, REMOVING)
timeline(bp, TIMELINE)
presence(bp, INLINE, _l("Contacts"), "full_name")
merging(bp, MergePage(INLINE, "contacts.merge", _l("Contacts"), merge_questions))
as_of(
    bp,
    AsOfPage(
        INLINE,
        _l("Contacts"),
        not_shown=(
            _l("Memberships of further companies, and rights in the portal"),
            _l("Access to the portal, and files"),
        ),
    ),
)
