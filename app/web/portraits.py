"""A person's picture on screen: fetched, sent and removed, on the desk and, one's own, in the portal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, request
from flask_login import current_user

from app.fields.errors import FieldError
from app.i18n import gettext as _
from app.records import attachments, files
from app.records.errors import NotFound
from app.records.models import Operation
from app.records.read import Loaded

from . import toasts
from .attaching import size
from .faces import initials
from .htmx import page, redirect_to

# A name holds a hash of what is under it, so that it never changes.
KEPT = "private, max-age=31536000, immutable"
ACCEPT = "image/jpeg,image/png,image/webp,image/gif"


@dataclass(frozen=True)
class Portrait:
    """Where a person's picture is sent to: on the desk anybody's, in the portal one's own.

    `made` makes the values of what was sent, or raises `FieldError`; `change` writes them, or takes the picture away.
    On the `desk` one of the person's files can be taken as well, and the message offers to undo.
    """

    path: Callable[[int], str]
    template: str
    made: Callable[[bytes], dict[str, Any]]
    change: Callable[..., Operation | None]
    desk: bool = False


def served(found: bytes | None) -> Response:
    """The picture of somebody whom the viewer may see; its bytes are of our own making."""
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
        "accept": ACCEPT,
        "help": _("JPEG, PNG, WebP or GIF of at most %(most)s. The middle of it is kept as a small square.", most=most),
        "submit": _("Keep this picture"),
        "error": error,
    }
    shown = {"contact": contact, "letters": letters, "person_url": here, "upload": upload}
    shown["files"] = _files(loaded.id, portrait)
    return page(portrait.template, status=422 if error else 200, **shown)


def _files(id: int, portrait: Portrait) -> list[tuple[int, str]]:
    """The pictures among the files of a contact, which can be taken as well."""
    return attachments.pictures_of(id) if portrait.desk and current_user.may("files.view") else []


def taken(loaded: Loaded, portrait: Portrait) -> Response:
    """Keep the picture that was sent, or say what is wrong with it."""
    # In the portal little of the record is read, and nothing of it anew.
    id = loaded.id
    try:
        values = portrait.made(_sent(id, portrait))
    except FieldError as error:
        return asked(loaded, portrait, error.sentence)
    operation = portrait.change(loaded.record, values, actor=current_user.actor)
    return _done(id, portrait, _("Picture changed"), operation)


def _sent(id: int, portrait: Portrait) -> bytes:
    most = current_app.config["SETTINGS"].max_picture
    chosen = request.form.get("attachment", type=int)
    if chosen and chosen in dict(_files(id, portrait)):
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


def removed(loaded: Loaded, portrait: Portrait) -> Response:
    """Take the picture away; undoing that brings it back."""
    id = loaded.id
    operation = portrait.change(loaded.record, None, actor=current_user.actor)
    return _done(id, portrait, _("Picture removed"), operation)


def _done(id: int, portrait: Portrait, text: str, operation: Operation | None) -> Response:
    here = portrait.path(id)
    toasts.leave(text, operation if portrait.desk else None, here)
    return redirect_to(here)
