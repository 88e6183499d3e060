"""The certificates of everything that was erased for good."""

from flask import Blueprint, Response, request
from sqlalchemy import select

from app.records.erased import Erasure
from app.web.access import allow
from app.web.forms import number
from app.web.htmx import page
from tenants import db

bp = Blueprint("erasures", __name__, url_prefix="/erasures")
MOST = 100


@bp.get("")
@allow("contacts.erase")
def index() -> Response:
    """The newest certificates, or those before one."""
    rows = select(Erasure.id, Erasure.record_id, Erasure.at, Erasure.actor, Erasure.reason, Erasure.sha256)
    before = request.args.get("before", type=number)
    if before is not None:
        rows = rows.where(Erasure.id < before)
    found = db.session.execute(rows.order_by(Erasure.id.desc()).limit(MOST + 1)).all()
    older = found[MOST - 1].id if len(found) > MOST else None
    return page("admin/erasures/index.html", erasures=found[:MOST], older=older)
