"""Companies on the desk."""

from flask import Blueprint, Response, request
from flask_login import current_user

from app.fields.errors import FieldError, FieldErrors
from app.fields.form import read_all
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records.errors import EditConflict
from app.web import history
from app.web.access import allow
from app.web.as_of import AsOfPage, as_of
from app.web.cells import Titles
from app.web.forms import form, nonce, number, once
from app.web.htmx import page, redirect_to
from app.web.inline import Inline, inline
from app.web.listing import listing

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
)


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
        columns=COLUMNS,
        export_url="/exports/companies/new" if current_user.may("exports.run") else None,
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
    """The list of companies."""
    return page("staff/companies/index.html", part="shared/_list.html", listing=companies_list())


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
    """A company's page: its facts, and beside them its history."""
    loaded = queries.get(id, current_user)
    titles = INLINE.titles(loaded)
    past = _history(id, titles)
    return page(
        "staff/companies/show.html",
        company=loaded.record,
        facts=INLINE.facts(loaded, titles),
        made=loaded,
        history=past,
    )


def _history(id: int, titles: Titles | None = None) -> dict:
    return history.block(queries.PAST, id, f"/companies/{id}/history", f"/companies/{id}/as-of", titles)


@bp.get("/<int:id>/history")
@allow("history.view")
def show_history(id: int) -> Response:
    """What happened to a company."""
    loaded = queries.get(id, current_user)
    return page(
        "staff/companies/history.html", part="shared/_history.html", company=loaded.record, history=_history(id)
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


inline(bp, INLINE)
as_of(
    bp,
    AsOfPage(
        INLINE,
        _l("Companies"),
        also=("name",),
        not_shown=(_l("Departments, people, contracts and files"), _l("Web domains that another company has by now")),
    ),
)
