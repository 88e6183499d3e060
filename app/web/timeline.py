"""The history of a record, and the notes that are written in it: the same addresses for every noun that has one.

`GET …/history` is the history alone, `?show=important`, `?q=` and `?until=` choose from it; `GET …/notes` is what of it
are notes, with the form for another one, and `POST …/notes` writes it. On a record's page the same stands beside the
facts.
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from flask_login import current_user

from app.fields.errors import FieldError
from app.fields.form import read_one
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.records import history as records
from app.records import notes
from app.records.models import Operation
from app.records.read import Loaded

from . import cells, history, toasts
from .access import allow
from .attaching import attaching
from .forms import nonce, once
from .htmx import page, redirect_to
from .inline import Inline


@dataclass(frozen=True)
class Timeline:
    """What the history needs to know of a noun."""

    noun: Inline
    past: records.Past
    # The page that consists of it, and what it calls the record.
    page: str
    name: str
    # The column of a note that names such a record, '' where none are written.
    about: str = ""

    def block(self, record_id: int, titles: cells.Titles | None = None, **more: Any) -> dict:
        """What `shared/_history.html` shows; the page's `titles` name what it refers to."""
        at = self.noun.address(record_id)
        if self.about and current_user.may("notes.edit"):
            more = {"note": cells.editor(_words(), None, id="note-text"), "nonce": nonce()} | more
        return history.block(self.past, record_id, f"{at}/history", f"{at}/as-of", titles, **more)

    def answer(self, loaded: Loaded, status: int = 200, **more: Any) -> Response:
        """The history for htmx, or the page that consists of it."""
        block = self.block(loaded.id, **more)
        response = page(
            self.page, part="shared/_history.html", status=status, history=block, **{self.name: loaded.record}
        )
        if request.wants_fragment:
            response.headers["HX-Replace-Url"] = block["here_url"]
        return response

    def done(self, record_id: int, text: str, operation: Operation | None) -> Response:
        """After a change of what stands in it: the history anew for htmx, otherwise back to the record."""
        loaded, here = self.noun.get(record_id, current_user), self.noun.address(record_id)
        if not request.wants_fragment:
            toasts.leave(text, operation, here)
            return redirect_to(f"{here}#history")
        return self.answer(loaded, toast=toasts.toast(text, operation, here))


def _words():
    return fields_of(notes.Note)["text"]


def timeline(bp: Blueprint, line: Timeline) -> None:
    """Add the addresses to a noun's screens."""
    at = ("" if bp.url_prefix else line.noun.path) + "/<int:id>"

    @bp.get(f"{at}/history")
    @allow("history.view")
    def show_history(id: int) -> Response:
        """What happened to a record."""
        return line.answer(line.noun.get(id, current_user))

    if not line.about:
        return
    attaching(bp, line)

    @bp.get(f"{at}/notes")
    @allow("notes.view")
    def show_notes(id: int) -> Response:
        """The notes about a record, and the form for another one."""
        return line.answer(line.noun.get(id, current_user), wanted=records.Wanted(records.NOTES), writing=True)

    @bp.post(f"{at}/notes")
    @allow("notes.edit")
    def create_note(id: int) -> Response:
        """Write a note about a record."""
        loaded = line.noun.get(id, current_user)
        try:
            words = read_one(_words(), request.form, "text")
        except FieldError as error:
            said = error.sentence
            typed = request.form.get("text", "")
            editor = cells.editor(_words(), None, id="note-text", typed=typed, error=said)
            return line.answer(loaded, 422, wanted=records.Wanted(), note=editor, writing=True)
        here, written = line.noun.address(id), []

        def create() -> int:
            note_id, operation = notes.add(line.about, id, words, actor=current_user.actor)
            written.append(operation)
            return note_id

        where = once(create, lambda note_id: f"{here}#note-{note_id}")
        # Sent twice, it was written once.
        operation = written[0] if written else None
        if not request.wants_fragment:
            toasts.leave(_("Note added"), operation, here)
            return redirect_to(where)
        toast = toasts.toast(_("Note added"), operation, here)
        return line.answer(loaded, wanted=records.Wanted(), toast=toast)
