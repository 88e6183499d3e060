"""Contracts on the desk: all of them, those of one company, and each one's page."""

from flask import Blueprint, Response, redirect, request
from flask_login import current_user

from app.companies import queries as companies
from app.fields.errors import FieldError, FieldErrors
from app.fields.form import read_all, read_one
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records.errors import NotFound
from app.web import views
from app.web.access import allow
from app.web.as_of import AsOfPage, as_of
from app.web.forms import form, nonce, once
from app.web.htmx import page, redirect_to
from app.web.inline import Inline, inline
from app.web.listing import listing
from app.web.neighbours import neighbours, step
from app.web.presence import presence
from app.web.recent import opened
from app.web.removal import Removing, removal
from app.web.timeline import Timeline, timeline

from . import actions, queries
from .models import Contract

bp = Blueprint("contracts", __name__)


def columns(path: str) -> list[str]:
    """The columns of the list at this path; a company's own list does not repeat the company in each row."""
    company = [] if path.startswith("/companies/") else ["company_id"]
    return ["description", *company, "kind", "po_number", "starts_on", "ends_on", "minutes", "support_contact_id"]


INLINE = Inline(
    Contract,
    queries.get,
    "/contracts",
    "contracts.view",
    "contracts.edit",
    save=actions.update,
    columns=columns,
    picked=True,
)

REMOVING = Removing(
    INLINE,
    actions.REMOVAL,
    queries.get_deleted,
    queries.PAST,
    lambda contract: contract.description,
    _l("Contracts"),
    {},
)
TIMELINE = Timeline(INLINE, queries.PAST, "staff/contracts/history.html", "contract")


def contracts_list(company_id: int | None = None):
    """The list of contracts that the request's address asks for, of one company or of all."""
    path = f"/companies/{company_id}/contracts" if company_id else "/contracts"
    new = f"/contracts/new?company={company_id}" if company_id else "/contracts/new"
    return listing(
        queries.LIST,
        queries.of_company(company_id, current_user) if company_id else queries.visible_to(current_user),
        fields_of(Contract, current_user),
        path=path,
        noun="contracts",
        title=_("Contracts"),
        record_path="/contracts",
        edit="contracts.edit",
        delete="contracts.delete",
        bulk=True,
        columns=columns(path),
        empty={
            "text": _("No contracts yet. A contract says what a company has bought, for how long and how many hours."),
            "action_url": new,
            "action_label": _("New contract"),
        },
    )


@bp.get("/contracts")
@allow("contracts.view")
def index() -> Response:
    """The list of contracts, as the view that was used last shows it."""
    if where := views.remembered("contracts"):
        return redirect(where)
    found = contracts_list()
    where = step(found, "/contracts", "contract")
    return where or page("staff/contracts/index.html", part="shared/_list.html", listing=found)


@bp.get("/companies/<int:id>/contracts")
@allow("contracts.view")
def of_company(id: int) -> Response:
    """The contracts of one company."""
    loaded = companies.get(id, current_user)
    found = contracts_list(id)
    where = step(found, "/contracts", "contract")
    shown = {"company": loaded.record, "listing": found}
    return where or page("staff/contracts/of_company.html", part="shared/_list.html", **shown)


@bp.get("/contracts/new")
@allow("contracts.edit")
def new() -> Response:
    """The form for a new contract; the company is chosen first, since its people depend on it."""
    field = fields_of(Contract)["company_id"]
    if "company" not in request.args and "company_text" not in request.args:
        return page("staff/contracts/choose_company.html", form=_choose())
    try:
        company_id = read_one(field, request.args, "company")
    except FieldError as error:
        wrong = FieldErrors({"company_id": error}, {"company_id": request.args.get("company_text", "")})
        return page("staff/contracts/choose_company.html", part="shared/_form.html", status=422, form=_choose(wrong))
    return page("staff/contracts/new.html", form=_form(company_id))


def _choose(wrong: FieldErrors | None = None):
    fields = [fields_of(Contract)["company_id"]]
    chosen = form(fields, "/contracts/new", method="get", wrong=wrong, submit=_("Continue"), cancel_url="/contracts")
    chosen.fields[0].name = "company"
    return chosen


def _form(company_id: int, wrong: FieldErrors | None = None):
    fields = actions.new_fields(current_user).only(lambda entry: entry.name != "company_id")
    values = {"company_id": company_id, "support_contact_id": current_user.staff_id}
    return form(
        fields,
        f"/companies/{company_id}/contracts",
        values=values,
        wrong=wrong,
        nonce=nonce(),
        submit=_("Add contract"),
        cancel_url=f"/companies/{company_id}/contracts",
    )


@bp.post("/companies/<int:id>/contracts")
@allow("contracts.edit")
def create(id: int) -> Response:
    """Make a contract for a company."""
    companies.get(id, current_user)
    fields = actions.new_fields(current_user).only(lambda entry: entry.name != "company_id")
    try:
        values = read_all(fields, request.form, {"company_id": id}) | {"company_id": id}
        where = once(lambda: actions.create(values, actor=current_user.actor), lambda made: f"/contracts/{made}")
    except FieldErrors as error:
        return page("staff/contracts/new.html", part="shared/_form.html", status=422, form=_form(id, error))
    return redirect_to(where)


@bp.get("/contracts/<int:id>")
@allow("contracts.view")
def show(id: int) -> Response:
    """A contract's page; of a deleted one that it was, and the way back."""
    try:
        loaded = queries.get(id, current_user)
    except NotFound:
        return REMOVING.deleted_page(id)
    opened("contract", id)
    titles = INLINE.titles(loaded)
    past = TIMELINE.block(id, titles)
    return page(
        "staff/contracts/show.html",
        contract=loaded.record,
        near=neighbours("/contracts", id),
        facts=INLINE.facts(loaded, titles),
        made=loaded,
        history=past,
    )


inline(bp, INLINE)
removal(bp, REMOVING)
timeline(bp, TIMELINE)
presence(bp, INLINE, _l("Contracts"), "description")
as_of(bp, AsOfPage(INLINE, _l("Contracts"), not_shown=(_l("Hours used"),)))
