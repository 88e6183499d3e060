"""Fields of an organization's own: made, changed, set aside and brought back. Their values stay where they are."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, select

from app.fields.errors import FieldError, FieldErrors
from app.fields.kinds import KINDS, Decimal, Kind, from_settings
from app.fields.models import CustomField
from app.fields.record import Record
from app.fields.registry import Field, model_of
from app.fields.settings import LANGUAGES, fields_of, own_field
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records.actor import Actor
from app.records.errors import NotFound
from app.records.models import Operation
from app.records.write import Create, Update, apply, begin
from tenants import db

from . import languages

# The nouns whose fields an organization may change, in the order of the menu.
NOUNS = ("contact", "company", "contract", "membership")
# Those that get no fields of an organization's own.
AS_GIVEN = ("membership",)
# What a field may be, with an example, in the order in which it is offered.
OFFERED = {
    "text": (_l("Line of text"), _l("Building, licence number")),
    "long_text": (_l("Text of several lines"), _l("Directions")),
    "choice": (_l("One of several"), _l("Bronze, silver or gold")),
    "choices": (_l("Several checkboxes"), _l("Trainings taken")),
    "yes_no": (_l("Yes or no"), _l("Has signed the agreement")),
    "whole": (_l("Whole number"), _l("Number of screens")),
    "decimal": (_l("Number with decimals"), _l("Weight")),
    "money": (_l("Amount of money"), _l("Price")),
    "date": (_l("Date"), _l("Next visit")),
    "date_time": (_l("Date and time"), _l("Next maintenance")),
    "duration": (_l("Hours and minutes"), _l("Time on site")),
    "email": (_l("E-mail address"), _l("Invoices to")),
    "phone": (_l("Phone number"), _l("Caretaker")),
    "url": (_l("Web address"), _l("Remote access")),
    "reference": (_l("Another record"), _l("Deputy")),
    "country": (_l("Country"), _l("Country of the contract")),
    "language": (_l("Language"), _l("Language of the handbook")),
    "time_zone": (_l("Time zone"), _l("Time zone of the branch")),
    "colour": (_l("Colour"), _l("Colour of the badge")),
}
# What can be chosen about a kind, and what only once, since values would mean something else afterwards.
OPTIONS = ("choices", "max", "min", "places", "noun", "currency", "default")
ONCE = ("currency",)
# What a field of the kind "reference" may point to.
TARGETS = (("contact", _l("a contact")), ("company", _l("a company")), ("staff", _l("a member of staff")))
# What can be set beside the options of the kind.
SAID = ("label", "help", "section", "required", "hidden", "portal")


@dataclass(frozen=True)
class Asked:
    """The questions of one form: fields of what holds its answers, the noun, that are of this form alone."""

    noun: str
    form_id: int


# Whose fields are meant: those of a noun, or the questions of a form.
Whose = str | Asked


def model(noun: Whose) -> type[Record]:
    """The model of a noun whose fields can be changed; raises `NotFound`."""
    if isinstance(noun, Asked):
        return model_of(noun.noun)
    if noun not in NOUNS:
        raise NotFound
    return model_of(noun)


def fields(noun: Whose) -> list[Field]:
    """The fields in use, in their order: of a noun all, of a form its questions."""
    if not isinstance(noun, Asked):
        return list(fields_of(model(noun)))
    rows = db.session.scalars(_own(noun, archived=False).order_by(CustomField.position, CustomField.id))
    return [entry for row in rows if (entry := own_field(model(noun), row)) is not None]


def _own(noun: Whose, archived: bool) -> Select:
    """The rows of the organization's own fields that are in use, or that were set aside."""
    form_id = noun.form_id if isinstance(noun, Asked) else None
    return select(CustomField).where(
        CustomField.of_noun == model(noun).noun,
        CustomField.form_id == form_id,
        CustomField.archived_at.is_not(None) if archived else CustomField.archived_at.is_(None),
        CustomField.withdrawn_at.is_(None),
    )


def get(noun: Whose, key: str, archived: bool = False) -> CustomField:
    """One of the organization's own fields; raises `NotFound`."""
    row = db.session.scalar(_own(noun, archived).where(CustomField.key == key))
    if row is None:
        raise NotFound
    return row


