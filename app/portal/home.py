"""The portal's first page, and light or dark."""

from flask import Blueprint, Response, redirect, request
from flask_login import current_user

from app.contacts import queries as contacts
from app.groups import queries as groups
from app.people import preferences
from app.web.access import allow, local_path
from app.web.htmx import page

bp = Blueprint("home", __name__)


@bp.get("/")
@allow("portal.use")
def index() -> Response:
    """What a customer's person sees first: who they are here, and what they can do."""
    return page(
        "portal/home/index.html",
        places=contacts.places(current_user.contact_id),
        groups=groups.shown_to(current_user),
    )


@bp.post("/theme")
@allow("portal.use")
def update_theme() -> Response:
    """Light, dark, or as the system has it."""
    preferences.save_theme(current_user.account_id, request.form.get("theme", ""))
    if request.wants_fragment:
        return Response(status=204)
    return redirect(local_path(request.form.get("next"), "/portal/"), 303)
