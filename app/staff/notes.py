"""A note on the desk: edited where it stands, marked as important, deleted."""

from flask import Blueprint, Response, redirect, request
from flask_login import current_user

from app.companies.staff import TIMELINE as OF_COMPANY
from app.contacts.staff import TIMELINE as OF_CONTACT
from app.i18n import gettext as _
from app.records import notes
from app.records.models import Operation
from app.web.access import allow
from app.web.inline import Inline, inline
from app.web.timeline import Timeline

bp = Blueprint("notes", __name__, url_prefix="/notes")
NOTE = Inline(notes.Note, notes.get, "/notes", "notes.view", "notes.edit", save=notes.update)


def _of(note: notes.Note) -> tuple[Timeline, int]:
    """The history that a note stands in, and the record's id."""
    return (OF_CONTACT, note.contact_id) if note.contact_id else (OF_COMPANY, note.company_id)


def _done(note: notes.Note, text: str, operation: Operation | None) -> Response:
    line, record_id = _of(note)
    return line.done(record_id, text, operation)


@bp.get("/<int:id>")
@allow("notes.view")
def show(id: int) -> Response:
    """A note stands in the history of what it is about."""
    line, record_id = _of(notes.get(id, current_user).record)
    return redirect(f"{line.noun.address(record_id)}/notes#note-{id}")


@bp.post("/<int:id>/importance")
@allow("notes.edit")
def update_importance(id: int) -> Response:
    """Mark a note as important, or take the mark away."""
    note, important = notes.get(id, current_user).record, request.form.get("important") == "1"
    operation = notes.update(note, {"important": important}, actor=current_user.actor)
    return _done(note, _("Marked as important") if important else _("No longer important"), operation)


@bp.post("/<int:id>/removal")
@allow("notes.edit")
def create_removal(id: int) -> Response:
    """Delete a note; it can be brought back from the message, or from the history."""
    note = notes.get(id, current_user).record
    return _done(note, _("Note deleted"), notes.remove(note, actor=current_user.actor))


inline(bp, NOTE)
