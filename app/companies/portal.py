"""A company as its own people see it in the portal."""

from flask import Blueprint, Response
from flask_login import current_user

from app.web import parts
from app.web.access import allow
from app.web.htmx import page
from app.web.inline import Inline

from . import queries
from .models import Company

bp = Blueprint("companies", __name__, url_prefix="/companies")
SHOWN = Inline(Company, queries.get, "/portal/companies", "portal.use", "", page="portal/base.html")


@bp.get("/<int:id>")
@allow("portal.use")
def show(id: int) -> Response:
    """What the organization shows of one's company."""
    loaded = queries.get(id, current_user)
    facts = SHOWN.filled(loaded)
    return page("portal/companies/show.html", company=loaded, facts=facts, parts=parts.of("company", id, "portal"))
