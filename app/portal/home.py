"""The portal's first page."""

from flask import Blueprint

from app.web.access import allow
from app.web.htmx import page

bp = Blueprint("home", __name__)


@bp.get("/")
@allow("portal.use")
def index():
    """What a customer's person sees first."""
    return page("portal/home/index.html")