def archived(noun: Whose) -> list[CustomField]:
    """The organization's own fields that were set aside, by their names."""
    found = _own(noun, archived=True)
    return list(db.session.scalars(found.order_by(func.extensions.fold(CustomField.label), CustomField.id)))


def options_of(kind: str) -> list[str]:
    """The options that a field of this kind has on the page."""
    return [name for name in KINDS[kind].settings if name in OPTIONS]


def create(
    noun: Whose,
    kind: str,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    more: Mapping[str, Any] | None = None,
    beside: Mapping[str, Any] | None = None,
) -> tuple[str, Operation]:
    """Make a field; returns its name in addresses and the operation.

    `values` are those of `SAID` and of the kind's options, `more` what else is said of it, `beside` what its options
    hold beside those of its kind. Raises `FieldErrors`.
    """
    if kind not in OFFERED or noun in AS_GIVEN:
        raise NotFound
    label = values["label"]
    free(noun, label)
    options = _checked(kind, label, values)
    options |= _in_languages(noun, values, options) | dict(beside or {})
    key = _key(model(noun).noun, label)
    last = max((entry.position for entry in fields(noun)), default=0)
    said = {name: values[name] for name in SAID if values.get(name) is not None} | dict(more or {})
    said |= {"form_id": noun.form_id} if isinstance(noun, Asked) else {}
    row = {"of_noun": model(noun).noun, "key": key, "kind": kind, "options": options, "position": last + 10} | said
    operation = begin(actor, "create", title=_said(noun, _NEW, label))
    apply(operation, [Create(CustomField, row)])
    return f"custom-{key}", operation


def change(
    noun: Whose,
    key: str,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    base: int | None = None,
    more: Mapping[str, Any] | None = None,
    beside: Mapping[str, Any] | None = None,
) -> Operation | None:
    """Change a field, all but its kind; returns the operation, None when it was so already. Raises `FieldErrors`."""
    row = get(noun, key)
    label = values.get("label") or row.label
    free(noun, label, but=f"custom-{key}")
    options = _checked(row.kind, label, dict(values) | {name: row.options.get(name) for name in ONCE})
    empty = {"help": None, "section": "", "portal": ""}
    said = {name: empty.get(name) if values[name] is None else values[name] for name in SAID if name in values}
    options |= _in_languages(noun, values, options, row) | dict(beside or {})
    wanted = said | {"options": options} | dict(more or {})
    differs = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if not differs:
        return None
    operation = begin(actor, "edit", title=_said(noun, _CHANGED, label))
    apply(operation, [Update(CustomField, row.id, differs, base)])
    return operation


def count_values(noun: Whose, key: str) -> int:
    """How many records have a value in this field."""
    of = model(noun)
    found = select(func.count()).select_from(of).where(of.custom.has_key(key), of.withdrawn_at.is_(None))
    return db.session.scalar(found) or 0


def archive(noun: Whose, key: str, *, actor: Actor) -> Operation:
    """Set a field aside: it is shown and asked for nowhere, and its values stay."""
    row = get(noun, key)
    operation = begin(actor, "edit", title=_said(noun, _SET_ASIDE, row.label))
    apply(operation, [Update(CustomField, row.id, {"archived_at": datetime.now(UTC).isoformat()})])
    return operation


def bring_back(noun: Whose, key: str, *, actor: Actor) -> Operation:
    """Use a field again, with the values it had. Raises `FieldErrors` when another field has its name by now."""
    row = get(noun, key, archived=True)
    free(noun, row.label)
    operation = begin(actor, "edit", title=_said(noun, _BROUGHT_BACK, row.label))
    apply(operation, [Update(CustomField, row.id, {"archived_at": None})])
    return operation


# What was done, to a field and to a question.
_NEW = (_l("New field “%(field)s”"), _l("New question “%(field)s”"))
_CHANGED = (_l("Field “%(field)s” changed"), _l("Question “%(field)s” changed"))
_SET_ASIDE = (_l("Field “%(field)s” set aside"), _l("Question “%(field)s” set aside"))
_BROUGHT_BACK = (_l("Field “%(field)s” brought back"), _l("Question “%(field)s” brought back"))


