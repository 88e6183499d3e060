"""The history of a record as templates show it."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from babel.numbers import format_decimal
from flask import request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from app.fields.api import moment
from app.fields.settings import fields_of
from app.i18n import current_locale, ngettext
from app.i18n import gettext as _
from app.records import history
from app.records.notes import Note

from .attaching import size
from .cells import Titles, cells_of
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
    "calendar": lambda rest: _("calendar"),
    "API token ": lambda rest: _("API token %(name)s", name=rest),
    "import ": lambda rest: _("import %(id)s", id=rest),
}


def through_what(kept: str) -> str:
    """What an operation acted through in the reader's language, '' for the screen; unknown words stay as they are."""
    for words, said in _THROUGH.items():
        if kept.startswith(words):
            return said(kept.removeprefix(words))
    return kept


def block(
    past: history.Past,
    record_id: int,
    path: str,
    as_of: str = "",
    titles: Titles | None = None,
    wanted: history.Wanted | None = None,
    **more: Any,
) -> dict:
    """The operations on a record and what stands beside it that the address asks for: all, or some, the newest first.

    `path` is the address that shows this history alone, and `as_of` the one that shows the record as it was on a date,
    where there is one. A page hands over its `titles`, so that one query names all that it shows.
    """
    seen = tuple(part for part in past.parts if current_user.may(f"{_SEEN[part.noun]}.view"))
    past = past if seen == past.parts else replace(past, parts=seen)
    nouns = [part.noun for part in seen]
    wanted = wanted or _wanted(past)
    viewer = current_user._get_current_object()
    entries, older = history.feed(past, record_id, viewer, wanted, (titles or Titles()).names)
    record = path.removesuffix("/history")
    # On a page that shows more than the history, its links lead to that page again.
    here = record if _page() == record else path
    other = {show: _query(replace(wanted, show=show, until=None)) for show in past.shows}
    return {
        "id": "history",
        "operations": [_operation(entry, as_of, record) for entry in entries],
        "here": here,
        "path": path,
        "here_url": here + _query(wanted),
        "older": _query(replace(wanted, until=older)) if older else None,
        "newest": _query(replace(wanted, until=None)) if wanted.until else None,
        "filters": [(_FILTERS[show](), other[show], show == wanted.show) for show in past.shows],
        "everything": _query(history.Wanted()) or "?",
        "show": wanted.show,
        "q": wanted.q,
        "as_of_url": as_of,
        "notes_url": f"{record}/notes" if "note" in nouns and current_user.may("notes.edit") else None,
        "files_url": f"{record}/files" if "attachment" in nouns and current_user.may("files.edit") else None,
        **more,
    }


# The word in the permissions for what stands in the history itself.
_SEEN = {"note": "notes", "attachment": "files"}
_FILTERS = {
    history.FEED: lambda: _("Feed"),
    history.NOTES: lambda: _("Notes"),
    history.FILES: lambda: _("Files"),
    history.IMPORTANT: lambda: _("Important"),
    history.AUDIT: lambda: _("Audit"),
}


def _page() -> str:
    """The path of the page that the history stands on; for a fragment the browser says which."""
    return request.current_page.path if request.wants_fragment else request.path


def _wanted(past: history.Past) -> history.Wanted:
    """What the address asks for; what changes something asks for what the page showed."""
    args = request.args
    if request.method != "GET":
        args = MultiDict(parse_qsl(request.current_page.query))
    show, q = args.get("show", ""), args.get("q", "")[:1000].strip()[:100]
    return history.Wanted(show if show in past.shows else history.FEED, q, args.get("until", type=number))


def _query(wanted: history.Wanted) -> str:
    """What stands behind the path to ask for this, '' for what is shown anyhow."""
    show = "" if wanted.show == history.FEED else wanted.show
    named = {"show": show, "q": wanted.q, "until": str(wanted.until or "")}
    kept = {name: value for name, value in named.items() if value}
    return f"?{urlencode(kept)}" if kept else ""


# An operation that touched more than the record and what stands beside it is undone on its own page.
FEW = 6


def _operation(entry: history.Entry, as_of: str, record: str) -> dict:
    at, here = f"/operations/{entry.id}", f"?back={record}"
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
        "notes": [_note(made) for made in entry.made if made.noun == "note"],
        "files": [_file(made) for made in entry.made if made.noun == "attachment"],
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
        "undo_url": f"{at}/undo{here}" if may and small and not single and not entry.made else None,
        "undone": entry.undone,
        "then_url": f"{as_of}?at={moment(entry.when)}" if as_of else None,
    }


def _more(size: int) -> str:
    if size <= FEW:
        return ""
    if size > history.MOST:
        return _("more than %(number)s changes in all", number=format_decimal(history.MOST, locale=current_locale()))
    return ngettext("%(num)d change in all", "%(num)d changes in all", size)


# What was done to what stands in the history itself.
_PARTS = {
    "note.create": lambda: _("Note written, and deleted since"),
    "note.withdraw": lambda: _("Note deleted"),
    "note.restore": lambda: _("Note brought back"),
    "attachment.create": lambda: _("File attached, and deleted since"),
    "attachment.withdraw": lambda: _("File deleted"),
    "attachment.restore": lambda: _("File brought back"),
}


def _title(entry: history.Entry) -> str:
    if entry.made:
        return entry.title
    if len(entry.actions) == 1 and (said := _PARTS.get(*entry.actions)):
        return said()
    if entry.actions == {"note.update"} and entry.kind == "edit":
        return _("Note changed")
    kind = _TITLES.get(entry.kind)
    if entry.lines and entry.kind not in ("undo", "restore"):
        return entry.title
    words = kind() if kind else ""
    return f"{words}: {entry.title}" if words and entry.title else words or entry.title


def _note(made: history.Made) -> dict:
    """A note as it stands in the history: its words can be edited where they stand."""
    fields, at = fields_of(Note, current_user), f"/notes/{made.id}"
    may = current_user.may("notes.edit")
    cell = cells_of(fields, fields["text"], "dd", may, current_locale())
    return {
        "id": made.id,
        "cell": cell.cell(made.id, made.values["text"], Titles(), at),
        "important": made.values["important"],
        "url": at if may else None,
    }


def _file(made: history.Made) -> dict:
    """A file as it stands in the history."""
    return {
        "id": made.id,
        "name": made.values["name"],
        "size": size(made.values["size"]),
        "url": f"/files/{made.id}",
        "removal_url": f"/files/{made.id}/removal" if current_user.may("files.edit") else None,
    }
