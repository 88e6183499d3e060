"""Companies on the desk."""

from dataclasses import replace

from flask import Blueprint, Response, redirect, request
from flask_login import current_user

from app.fields.errors import FieldError, FieldErrors
from app.fields.form import read_all
from app.fields.registry import Field
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records.errors import EditConflict, NotFound
from app.web import parts, toasts, views
from app.web.access import allow
from app.web.as_of import AsOfPage, as_of
from app.web.confirm import Confirm
from app.web.forms import form, nonce, number, once
from app.web.htmx import page, redirect_to
from app.web.inline import Inline, inline
from app.web.listing import group_url, listing
from app.web.merging import MergePage, merging
from app.web.neighbours import neighbours, step
from app.web.presence import presence
from app.web.recent import opened
from app.web.removal import Removing, removal
from app.web.timeline import Timeline, timeline

from . import actions, queries
from .models import Company

bp = Blueprint("companies", __name__, url_prefix="/companies")
COLUMNS = ["name", "number", "users", "kind", "domains", "phone", "account_manager_id", "created_at", "updated_at"]
INLINE = Inline(
    Company,
    queries.get,
    "/companies",
    "companies.view",
    "companies.edit",
    save=actions.update,
    columns=lambda path: COLUMNS,
    picked=True,
)

REMOVING = Removing(
    INLINE,
    actions.REMOVAL,
    queries.get_deleted,
    queries.PAST,
    lambda company: company.name,
    _l("Companies"),
    {
        "membership": lambda id: f"/companies/{id}/contacts",
        "contact": lambda id: f"/contacts?partner_id.is={id}",
        "contract": lambda id: f"/companies/{id}/contracts",
    },
)
TIMELINE = Timeline(INLINE, queries.PAST, "staff/companies/history.html", "company", "company_id")


def companies_list(**more):
    """The list of companies that the request's address asks for."""
    return listing(
        queries.LIST,
        queries.visible_to(current_user),
        fields_of(Company, current_user),
        path="/companies",
        noun="companies",
        title=_("Companies"),
        record_path="/companies",
        edit="companies.edit",
        delete="companies.delete",
        bulk=True,
        columns=COLUMNS,
        export_url="/exports/companies/new" if current_user.may("exports.run") else None,
        group_url=group_url("companies"),
        empty={
            "text": _("No companies yet. Companies are your customers; their people and contracts belong to them."),
            "action_url": "/companies/new",
            "action_label": _("New company"),
            "second_url": "/imports/new",
            "second_label": _("Import people with their companies"),
        },
        **more,
    )


@bp.get("")
@allow("companies.view")
def index() -> Response:
    """The list of companies, as the view that was used last shows it."""
    if where := views.remembered("companies"):
        return redirect(where)
    found = companies_list()
    where = step(found, "/companies", "company")
    return where or page("staff/companies/index.html", part="shared/_list.html", listing=found)


@bp.get("/new")
@allow("companies.edit")
def new() -> Response:
    """The form for a new company."""
    return page("staff/companies/new.html", form=_form())


@bp.post("")
@allow("companies.edit")
def create() -> Response:
    """Make a company."""
    try:
        values = read_all(actions.new_fields(current_user), request.form)
        where = once(lambda: actions.create(values, actor=current_user.actor), lambda made: f"/companies/{made}")
    except FieldErrors as error:
        return page("staff/companies/new.html", part="shared/_form.html", status=422, form=_form(error))
    return redirect_to(where)


def _form(wrong: FieldErrors | None = None):
    fields = actions.new_fields(current_user)
    return form(fields, "/companies", wrong=wrong, nonce=nonce(), submit=_("Add company"), cancel_url="/companies")


@bp.get("/<int:id>")
@allow("companies.view")
def show(id: int) -> Response:
    """A company's page: its facts, and beside them its history; of a deleted one that it was, and the way back."""
    try:
        loaded = queries.get(id, current_user)
    except NotFound:
        return REMOVING.deleted_page(id)
    opened("company", id)
    if loaded.record.kind != "managed":
        # What is of this desk alone is not known anywhere else.
        for name in actions.LINK:
            loaded.values.pop(name, None)
    titles = INLINE.titles(loaded)
    past = TIMELINE.block(id, titles)
    return page(
        "staff/companies/show.html",
        company=loaded.record,
        near=neighbours("/companies", id),
        comments=[{"about": loaded.record.name, "text": loaded.record.comment}] if loaded.record.comment else [],
        facts=INLINE.facts(loaded, titles),
        made=loaded,
        parts=parts.of("company", id),
        history=past,
    )


@bp.get("/<int:id>/name")
@allow("companies.edit")
def edit_name(id: int) -> Response:
    """The form to rename a company."""
    loaded = queries.get(id, current_user)
    return page("staff/companies/rename.html", company=loaded.record, form=_name_form(loaded))