def _said(noun: Whose, words: tuple[Any, Any], label: str) -> str:
    return str(words[isinstance(noun, Asked)]) % {"field": label}


def free(noun: Whose, label: str, but: str = "", at: str = "label") -> None:
    """Raise `FieldErrors` when another field of the noun has this name: sheets could not tell them apart."""
    others = [entry for entry in fields(noun) if entry.name != but]
    taken = {str(entry.label).casefold() for entry in others}
    # One of the organization's own is known by its name in every language.
    taken |= {name.casefold() for entry in others if entry.custom for name in (entry.sheet, *entry.synonyms)}
    if label.casefold() in taken:
        raise FieldErrors({at: FieldError(_("Another field has this name."), code="taken")})


def _in_languages(
    noun: Whose, values: Mapping[str, Any], options: Mapping[str, Any], row: CustomField | None = None
) -> dict[str, Any]:
    """The option that holds name, help and choices by language: as it was where nothing is said of it."""
    before = {} if row is None else row.options
    if not languages.told(values):
        kept = before.get(LANGUAGES)
    else:
        for at, label in languages.labels(values).items():
            free(noun, label, but="" if row is None else f"custom-{row.key}", at=at)
        kept = languages.options(values, options.get("choices") or [], before.get("choices") or [])
    return {LANGUAGES: kept} if kept else {}


def choices_text(options: Mapping[str, Any]) -> str:
    """The choices of a field as they are typed: one on a line, `value | label` where the two differ."""
    pairs = options.get("choices") or []
    return "\n".join(value if value == label else f"{value} | {label}" for value, label in pairs)


def choices_of(label: str, typed: str | None) -> list[list[str]]:
    """The choices that were typed for a given field, [] for none; raises `FieldErrors` for those that cannot be."""
    found = typed_choices(typed)
    if found:
        _judge("choice", label, {"choices": found})
    return found


def typed_choices(typed: str | None) -> list[list[str]]:
    """The choices that were typed, one on a line, as pairs of value and label."""
    found = []
    for line in (typed or "").splitlines():
        value, bar, label = (part.strip() for part in line.partition("|"))
        if value or bar:
            found.append([value, label or value])
    return found


def default_text(entry: Field) -> Any:
    """What a new record begins with, as it is typed."""
    value = entry.kind.default
    return bool(value) if entry.kind.input == "checkbox" else entry.kind.plain(value)


def _checked(kind: str, label: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The options as they are kept; raises `FieldErrors` for those that such a field cannot have."""
    options = _options(kind, values)
    made = _judge(kind, label, options)
    typed = values.get("default") if "default" in options_of(kind) else None
    if not typed:
        return options
    try:
        begins = True if typed is True else made.parse(typed)
    except FieldError as error:
        raise FieldErrors({"default": error}) from error
    options["default"] = made.to_json(begins)
    _judge(kind, label, options)
    return options


def _options(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The options, but for what a new record begins with: JSON, and nothing that was left empty."""
    found = {name: values.get(name) for name in options_of(kind) if name != "default"}
    if "choices" in found:
        found["choices"] = typed_choices(found["choices"])
    if issubclass(KINDS[kind], Decimal):
        exact = Decimal("", places=6)
        found |= {name: None if found[name] is None else exact.to_json(found[name]) for name in ("min", "max")}
    return {name: value for name, value in found.items() if value not in (None, [])}


def _judge(kind: str, label: str, options: dict[str, Any]) -> Kind:
    """The kind that these options make; raises `FieldErrors` for those that such a field cannot have."""
    try:
        return from_settings(kind, label, options)
    except FieldError as error:
        at = next((name for name in options_of(kind) if f"“{name}”" in error.message), "options")
        raise FieldErrors({at: FieldError(error.message.partition(": ")[2] or error.message, code="option")}) from error


def _key(noun: str, label: str) -> str:
    """A key for a new field, made from its name. None is used twice, since values of the first may remain."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    wanted = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40] or "field"
    if not wanted[0].isalpha():
        wanted = f"field_{wanted}"
    taken = set(db.session.scalars(select(CustomField.key).where(CustomField.of_noun == noun)))
    key, n = wanted, 1
    while key in taken:
        n += 1
        key = f"{wanted}_{n}"
    return key
