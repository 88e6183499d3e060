"""Forms on the desk: which ones a company or contact has, and their answers, each in place or all of a form at once."""

from typing import Any

from flask import Blueprint, Response, redirect, request
from flask_login import current_user

from app.companies import queries as companies
from app.companies.models import Company
from app.contacts import queries as contacts
from app.contacts.models import Contact
from app.fields.errors import FieldError, FieldErrors
from app.fields.record import Record
from app.i18n import gettext as _
from app.records.errors import EditConflict
from app.records.models import Operation
from app.web import parts, toasts
from app.web.access import allow
from app.web.confirm import Confirm
from app.web.forms import number
from app.web.htmx import fragment, page, redirect_to
from app.web.inline import Inline, inline

from . import answers as _answers  # noqa: F401  (registers what lists can be filtered by)
from . import erasing as _erasing  # noqa: F401  (registers what goes with a person who is erased)
from . import filling, queries, questions, showing
from .models import FilledForm
from .queries import Filled

bp = Blueprint("forms", __name__)
INLINE = Inline(
    FilledForm,
    queries.get,
    "/filled-forms",
    "forms.view",
    "forms.edit",
    save=filling.update,
    fields=lambda filled: filled.fields,
)


def _path(model: type[Record], record_id: int) -> str:
    return f"/{'contacts' if model is Contact else 'companies'}/{record_id}"


def _name(model: type[Record], record_id: int) -> str:
    """What the record is called; raises `NotFound`."""
    record = (contacts if model is Contact else companies).get(record_id, current_user).record
    return record.full_name if model is Contact else record.name


# --- on the page of a company or contact ------------------------------------------------------------------------------


def section(filled: Filled) -> dict[str, Any]:
    """Everything `staff/forms/_section.html` shows."""
    version, newest = filled.record.form_version, filled.newest
    return {
        "id": filled.id,
        "name": filled.name,
        "description": filled.description,
        "facts": INLINE.facts(filled),
        "missing": [str(entry.label) for entry in filled.missing],
        "changes": any(one.depends for one in filled.questions),
        "version": version,
        "newest": newest if newest > version else None,
        "may": current_user.may("forms.edit"),
    }


@parts.shows_on("company")
def _on_company(company_id: int) -> parts.Part | None:
    return _on_page(Company, company_id)


@parts.shows_on("contact")
def _on_contact(contact_id: int) -> parts.Part | None:
    return _on_page(Contact, contact_id)


def _on_page(model: type[Record], record_id: int) -> parts.Part | None:
    found = queries.of(model, record_id) if current_user.may("forms.view") else []
    return parts.Part("staff/forms/_filled.html", {"forms": [section(one) for one in found]}) if found else None


@bp.get("/filled-forms/<int:id>")
@allow("forms.view")
def show(id: int) -> Response:
    """A filled form stands on the page of what it is about."""
    filled = queries.get(id, current_user)
    if not request.wants_fragment:
        return redirect(f"{filled.path}#filled-form-{id}")
    return fragment("staff/forms/_section.html", form=section(filled))


# --- which forms there are --------------------------------------------------------------------------------------------


def _crumbs(filled: Filled, name: str) -> list[tuple[str, str]]:
    """The way to the record that a form is filled in for."""
    is_contact = filled.about[0] is Contact
    return [
        (_("Contacts") if is_contact else _("Companies"), _path(*filled.about).rpartition("/")[0]),
        (name, filled.path),
    ]


def _manage(model: type[Record], record_id: int, *, status: int = 200, error: str = "", toast: dict | None = None):
    name, path = _name(model, record_id), _path(model, record_id)
    may = current_user.may("forms.edit")
    shown = {
        "path": path,
        "forms": queries.of(model, record_id),
        "to_add": queries.to_add(model, record_id) if may else [],
        "may": may,
        "error": error,
        "toast": toast,
        "builds": current_user.may("admin.fields"),
    }
    crumbs = [(_("Contacts") if model is Contact else _("Companies"), path.rpartition("/")[0]), (name, path)]
    return page(
        "staff/forms/manage.html",
        part="staff/forms/_manage.html",
        status=status,
        shown=shown,
        crumbs=[*crumbs, (_("Forms"), None)],
        name=name,
    )


def _done(model: type[Record], record_id: int, text: str, operation: Operation | None) -> Response:
    """After a change: the list anew for htmx, otherwise its page."""
    here = f"{_path(model, record_id)}/forms"
    if not request.wants_fragment:
        if operation is not None:
            toasts.leave(text, operation, here)
        return redirect_to(here)
    toast = toasts.toast(text, operation, here) if operation is not None else None
    return _manage(model, record_id, toast=toast)


@bp.get("/companies/<int:id>/forms")
@allow("forms.view")
def of_company(id: int) -> Response:
    """The forms of a company."""
    return _manage(Company, id)


@bp.get("/contacts/<int:id>/forms")
@allow("forms.view")
def of_contact(id: int) -> Response:
    """The forms of a contact."""
    return _manage(Contact, id)


@bp.post("/companies/<int:id>/forms")
@allow("forms.edit")
def create_of_company(id: int) -> Response:
    """Add a form to a company."""
    return _add(Company, id)


@bp.post("/contacts/<int:id>/forms")
@allow("forms.edit")
def create_of_contact(id: int) -> Response:
    """Add a form to a contact."""
    return _add(Contact, id)


