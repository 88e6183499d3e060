"""Named views on the desk: keeping a list as it is, and one's own views."""

from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, request
from flask_login import current_user

from app.fields.errors import FieldErrors
from app.fields.form import read_all
from app.fields.registry import FieldSet
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.records import views
from app.records.errors import NotFound
from app.records.views import View
from app.web import toasts
from app.web.access import allow
from app.web.forms import form, nonce, number, once
from app.web.htmx import page, redirect_to

bp = Blueprint("views", __name__, url_prefix="/views")
NOUNS = ("companies", "contacts", "contracts")


def _fields() -> FieldSet:
    """What is said of a view; only some may share."""
    share = current_user.may("views.share")
    return fields_of(View, current_user).only(lambda entry: entry.name != "shared" or share)


def _noun(noun: str) -> str:
    if noun not in NOUNS:
        raise NotFound
    return noun


def _mine(id: int) -> View:
    return views.get(id, current_user.account_id, current_user.may("views.share"))


def _asked() -> str:
    return views.query_of(parse_qsl(request.form.get("query", "")))


def _to(view: View) -> str:
    return f"/{view.of_noun}?{urlencode({'view': view.slug})}"


@bp.get("/<noun>/new")
@allow("desk.use")
def new(noun: str) -> Response:
    """The form to keep a list under a name."""
    return page("staff/views/new.html", noun=_noun(noun), form=_form(noun, request.args.get("query", "")))


def _form(noun: str, query: str, wrong: FieldErrors | None = None):
    return form(
        _fields(),
        f"/views/{noun}",
        wrong=wrong,
        nonce=nonce(),
        hidden=[("query", query[: views.LONGEST])],
        submit=_("Save the view"),
        cancel_url=f"/{noun}",
    )


@bp.post("/<noun>")
@allow("desk.use")
def create(noun: str) -> Response:
    """Keep a list under a name."""
    made: list[View] = []

    def make() -> int:
        made.append(views.save_as(_noun(noun), values, query, actor=current_user.actor))
        return made[0].id

    try:
        values, query = read_all(_fields(), request.form), _asked()
        where = once(make, lambda _id: _to(made[0]))
    except FieldErrors as error:
        shown = {"noun": _noun(noun), "form": _form(noun, request.form.get("query", ""), error)}
        return page("staff/views/new.html", part="shared/_form.html", status=422, **shown)
    return redirect_to(where)


@bp.get("/<int:id>")
@allow("desk.use")
def edit(id: int) -> Response:
    """A view: its name, who has it, and whether one's list begins with it."""
    return _page(_mine(id))


def _page(view: View, wrong: FieldErrors | None = None) -> Response:
    fields, where = _fields(), f"/views/{view.id}"
    values = {entry.name: entry.value(view) for entry in fields}
    shown = form(fields, where, values=values, wrong=wrong, submit=_("Save"), cancel_url=_to(view))
    begins = views.default_slug(view.of_noun, current_user.account_id) == view.slug
    again = {"status": 422, "part": "shared/_form.html"} if wrong else {}
    return page("staff/views/edit.html", view=view, form=shown, begins=begins, where=_to(view), **again)


@bp.post("/<int:id>")
@allow("desk.use")
def update(id: int) -> Response:
    """Give a view another name, or share it."""
    view = _mine(id)
    try:
        views.change(view, read_all(_fields(), request.form), actor=current_user.actor)
    except FieldErrors as error:
        return _page(view, error)
    return redirect_to(_to(view))


@bp.post("/<int:id>/query")
@allow("desk.use")
def update_query(id: int) -> Response:
    """Let a view stand for the list as it is now."""
    view = _mine(id)
    operation = views.change(view, {"query": _asked()}, actor=current_user.actor)
    toasts.leave(_("%(name)s saved", name=view.name), operation, _to(view))
    return redirect_to(_to(view))


@bp.post("/<int:id>/removal")
@allow("desk.use")
def create_removal(id: int) -> Response:
    """Delete a view."""
    view = _mine(id)
    where, name = f"/{view.of_noun}?view=", view.name
    toasts.leave(_("%(name)s deleted", name=name), views.remove(view, actor=current_user.actor), where)
    return redirect_to(where)


@bp.post("/<noun>/default")
@allow("desk.use")
def update_default(noun: str) -> Response:
    """Let one's own list begin with a view, or with all again."""
    chosen = request.form.get("view", type=number)
    view = views.get(chosen, current_user.account_id, True) if chosen else None
    if view is not None and view.of_noun != _noun(noun):
        raise NotFound
    views.begin_with(_noun(noun), view, current_user.account_id)
    return redirect_to(_to(view) if view else f"/{noun}?view=")
