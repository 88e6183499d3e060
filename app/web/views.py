"""The view that a list shows: named in the address, remembered until another one is chosen, and how it differs by now.

`?view=mine` shows a view as it was saved; what is changed from there bears `?of=mine` and all that it asks for.
"""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from flask import request, session
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from app.i18n import gettext as _
from app.records import lists, views
from app.records.views import Named, View

_KEY = "views"


@dataclass
class Shown:
    """What a list says of its views."""

    args: MultiDict
    view: View | None = None
    may_change: bool = False
    differs: bool = False
    # The list's address as a view would keep it.
    query: str = ""
    problem: str = ""
    offered: list[Named] = field(default_factory=list)


def remembered(noun: str) -> str:
    """Where a list without any wish leads: to the view that was used last, or to one's own default; '' for neither."""
    if request.args or request.wants_fragment:
        return ""
    kept = session.get(_KEY) or {}
    slug = kept[noun] if noun in kept else views.default_slug(noun, current_user.account_id)
    return f"/{noun}?{urlencode({'view': slug})}" if slug else ""


def view_of(noun: str, list_of: lists.ListOf, fields) -> Shown:
    """The arguments that the list is read with, and the view that they come from."""
    args, account = request.args, current_user.account_id
    slug = args.get("view", args.get("of", ""))
    if "view" in args:
        _remember(noun, slug)
    view = views.by_slug(noun, slug, account) if slug else None
    found = Shown(args, view)
    if slug and view is None:
        found.problem = _("There is no view “%(name)s”.", name=slug[:40])
        _remember(noun, "")
    if view is not None:
        saved = MultiDict(views.pairs_of(view))
        if "view" in args:
            passing = [
                (name, value) for name, value in args.items(multi=True) if name in ("after", "before", "panel", "in")
            ]
            found.args = MultiDict([*saved.items(multi=True), *passing, ("of", slug)])
        found.may_change = view.account_id == account or current_user.may("views.share")
        found.differs = _said(found.args, list_of, fields) != _said(saved, list_of, fields)
    elif "view" in args:
        found.args = MultiDict([pair for pair in args.items(multi=True) if pair[0] != "view"])
    found.query = urlencode(_said(found.args, list_of, fields))
    if args.get("panel") == "views":
        found.offered = views.offered(noun, account)
    return found


def columns_at(path: str, query: str) -> list[str]:
    """The columns that a list's address names, itself or by its view; none where it names none."""
    asked = MultiDict(parse_qsl(query))
    if slug := asked.get("view"):
        view = views.by_slug(path.strip("/"), slug, current_user.account_id)
        asked = MultiDict(views.pairs_of(view)) if view is not None else asked
    return asked.get("columns", "").split(",")


def _remember(noun: str, slug: str) -> None:
    kept = session.get(_KEY) or {}
    if kept.get(noun) != slug:
        session[_KEY] = {**kept, noun: slug}


def _said(args, list_of: lists.ListOf, fields) -> list[tuple[str, str]]:
    """All that an address asks for, however it is written: two that ask for the same are equal."""
    asked = lists.wanted(args, list_of, fields, lists.SIZES[0])
    said = sorted((f"{name}.{operator}", typed) for name, operator, typed in asked.filters)
    kept = {name: args.get(name, "") for name in ("q", "status", "sort", "size", "density", "columns")}
    return said + [(name, value) for name, value in kept.items() if value]
