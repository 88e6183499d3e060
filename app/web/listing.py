"""A list as templates show it: rows of cells, and every address that leads on from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_babel import format_datetime, get_timezone
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import Select
from werkzeug.datastructures import MultiDict

from app.fields.filter import OPERATORS, describe
from app.fields.registry import Field, FieldSet
from app.i18n import current_locale
from app.i18n import gettext as _
from app.records import lists
from app.records.narrowing import MOMENTS, to_filter

from . import cells
from .faces import face
from .views import Shown, view_of

# What an address says of the page at hand alone.
PASSING = ("after", "before", "in", "panel", "view", "next_to", "previous_to")
# So many rows are shown while somebody types: who still types reads no further. The next page shows what follows.
TYPING = 12


@dataclass
class Column:
    """A column's head."""

    name: str
    label: str
    sort_url: str | None = None
    sorted: str | None = None
    numeric: bool = False


@dataclass
class ShownRow:
    """A row: its cells as they stand in the page and, for a record that is set aside, the word for it."""

    id: str
    cells: Markup
    state_label: str = ""
    # What a deleted record says beside it, and the address that brings it back.
    state_text: str = ""
    restore_url: str = ""


@dataclass
class AddRow:
    """A new record typed into the table itself."""

    url: str
    fields: list
    nonce: str
    error: str = ""


@dataclass
class Listing:
    """Everything `shared/_list.html` shows."""

    noun: str
    title: str
    columns: list[Column]
    rows: list[ShownRow]
    count: int
    count_capped: bool
    size: int
    sizes: list
    compact: bool
    # Leads to the same page with its rows as close as they can be, or back.
    density_url: str
    q: str
    search_url: str
    clear_url: str
    filtered: bool
    note: str = ""
    problems: list[str] = field(default_factory=list)
    filters_hidden: list = field(default_factory=list)
    chips: list = field(default_factory=list)
    # Filters and columns are chosen in panels that come when they are opened; without scripts, as a page of their own.
    panels: list[str] = field(default_factory=lambda: ["filter", "columns"])
    panel: str = ""
    panel_url: str = ""
    panel_hidden: list = field(default_factory=list)
    filter_fields: list = field(default_factory=list)
    column_choices: list = field(default_factory=list)
    columns_url: str = ""
    next_url: str | None = None
    prev_url: str | None = None
    first_url: str | None = None
    export_url: str | None = None
    # Where all that the list shows can be put into a group.
    group_url: str | None = None
    add: Any = None
    empty: dict | None = None
    # What the list can be narrowed to by one click: address, words, whether it is so.
    statuses: list = field(default_factory=list)
    # What can be done with the rows that are ticked: the form's address, its buttons, and this list's own address.
    bulk_url: str = ""
    bulk_verbs: list = field(default_factory=list)
    bulk_back: str = ""
    # The views of this list, where it has any; see app/web/views.py.
    views: Shown | None = None
    views_url: str = ""


