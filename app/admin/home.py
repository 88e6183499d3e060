"""The first of the administrator's pages."""

from flask import Blueprint

from app.web.access import allow
from app.web.htmx import page

bp = Blueprint("home", __name__)


@bp.get("/")
@allow("admin")
def index():
    """What an administrator can set."""
    return page("admin/home/index.html")
