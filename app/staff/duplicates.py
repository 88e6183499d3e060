"""The inbox of pairs that may be the same: contacts and companies, the surest first, with what they have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from flask_login import current_user
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from app.companies.models import Company
from app.contacts.models import Contact
from app.fields import references
from app.fields.record import Record
from app.i18n import gettext as _
from app.records import duplicates
from app.records.duplicates import Duplicate
from app.records.errors import NotFound
from app.web import toasts
from app.web.access import allow
from app.web.forms import number
from app.web.htmx import page, redirect_to
from tenants import db

bp = Blueprint("duplicates", __name__, url_prefix="/duplicates")
SHOWN, MOST = 25, 1000


@dataclass(frozen=True)
class Kind:
    """One tab of the inbox."""

    name: str
    model: type[Record]
    # What is shown of each of the two: name and a few words.
    said: Callable[[Any, dict[int, str]], tuple[str, list[str]]]

    @property
    def path(self) -> str:
        return f"/duplicates/{self.name}"


def _contact(found: Contact, names: dict[int, str]) -> tuple[str, list[str]]:
    companies = [names.get(company, "") for company in found.company_ids]
    return found.full_name, [found.email, found.phone or found.mobile or "", ", ".join(filter(None, companies))]


def _company(found: Company, names: dict[int, str]) -> tuple[str, list[str]]:
    return found.name, [str(found.number), found.email or "", found.phone or ""]


CONTACTS = Kind("contacts", Contact, _contact)
COMPANIES = Kind("companies", Company, _company)
_ONE, _OTHER = {}, {}
for _kind in (CONTACTS, COMPANIES):
    _ONE[_kind], _OTHER[_kind] = aliased(_kind.model, name="one"), aliased(_kind.model, name="other")


def _pairs(kind: Kind, dismissed: bool) -> Select:
    """The pairs of which both are still there."""
    one, other = _ONE[kind], _OTHER[kind]
    state = Duplicate.dismissed_at.is_not(None) if dismissed else Duplicate.dismissed_at.is_(None)
    return (
        select(Duplicate, one, other)
        .join(one, and_(one.id == Duplicate.one_id, one.withdrawn_at.is_(None)))
        .join(other, and_(other.id == Duplicate.other_id, other.withdrawn_at.is_(None)))
        .where(Duplicate.noun == kind.model.noun, state)
    )


def _shown(kind: Kind) -> Response:
    dismissed = request.args.get("show") == "dismissed"
    rows = _pairs(kind, dismissed).order_by(Duplicate.score.desc(), Duplicate.one_id, Duplicate.other_id)
    after = _after()
    if after:
        score, one, other = after
        same = Duplicate.score == score
        beyond = or_(Duplicate.one_id > one, and_(Duplicate.one_id == one, Duplicate.other_id > other))
        rows = rows.where(or_(Duplicate.score < score, and_(same, beyond)))
    found = db.session.execute(rows.limit(SHOWN + 1)).all()
    companies = {company for row in found for one in row[1:] for company in getattr(one, "company_ids", ())}
    names = references.titles("company", companies) if companies else {}
    seen = [one for one in (CONTACTS, COMPANIES) if current_user.may(f"{one.name}.view")]
    last = found[SHOWN - 1][0] if len(found) > SHOWN else None
    return page(
        "staff/duplicates/index.html",
        part="staff/duplicates/_pairs.html",
        kind=kind.name,
        dismissed=dismissed,
        tabs=[(one.name, one.path, _count(one)) for one in seen],
        most=MOST,
        pairs=[_pair(kind, row, names) for row in found[:SHOWN]],
        older=f"{last.score}-{last.one_id}-{last.other_id}" if last else "",
        may_merge=current_user.may(f"{kind.name}.merge"),
    )


def _after() -> tuple[int, int, int] | None:
    """Where the page before ended; what is no such mark is the beginning."""
    parts = request.args.get("after", "").split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        return None
    return int(parts[0]) % 1000, int(parts[1]), int(parts[2])


def _count(kind: Kind) -> int:
    some = _pairs(kind, False).with_only_columns(Duplicate.one_id).limit(MOST + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(some))


def _pair(kind: Kind, row, names: dict[int, str]) -> dict[str, Any]:
    found, *both = row
    return {
        "ids": (found.one_id, found.other_id),
        "sides": [(f"/{kind.name}/{one.id}", *kind.said(one, names)) for one in both],
        "reasons": [reason for reason, _what in found.reasons],
        "merge_url": f"/{kind.name}/{found.one_id}/merge?with={found.other_id}",
    }


def _dismissed(kind: Kind) -> Response:
    one, other = (request.form.get(name, type=number) for name in ("one", "other"))
    back = request.form.get("back") == "1"
    if one is None or other is None:
        raise NotFound
    if not duplicates.dismiss(kind.model.noun, one, other, current_user.account_id, back):
        raise NotFound
    said = _("They are among the possible duplicates again") if back else _("They are not suggested again")
    toasts.leave(said)
    return redirect_to(kind.path + ("?show=dismissed" if back else ""))


@bp.get("/contacts")
@allow("contacts.view")
def contacts() -> Response:
    """Contacts that may be the same person."""
    return _shown(CONTACTS)


@bp.get("/companies")
@allow("companies.view")
def companies() -> Response:
    """Companies that may be the same customer."""
    return _shown(COMPANIES)


@bp.post("/contacts/dismissal")
@allow("contacts.merge")
def create_contacts_dismissal() -> Response:
    """Remember that two contacts are not the same, or take that back."""
    return _dismissed(CONTACTS)


@bp.post("/companies/dismissal")
@allow("companies.merge")
def create_companies_dismissal() -> Response:
    """Remember that two companies are not the same, or take that back."""
    return _dismissed(COMPANIES)
