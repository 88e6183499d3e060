"""What an organization says about its fields: their names, order and rights, and fields of its own.

Every act is an operation on `FieldSetting` or `CustomField`, so that it stands in the journal and can be undone; the
fields are read anew after each of them, an undo included.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.fields.models import CustomField, FieldSetting
from app.fields.registry import Field, declared_fields, widest
from app.fields.settings import fields_of, settings_changed
from app.i18n import gettext as _
from app.records.actor import Actor
from app.records.errors import NotFound
from app.records.models import Operation
from app.records.write import Create, Update, Withdraw, apply, begin, keep
from tenants import db

from . import custom
from .custom import free, model

# What an organization may say about a given field; None leaves it as Deskhand has it.
SAID = ("label", "help", "section", "required", "hidden", "portal", "position", "choices")
STEP = 10


@keep(FieldSetting)
@keep(CustomField)
def _tell(_ids) -> None:
    """Let everybody read the fields anew."""
    settings_changed()


@dataclass(frozen=True)
class Row:
    """One field as the administrator sees it."""

    field: Field
    # Its name as Deskhand gives it, where the organization has another one.
    given_label: str = ""
    # Whether the organization has said anything about it but its place.
    changed: bool = False
    widest: str = ""
    # When a question of a form is asked and needed, in words.
    said: str = ""


def rows(noun: str) -> list[Row]:
    """Every field of a noun in its order, hidden ones too, archived ones not."""
    kind = model(noun)
    given = {entry.name: entry for entry in declared_fields(kind)}
    said = {row.field: row for row in _settings(noun) if row.withdrawn_at is None}
    found = []
    for entry in fields_of(kind):
        before, row = given.get(entry.name), said.get(entry.name)
        label = str(before.label) if before and str(before.label) != str(entry.label) else ""
        changed = bool(row) and any(getattr(row, name) is not None for name in SAID if name != "position")
        found.append(Row(entry, label, changed, widest(kind, entry)))
    return found


def get(noun: str, name: str) -> Row:
    """One field; raises `NotFound`."""
    for row in rows(noun):
        if row.field.name == name:
            return row
    raise NotFound


def change(
    noun: str, name: str, values: Mapping[str, Any], *, actor: Actor, base: int | None = None
) -> Operation | None:
    """Say something about a given field. A value that is Deskhand's own leaves the field as it is.

    Raises `FieldErrors` for a name that another field has, and `EditConflict` when somebody else said something since
    version `base`.
    """
    given = {known.name: known for known in declared_fields(model(noun))}.get(name)
    if given is None:
        raise NotFound
    told = {key: value for key, value in values.items() if key in SAID}
    if "choices" in told:
        told["choices"] = _choices(given, told["choices"])
    for key in [key for key in told if key != "choices"]:
        usual = getattr(given, key)
        empty = None if key in ("label", "help") else ""
        if told[key] in ("", None):
            told[key] = empty
        if told[key] == (str(usual) if key in ("label", "help", "section") else usual):
            told[key] = None
    if told.get("label"):
        free(noun, told["label"], but=name)
    title = _("Field “%(field)s” changed", field=get(noun, name).field.label)
    return _say(noun, {name: told}, title, actor, base)


def _choices(given: Field, typed: str | None) -> list[list[str]] | None:
    """The choices that were typed, one on a line; None where they are Deskhand's own."""
    chosen = custom.choices_of(str(given.label), typed)
    usual = [[value, str(label)] for value, label in given.kind.choices]
    return None if chosen in (usual, []) else chosen


def version(noun: str, name: str) -> int:
    """Which version of what was said about a given field is the newest, 0 when nothing was."""
    return next((row.version for row in _settings(noun) if row.field == name), 0)


def reset(noun: str, name: str, *, actor: Actor) -> Operation | None:
    """Take back all that was said about a given field, but for its place."""
    entry = get(noun, name).field
    told = dict.fromkeys([key for key in SAID if key != "position"])
    return _say(noun, {name: told}, _("Field “%(field)s” as it was", field=entry.label), actor)


def move(noun: str, name: str, by: int, *, actor: Actor) -> Operation | None:
    """Put a field so many places further down, or up where `by` is negative."""
    names = [entry.name for entry in fields_of(model(noun))]
    if name not in names:
        raise NotFound
    place = names.index(name)
    names.insert(min(max(0, place + by), len(names) - 1), names.pop(place))
    return order(noun, names, actor=actor)


def order(noun: str, names: Iterable[str], *, actor: Actor) -> Operation | None:
    """Put the fields in this order; those that are not named stay behind them as they stood."""
    fields = fields_of(model(noun))
    wanted = [name for name in dict.fromkeys(names) if name in fields]
    wanted += [entry.name for entry in fields if entry.name not in wanted]
    places = {name: STEP * number for number, name in enumerate(wanted, 1)}
    moved = {name: {"position": place} for name, place in places.items() if fields[name].position != place}
    return _say(noun, moved, _("Fields put in another order"), actor)


def usual_order(noun: str, *, actor: Actor) -> Operation | None:
    """Deskhand's own order again, with the organization's own fields behind it."""
    fields = fields_of(model(noun))
    names = [entry.name for entry in declared_fields(model(noun))]
    own = [entry.name for entry in fields if entry.custom]
    return order(noun, names + own, actor=actor)


def sections(noun: str) -> list[str]:
    """The headings in use, in the order of the page."""
    return [name for name in fields_of(model(noun)).sections() if name]


def _settings(noun: str) -> list[FieldSetting]:
    return list(db.session.scalars(select(FieldSetting).where(FieldSetting.of_noun == noun)))


def _say(
    noun: str, told: Mapping[str, dict[str, Any]], title: str, actor: Actor, base: int | None = None
) -> Operation | None:
    """Write what is said about fields, given and own ones, in one operation; None when it was so already."""
    known = {row.field: row for row in _settings(noun)}
    changes: list = []
    for name, values in told.items():
        if name.startswith("custom-"):
            row = custom.get(noun, name.removeprefix("custom-"))
            differs = {key: value for key, value in values.items() if getattr(row, key) != value}
            changes += [Update(CustomField, row.id, differs)] if differs else []
            continue
        row = known.get(name)
        if row is None:
            said = {key: value for key, value in values.items() if value is not None}
            changes += [Create(FieldSetting, {"of_noun": noun, "field": name, **said})] if said else []
            continue
        if row.withdrawn_at is not None:
            changes.append(Withdraw(FieldSetting, row.id, back=True))
            values = dict.fromkeys(SAID) | values
        differs = {key: value for key, value in values.items() if getattr(row, key) != value}
        changes += [Update(FieldSetting, row.id, differs, base)] if differs else []
    if not changes:
        return None
    operation = begin(actor, "edit", title=title)
    apply(operation, changes)
    return operation
