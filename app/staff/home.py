"""The desk's first page."""

from datetime import date, timedelta

from flask import Blueprint, Response
from flask_login import current_user
from sqlalchemy import select

from app.contracts import queries as contracts
from app.contracts.models import Contract
from app.fields import references
from app.records.models import Operation
from app.web.access import allow
from app.web.htmx import page
from tenants import db

bp = Blueprint("home", __name__)

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
