"""Contracts as the customer's people see them, in plain words."""

from dataclasses import dataclass, field
from datetime import date

from flask import Blueprint, Response, request
from flask_babel import format_date
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from app.fields import references
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.people import queries as people
from app.records import lists
from app.web.access import allow
from app.web.htmx import page
from app.web.inline import Inline

from . import queries
from .models import Contract

bp = Blueprint("contracts", __name__, url_prefix="/contracts")
SHOWN = Inline(Contract, queries.get, "/portal/contracts", "portal.contracts", "", page="portal/base.html")
LIST = lists.ListOf(Contract, sort="description", moments=())
# What is said in words; the rest of what is opened stands below as it is.
SAID = (
    "description",
    "company_id",
    "kind",
    "starts_on",
    "ends_on",
    "limited",
    "minutes",
    "customer_contact_id",
    "support_contact_id",
)


@dataclass(frozen=True)
class Words:
    """One contract in words; what is not opened to the portal is ''."""

    url: str
    name: str
    kind: str = ""
    company: str = ""
    term: str = ""
    hours: str = ""
    ended: bool = False
    customer_contact: str = ""
    support_contact: people.Reachable | None = field(default=None)


@bp.get("")
@allow("portal.contracts")
def index() -> Response:
    """The contracts of my companies."""
    fields = fields_of(Contract, current_user)
    kept = MultiDict([(name, request.args[name]) for name in ("after", "before") if request.args.get(name)])
    asked = lists.wanted(kept, LIST, fields, current_user.page_size)
    asked.columns = [name for name in SAID if name in fields]
    found = lists.read(LIST, asked, fields, queries.visible_to(current_user))
    names = references.titles("company", {row.values.get("company_id") for row in found.rows})
    contracts = [_words(row.id, row.values, fields, names if len(names) > 1 else {}) for row in found.rows]
    return page("portal/contracts/index.html", contracts=contracts, page_of=found)


@bp.get("/<int:id>")
@allow("portal.contracts")
def show(id: int) -> Response:
    """One contract."""
    loaded = queries.get(id, current_user)
    fields = fields_of(Contract, current_user)
    values = loaded.values
    names = references.titles("company", {values.get("company_id")})
    ours = references.titles("contact", {values.get("customer_contact_id")})
    words = _words(
        id,
        values,
        fields,
        names,
        customer_contact=ours.get(values.get("customer_contact_id"), ""),
        support_contact=people.reachable(values.get("support_contact_id")),
    )
    return page("portal/contracts/show.html", contract=words, facts=SHOWN.filled(loaded, but=SAID))


def _words(id: int, values: dict, fields, companies: dict[int, str], **more) -> Words:
    ends = values.get("ends_on")
    kind = fields["kind"].kind.format(values["kind"]) if values.get("kind") else ""
    return Words(
        url=f"/portal/contracts/{id}",
        name=values.get("description") or kind or _("Contract"),
        kind=kind,
        company=companies.get(values.get("company_id"), ""),
        term=_term(values),
        hours=_hours(values, fields),
        ended=ends is not None and ends < date.today(),
        **more,
    )


def _term(values: dict) -> str:
    starts, ends = (values.get(name) and format_date(values[name], "long") for name in ("starts_on", "ends_on"))
    if starts and ends:
        return _("From %(start)s until %(end)s", start=starts, end=ends)
    if starts:
        return _("Since %(start)s, with no end date", start=starts)
    return _("Until %(end)s", end=ends) if ends else ""


def _hours(values: dict, fields) -> str:
    if values.get("minutes") is not None:
        return _("%(hours)s hours", hours=fields["minutes"].kind.format(values["minutes"]))
    return _("No limit of hours") if values.get("limited") is False else ""
