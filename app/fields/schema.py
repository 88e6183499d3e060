"""What the API's documents look like, as JSON Schema (2020-12) made from the registry of one organization."""

from collections.abc import Callable, Collection
from typing import Any

from .api import nullable
from .filter import NO_VALUE, OPERATORS
from .kinds import Kind
from .kinds.number import PRECISION
from .registry import Field, FieldSet

Schema = dict[str, Any]
_MOMENT: Schema = {"type": "string", "format": "date-time", "readOnly": True}


def _text(kind: Kind, **more: Any) -> Schema:
    return {"type": "string"} | ({"maxLength": kind.max} if kind.max else {}) | more


def _number(kind: Kind, **more: Any) -> Schema:
    limits = {"minimum": getattr(kind, "min", None), "maximum": kind.max}
    return {"type": "integer"} | {name: limit for name, limit in limits.items() if limit is not None} | more


def _decimal(kind: Kind) -> Schema:
    places = rf"\.[0-9]{{{kind.places}}}" if kind.places else ""
    return {"type": "string", "pattern": rf"^-?[0-9]{{1,{PRECISION - kind.places}}}{places}$", "examples": ["12.50"]}


def _several(kind: Kind) -> Schema:
    return {"type": "array", "items": of_kind(kind.of)} | ({"maxItems": kind.max} if kind.max else {})


def _values(kind: Kind) -> Schema:
    return {"type": "string", "enum": [value for value, _label in kind.choices]}


# Every kind by its name; the tests compare this with the kinds that exist.
_KINDS: dict[str, Callable[[Any], Schema]] = {
    "text": _text,
    "long_text": _text,
    "email": lambda kind: _text(kind, format="idn-email"),
    "phone": _text,
    "url": lambda kind: _text(kind, format="iri"),
    "host": lambda kind: _text(kind, format="idn-hostname"),
    "choice": _values,
    "suggested": _text,
    "among": _text,
    "choices": lambda kind: {"type": "array", "items": _values(kind), "uniqueItems": True},
    "several": _several,
    "lines": _several,
    "yes_no": lambda kind: {"type": "boolean"},
    "whole": lambda kind: _number(kind, format="int64"),
    "decimal": _decimal,
    "money": lambda kind: _decimal(kind) | {"x-currency": kind.currency},
    "date": lambda kind: {"type": "string", "format": "date"},
    "date_time": lambda kind: {"type": "string", "format": "date-time"},
    "duration": lambda kind: _number(kind, format="int32", description="Minutes."),
    "reference": lambda kind: {"type": "integer", "format": "int64", "minimum": 1, "x-refers-to": kind.noun},
    "country": lambda kind: {"type": "string", "pattern": "^[A-Z]{2}$", "description": "An ISO 3166-1 alpha-2 code."},
    "region": _text,
    "time_zone": lambda kind: {"type": "string", "description": "A name of the IANA time zone database."},
    "language": lambda kind: {"type": "string", "description": "A BCP 47 tag."},
    "colour": lambda kind: {"type": "string", "pattern": "^#[0-9a-f]{6}$", "examples": ["#1e90ff"]},
}


def of_kind(kind: Kind) -> Schema:
    """The JSON Schema of one kind's values."""
    return _KINDS[kind.name](kind)


def of_field(entry: Field, written: bool) -> Schema:
    """A field in a document that is sent (`written`) or answered.

    What was chosen once may be among the choices no longer, and a field may have become required since: an answer
    promises the type only.
    """
    found = of_kind(entry.kind)
    if not written:
        found.pop("enum", None)
        found.get("items", {}).pop("enum", None)
    if nullable(entry) and not (written and entry.required) and entry.kind.name != "several":
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    notes = [str(entry.help or ""), found.get("description", "")]
    found |= {"title": str(entry.label), "description": " ".join(note for note in notes if note)}
    if written and entry.kind.default is not None:
        found["default"] = entry.kind.to_json(entry.kind.default)
    if not found["description"]:
        del found["description"]
    return found


def answered(fields: FieldSet, title: str) -> Schema:
    """A record in an answer. With `fields=` only the fields named are there."""
    own: Schema = {
        "id": {"type": "integer", "format": "int64", "readOnly": True},
        "version": {"type": "integer", "description": "Counts the changes; it is the ETag.", "readOnly": True},
    }
    own |= {entry.name: of_field(entry, written=False) for entry in fields}
    own |= {"created_at": _MOMENT, "updated_at": _MOMENT}
    return {"type": "object", "title": title, "properties": own, "required": ["id", "version"]}


def page_of(title: str) -> Schema:
    """A page of records."""
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{title}"}},
            "next": {"type": ["string", "null"], "format": "uri", "description": "The next page, if there is one."},
            "count": {"type": "integer", "description": "Only with count=1: how many there are, at most 1,000."},
            "capped": {"type": "boolean", "description": "Only with count=1: whether there are more than `count`."},
        },
    }


def made(may: FieldSet, made_otherwise: Collection[str]) -> Schema:
    """A record to be made."""
    required = [
        entry.name
        for entry in may
        if entry.required and entry.kind.default is None and entry.name not in made_otherwise
    ]
    return _sent(may) | ({"required": required} if required else {})


def changed(may: FieldSet) -> Schema:
    """A merge patch of a record: the fields that change, `null` to empty one."""
    return _sent(may)


def _sent(may: FieldSet) -> Schema:
    properties = {entry.name: of_field(entry, written=True) for entry in may}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def can_filter(entry: Field) -> bool:
    """Whether lists can be filtered by the field: what stands in other rows only where an index knows it."""
    return not entry.related or entry.related.matches is not None


def filters(fields: FieldSet) -> Schema:
    """The filters of a list as one object, each property a parameter: `city=Kiel`, `city.contains=Kiel`."""
    found: Schema = {}
    for entry in filter(can_filter, fields):
        words = {op: f"{entry.label} {OPERATORS[op]}" + ("" if op in NO_VALUE else " …") for op in entry.kind.operators}
        found[entry.name] = {"type": "string", "description": words[entry.kind.operators[0]]}
        found |= {f"{entry.name}.{op}": {"type": "string", "description": said} for op, said in words.items()}
    return {"type": "object", "properties": found, "additionalProperties": False}