def listing(
    list_of: lists.ListOf,
    base: Select,
    fields: FieldSet,
    *,
    path: str,
    noun: str,
    title: str,
    record_path: str,
    edit: str = "",
    delete: str = "",
    columns: list[str] | None = None,
    add: AddRow | None = None,
    export_url: str | None = None,
    group_url: str | None = None,
    empty: dict | None = None,
    bulk: bool = False,
) -> Listing:
    """Read the page that the request's address asks for from `base` and put it into a template's words.

    `record_path` is the address of the noun's records, `edit` the permission to change cells where they stand and
    `delete` the one to delete records and to bring them back. With `bulk` rows can be ticked and changed together.
    """
    named = view_of(noun, list_of, fields) if path == f"/{noun}" and bulk else None
    args = named.args if named else request.args
    panel = args["panel"] if args.get("panel") in ("filter", "columns", *(("views",) if named else ())) else ""
    asked = lists.wanted(args, list_of, fields, current_user.page_size, columns or ())
    alone = panel and request.wants_fragment
    if asked.q and request.wants_fragment and not (asked.after or asked.before or "size" in args):
        asked.size = asked.most = min(asked.size, TYPING)
    page = lists.Page([], 0, False) if alone else lists.read(list_of, asked, fields, base, named=True)
    if not page.rows and (asked.after or asked.before):
        # What the address leads to is gone: the list begins anew.
        asked = replace(asked, after="", before="", problems=[])
        page = lists.read(list_of, asked, fields, base, named=True)
    titles = cells.Titles()
    for row in page.rows:
        titles.know(row.titles)
    locale = current_locale()
    kept = [(key, value) for key, value in args.items(multi=True) if key not in (*PASSING, "q")]
    rows = _Rows(list_of, record_path, asked.columns, titles, "" if asked.status == "deleted" else edit, delete)
    known = to_filter(list_of, fields)
    verbs = _verbs(list_of, asked, edit, delete) if bulk else []
    rows.pick = f"{noun}-pick" if verbs else ""
    filterable, others = _filter_fields(known, asked, locale) if panel == "filter" else ([], [])
    return Listing(
        noun=noun,
        title=title,
        columns=[_column(name, asked, fields, path, args) for name in asked.columns],
        rows=rows.made(fields, page.rows),
        count=page.count,
        count_capped=page.capped,
        size=asked.size,
        sizes=[(n, _url(path, args, size=n)) for n in lists.SIZES],
        compact=asked.compact,
        density_url=_url(path, args, density="" if asked.compact else "compact"),
        q=asked.q,
        search_url=path,
        clear_url=_url(path, MultiDict([(k, v) for k, v in kept if k in ("columns", "size", "density", "sort", "of")])),
        filtered=bool(asked.q or asked.filters or asked.status),
        note=page.note,
        problems=asked.problems + ([named.problem] if named and named.problem else []),
        filters_hidden=kept,
        chips=[_chip(one, known, path, args, locale) for one in asked.filters],
        panel=panel,
        panel_url=_url(path, args, panel=""),
        panel_hidden=others + [pair for pair in kept if pair[0] in lists.OWN],
        filter_fields=filterable,
        column_choices=_column_choices(fields, asked.columns) if panel == "columns" else [],
        columns_url="/columns?" + urlencode({"back": _url(path, args)}),
        next_url=_url(path, args, after=page.after) if page.after else None,
        prev_url=_url(path, args, before=page.before) if page.before else None,
        first_url=_url(path, args) if page.before else None,
        export_url=export_url,
        add=add if asked.status != "deleted" else None,
        group_url=group_url if page.rows and asked.status != "deleted" else None,
        empty=empty,
        statuses=_statuses(list_of, asked, path, args),
        bulk_url=f"/bulk/{noun}" if verbs else "",
        bulk_verbs=verbs,
        bulk_back=_url(path, args),
        views=named,
        views_url=f"/views/{noun}" if named else "",
        panels=["filter", "columns", *(["views"] if named else [])],
    )


def _verbs(list_of: lists.ListOf, asked: lists.Wanted, edit: str, delete: str) -> list[tuple[str, str, str]]:
    """What can be done with ticked rows: the verb, its words and its picture."""
    may = {name for name in (edit, delete) if name and current_user.may(name)}
    if asked.status == "deleted":
        return [("restore", _("Restore"), "undo")] if delete in may else []
    found = [("edit", _("Edit"), "pencil")] if edit in may else []
    if edit in may and "active" in list_of.statuses:
        found += [("deactivate", _("Deactivate"), "lock"), ("activate", _("Activate"), "check")]
    return [*found, ("delete", _("Delete"), "trash")] if delete in may else found


def _statuses(list_of: lists.ListOf, asked: lists.Wanted, path: str, args) -> list[tuple[str, str, bool]]:
    """The statuses that the list can be narrowed to, all that is not deleted first."""
    words = {"": _("All"), "active": _("Active"), "inactive": _("Deactivated"), "deleted": _("Deleted")}
    names = ("", *list_of.statuses) if list_of.statuses else ()
    # What was deleted last stands first, whatever the others are sorted by.
    kept = MultiDict([pair for pair in args.items(multi=True) if pair[0] != "sort"])
    return [
        (
            _url(path, kept if "deleted" in (name, asked.status) else args, status=name),
            words[name],
            name == asked.status,
        )
        for name in names
    ]


def group_url(noun: str) -> str | None:
    """The address at which everything that this request's list shows can be put into a group."""
    kept = [
        (key, value)
        for key, value in request.args.items(multi=True)
        if key not in (*PASSING, "columns", "size", "density")
    ]
    may = current_user.may("groups.members")
    return "/groups/additions?" + urlencode([("from", noun), *kept]) if may else None


def _filter_fields(
    known: Mapping[str, Field], asked: lists.Wanted, locale: str
) -> tuple[list[dict], list[tuple[str, str]]]:
    """The fields to filter by, with the filters in use; and those in use that do not fit in, which stay as they are."""
    found = {
        entry.name: _filter_field(entry, locale)
        for entry in known.values()
        if not entry.related or entry.related.matches
    }
    others = []
    for name, operator, typed in asked.filters:
        here = found.get(name)
        fits = here and not here["operator"] and (not here["options"] or typed in dict(here["options"]))
        if fits:
            here["operator"], here["value"] = operator, typed
        else:
            others.append((f"{name}.{operator}", typed))
    return list(found.values()), others


