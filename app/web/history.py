"""The history of a record as templates show it."""

from babel.numbers import format_decimal
from flask import request
from flask_login import current_user

from app.fields.api import moment
from app.i18n import current_locale, ngettext
from app.i18n import gettext as _
from app.records import history

from .cells import Titles
from .forms import number

_TITLES = {
    "create": lambda: _("Created"),
    "withdraw": lambda: _("Withdrawn"),
    "undo": lambda: _("Undone"),
    "restore": lambda: _("Restored"),
}


# What an operation acted through, by the first words of what the journal keeps; see `Actor`.
_THROUGH = {
    "screen": lambda rest: "",
    "portal": lambda rest: _("Portal"),
    "command line": lambda rest: _("command line"),
    "API token ": lambda rest: _("API token %(name)s", name=rest),
    "import ": lambda rest: _("import %(id)s", id=rest),
}


def through_what(kept: str) -> str:
    """What an operation acted through in the reader's language, '' for the screen; unknown words stay as they are."""
    for words, said in _THROUGH.items():
        if kept.startswith(words):
            return said(kept.removeprefix(words))
    return kept


def block(past: history.Past, record_id: int, path: str, as_of: str = "", titles: Titles | None = None) -> dict:
    """The newest operations on a record and what stands beside it.

    `path` is the address that shows this history alone, and `as_of` the one that shows the record as it was on a date,
    where there is one. A page hands over its `titles`, so that one query names all that it shows.
    """
    until = request.args.get("until", type=number)
    entries, older = history.feed(past, record_id, current_user, until, (titles or Titles()).names)
    return {
        "id": "history",
        "operations": [_operation(entry, as_of) for entry in entries],
        "older_url": f"{path}?until={older}" if older else None,
        "as_of_url": as_of,
    }


# An operation that touched more than the record and what stands beside it is undone on its own page.
FEW = 6


def _operation(entry: history.Entry, as_of: str) -> dict:
    at, here = f"/operations/{entry.id}", f"?back={request.path.removesuffix('/history')}"
    own = entry.account_id == current_user.account_id
    may = current_user.may("history.undo") and (own or current_user.may("history.undo_others"))
    small = entry.size <= FEW
    single = len(entry.lines) == 1 and entry.size == 1
    return {
        "id": entry.id,
        "when": entry.when,
        "who": entry.who,
        "on_behalf": entry.on_behalf,
        "through": through_what(entry.through),
        "why": entry.why,
        "title": _title(entry),
        "more_url": None if small else at,
        "more": _more(entry.size),
        "changes": [
            (
                line.label,
                line.before,
                line.after,
                f"{at}/changes/{line.change_id}/{line.field}/undo{here}" if may else None,
            )
            for line in entry.lines
        ],
        "undo_url": f"{at}/undo{here}" if may and small and not single else None,
        "undone": entry.undone,
        "then_url": f"{as_of}?at={moment(entry.when)}" if as_of else None,
    }


def _more(size: int) -> str:
    if size <= FEW:
        return ""
    if size > history.MOST:
        return _("more than %(number)s changes in all", number=format_decimal(history.MOST, locale=current_locale()))
    return ngettext("%(num)d change in all", "%(num)d changes in all", size)


def _title(entry: history.Entry) -> str:
    kind = _TITLES.get(entry.kind)
    if entry.lines and entry.kind not in ("undo", "restore"):
        return entry.title
    words = kind() if kind else ""
    return f"{words}: {entry.title}" if words and entry.title else words or entry.title
