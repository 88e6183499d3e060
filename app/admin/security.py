"""Who was refused what for want of a permission, and from where."""

from flask import Blueprint, Response, request
from sqlalchemy import func, select

from app.contacts.models import Contact
from app.people.models import Account, Staff
from app.people.security import SecurityEvent
from app.web.access import allow
from app.web.forms import number
from app.web.htmx import page
from tenants import db

bp = Blueprint("security", __name__, url_prefix="/security")
MOST = 100


@bp.get("")
@allow("admin.staff")
def index() -> Response:
    """The newest security events, or those before one."""
    event = SecurityEvent
    person = func.coalesce(Staff.name, Contact.first_name + " " + Contact.last_name, "")
    rows = (
        select(event, person.label("who"), Account.staff_id, Account.contact_id)
        .outerjoin(Account, Account.id == event.account_id)
        .outerjoin(Staff, Staff.id == Account.staff_id)
        .outerjoin(Contact, Contact.id == Account.contact_id)
    )
    before = request.args.get("before", type=number)
    if before is not None:
        rows = rows.where(event.id < before)
    found = db.session.execute(rows.order_by(event.id.desc()).limit(MOST + 1)).all()
    older = found[MOST - 1][0].id if len(found) > MOST else None
    return page("admin/security/index.html", events=found[:MOST], older=older)
