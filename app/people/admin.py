"""The MSP's own people, for the administrator."""

from flask import Blueprint, Response, request
from flask_login import current_user

from app.fields.errors import FieldErrors
from app.fields.form import read_all
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.web import history
from app.web.access import allow
from app.web.forms import form, nonce, once
from app.web.htmx import page, redirect_to
from app.web.inline import Inline, inline
from app.web.listing import listing

from . import actions, passwords, queries
from .models import Staff

bp = Blueprint("staff", __name__, url_prefix="/staff")
HERE = "/admin/staff"
SHOWN = ["name", "email", "phone", "role", "active"]
INLINE = Inline(
    Staff,
    queries.get,
    HERE,
    "admin.staff",
    "admin.staff",
    page="admin/base.html",
    save=actions.update_staff,
    columns=lambda path: SHOWN,
)


@bp.get("")
@allow("admin.staff")
def index() -> Response:
    """Everybody who works here, also those who have left."""
    found = listing(
        queries.LIST,
        queries.visible_to(current_user),
        fields_of(Staff),
        path=HERE,
        noun="staff",
        title=_("Staff"),
        record_path=HERE,
        edit="admin.staff",
        columns=SHOWN,
    )
    found.panels = ["filter"]
    return page("admin/people/index.html", part="shared/_list.html", listing=found)


def _form(wrong: FieldErrors | None = None):
    fields = fields_of(Staff).only(lambda entry: entry.name != "active")
    return form(fields, HERE, wrong=wrong, nonce=nonce(), submit=_("Add"), cancel_url=HERE)


@bp.get("/new")
@allow("admin.staff")
def new() -> Response:
    """The form for a new member of staff."""
    return page("admin/people/new.html", form=_form())


@bp.post("")
@allow("admin.staff")
def create() -> Response:
    """Add a member of staff and show the first password this once."""
    password, made = passwords.random(), []

    def make() -> int:
        given = {name: value for name, value in values.items() if value is not None}
        made.append(actions.create_staff(given, password=password, actor=current_user.actor))
        return made[0]

    try:
        values = read_all(fields_of(Staff).only(lambda entry: entry.name != "active"), request.form)
        where = once(make, lambda id: f"{HERE}/{id}")
    except FieldErrors as error:
        return page("admin/people/new.html", part="shared/_form.html", status=422, form=_form(error))
    if not made:
        return redirect_to(where)
    return _password(values["name"], values["email"], password, where, status=201)


def _password(name: str, login: str, password: str, back: str, status: int = 200) -> Response:
    secret = {
        "title": _("Password for %(name)s", name=name),
        "text": _("It is shown only now. It must be changed at the first sign-in with %(login)s.", login=login),
        "value": password,
        "back": back,
    }
    template = "admin/secret.html"
    return page(template, part="shared/_secret.html", status=status, secret=secret)


@bp.get("/<int:id>")
@allow("admin.staff")
def show(id: int) -> Response:
    """A member of staff."""
    loaded = queries.get(id, current_user)
    titles = INLINE.titles(loaded)
    past = history.block(queries.PAST, id, f"{HERE}/{id}", titles=titles)
    return page(
        "admin/people/show.html",
        part="shared/_history.html",
        member=loaded.record,
        account=queries.account_of(id),
        facts=INLINE.facts(loaded, titles),
        made=loaded,
        history=past,
    )


@bp.post("/<int:id>/password")
@allow("admin.staff")
def update_password(id: int) -> Response:
    """Give a member of staff a new password and show it this once."""
    record = queries.get(id, current_user).record
    password = actions.reset_password(record, actor=current_user.actor)
    return _password(record.name, record.email, password, f"{HERE}/{id}")


inline(bp, INLINE)
