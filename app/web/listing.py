"""A list as templates show it: rows of cells, and every address that leads on from it."""

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_babel import format_datetime
from flask_login import current_user
from sqlalchemy import Select
from werkzeug.datastructures import MultiDict

from app.fields.filter import OPERATORS, describe
from app.fields.registry import FieldSet
from app.i18n import current_locale
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records import lists

from . import cells

MOMENTS = {"created_at": _l("Created"), "updated_at": _l("Updated")}


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
    """A row: its cells and, for a record that is set aside, the word for it."""

    id: str
    url: str
    cells: list
    state_label: str = ""


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
    q: str
    search_url: str
    clear_url: str
    filtered: bool
    note: str = ""
    problems: list[str] = field(default_factory=list)
    filters_hidden: list = field(default_factory=list)
    chips: list = field(default_factory=list)
    filter_fields: list = field(default_factory=list)
    column_choices: list = field(default_factory=list)
    columns_url: str = ""
    next_url: str | None = None
    prev_url: str | None = None
    first_url: str | None = None
    export_url: str | None = None
    add: Any = None
    empty: dict | None = None


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
    columns: list[str] | None = None,
    add: AddRow | None = None,
    export_url: str | None = None,
    empty: dict | None = None,
) -> Listing:
    """Read the page that the request's address asks for from `base` and put it into a template's words.

    `record_path` is the address of the noun's records, `edit` the permission to change cells where they stand.
    """
    args = request.args
    asked = lists.wanted(args, list_of, fields, current_user.page_size, columns or ())
    page = lists.read(list_of, asked, fields, base)
    if not page.rows and (asked.after or asked.before):
        # What the address leads to is gone: the list begins anew.
        asked = replace(asked, after="", before="", problems=[])
        page = lists.read(list_of, asked, fields, base)
    shown = [fields.get(name) for name in asked.columns]
    titles = cells.Titles([entry for entry in shown if entry], [row.values for row in page.rows])
    may_edit = bool(edit) and current_user.may(edit)
    locale = current_locale()
    kept = [(key, value) for key, value in args.items(multi=True) if key not in ("after", "before", "in", "q")]
    return Listing(
        noun=noun,
        title=title,
        columns=[_column(name, asked, fields, path, args) for name in asked.columns],
        rows=[_row(row, asked.columns, shown, titles, list_of, record_path, may_edit, locale) for row in page.rows],
        count=page.count,
        count_capped=page.capped,
        size=asked.size,
        sizes=[(n, _url(path, args, size=n)) for n in lists.SIZES],
        q=asked.q,
        search_url=path,
        clear_url=_url(path, MultiDict([(k, v) for k, v in kept if k in ("columns", "size", "sort")])),
        filtered=bool(asked.q or asked.filters),
        note=page.note,
        problems=asked.problems,
        filters_hidden=kept,
        chips=[_chip(one, fields, path, args, locale) for one in asked.filters],
        filter_fields=[_filter_field(entry, locale) for entry in fields if not entry.related or entry.related.matches],
        column_choices=[(e.name, e.label, e.name in asked.columns) for e in _columns_in_order(fields, asked.columns)]
        + [(name, label, name in asked.columns) for name, label in MOMENTS.items()],
        columns_url="/columns?" + urlencode({"back": _url(path, args)}),
        next_url=_url(path, args, after=page.after) if page.after else None,
        prev_url=_url(path, args, before=page.before) if page.before else None,
        first_url=_url(path, args) if page.before else None,
        export_url=export_url,
        add=add,
        empty=empty,
    )


def _columns_in_order(fields: FieldSet, names: list[str]):
    shown = [fields[name] for name in names if name in fields]
    return shown + [entry for entry in fields if entry not in shown]


def _url(path: str, args, **changed) -> str:
    """The list's own address with some parts changed; page markers never survive."""
    pairs = [(k, v) for k, v in args.items(multi=True) if k not in ("after", "before", "in") and k not in changed]
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


def _row(row: lists.Row, names, shown, titles, list_of, record_path: str, may_edit: bool, locale: str) -> ShownRow:
    noun = list_of.model.noun
    path = f"{record_path}/{row.id}"
    made = []
    for place, (name, entry) in enumerate(zip(names, shown, strict=True)):
        value = row.values[name]
        if entry is None:
            text = format_datetime(value, "short") if value else ""
            made.append(cells.Cell(f"{noun}-{row.id}-{name}", "td", str(MOMENTS[name]), text))
            continue
        made.append(
            cells.cell(
                entry,
                row.id,
                value,
                titles,
                noun=noun,
                path=path,
                tag="td",
                editable=may_edit and entry.editable_by(current_user),
                link=path if place == 0 or entry.name == "name" else None,
                locale=locale,
            )
        )
    return ShownRow(f"{noun}-{row.id}", path, made, "" if row.active else _("deactivated"))


def _chip(one: tuple[str, str, str], fields: FieldSet, path: str, args, locale: str) -> tuple[str, str]:
    name, operator, typed = one
    text = describe(fields[name], operator, typed, locale)
    gone = {(f"{name}.{operator}", typed), (name, typed), (f"f.{name}", typed), (f"op.{name}", operator)}
    return text, _url(path, MultiDict([pair for pair in args.items(multi=True) if pair not in gone]))


def _filter_field(entry, locale: str) -> dict:
    options = entry.kind.options(locale) if entry.kind.input in ("select", "checkboxes") else None
    return {
        "name": entry.name,
        "label": entry.label,
        "ops": [(op, OPERATORS[op]) for op in entry.kind.operators],
        "input": entry.kind.input,
        "options": options or [],
    }
