"""Cells and editors: one field of one record as templates show it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from app.fields import references
from app.fields.kinds import DateTime, Reference, digits
from app.fields.registry import Field
from app.i18n import current_locale
from app.i18n import gettext as _

from .surfaces import surface


@dataclass(slots=True)
class Cell:
    """One value at rest."""

    id: str
    tag: str
    label: str
    display: str
    link: str | None = None
    editable: bool = False
    edit_url: str = ""
    show_url: str = ""
    save_url: str = ""
    kind: str = ""
    numeric: bool = False
    lang: str | None = None
    lock: str | None = None
    # The colour that stands beside its text.
    swatch: str = ""
    # What the link that opens the form is called, for those who do not see what stands beside it.
    words: str = ""


@dataclass(slots=True)
class Conflicting:
    """What somebody else wrote meanwhile."""

    theirs: str
    by: str
    when: Any


@dataclass(slots=True)
class Editor:
    """One value being edited: the cell's parts, the typed text and what is wrong with it."""

    id: str
    tag: str
    label: str
    display: str
    name: str
    input: str
    value: Any
    show_url: str = ""
    save_url: str = ""
    version: int = 0
    options: list = field(default_factory=list)
    search_url: str = ""
    required: bool = False
    max: int | None = None
    help: str = ""
    error: str | None = None
    conflict: Conflicting | None = None
    context: str = ""
    numeric: bool = False
    lang: str | None = None
    section: str = ""
    typed: str = ""


class Titles:
    """The names of referred records: one query, when the first is asked for, brings all that are wanted by then."""

    def __init__(self, fields: Iterable[Field] = (), rows: Iterable[Mapping[str, Any]] = ()):
        self._wanted: dict[str, set[int]] = {}
        self._found: dict[str, dict[int, str]] = {}
        self.want(fields, rows)

    def want(self, fields: Iterable[Field], rows: Iterable[Mapping[str, Any]]) -> None:
        """Say that the records to which these fields of these rows refer will be named."""
        rows = list(rows)
        for entry in fields:
            if isinstance(entry.kind, Reference):
                ids = {row.get(entry.name) for row in rows} - {None}
                self._wanted.setdefault(entry.kind.noun, set()).update(ids)

    def names(self, wanted: Mapping[str, Iterable[int]] | None = None) -> dict[str, dict[int, str]]:
        """The names by noun and id, of these records and of all that were wanted before."""
        for noun, ids in (wanted or {}).items():
            self._wanted.setdefault(noun, set()).update(ids)
        fresh = {noun: ids - self._found.get(noun, {}).keys() for noun, ids in self._wanted.items()}
        self._wanted = {}
        for noun, found in references.names(fresh).items():
            self._found.setdefault(noun, {}).update(found)
        return self._found

    def of(self, noun: str, record_id: int | None) -> str:
        """The name of one record, '' for none."""
        if record_id is None:
            return ""
        # In the portal a record that the viewer cannot see has no number either.
        unknown = "" if surface() == "portal" else f"#{record_id}"
        return self.names().get(noun, {}).get(record_id, unknown)


def display(entry: Field, value: Any, titles: Titles, locale: str) -> str:
    """A value as this viewer reads it."""
    if value is None:
        return ""
    if isinstance(entry.kind, Reference):
        return titles.of(entry.kind.noun, value)
    return entry.kind.format(value, locale)


def cell(
    entry: Field,
    record_id: int,
    value: Any,
    titles: Titles,
    *,
    noun: str,
    path: str,
    tag: str,
    editable: bool,
    link: str | None = None,
    locale: str | None = None,
    label: str | None = None,
) -> Cell:
    """The cell of a field; `path` is the record's address, `link` leads to it from the first column.

    A list hands over what is the same in all its rows: the `locale`, the field's `label` in it.
    """
    text = display(entry, value, titles, locale or current_locale())
    label = str(entry.label) if label is None else label
    query = "?in=row" if tag == "td" else ""
    address = f"{path}/fields/{entry.name}"
    return Cell(
        id=f"{noun}-{record_id}-{entry.name}",
        tag=tag,
        label=label,
        display=text,
        link=link or _link(entry, value),
        editable=editable,
        words=_("Edit %(label)s: %(value)s", label=label, value=text or _("empty")) if editable else "",
        edit_url=f"{address}/edit{query}",
        show_url=f"{address}{query}",
        save_url=f"{address}{query}",
        kind=entry.kind.name,
        numeric=entry.kind.numeric,
        lock=entry.lock or None,
        swatch=(value or "") if entry.kind.name == "colour" else "",
    )


