"""Keys for the API: made, shown once, listed and revoked."""

from flask import Blueprint, Response, request
from flask_login import current_user

from app.fields import references
from app.fields.errors import FieldError, FieldErrors
from app.fields.form import read_all
from app.fields.kinds import Choices, Reference, Text, Whole
from app.fields.registry import Field
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.people import tokens
from app.signin import sessions
from app.web import toasts
from app.web.access import allow
from app.web.forms import form, nonce, once
from app.web.htmx import page, redirect_to

bp = Blueprint("tokens", __name__, url_prefix="/tokens")
HERE = "/admin/tokens"
DAYS = 365


def _field(name: str, kind, **more) -> Field:
    return Field(name=name, kind=kind, label=kind.label, required=kind.required, help=str(kind.help or ""), **more)


def _fields() -> tuple[Field, ...]:
    scopes = [(name, str(words)) for name, words in tokens.SCOPE_NAMES.items()]
    return (
        _field("name", Text(_l("Name"), max=64, required=True, help=_l("What it is for, such as “Backup report”."))),
        _field(
            "staff_id",
            Reference(
                _l("Acts for"), noun="staff", required=True, help=_l("It may never do more than this person may.")
            ),
        ),
        _field("scopes", Choices(_l("May"), choices=scopes, required=True)),
        _field("days", Whole(_l("Valid for days"), min=1, max=3650, required=True, default=DAYS)),
    )


def _form(wrong: FieldErrors | None = None):
    values = {"staff_id": current_user.staff_id, "days": DAYS, "scopes": ["read"]}
    more = {"nonce": nonce(), "submit": _("Make the token"), "cancel_url": HERE}
    return form(_fields(), HERE, values=values, wrong=wrong, **more)


@bp.get("")
@allow("admin.tokens")
def index() -> Response:
    """Every key with whose it is, what it may do and when it was used last."""
    shown = {"tokens": tokens.listed(), "scopes": tokens.SCOPE_NAMES, "most": tokens.MOST}
    return page("admin/tokens/index.html", **shown)


@bp.get("/new")
@allow("admin.tokens")
def new() -> Response:
    """The form for a new key."""
    return page("admin/tokens/new.html", form=_form())


@bp.post("")
@allow("admin.tokens")
def create() -> Response:
    """Make a key and show it this once."""
    made: list[str] = []

    def make() -> int:
        account_id = tokens.account_of(values["staff_id"])
        if account_id is None:
            raise FieldErrors({"staff_id": FieldError(_("This person cannot sign in."), code="unknown")})
        whose = references.titles("staff", [values["staff_id"]])[values["staff_id"]]
        made.append(sessions.make_token(account_id, values["name"], values["scopes"], values["days"]))
        tokens.note_made(values["name"], whose, values["scopes"], actor=current_user.actor)
        return 0

    try:
        values = read_all(_fields(), request.form)
        once(make, lambda _id: HERE)
    except FieldErrors as error:
        return page("admin/tokens/new.html", part="shared/_form.html", status=422, form=_form(error))
    if not made:
        return redirect_to(HERE)
    secret = {
        "title": _("Token “%(name)s”", name=values["name"]),
        "text": _("It is shown only now. Keep it where the program finds it and nobody else does."),
        "value": made[0],
        "back": HERE,
    }
    return page("admin/secret.html", part="shared/_secret.html", status=201, secret=secret)


@bp.post("/<int:id>/revocation")
@allow("admin.tokens")
def create_revocation(id: int) -> Response:
    """Take a key away; no program gets in with it from now on."""
    name = tokens.revoke(id, actor=current_user.actor)
    toasts.leave(_("The token “%(name)s” is revoked", name=name))
    return redirect_to(HERE)
