"""The registry: every field of every noun, as its users know it.

A field is one line on its model, made with `field()`. What does not stand on the row itself (a contact's company)
is declared with `related()`. An organization's own labels and custom fields are the same objects, see `settings`.
Every consumer (form, cell, list, filter, sheet, API, history) reads this and names no field.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, case, func, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY as PgArray
from sqlalchemy.orm import InstrumentedAttribute, mapped_column

from .kinds import Kind, Reference
from .record import Record

# In the interface's words; the order in which sections stand on a page.
MAIN = ""
# The place of a related field before all others.
FIRST = "^"


@dataclass(frozen=True)
class Beside:
    """The rows that a related field stands in, so that their own journal tells what it was on a date.

    `parent` is their column that names the record, `columns` are those that decide the value, and `value` makes it
    from the live rows, each as the journal would keep it.
    """

    model: type[Record]
    parent: str
    columns: tuple[str, ...]
    value: Callable[[list[dict[str, Any]]], Any]


@dataclass(frozen=True)
class Related:
    """How a field that stands in other rows is read and saved.

    `select(model)` gives the SQL expression of its value; `save(ids_to_values, operation)` writes it, as changes of
    the other records in the same operation. A field without `save` is only read.
    """

    select: Callable[[type[Record]], ColumnElement]
    save: Callable[[dict[int, Any], Any], None] | None = None
    # (model, values) -> the condition 'has one of these values', where an index knows it better than `select`.
    matches: Callable[[type[Record], list], ColumnElement[bool]] | None = None
    # The rows it stands in; without them nobody can tell what it was on a date.
    beside: Beside | None = None
    # For a field that is another way to write others, as a full name is: its value as theirs.
    spread: Callable[[Any], dict[str, Any]] | None = None


@dataclass(frozen=True)
class Field:
    """One field of one noun, with the organization's settings applied."""

    name: str
    kind: Kind
    label: str
    noun: str = ""
    section: str = MAIN
    portal: str = ""
    listed: bool = False
    sheet: str = ""
    synonyms: tuple[str, ...] = ()
    readonly: bool = False
    fixed: bool = False
    sortable: bool = False
    required: bool = False
    hidden: bool = False
    custom: bool = False
    help: str = ""
    lock: str = ""
    # The field that names the company whose records alone may be chosen here.
    within: str = ""
    position: int = 0
    # How far an organization may open it to the portal: '', 'view' or 'edit'; see `widest`.
    opens: str = "edit"
    # Whether the organization may have other choices than the kind's.
    own_choices: bool = False
    related: Related | None = None
    column: InstrumentedAttribute | None = attribute(default=None, compare=False, repr=False)

    @property
    def key(self) -> str:
        """The name within the custom values, without the prefix that custom fields bear in addresses."""
        return self.name.removeprefix("custom-")

    def depends(self) -> bool:
        """Whether what may stand here depends on other fields of the record, which are read before."""
        return bool(self.within or getattr(self.kind, "country", "") or getattr(self.kind, "among", ()))

    def value(self, record: Record) -> Any:
        """The value this record has in this field."""
        if self.custom:
            raw = (record.custom or {}).get(self.key)
            return None if raw is None else self.kind.restore(raw)
        if self.related:
            return getattr(record, f"_{self.name}", None)
        return getattr(record, self.name)

    def expression(self, model: type[Record]) -> ColumnElement:
        """The SQL expression of this field's value."""
        if self.custom:
            raw, column = model.custom[self.key], self.kind.column()
            if not isinstance(column, ARRAY):
                return raw.astext.cast(column)
            parts = func.jsonb_array_elements_text(raw).column_valued("part")
            kept = func.array(select(parts).scalar_subquery())
            return type_coerce(case((func.jsonb_typeof(raw) == "array", kept)), PgArray(column.item_type))
        if self.related:
            return self.related.select(model)
        return getattr(model, self.name)

    def editable_by(self, viewer) -> bool:
        """Whether this viewer may change the field on a record that exists."""
        if self.readonly or self.fixed or self.lock:
            return False
        if self.related and not (self.related.save or self.related.spread):
            return False
        return self.portal == "edit" if getattr(viewer, "surface", "staff") == "portal" else True


def field(
    kind: Kind,
    *,
    portal: str = "",
    section: str = MAIN,
    listed: bool = False,
    sheet: str = "",
    synonyms: tuple[str, ...] = (),
    readonly: bool = False,
    fixed: bool = False,
    sortable: bool = False,
    within: str = "",
    opens: str = "edit",
    hidden: bool = False,
    own_choices: bool = False,
    **column: Any,
):
    """A column with its kind: `portal` is '', 'view' or 'edit'; `listed` columns stand in lists from the start.

    `sheet` is its heading in the import and export layout and `synonyms` further headings it is known by; `fixed`
    fields are given once, at the creation; `sortable` ones have an index for it; `within` names the field whose company
    limits what a reference may point to; `opens` is the most that an organization may let the portal do with it.
    `hidden` fields are shown where an organization wants them; `own_choices` says that it may choose the choices.
    """
    options = {
        "portal": portal,
        "section": section,
        "listed": listed,
        "sheet": sheet,
        "synonyms": synonyms,
        "readonly": readonly,
        "fixed": fixed,
        "sortable": sortable,
        "within": within,
        "opens": opens,
        "hidden": hidden,
        "own_choices": own_choices,
    }
    return mapped_column(kind.column(), info={"kind": kind, "field": options}, **column)


