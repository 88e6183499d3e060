"""The web domains of all companies, for the administrator."""

from flask import Blueprint, Response, request
from flask_login import current_user

from app.fields import references
from app.fields.errors import FieldErrors
from app.fields.form import read_all
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.web import toasts
from app.web.access import allow
from app.web.cells import editor
from app.web.forms import nonce, once, sentence, typed_in
from app.web.htmx import page, redirect_to
from app.web.inline import Inline, inline
from app.web.listing import AddRow, listing

from . import domains
from .domains import Domain

bp = Blueprint("domains", __name__, url_prefix="/domains")
HERE = "/admin/domains"
SHOWN = ["name", "company_id", "created_at"]
INLINE = Inline(
    Domain, domains.get, HERE, "admin.domains", "admin.domains", page="admin/base.html", columns=lambda path: SHOWN
)


def _listing(wrong: FieldErrors | None = None):
    fields = fields_of(Domain)
    typed = typed_in(fields, wrong)
    editors = [editor(one, None, typed=typed.get(one.name), error=sentence(wrong, one.name)) for one in fields]
    found = listing(
        domains.LIST,
        domains.visible_to(current_user),
        fields,
        path=HERE,
        noun="domains",
        title=_("Mail domains"),
        record_path=HERE,
        edit="admin.domains",
        columns=SHOWN,
        add=AddRow(HERE, editors, nonce()),
        empty={"text": _("No company has a mail domain yet. Add the first one in the row above.")},
    )
    found.panels = ["filter"]
    return found


@bp.get("")
@allow("admin.domains")
def index() -> Response:
    """The web domains of all companies."""
    return page("admin/domains/index.html", part="shared/_list.html", listing=_listing())


@bp.post("")
@allow("admin.domains")
def create() -> Response:
    """Give a company a web domain."""
    made: list = []

    def make() -> int:
        made.append(domains.add(values, actor=current_user.actor))
        return 0

    try:
        values = read_all(fields_of(Domain), request.form)
        once(make, lambda _id: HERE)
    except FieldErrors as error:
        return page("admin/domains/index.html", part="shared/_list.html", status=422, listing=_listing(error))
    for operation in made:
        toasts.leave(_("%(name)s added", name=values["name"]), operation, HERE)
    return redirect_to(HERE)


@bp.get("/<int:id>")
@allow("admin.domains")
def show(id: int) -> Response:
    """One web domain, its company, and its removal."""
    loaded = domains.get(id, current_user)
    facts = INLINE.facts(loaded)
    company = references.titles("company", [loaded.values["company_id"]]).get(loaded.values["company_id"], "")
    return page("admin/domains/show.html", domain=loaded.record, facts=facts, company=company)


@bp.post("/<int:id>/removal")
@allow("admin.domains")
def create_removal(id: int) -> Response:
    """Take a web domain from its company."""
    record = domains.get(id, current_user).record
    name = record.name
    toasts.leave(_("%(name)s removed", name=name), domains.remove(record, actor=current_user.actor), HERE)
    return redirect_to(HERE)


inline(bp, INLINE)
