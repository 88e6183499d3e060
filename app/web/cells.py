"""Cells and editors: one field of one record as people see it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from app.fields import references
from app.fields.kinds import DateTime, Reference, digits
from app.fields.registry import Field, FieldSet
from app.i18n import current_locale
from app.i18n import gettext as _

from .assets import icon
from .surfaces import surface


@dataclass(slots=True)
class Cell:
    """One value at rest. `html` has the id at its root, so that it can be swapped whole for its editor and back."""

    id: str
    label: str
    display: str
    html: Markup


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
    # What should be known of a record that is chosen, its number being {id}.
    comments_url: str = ""
    required: bool = False
    max: int | None = None
    help: str = ""
    error: str | None = None
    conflict: Conflicting | None = None
    context: str = ""
    numeric: bool = False
    section: str = ""
    typed: str = ""
    # When a question is asked and needed: in words, and as JSON for the island that shows and hides it.
    when: str = ""
    rules: str = ""
    # What a choice offers beside what there is: to make a record with the name that was typed, sent as 'new:…'.
    new: str = ""


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

    def know(self, named: Mapping[tuple[str, int], str | None]) -> None:
        """Take names, by noun and id, that another statement has brought; None where the viewer cannot see it."""
        for (noun, record_id), name in named.items():
            if record_id is not None:
                known = self._found.setdefault(noun, {})
                if name is not None:
                    known[record_id] = name

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
        known = self._found if record_id in self._found.get(noun, ()) else self.names()
        name = known.get(noun, {}).get(record_id)
        # In the portal a record that the viewer cannot see has no number either.
        return name if name is not None else "" if surface() == "portal" else f"#{record_id}"


def display(entry: Field, value: Any, titles: Titles, locale: str) -> str:
    """A value as this viewer reads it."""
    if value is None:
        return ""
    if isinstance(entry.kind, Reference):
        return titles.of(entry.kind.noun, value)
    return entry.kind.format(value, locale)


def link(entry: Field, value: Any) -> str | None:
    """Where a value leads: a mail to be written, a number to be called, another site or record; None for the others."""
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


class Cells:
    """The cells of one field at rest. A list has hundreds: what they have in common is put together once.

    `show` says how a value reads and `link` where it leads; `tag` is 'td' in a list and 'dd' on a record's page.
    """

    def __init__(
        self,
        noun: str,
        name: str,
        label: str,
        *,
        tag: str,
        show: Callable[[Any, Titles], str],
        link: Callable[[Any], str | None] | None = None,
        editable: bool = False,
        numeric: bool = False,
        swatch: bool = False,
        lock: str = "",
    ):
        self.noun, self.name, self.label = noun, escape(name), label
        self._show, self._link, self._editable, self._swatch = show, link, editable, swatch
        said = f' data-label="{escape(label)}"' if tag == "td" else ""
        self._root = f'class="cell{" numeric" if numeric else ""}"{said}'
        self._tag, self._query = tag, "?in=row" if tag == "td" else ""
        self._nameless = escape(_("(no name)"))
        # What the link that opens the form is called, for those who do not see what stands beside it.
        before, _value, after = _("Edit %(label)s: %(value)s", label=label, value="\0").partition("\0")
        around = _("Select %(name)s", name="\0").split("\0")
        self._select = tuple(map(escape, around))
        self._words = escape(before), escape(after), escape(_("empty"))
        self._end = f"{_LOCK.format(icon('lock'), lock, lock) if lock else ''}</{tag}>"

    def html(
        self,
        record_id: int,
        value: Any,
        titles: Titles,
        path: str,
        leads: str | None = None,
        beside: bool = False,
        pick: str = "",
        face: str = "",
    ) -> str:
        """The cell of the record whose address is `path`; `titles` knows what the record refers to.

        `leads` is the address it opens instead of its own link; `beside` another fragment it swaps itself in; `pick`
        the form in which the record can be ticked here, and `face` a picture in front of the words.
        """
        text = self._show(value, titles)
        shown = str(escape(text)) if text else ""
        where = leads or (self._link(value) if self._link else None)
        swap = ' hx-swap-oob="true"' if beside else ""
        html = f'<{self._tag} id="{self.noun}-{record_id}-{self.name}" {self._root}{swap}>'
        if pick:
            html += (
                f'<input type="checkbox" class="pick" form="{escape(pick)}" name="id" value="{record_id}"'
                f' aria-label="{self._select[0]}{shown or self._nameless}{self._select[1]}">'
            )
        html += str(face)
        if where:
            html += f'<a class="cell-link" href="{escape(where)}">{shown or self._nameless}</a>'
        if self._swatch and value:
            html += str(_SWATCH.format(value))
        if self._editable:
            form = f"{path}/fields/{self.name}/edit{self._query}"
            before, after, empty = self._words
            html += (
                f'<a class="{"cell-pencil" if where else "cell-edit"}" data-edit href="{form}" hx-get="{form}"'
                f' hx-target="closest {self._tag}" aria-label="{before}{shown or empty}{after}">'
            )
            if not where:
                html += f"<span>{shown}</span>" if shown else '<span class="cell-empty" aria-hidden="true">–</span>'
            html += "</a>"
        elif not where:
            html += f'<span class="cell-text">{shown or "–"}</span>'
        return html + self._end

    def cell(self, record_id: int, value: Any, titles: Titles, *where: Any) -> Cell:
        """The same with what else templates say of it."""
        html = together([self.html(record_id, value, titles, *where)])
        return Cell(f"{self.noun}-{record_id}-{self.name}", self.label, self._show(value, titles), html)


def together(cells: Iterable[str]) -> Markup:
    """Cells side by side, as templates put them in: each has escaped what is in it."""
    return Markup("".join(cells))


_LOCK = Markup('<span class="cell-lock" title="{1}">{0}<span class="visually-hidden">{2}</span></span>')
_SWATCH = Markup(
    '<svg class="swatch" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
    '<rect x="1" y="1" width="14" height="14" rx="3" fill="{}"/></svg>'
)


def cells_of(fields: FieldSet, entry: Field, tag: str, editable: bool, locale: str) -> Cells:
    """The cells of one of these fields; a record's page has dozens of them, so they are kept with the fields."""
    key = (entry.name, tag, editable, locale)
    if key not in fields.made:
        fields.made[key] = Cells(
            fields.model.noun,
            entry.name,
            str(entry.label),
            tag=tag,
            show=lambda value, titles: display(entry, value, titles, locale),
            link=lambda value: link(entry, value),
            editable=editable,
            numeric=entry.kind.numeric,
            swatch=entry.kind.name == "colour",
            lock=entry.lock,
        )
    return fields.made[key]


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
        made.comments_url = references.comments_url(entry.kind.noun) if surface() == "staff" else ""
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


def picker(
    id: str, label: str, name: str, noun: str, *, typed: str = "", error: str | None = None, new: str = ""
) -> Editor:
    """A control that finds a record of this noun by typing; before that nothing is looked up."""
    made = Editor(id, "div", label, "", name, "combobox", "", search_url=f"/options/{noun}")
    made.typed, made.error, made.new = typed, error or None, new
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
