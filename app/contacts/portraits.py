"""A person's picture on screen: fetched, sent and removed, on the desk and, one's own, in the portal."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, current_app, request
from flask_login import current_user

from app.fields.errors import FieldError
from app.i18n import gettext as _
from app.records import attachments, files
from app.records.errors import NotFound
from app.records.read import Loaded
from app.web import toasts
from app.web.access import allow
from app.web.attaching import size
from app.web.faces import initials
from app.web.htmx import page, redirect_to
from app.web.sizes import takes_files

from . import pictures, queries
from .models import Contact

bp = Blueprint("portraits", __name__)
# A name holds a hash of what is under it, so that it never changes.
KEPT = "private, max-age=31536000, immutable"


@dataclass(frozen=True)
class Portrait:
    """Where a person's picture is sent to: on the desk anybody's, in the portal one's own."""

    path: Callable[[int], str]
    template: str


DESK = Portrait(lambda id: f"/contacts/{id}", "staff/contacts/picture.html")
OWN = Portrait(lambda id: "/portal/me", "portal/me/picture.html")


def served(id: int, name: str) -> Response:
    """The picture of somebody whom the viewer may see; its bytes are of our own making."""
    found = pictures.read(queries.visible_to(current_user), id, name)
    if found is None:
        raise NotFound
    response = Response(found, mimetype="image/webp")
    response.headers["Cache-Control"] = KEPT
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def asked(loaded: Loaded, portrait: Portrait, error: str = "") -> Response:
    """The form for another picture."""
    contact, here = loaded.record, portrait.path(loaded.id)
    letters = initials(loaded.values.get("first_name"), loaded.values.get("last_name"))
    most = size(current_app.config["SETTINGS"].max_picture)
    upload = {
        "action": f"{here}/picture",
        "label": _("Choose a picture, or drop it here"),
        "accept": pictures.ACCEPT,
        "help": _("JPEG, PNG, WebP or GIF of at most %(most)s. The middle of it is kept as a small square.", most=most),
        "submit": _("Keep this picture"),
        "error": error,
    }
    shown = {"contact": contact, "letters": letters, "person_url": here, "upload": upload}
    shown["files"] = _files(contact) if portrait is DESK else []
    return page(portrait.template, status=422 if error else 200, **shown)


def _files(contact: Contact) -> list[tuple[int, str]]:
    """The pictures among the files of a contact, which can be taken as well."""
    return attachments.pictures_of(contact.id) if current_user.may("files.view") else []


def taken(loaded: Loaded, portrait: Portrait) -> Response:
    """Keep the picture that was sent, or say what is wrong with it."""
    id = loaded.id
    try:
        values = pictures.made(_sent(loaded.record, portrait))
    except FieldError as error:
        return asked(loaded, portrait, f"{error.message} {error.hint or ''}".strip())
    operation = pictures.change(loaded.record, values, actor=current_user.actor)
    return _done(id, portrait, _("Picture changed"), operation)


def _sent(contact: Contact, portrait: Portrait) -> bytes:
    most = current_app.config["SETTINGS"].max_picture
    chosen = request.form.get("attachment", type=int)
    if chosen and chosen in dict(_files(contact) if portrait is DESK else ()):
        one = attachments.get(chosen, current_user).record
        found = b"".join(files.read(one.file_id)) if one.size <= most else b" " * (most + 1)
    else:
        sent = request.files.get("file")
        found = sent.stream.read(most + 1) if sent is not None and sent.filename else b""
    if not found:
        raise FieldError(_("Choose a picture first."), code="required")
    if len(found) > most:
        raise FieldError(_("This file is too large: a picture may have %(most)s.", most=size(most)), code="max")
    return found


def removed(contact: Contact, portrait: Portrait) -> Response:
    """Take the picture away; undoing that brings it back."""
    # In the portal little of the record is read, and nothing of it anew.
    id = contact.id
    operation = pictures.change(contact, None, actor=current_user.actor)
    return _done(id, portrait, _("Picture removed"), operation)


def _done(id: int, portrait: Portrait, text: str, operation) -> Response:
    here = portrait.path(id)
    toasts.leave(text, operation if portrait is DESK else None, here)
    return redirect_to(here)


@bp.get("/contacts/<int:id>/picture/<name>")
@allow("contacts.view")
def show(id: int, name: str) -> Response:
    """A contact's picture, in one of its sizes."""
    return served(id, name)


@bp.get("/contacts/<int:id>/picture")
@allow("contacts.edit")
def new(id: int) -> Response:
    """The form for another picture of a contact."""
    return asked(queries.get(id, current_user), DESK)


@bp.post("/contacts/<int:id>/picture")
@takes_files
@allow("contacts.edit")
def create(id: int) -> Response:
    """Keep a picture of a contact."""
    return taken(queries.get(id, current_user), DESK)


@bp.post("/contacts/<int:id>/picture/removal")
@allow("contacts.edit")
def create_removal(id: int) -> Response:
    """Take a contact's picture away."""
    return removed(queries.get(id, current_user).record, DESK)
