"""Which value a merged record gets in each field: what the person chose, otherwise the better one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, true

from app.fields.kinds import LongText, Phone, Reference
from app.fields.record import Record
from app.fields.registry import Field, FieldSet
from tenants import db

from .models import Change
from .read import Loaded

# All texts, one below the other.
ALL = "all"


@dataclass(frozen=True)
class Choice:
    """One field of the records side by side: their values by id, whose is taken, and whether there is a choice."""

    entry: Field
    values: dict[int, Any]
    taken: int | str
    value: Any
    open: bool

    @property
    def may_be_all(self) -> bool:
        """Whether the values can be kept together."""
        return isinstance(self.entry.kind, LongText)


@dataclass(frozen=True)
class Question:
    """What a noun asks about its records beside their fields: whose is taken of what some of them have."""

    name: str
    label: str
    options: dict[int, str]
    taken: int


def mergeable(fields: FieldSet) -> list[Field]:
    """The fields of which one value is chosen; what stands in other rows is united."""
    return [entry for entry in fields if not entry.related and not entry.readonly and not entry.lock]


def latest(model: type[Record], ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """When each field of these records was last changed, as a number that grows; only what the journal knows."""
    keys = func.jsonb_object_keys(Change.after).table_valued("name").render_derived("keys")
    names = keys.c.name
    rows = (
        select(Change.record_id, names, func.max(Change.id))
        .join(keys, true())
        .where(Change.noun == model.noun, Change.record_id.in_(ids), Change.action == "update")
        .group_by(Change.record_id, names)
    )
    return {(record_id, name): number for record_id, name, number in db.session.execute(rows)}


def choose(
    fields: FieldSet,
    loaded: Sequence[Loaded],
    survivor: int,
    changed: Mapping[tuple[int, str], int],
    picked: Mapping[str, str],
) -> list[Choice]:
    """The choice of every field: `picked` names a record's id or `ALL` by the field's name.

    Where nothing was picked the better value is taken: one that is filled, that was changed last, that is longer; and
    of equals that of the record which is left.
    """
    found = []
    ids = {one.id for one in loaded}
    for entry in mergeable(fields):
        values = {one.id: _other(entry, one.values.get(entry.name), fields.model.noun, ids) for one in loaded}
        filled = [one for one, value in values.items() if value not in (None, "", [])]
        differing = {_same(values[one]) for one in filled}
        several = len(differing) > 1
        wanted = picked.get(entry.name, "")
        may_be_all = isinstance(entry.kind, LongText) and several
        if wanted == ALL and may_be_all:
            taken: int | str = ALL
        elif wanted.isdecimal() and len(wanted) < 19 and int(wanted) in values:
            taken = int(wanted)
        elif may_be_all:
            taken = ALL
        else:
            taken = _better(entry, values, filled, survivor, changed)
        value = _all(entry, [values[one] for one in filled]) if taken == ALL else values[taken]
        found.append(Choice(entry, values, taken, value, several or (len(filled) < len(values) and bool(filled))))
    return found


def _other(entry: Field, value: Any, noun: str, ids: set[int]) -> Any:
    """A value; nothing where it names one of the records that become one, since nobody is named by themselves."""
    return None if isinstance(entry.kind, Reference) and entry.kind.noun == noun and value in ids else value


def _better(entry: Field, values, filled: list[int], survivor: int, changed) -> int:
    if not filled:
        return survivor
    if isinstance(values[filled[0]], bool):
        return next((one for one in filled if values[one]), survivor)

    def rank(one: int):
        return (changed.get((one, entry.name), 0), len(str(values[one])), one == survivor)

    return max(filled, key=rank)


def _same(value: Any) -> Any:
    return value.strip().casefold() if isinstance(value, str) else repr(value)


def _all(entry: Field, texts: list[str]) -> str:
    joined = "\n\n".join(dict.fromkeys(text.strip() for text in texts))
    return joined[: entry.kind.max] if entry.kind.max else joined


def values_of(choices: Sequence[Choice], names: Mapping[int, str]) -> dict[str, Any]:
    """The values of the record that is left. Numbers that were not taken go into its notes, so that none is lost."""
    values = {choice.entry.name: choice.value for choice in choices}
    notes = next((choice for choice in choices if choice.entry.name == "notes"), None)
    lost = not_taken(choices)
    if notes is not None and lost:
        lines = [f"{names.get(one, one)}: {choice.entry.label} {value}" for choice, one, value in lost]
        known = values["notes"] or ""
        text = "\n".join([*([known] if known else []), *[line for line in lines if line not in known]])
        if not notes.entry.kind.max or len(text) <= notes.entry.kind.max:
            values["notes"] = text
    return values


def not_taken(choices: Sequence[Choice]) -> list[tuple[Choice, int, str]]:
    """The telephone numbers that the record which is left has nowhere: field, whose it was, number."""
    phones = [choice for choice in choices if isinstance(choice.entry.kind, Phone)]
    there = {_digits(choice.value) for choice in phones if choice.value}
    found = []
    for choice in phones:
        for one, value in choice.values.items():
            if value and _digits(value) not in there:
                there.add(_digits(value))
                found.append((choice, one, value))
    return found


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())
