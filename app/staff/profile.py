"""One's own settings: language, time zone, rows a page, light or dark."""

from flask import Blueprint, Response, redirect, request
from flask_login import current_user

from app.fields.errors import FieldErrors
from app.fields.form import read_all
from app.i18n import gettext as _
from app.people import preferences
from app.web.access import allow, local_path
from app.web.forms import form
from app.web.htmx import page, redirect_to

bp = Blueprint("profile", __name__, url_prefix="/profile")


def _form(wrong: FieldErrors | None = None):
    values = {
        "page_size": str(current_user.page_size),
        "locale": current_user.locale or None,
        "time_zone": current_user.time_zone or None,
        "single_keys": current_user.single_keys,
    }
    return form(preferences.FIELDS, "/profile", values=values, wrong=wrong, submit=_("Save"))


@bp.get("")
@allow("desk.use")
def show() -> Response:
    """My profile."""
    return page("staff/profile/show.html", form=_form())


@bp.post("")
@allow("desk.use")
def update() -> Response:
    """Save my profile."""
    try:
        preferences.save(current_user.account_id, read_all(preferences.FIELDS, request.form))
    except FieldErrors as error:
        return page("staff/profile/show.html", part="shared/_form.html", status=422, form=_form(error))
    return redirect_to("/profile")


@bp.post("/theme")
@allow("desk.use")
def update_theme() -> Response:
    """Light, dark, or as the system has it."""
    preferences.save_theme(current_user.account_id, request.form.get("theme", ""))
    if request.wants_fragment:
        return Response(status=204)
    return redirect(local_path(request.form.get("next"), "/profile"), 303)


@bp.post("/language")
@allow("desk.use")
def update_language() -> Response:
    """Another language, at once."""
    preferences.save_language(current_user.account_id, request.form.get("locale", ""))
    return redirect(local_path(request.form.get("next"), "/profile"), 303)
