"""Who else has a record open, and a word to them: the same addresses for every noun of the desk.

`POST …/presence` says that the record is open and answers with who else is there; `GET …/presence` is a page of what
was said about it, which works without scripts; `POST …/words` says something, for who may write notes. `GET
/contacts/presence` names the records of a list that others have open.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request
from flask_login import current_user

from app.fields.errors import FieldError
from app.fields.kinds import LongText
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records import presence as records
from app.records.errors import NotAllowed
from app.records.read import Loaded

from .access import allow
from .htmx import page, redirect_to
from .inline import Inline

WORDS = LongText(_l("A word to them"), max=500, required=True)
FRESH = timedelta(days=1)


@dataclass(frozen=True)
class Present:
    """Who else is at a record, what was said, and what was typed and could not be said."""

    others: list[str]
    words: list[records.Said]
    typed: str = ""
    error: str = ""


def presence(bp: Blueprint, noun: Inline, title: str, name: str) -> None:
    """Add the addresses to a noun's screens. `title` heads its list; `name` is the record's property that names it."""
    key = noun.model.noun
    at = ("" if bp.url_prefix else noun.path) + "/<int:id>"

    def present(loaded: Loaded, **more: Any) -> Present:
        others, words = records.others(key, loaded.id, _me()), records.words(key, loaded.id, _me())
        if request.wants_fragment and not others and words and words[-1].at < datetime.now(UTC) - FRESH:
            # On the record's page what was said is there for a day, or while somebody may answer.
            words = []
        return Present(others, words, **more)

    def answer(loaded: Loaded, status: int = 200, **more: Any) -> Response:
        crumbs = [(title, noun.path), (getattr(loaded.record, name), noun.address(loaded.id)), (_("Open at"), None)]
        shown = {"present": present(loaded, **more), "crumbs": crumbs, "path": noun.address(loaded.id)}
        return page("staff/presence.html", part="staff/_present.html", status=status, **shown)

    @bp.get(("" if bp.url_prefix else noun.path) + "/presence")
    @allow(noun.view)
    def index_presence() -> Response:
        """The records that others have open, for the marks in the list."""
        if not request.wants_fragment:
            return redirect_to(noun.path)
        return page("staff/_open_elsewhere.html", noun=key, found=records.open_elsewhere(key, _me()))

    @bp.get(f"{at}/presence")
    @allow(noun.view)
    def show_presence(id: int) -> Response:
        """Who has the record open, and what was said."""
        return answer(noun.get(id, current_user))

    @bp.post(f"{at}/presence")
    @allow(noun.view)
    def create_presence(id: int) -> Response:
        """Say that the record is open here."""
        loaded = noun.get(id, current_user)
        records.arrive(key, id, current_user.actor)
        return answer(loaded)

    @bp.post(f"{at}/words")
    @allow("notes.edit")
    def create_word(id: int) -> Response:
        """Say something to whoever else is at the record: it is kept there, so it takes the right to write notes."""
        if not current_user.may(noun.view):
            raise NotAllowed(noun.view)
        loaded, typed = noun.get(id, current_user), request.form.get("text", "")
        try:
            text = WORDS.parse(typed)
        except FieldError as error:
            said = error.sentence
            return answer(loaded, 422, typed=typed, error=said)
        records.say(key, id, text, current_user.actor)
        if not request.wants_fragment:
            return redirect_to(f"{noun.address(id)}/presence")
        response = answer(loaded)
        response.headers["HX-Trigger"] = "word:said"
        return response


def _me() -> int:
    return current_user.account_id
