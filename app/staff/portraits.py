"""Pictures of contacts on the desk."""

from flask import Blueprint, Response
from flask_login import current_user

from app.contacts import pictures, queries
from app.web.access import allow
from app.web.portraits import Portrait, asked, removed, served, taken
from app.web.sizes import takes_files

bp = Blueprint("portraits", __name__, url_prefix="/contacts/<int:id>/picture")
DESK = Portrait(lambda id: f"/contacts/{id}", "staff/contacts/picture.html", pictures.made, pictures.change, desk=True)


@bp.get("/<name>")
@allow("contacts.view")
def show(id: int, name: str) -> Response:
    """A contact's picture, in one of its sizes."""
    return served(pictures.read(queries.visible_to(current_user), id, name))


@bp.get("")
@allow("contacts.edit")
def new(id: int) -> Response:
    """The form for another picture of a contact."""
    return asked(queries.get(id, current_user), DESK)


@bp.post("")
@takes_files
@allow("contacts.edit")
def create(id: int) -> Response:
    """Keep a picture of a contact."""
    return taken(queries.get(id, current_user), DESK)


@bp.post("/removal")
@allow("contacts.edit")
def create_removal(id: int) -> Response:
    """Take a contact's picture away."""
    return removed(queries.get(id, current_user), DESK)