@bp.post("/<int:id>/name")
@allow("companies.edit")
def update_name(id: int) -> Response:
    """Rename a company."""
    loaded = queries.get(id, current_user)
    try:
        values = read_all([fields_of(Company)["name"]], request.form)
        actions.rename(loaded.record, values["name"], actor=current_user.actor, base=request.form.get("v", type=number))
    except FieldErrors as error:
        shown = {"company": loaded.record, "form": _name_form(loaded, error)}
        return page("staff/companies/rename.html", part="shared/_form.html", status=422, **shown)
    except EditConflict as conflict:
        said = _(
            "%(who)s renamed it to “%(name)s” in the meantime. Rename again to overwrite that.",
            who=conflict.by,
            name=conflict.theirs,
        )
        again = _name_form(queries.get(id, current_user), FieldErrors({"name": FieldError(said, code="conflict")}))
        shown = {"company": loaded.record, "form": again}
        return page("staff/companies/rename.html", part="shared/_form.html", status=409, **shown)
    return redirect_to(f"/companies/{id}")


def _name_form(loaded, wrong: FieldErrors | None = None):
    where = f"/companies/{loaded.id}"
    fields = [fields_of(Company)["name"]]
    return form(
        fields,
        f"{where}/name",
        values=loaded.values,
        wrong=wrong,
        version=loaded.version,
        submit=_("Rename"),
        cancel_url=where,
    )


@bp.get("/<int:id>/management")
@allow("companies.edit")
def edit_management(id: int) -> Response:
    """The form that links a company to the outside system it is kept in."""
    loaded = queries.get(id, current_user)
    return page("staff/companies/management.html", company=loaded.record, form=_link_form(loaded))


@bp.post("/<int:id>/management")
@allow("companies.edit")
def update_management(id: int) -> Response:
    """Let a company be managed, under its ID in the outside system."""
    loaded = queries.get(id, current_user)
    try:
        values = read_all(_link_fields(), request.form)
        operation = actions.manage(
            loaded.record, values, actor=current_user.actor, base=request.form.get("v", type=number)
        )
    except FieldErrors as error:
        shown = {"company": loaded.record, "form": _link_form(loaded, error)}
        return page("staff/companies/management.html", part="shared/_form.html", status=422, **shown)
    return _managed(id, _("The company is managed"), operation)


@bp.get("/<int:id>/management/removal")
@allow("companies.edit")
def new_management_removal(id: int) -> Response:
    """Ask before the link to the outside system is given up."""
    company = queries.get(id, current_user).record
    link = " ".join(filter(None, (company.external_system, company.external_id)))
    confirm = Confirm(
        title=_("Manage “%(name)s” here alone?", name=company.name),
        text=_("The link to the outside system is given up. The rest stays, and it can be linked again."),
        items=[_("Linked to: %(link)s", link=link)] if link else [],
        action=f"/companies/{id}/management/removal",
        submit=_("Give up the link"),
        cancel_url=f"/companies/{id}",
    )
    return page("staff/companies/release.html", part="shared/_confirm.html", company=company, confirm=confirm)


@bp.post("/<int:id>/management/removal")
@allow("companies.edit")
def create_management_removal(id: int) -> Response:
    """Let a company be of this desk alone."""
    operation = actions.release(queries.get(id, current_user).record, actor=current_user.actor)
    return _managed(id, _("The company is unmanaged"), operation)


def _managed(id: int, text: str, operation) -> Response:
    if operation is not None:
        toasts.leave(text, operation, f"/companies/{id}")
    return redirect_to(f"/companies/{id}")


def _link_fields() -> list[Field]:
    # A managed company is known in the outside system: both are needed to say where.
    fields = fields_of(Company)
    return [replace(fields[name], required=True) for name in actions.LINK]


def _link_form(loaded, wrong: FieldErrors | None = None):
    where = f"/companies/{loaded.id}"
    more = {"values": loaded.values, "wrong": wrong, "version": loaded.version, "cancel_url": where}
    submit = _("Save") if loaded.record.kind == "managed" else _("Let it be managed")
    return form(_link_fields(), f"{where}/management", submit=submit, **more)


inline(bp, INLINE)
removal(bp, REMOVING)
timeline(bp, TIMELINE)
presence(bp, INLINE, _l("Companies"), "name")
merging(bp, MergePage(INLINE, "companies.merge", _l("Companies")))
as_of(
    bp,
    AsOfPage(
        INLINE,
        _l("Companies"),
        also=("name",),
        not_shown=(_l("Departments, people, contracts and files"), _l("Web domains that another company has by now")),
    ),
)
