"""The org units of a company: its departments, locations and areas as a tree, with their rooms and their people."""

from flask import Blueprint, Response, redirect, request
from flask_login import current_user

from app.companies import queries as companies
from app.companies import units
from app.companies.models import Department
from app.contacts import queries as contacts
from app.fields.errors import FieldErrors
from app.fields.form import read_all
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.records.models import Operation
from app.web import cells, toasts
from app.web.access import allow
from app.web.forms import form, nonce, once
from app.web.htmx import page, redirect_to
from app.web.inline import Inline, inline

bp = Blueprint("units", __name__)
INLINE = Inline(Department, units.get, "/units", "companies.view", "companies.edit", save=units.update)


def _shown(company, status: int = 200, wrong: FieldErrors | None = None, toast: dict | None = None) -> Response:
    """The tree, for htmx alone, otherwise as the company's page."""
    found = units.tree(company.id, current_user, contacts.people_by_unit(company.id))
    fields = fields_of(Department, current_user)
    titles = cells.Titles(fields, [unit.loaded.values for unit in found])
    rows = [(unit, [INLINE.cell(entry, unit.loaded, "dd", titles) for entry in fields]) for unit in found]
    new = form(
        fields,
        f"/companies/{company.id}/units",
        values={"company_id": company.id, "kind": "department"},
        wrong=wrong,
        id="new-unit",
        nonce=nonce(),
        submit=_("Add unit"),
    )
    shown = {"company": company, "units": rows, "gone": units.withdrawn(company.id), "form": new, "toast": toast}
    return page("staff/companies/units.html", part="staff/companies/_units.html", status=status, **shown)


def _done(company_id: int, text: str, operation: Operation) -> Response:
    here = f"/companies/{company_id}/units"
    if not request.wants_fragment:
        toasts.leave(text, operation, here)
        return redirect_to(here)
    company = companies.get(company_id, current_user).record
    return _shown(company, toast=toasts.toast(text, operation, here))


@bp.get("/companies/<int:id>/units")
@allow("companies.view")
def index(id: int) -> Response:
    """The org units of a company."""
    return _shown(companies.get(id, current_user).record)


@bp.post("/companies/<int:id>/units")
@allow("companies.edit")
def create(id: int) -> Response:
    """Give a company one more org unit."""
    company = companies.get(id, current_user).record
    made: list[Operation] = []

    def make() -> int:
        made.append(units.add(id, values, actor=current_user.actor))
        return id

    try:
        values = read_all(fields_of(Department, current_user), request.form, {"company_id": id})
        once(make, lambda _id: f"/companies/{id}/units")
    except FieldErrors as error:
        return _shown(company, 422, error)
    if not made:
        return redirect_to(f"/companies/{id}/units")
    return _done(id, _("Added: %(name)s", name=values["name"]), made[0])


@bp.get("/units/<int:id>")
@allow("companies.view")
def show(id: int) -> Response:
    """An org unit stands in the tree of its company."""
    return redirect(f"/companies/{units.get(id, current_user).record.company_id}/units#unit-{id}")


@bp.post("/units/<int:id>/removal")
@allow("companies.edit")
def create_removal(id: int) -> Response:
    """Use an org unit no more."""
    unit = units.get(id, current_user).record
    company_id, name = unit.company_id, unit.name
    people = contacts.people_by_unit(company_id).get(id, 0)
    operation = units.deactivate(unit, people, actor=current_user.actor)
    return _done(company_id, _("%(name)s is deactivated", name=name), operation)


@bp.post("/units/<int:id>/restoration")
@allow("companies.edit")
def create_restoration(id: int) -> Response:
    """Use an org unit again."""
    unit = units.get_withdrawn(id)
    company_id, name = unit.company_id, unit.name
    try:
        operation = units.bring_back(unit, actor=current_user.actor)
    except FieldErrors as error:
        raise units.InUse(next(iter(error.errors.values())).message) from error
    return _done(company_id, _("%(name)s is in use again", name=name), operation)


inline(bp, INLINE)
