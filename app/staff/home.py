"""The desk's first page, and the search over everything."""

from datetime import date, timedelta

from flask import Blueprint, Response, request
from flask_login import current_user
from sqlalchemy import select

from app.companies import queries as companies
from app.contacts import queries as contacts
from app.contracts import queries as contracts
from app.contracts.models import Contract
from app.fields import references
from app.fields.folding import sought
from app.i18n import gettext as _
from app.records import search
from app.records.models import Operation
from app.web.access import allow
from app.web.htmx import page
from tenants import db

bp = Blueprint("home", __name__)

# Hits shown for each noun; the list behind "all" shows the rest.
SHOWN = 8
ENDING_DAYS = 60


@bp.get("/")
@allow("desk.use")
def index() -> Response:
    """What the technician sees first: contracts that end soon, and what she did last."""
    today = date.today()
    soon = (
        contracts.visible_to(current_user)
        .where(Contract.withdrawn_at.is_(None), Contract.ends_on.between(today, today + timedelta(days=ENDING_DAYS)))
        .order_by(Contract.ends_on, Contract.id)
        .limit(SHOWN)
    )
    mine = select(Operation).where(Operation.account_id == current_user.account_id)
    ending = list(db.session.scalars(soon))
    return page(
        "staff/home/index.html",
        ending=ending,
        names=references.titles("company", {contract.company_id for contract in ending}),
        mine=list(db.session.scalars(mine.order_by(Operation.id.desc()).limit(SHOWN))),
        days=ENDING_DAYS,
    )


@bp.get("/search")
@allow("desk.use")
def find() -> Response:
    """Companies, people and contracts that match what was typed."""
    typed = sought(request.args.get("q", "")[:1000])[:100]
    found = []
    if typed:
        for title, path, queries, name in (
            (_("Companies"), "/companies", companies, lambda record: record.name),
            (_("Contacts"), "/contacts", contacts, lambda record: f"{record.full_name} · {record.email}"),
            (_("Contracts"), "/contracts", contracts, lambda record: record.description),
        ):
            model = queries.LIST.model
            base = queries.visible_to(current_user).where(model.withdrawn_at.is_(None))
            ids, more = search.find(queries.LIST.search, model, base, typed, most=SHOWN)
            records = {record.id: record for record in db.session.scalars(base.where(model.id.in_(ids)))} if ids else {}
            hits = [(f"{path}/{one}", name(records[one])) for one in ids if one in records]
            found.append((title, path, hits, more))
    return page("staff/home/search.html", q=typed, found=found)