def related(model: type[Record], name: str, kind: Kind, source: Related, *, after: str = "", **options: Any) -> None:
    """Declare a field of `model` that stands in other rows; its place is behind the field `after`, or `FIRST`."""
    _related.setdefault(model, []).append(
        (
            Field(
                name=name,
                kind=kind,
                label=kind.label,
                noun=model.noun,
                required=kind.required,
                related=source,
                **options,
            ),
            after,
        )
    )


# Filled while the nouns' modules are read, at start-up only.
_related: dict[type[Record], list[tuple[Field, str]]] = {}
_declared: dict[type[Record], tuple[Field, ...]] = {}


def declared_fields(model: type[Record]) -> tuple[Field, ...]:
    """The fields that every organization has, in the order of the model."""
    if model not in _declared:
        found: list[Field] = []
        for column in model.__table__.columns:
            if "kind" in column.info:
                kind = column.info["kind"]
                found.append(
                    Field(
                        name=column.key,
                        kind=kind,
                        label=kind.label,
                        noun=model.noun,
                        required=kind.required,
                        help=kind.help or "",
                        column=getattr(model, column.key),
                        **column.info["field"],
                    )
                )
        for entry, after in _related.get(model, []):
            names = [known.name for known in found]
            found.insert(names.index(after) + 1 if after in names else 0 if after == FIRST else len(found), entry)
        _declared[model] = tuple(replace(entry, position=10 * n) for n, entry in enumerate(found, 1))
    return _declared[model]


class FieldSet:
    """The fields of one noun for one organization, in order."""

    def __init__(
        self,
        model: type[Record],
        fields: tuple[Field, ...],
        beside: Mapping[str, Callable[[], Iterable[Field]]] | None = None,
    ):
        self.model = model
        # What tells by what else lists can be filtered, by the permission that it takes.
        self._beside = beside or {}
        self._fields = {entry.name: entry for entry in sorted(fields, key=lambda entry: (entry.position, entry.name))}
        self._seen: dict[tuple, FieldSet] = {}
        # What a consumer has made of these fields and wants to find again as long as they are the same.
        self.made: dict[tuple, Any] = {}

    def __iter__(self) -> Iterator[Field]:
        return iter(self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def __getitem__(self, name: str) -> Field:
        return self._fields[name]

    def get(self, name: str) -> Field | None:
        """The field of that name, or None."""
        return self._fields.get(name)

    def only(self, keep: Callable[[Field], bool]) -> "FieldSet":
        """The fields that `keep` keeps, in the same order."""
        return FieldSet(self.model, tuple(entry for entry in self if keep(entry)))

    def for_viewer(self, viewer) -> "FieldSet":
        """What this viewer may see: no hidden field, and in the portal only what is opened to it."""
        portal = getattr(viewer, "surface", "staff") == "portal"
        may = getattr(viewer, "may", lambda permission: False)
        beside = () if portal else tuple(filter(may, self._beside))
        key = (portal, beside)
        if key not in self._seen:
            seen = self.only(lambda entry: not entry.hidden and (not portal or entry.portal in ("view", "edit")))
            seen._beside = {permission: self._beside[permission] for permission in beside}
            self._seen[key] = seen
        return self._seen[key]

    def filters(self) -> list[Field]:
        """Everything that a list can be filtered by: the fields, and what stands beside them."""
        return [*self, *(entry for tell in self._beside.values() for entry in tell())]

    def editable(self, viewer) -> "FieldSet":
        """What this viewer may change on a record that exists."""
        return self.only(lambda entry: entry.editable_by(viewer))

    def spread(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values to write: what is only another way to write other fields as theirs, unless they are given, too."""
        for name in [name for name in values if (entry := self.get(name)) and entry.related and entry.related.spread]:
            given = {key: value for key, value in values.items() if key != name}
            values = self[name].related.spread(values[name]) | given
        return values

    def sections(self) -> dict[str, list[Field]]:
        """The fields by section, both in order."""
        found: dict[str, list[Field]] = {}
        for entry in self:
            found.setdefault(str(entry.section), []).append(entry)
        return found


def widest(model: type[Record], entry: Field) -> str:
    """How far an organization may open a field of `model` to the portal: '' (never), 'view' or 'edit'."""
    given_once = entry.readonly or entry.fixed or bool(entry.lock)
    if entry.opens == "edit" and (
        not model.portal_edits or given_once or entry.related or isinstance(entry.kind, Reference)
    ):
        return "view"
    return entry.opens


def opened(model: type[Record], entry: Field, wanted: str) -> str:
    """What the portal may do with a field when the organization wants `wanted`: never more than `widest` says."""
    return min(wanted, widest(model, entry), key=("", "view", "edit").index)


def model_of(noun: str) -> type[Record]:
    """The model whose records are called `noun`; raises `LookupError`."""
    for model in Record.__subclasses__():
        if model.noun == noun:
            return model
    raise LookupError(f"There is no noun {noun!r}.")
