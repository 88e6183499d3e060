"""The administrator's pages for forms: all of them, each one's questions, versions and preview."""

from flask import Blueprint, Response, request
from flask_login import current_user

from app.fields.errors import FieldErrors
from app.fields.form import read_all
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.i18n import ngettext
from app.records.errors import NotFound
from app.settings import forms as describing
from app.web import history, toasts
from app.web.access import allow
from app.web.cells import Titles
from app.web.forms import form, nonce, once
from app.web.htmx import page, redirect_to
from app.web.inline import Inline, inline
from app.web.removal import Removing, removal

from . import building, queries, questions, screens, showing
from .models import ABOUT, Form

bp = Blueprint("forms", __name__, url_prefix="/forms")
INLINE = Inline(Form, queries.get_form, "/admin/forms", "admin.fields", "admin.fields", page="admin/base.html")
LOOKS = {"staff": _l("On the desk"), "portal": _l("In the portal"), "phone": _l("On a phone")}


def _filled(form_id: int) -> list[str]:
    """How many companies and contacts have a form, in words."""
    counts = queries.count_filled(form_id)
    said = []
    if counts["company"]:
        said.append(ngettext("%(num)d company has it.", "%(num)d companies have it.", counts["company"]))
    if counts["contact"]:
        said.append(ngettext("%(num)d contact has it.", "%(num)d contacts have it.", counts["contact"]))
    return said


REMOVING = Removing(
    INLINE,
    building.REMOVAL,
    queries.get_deleted_form,
    queries.FORM_PAST,
    lambda form: form.name,
    _l("Forms"),
    {},
    told=lambda id: [*_filled(id), _("It leaves their pages; its answers come back with it.")] if _filled(id) else [],
)


@bp.get("")
@allow("admin.fields")
def index() -> Response:
    """All forms, and those that were deleted."""
    found = queries.forms()
    live, gone = ([one for one in found if bool(one.deleted_at) is deleted] for deleted in (False, True))
    return page("admin/forms/index.html", forms=live, deleted=gone, about=dict(ABOUT))


@bp.get("/new")
@allow("admin.fields")
def new() -> Response:
    """The form for a new form."""
    return page("admin/forms/new.html", form=_new())


@bp.post("")
@allow("admin.fields")
def create() -> Response:
    """Make a form; its questions follow."""
    try:
        values = read_all(building.new_fields(current_user), request.form)
        where = once(lambda: building.create(values, actor=current_user.actor), lambda made: f"/admin/forms/{made}")
    except FieldErrors as error:
        return page("admin/forms/new.html", part="shared/_form.html", status=422, form=_new(error))
    return redirect_to(where)


def _new(wrong: FieldErrors | None = None):
    more = {"nonce": nonce(), "submit": _("Add form"), "cancel_url": "/admin/forms"}
    return form(building.new_fields(current_user), "/admin/forms", wrong=wrong, **more)


@bp.get("/<int:id>")
@allow("admin.fields")
def show(id: int) -> Response:
    """A form: what it is for, the questions of its draft, its versions and its history."""
    try:
        loaded = queries.get_form(id, current_user)
    except NotFound:
        return REMOVING.deleted_page(id)
    titles = INLINE.titles(loaded)
    versions = queries.versions(id)
    return page(
        "admin/forms/show.html",
        form=loaded.record,
        facts=INLINE.facts(loaded, titles),
        table=screens.table(id),
        toast=None,
        versions=versions,
        differs=building.differs(id, versions),
        history=_history(id, titles),
    )


def _history(id: int, titles: Titles | None = None) -> dict:
    return history.block(queries.FORM_PAST, id, f"/admin/forms/{id}/history", titles=titles)


@bp.get("/<int:id>/history")
@allow("admin.fields")
def show_history(id: int) -> Response:
    """What happened to a form."""
    loaded = queries.get_form(id, current_user)
    return page("admin/forms/history.html", part="shared/_history.html", form=loaded.record, history=_history(id))


# --- versions ---------------------------------------------------------------------------------------------------------


@bp.post("/<int:id>/versions")
@allow("admin.fields")
def create_version(id: int) -> Response:
    """Publish the draft as the newest version."""
    queries.get_form(id, current_user)
    _number, operation = building.publish(id, actor=current_user.actor)
    toasts.leave(operation.title, operation, f"/admin/forms/{id}")
    return redirect_to(f"/admin/forms/{id}")


@bp.get("/<int:id>/versions/<int:version>")
@allow("admin.fields")
def show_version(id: int, version: int) -> Response:
    """The questions of a version, as they were published."""
    record = queries.get_form(id, current_user).record
    found = queries.version(id, version)
    kept = questions.made(found.questions)
    fields = questions.by_key(kept)
    rows = [(one.field, describing.kind_name(one.field), one.said(fields)) for one in kept]
    return page("admin/forms/version.html", form_of=record, version=found, rows=rows)


@bp.get("/<int:id>/preview")
@allow("admin.fields")
def show_preview(id: int) -> Response:
    """The draft as those see it who fill it in, or who read it in the portal."""
    return _preview(id)


@bp.post("/<int:id>/preview")
@allow("admin.fields")
def create_trial(id: int) -> Response:
    """Try the draft: what would be refused is said, and nothing is saved."""
    try:
        questions.read(building.draft(queries.get_form(id, current_user).id), request.form)
    except FieldErrors as error:
        return _preview(id, error)
    return _preview(id, tried=True)


def _preview(id: int, wrong: FieldErrors | None = None, tried: bool = False) -> Response:
    record = queries.get_form(id, current_user).record
    look = request.args.get("as", "staff")
    look = look if look in LOOKS else "staff"
    draft = building.draft(id)
    shown = {"form_of": record, "looks": LOOKS, "look": look, "tried": tried}
    if look == "portal":
        opened = [one.field for one in draft if one.field.portal]
        return page("admin/forms/preview.html", opened=opened, form=None, **shown)
    begins = {one.name: one.field.kind.default for one in draft}
    typed = FieldErrors({}, showing.typed(draft, request.form)) if tried else wrong
    action = f"/admin/forms/{id}/preview?as={look}"
    made = showing.form_of(draft, begins, action, wrong=typed, submit=_("Try it"), cancel_url=f"/admin/forms/{id}")
    part = "admin/forms/_preview.html"
    return page("admin/forms/preview.html", part=part, status=422 if wrong else 200, form=made, **shown)


inline(bp, INLINE)
removal(bp, REMOVING)