def _column_choices(fields: FieldSet, names: list[str]) -> list[tuple]:
    """All columns, those that are shown first and in their order."""
    shown = [fields[name] for name in names if name in fields]
    entries = shown + [entry for entry in fields if entry not in shown]
    found = [(entry.name, entry.label, entry.name in names) for entry in entries]
    return found + [(name, label, name in names) for name, label in MOMENTS.items()]


def _url(path: str, args, **changed) -> str:
    """The list's own address with some parts changed; page markers never survive."""
    pairs = [(k, v) for k, v in args.items(multi=True) if k not in PASSING and k not in changed]
    pairs += [(key, str(value)) for key, value in changed.items() if value not in (None, "")]
    return path + ("?" + urlencode(pairs) if pairs else "")


def _column(name: str, asked: lists.Wanted, fields: FieldSet, path: str, args) -> Column:
    entry = fields.get(name)
    sorted_ = ("desc" if asked.descending else "asc") if asked.sort == name else None
    sort_url = None
    if entry is None or entry.kind.sort:
        sort_url = _url(path, args, sort=("-" if sorted_ == "asc" else "") + name)
    return Column(
        name,
        str(entry.label) if entry else str(MOMENTS[name]),
        None if asked.q else sort_url,
        None if asked.q else sorted_,
        bool(entry and entry.kind.numeric),
    )


class _Rows:
    """Makes the rows for a template; the cells of a column know what is the same in all of them."""

    def __init__(
        self, list_of: lists.ListOf, record_path: str, columns: list[str], titles: cells.Titles, edit: str, delete: str
    ):
        self.noun, self.record_path = list_of.model.noun, record_path
        self.columns = columns
        self.titles, self.locale = titles, current_locale()
        self.viewer = current_user._get_current_object()
        self.may = bool(edit) and self.viewer.may(edit)
        # The form in which rows are ticked.
        self.pick = ""
        self.may_restore = bool(delete) and self.viewer.may(delete)

    def made(self, fields: FieldSet, found: list[lists.Row]) -> list[ShownRow]:
        """The rows of a page, in order."""
        columns = [
            (name, self._cells(fields, name).html, place == 0 or name == "name", "" if place else self.pick)
            for place, name in enumerate(self.columns)
        ]
        aside, gone, rows = _("deactivated"), _("deleted"), []
        for row in found:
            path = f"{self.record_path}/{row.id}"
            # In front of the first cell.
            faces = iter([face(row.id, *row.face)] if row.face else [])
            html = [
                make(row.id, row.values[name], self.titles, path, path if leads else None, False, pick, next(faces, ""))
                for name, make, leads, pick in columns
            ]
            shown = ShownRow(f"{self.noun}-{row.id}", cells.together(html), "" if row.active else aside)
            if row.deleted:
                when, who, why = row.deleted
                shown.state_label = gone
                shown.state_text = " · ".join(filter(None, (_short(when, self.titles), who, why and f"“{why}”")))
                shown.restore_url = f"{path}/recovery" if self.may_restore else ""
            rows.append(shown)
        return rows

    def _cells(self, fields: FieldSet, name: str) -> cells.Cells:
        entry = fields.get(name)
        if entry is None:
            return cells.Cells(self.noun, name, str(MOMENTS[name]), tag="td", show=_short)
        editable = self.may and entry.editable_by(self.viewer)
        return cells.cells_of(fields, entry, "td", editable, self.locale)


def _short(moment: datetime | None, _titles: cells.Titles) -> str:
    """A moment to the minute."""
    if moment is None:
        return ""
    return _minute(moment.replace(second=0, microsecond=0), current_locale(), str(get_timezone()))


@lru_cache(5000)
def _minute(moment: datetime, _locale: str, _zone: str) -> str:
    # The formats of locales are dear, and lists are read more than once.
    return format_datetime(moment, "short")


def _chip(one: tuple[str, str, str], known: Mapping[str, Field], path: str, args, locale: str) -> tuple[str, str]:
    name, operator, typed = one
    text = describe(known[name], operator, typed, locale)
    gone = {(f"{name}.{operator}", typed), (name, typed), (f"op.{name}", operator)}
    gone |= {(f"f.{name}", part) for part in (typed, *typed.split("; "))}
    return text, _url(path, MultiDict([pair for pair in args.items(multi=True) if pair not in gone]))


def _filter_field(entry, locale: str) -> dict:
    kind = "date" if entry.name in MOMENTS else entry.kind.input
    options = entry.kind.options(locale) if kind in ("select", "checkboxes") else None
    return {
        "name": entry.name,
        "label": entry.label,
        "ops": [(op, OPERATORS[op]) for op in entry.kind.operators],
        # What can only be chosen on a record, such as a state of its country, is typed here.
        "input": "text" if kind == "select" and not options else kind,
        "options": [("1", _("Yes")), ("0", _("No"))] if entry.kind.input == "checkbox" else options or [],
        "operator": "",
        "value": "",
    }