def _add(model: type[Record], record_id: int) -> Response:
    _name(model, record_id)
    form_id = request.form.get("form_id", type=number)
    if form_id is None:
        return _manage(model, record_id, status=422, error=_("Choose a form."))
    try:
        made, operation = filling.add(model, record_id, form_id, actor=current_user.actor)
    except (filling.NotToAdd, FieldErrors) as error:
        said = next(iter(error.errors.values())).message if isinstance(error, FieldErrors) else str(error)
        return _manage(model, record_id, status=422, error=said)
    # What was added is to be filled in.
    toasts.leave(operation.title, operation, f"{_path(model, record_id)}/forms")
    return redirect_to(f"/filled-forms/{made}/edit")


@bp.post("/companies/<int:id>/forms/order")
@allow("forms.edit")
def update_order_of_company(id: int) -> Response:
    """Put the forms of a company in the order in which the page sends them."""
    return _order(Company, id)


@bp.post("/contacts/<int:id>/forms/order")
@allow("forms.edit")
def update_order_of_contact(id: int) -> Response:
    """Put the forms of a contact in the order in which the page sends them."""
    return _order(Contact, id)


def _order(model: type[Record], record_id: int) -> Response:
    _name(model, record_id)
    ids = request.form.getlist("order", type=number)
    operation = filling.order(model, record_id, ids, actor=current_user.actor)
    return _done(model, record_id, _("The forms are in another order"), operation)


@bp.post("/filled-forms/<int:id>/place")
@allow("forms.edit")
def update_place(id: int) -> Response:
    """Move a form one place up or down on its page."""
    filled = queries.get(id, current_user)
    by = -1 if request.form.get("move") == "up" else 1
    operation = filling.move(filled, by, actor=current_user.actor)
    ids = [one.id for one in queries.of(*filled.about)]
    text = _("%(field)s is now number %(n)d of %(all)d", field=filled.name, n=ids.index(id) + 1, all=len(ids))
    return _done(*filled.about, text, operation)


@bp.get("/filled-forms/<int:id>/removal")
@allow("forms.edit")
def new_removal(id: int) -> Response:
    """Ask before a form with answers is removed."""
    filled = queries.get(id, current_user)
    name = _name(*filled.about)
    answers = [str(one.field.label) for one in filled.questions if filled.values.get(one.name) not in (None, False)]
    confirm = Confirm(
        title=_("Remove “%(form)s” from %(name)s?", form=filled.name, name=name),
        text=_("It has answers, which go with it. The history brings both back.") if answers else "",
        items=answers[:10],
        items_more=max(0, len(answers) - 10),
        action=f"/filled-forms/{id}/removal",
        submit=_("Remove"),
        cancel_url=f"{filled.path}/forms",
        danger=True,
    )
    crumbs = [*_crumbs(filled, name), (_("Forms"), f"{filled.path}/forms"), (_("Remove"), None)]
    shown = {"confirm": confirm, "crumbs": crumbs, "layout": "staff/base.html"}
    return page("shared/confirm_page.html", part="shared/_confirm.html", **shown)


@bp.post("/filled-forms/<int:id>/removal")
@allow("forms.edit")
def create_removal(id: int) -> Response:
    """Take a form off its page."""
    filled = queries.get(id, current_user)
    operation = filling.remove(filled, actor=current_user.actor)
    here = f"{filled.path}/forms"
    toasts.leave(operation.title, operation, here)
    return redirect_to(here)


# --- answers ----------------------------------------------------------------------------------------------------------


@bp.get("/filled-forms/<int:id>/edit")
@allow("forms.edit")
def edit(id: int) -> Response:
    """All questions of a form at once."""
    return _edit(queries.get(id, current_user))


def _edit(filled: Filled, wrong: FieldErrors | None = None, status: int = 200) -> Response:
    name = _name(*filled.about)
    action = f"/filled-forms/{filled.id}"
    more = {"version": filled.version, "submit": _("Save"), "cancel_url": filled.path}
    made = showing.form_of(filled.questions, filled.values, action, wrong=wrong, **more)
    shown = {"filled": filled, "form": made, "crumbs": [*_crumbs(filled, name), (filled.name, None)]}
    return page("staff/forms/edit.html", part="shared/_form.html", status=status, **shown)


@bp.post("/filled-forms/<int:id>")
@allow("forms.edit")
def update(id: int) -> Response:
    """Save all answers of a form, or show it again with what is wrong."""
    filled = queries.get(id, current_user)
    base = request.form.get("v", type=number)
    try:
        values = questions.read(filled.questions, request.form)
        operation = filling.update(filled.record, values, actor=current_user.actor, base=base)
    except FieldErrors as error:
        return _edit(filled, error, 422)
    except EditConflict as conflict:
        said = _("%(who)s changed this in the meantime. Save again to overwrite that.", who=conflict.by)
        wrong = {conflict.field: FieldError(said, code="conflict")}
        typed = showing.typed(filled.questions, request.form)
        return _edit(queries.get(id, current_user), FieldErrors(wrong, typed), 409)
    if operation is not None:
        toasts.leave(_("%(form)s saved", form=filled.name), operation, filled.path)
    return redirect_to(f"{filled.path}#filled-form-{id}")


@bp.post("/filled-forms/<int:id>/version")
@allow("forms.edit")
def update_version(id: int) -> Response:
    """Fill in the newest version of the form."""
    filled = queries.get(id, current_user)
    operation = filling.upgrade(filled, actor=current_user.actor)
    toasts.leave(operation.title, operation, filled.path)
    return redirect_to(f"{filled.path}#filled-form-{id}")


inline(bp, INLINE)
