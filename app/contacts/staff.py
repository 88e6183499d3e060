"""Contacts on the desk: all of them, those of one company, and each one's page."""

from flask import Blueprint, Response, request
from flask_login import current_user

from app.companies import queries as companies
from app.fields.errors import FieldErrors
from app.fields.form import read_all
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.web import history
from app.web.access import allow
from app.web.as_of import AsOfPage, as_of
from app.web.cells import Titles, editor
from app.web.forms import form, nonce, number, once, sentence, typed_in
from app.web.htmx import page, redirect_to
from app.web.inline import Inline, inline
from app.web.listing import AddRow, listing

from . import actions, queries, screens
from .models import Contact

bp = Blueprint("contacts", __name__)
# What the row for a new contact inside a table asks for.
QUICK = ("first_name", "last_name", "email")


def columns(path: str) -> list[str]:
    """The columns of the list at this path; a company's own list does not repeat the company in each row."""
    company = [] if path.startswith("/companies/") else ["company"]
    return ["first_name", "last_name", "email", "phone", *company, "job_title"]


INLINE = Inline(
    Contact, queries.get, "/contacts", "contacts.view", "contacts.edit", save=actions.update, columns=columns
)


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
        columns=columns(path),
        add=_add_row(path, wrong),
        export_url="/exports/contacts/new" if current_user.may("exports.run") and not company_id else None,
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
    """The list of contacts."""
    return page("staff/contacts/index.html", part="shared/_list.html", listing=contacts_list())


@bp.get("/companies/<int:id>/contacts")
@allow("contacts.view")
def of_company(id: int) -> Response:
    """The contacts of one company."""
    loaded = companies.get(id, current_user)
    found = contacts_list(id)
    return page("staff/contacts/of_company.html", part="shared/_list.html", company=loaded.record, listing=found)


@bp.get("/contacts/new")
@allow("contacts.edit")
def new() -> Response:
    """The form for a new contact."""
    return page("staff/contacts/new.html", form=_form())


def _form(wrong: FieldErrors | None = None):
    company_id = request.values.get("company", type=number)
    values = {"company": company_id} if company_id else {}
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


def _create() -> Response:
    try:
        values = read_all(actions.new_fields(current_user), request.form)
        where = once(lambda: actions.create(values, actor=current_user.actor), lambda made: f"/contacts/{made}")
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
        where = once(lambda: actions.create(values, actor=current_user.actor), lambda made: f"/contacts/{made}")
    except FieldErrors as error:
        found = contacts_list(company_id, error)
        return page(template, part="shared/_list.html", status=422, company=company, listing=found)
    if not request.wants_fragment:
        return redirect_to(path)
    toast = {"text": _("Added: %(name)s", name=f"{values['first_name']} {values['last_name']}"), "url": where}
    return page(template, part="shared/_list.html", company=company, listing=contacts_list(company_id), toast=toast)


@bp.get("/contacts/<int:id>")
@allow("contacts.view")
def show(id: int) -> Response:
    """A contact's page: facts, memberships, history."""
    loaded = queries.get(id, current_user)
    titles = INLINE.titles(loaded)
    places = screens.places(id, titles)
    past = _history(id, titles)
    return page(
        "staff/contacts/show.html",
        contact=loaded.record,
        facts=INLINE.facts(loaded, titles),
        access=screens.part(loaded.record, places),
        toast=None,
        made=loaded,
        history=past,
    )


def _history(id: int, titles: Titles | None = None) -> dict:
    return history.block(queries.PAST, id, f"/contacts/{id}/history", f"/contacts/{id}/as-of", titles)


@bp.get("/contacts/<int:id>/history")
@allow("history.view")
def show_history(id: int) -> Response:
    """What happened to a contact."""
    loaded = queries.get(id, current_user)
    return page("staff/contacts/history.html", part="shared/_history.html", contact=loaded.record, history=_history(id))


inline(bp, INLINE)
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
