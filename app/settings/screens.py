"""The administrator's page for the words that stand for companies and contacts."""

from flask import Blueprint, Response, request
from flask_login import current_user

from app.fields.errors import FieldErrors
from app.fields.form import read_all
from app.i18n import gettext as _
from app.web import toasts
from app.web.access import allow
from app.web.forms import form
from app.web.htmx import page, redirect_to

from . import words

bp = Blueprint("words", __name__, url_prefix="/words")
HERE = "/admin/words"


def _form(wrong: FieldErrors | None = None):
    return form(words.fields(), HERE, values=words.values(), wrong=wrong, submit=_("Save"), cancel_url="/admin/")


@bp.get("")
@allow("admin.fields")
def index() -> Response:
    """What companies and contacts are called here, in each language."""
    return page("admin/fields/words.html", form=_form())


@bp.post("")
@allow("admin.fields")
def update() -> Response:
    """Call them so from now on."""
    try:
        operation = words.change(read_all(words.fields(), request.form), actor=current_user.actor)
    except FieldErrors as error:
        return page("admin/fields/words.html", part="shared/_form.html", status=422, form=_form(error))
    if operation is not None:
        toasts.leave(operation.title, operation, HERE)
    return redirect_to(HERE)