def _link(entry: Field, value: Any) -> str | None:
    if not value:
        return None
    match entry.kind.name:
        case "email":
            # A local part may hold ? and &, which would add recipients or a text to the mail.
            return f"mailto:{quote(value, safe='@')}"
        case "url":
            return value
        case "phone":
            return f"tel:{'+' if value.strip().startswith('+') else ''}{digits(value)}"
        case "reference" if surface() != "portal":
            return references.url(entry.kind.noun, value) or None
    return None


def editor(
    entry: Field,
    value: Any,
    titles: Titles | None = None,
    *,
    id: str = "",
    tag: str = "dd",
    address: str = "",
    version: int = 0,
    record: Mapping[str, Any] | None = None,
    typed: Any = None,
    error: str | None = None,
    context: str = "",
) -> Editor:
    """The editor of a field: with `typed` it shows what was typed, otherwise the value."""
    record = record or {}
    titles = titles or Titles([entry], [{entry.name: value}])
    made = Editor(
        id=id or f"field-{entry.name}",
        tag=tag,
        label=str(entry.label),
        display=display(entry, value, titles, current_locale()),
        name=entry.name,
        input=entry.kind.input,
        value=_value(entry, value) if typed is None else typed,
        show_url=address,
        save_url=address,
        version=version,
        required=entry.required,
        max=entry.kind.max if entry.kind.input not in ("number", "duration", "select", "combobox") else None,
        help=str(entry.help or ""),
        error=error,
        context=context,
        numeric=entry.kind.numeric,
        section=str(entry.section),
    )
    if isinstance(entry.kind, Reference):
        company_id = record.get(entry.within) if entry.within else None
        made.search_url = f"/options/{entry.kind.noun}" + (f"?company={company_id}" if company_id else "")
        made.options = [(str(number), name) for number, name in references.search(entry.kind.noun, "", company_id)]
        if typed is not None:
            value = int(typed) if typed.isdecimal() and len(typed) < 19 else None
            made.typed, made.value = ("" if value else typed), str(value or "")
            titles = Titles([entry], [{entry.name: value}])
        if value is not None and str(value) not in dict(made.options):
            made.options.insert(0, (str(value), titles.of(entry.kind.noun, value)))
    elif made.input in ("select", "checkboxes", "combobox"):
        made.options = list(entry.kind.options(current_locale(), record) or [])
        if made.input == "select" and made.options and made.value and made.value not in dict(made.options):
            # What can no longer be chosen stays until something else is.
            made.options.insert(0, (made.value, entry.kind.format(value, current_locale()) if typed is None else typed))
        if made.input == "combobox":
            made.search_url = f"{'/portal' if surface() == 'portal' else ''}/options/{entry.kind.name}"
            if made.value not in dict(made.options):
                made.typed, made.value = made.value, ""
        elif made.input == "select" and not made.options:
            made.input = "text"
    return made


def _value(entry: Field, value: Any) -> Any:
    if entry.kind.input == "checkboxes":
        return list(value or [])
    if entry.kind.input == "checkbox":
        return bool(value)
    if value is None:
        return ""
    if entry.kind.input == "date":
        return value.isoformat()
    if isinstance(entry.kind, DateTime):
        return entry.kind.typed(value)
    if entry.kind.input in ("select", "combobox"):
        return str(entry.kind.plain(value))
    return entry.kind.format(value, current_locale()) if entry.kind.numeric else entry.kind.plain(value)
