"""Conditions of questions: "show if", "require if", about what was answered to an earlier question of the same form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.fields.errors import FieldError, FieldErrors
from app.fields.kinds import Choice, Choices, Kind, LongText, Reference, Text, YesNo
from app.fields.registry import Field
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l

IS, IS_NOT, EMPTY, NOT_EMPTY, CONTAINS = "is", "is_not", "empty", "not_empty", "contains"
VERBS = {
    IS: _l("is"),
    IS_NOT: _l("is not"),
    EMPTY: _l("is empty"),
    NOT_EMPTY: _l("is not empty"),
    CONTAINS: _l("contains"),
}
COMPARING = (IS, IS_NOT, CONTAINS)
SHOW, REQUIRE = "show", "require"
_SENTENCES = {
    (SHOW, IS): _l("Asked only if “%(field)s” is “%(value)s”."),
    (SHOW, IS_NOT): _l("Asked only if “%(field)s” is not “%(value)s”."),
    (SHOW, EMPTY): _l("Asked only if “%(field)s” is empty."),
    (SHOW, NOT_EMPTY): _l("Asked only if “%(field)s” is not empty."),
    (SHOW, CONTAINS): _l("Asked only if “%(field)s” contains “%(value)s”."),
    (REQUIRE, IS): _l("Needed if “%(field)s” is “%(value)s”."),
    (REQUIRE, IS_NOT): _l("Needed if “%(field)s” is not “%(value)s”."),
    (REQUIRE, EMPTY): _l("Needed if “%(field)s” is empty."),
    (REQUIRE, NOT_EMPTY): _l("Needed if “%(field)s” is not empty."),
    (REQUIRE, CONTAINS): _l("Needed if “%(field)s” contains “%(value)s”."),
}


@dataclass(frozen=True)
class Condition:
    """What must be so of the answer to another question: its key, the verb, and the value as JSON has it."""

    field: str
    verb: str
    value: Any = None

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> "Condition | None":
        """The condition that stands in the database, None for none."""
        return None if not kept else cls(kept["field"], kept["verb"], kept.get("value"))

    def kept(self) -> dict[str, Any]:
        """The condition as it is kept."""
        return {"field": self.field, "verb": self.verb, "value": self.value}

    def holds(self, known: Mapping[str, tuple[Kind, Any]]) -> bool:
        """Whether it is so; `known` has kind and answer of each earlier question, by key: None where it was not asked.

        A tick that was not asked for, or not set, is a no.
        """
        kind, answer = known.get(self.field, (None, None))
        if isinstance(kind, YesNo):
            answer = bool(answer)
        nothing = answer is None or answer in ("", [])
        if self.verb in (EMPTY, NOT_EMPTY):
            return nothing is (self.verb == EMPTY)
        wanted = None if kind is None else kind.restore(self.value)
        if self.verb == CONTAINS:
            return not nothing and _folded(wanted or self.value) in [*map(_folded, _parts(answer, wanted))]
        same = not nothing and _folded(answer) == _folded(wanted)
        return same is (self.verb == IS)

    def sentence(self, what: str, fields: Mapping[str, Field]) -> str:
        """The condition in words; `what` is SHOW or REQUIRE."""
        entry = fields.get(self.field)
        value = "" if entry is None else shown(entry.kind, self)
        label = str(entry.label) if entry else _("a question that is no more")
        return str(_SENTENCES[what, self.verb]) % {"field": label, "value": value}


def _folded(value: Any) -> Any:
    return value.strip().casefold() if isinstance(value, str) else value


def _parts(answer: Any, wanted: Any) -> list[Any]:
    """What an answer contains: the choices that were ticked; of a text itself, where the words stand in it."""
    if isinstance(answer, list):
        return answer
    inside = isinstance(wanted, str) and _folded(wanted) in _folded(answer)
    return [wanted] if inside else []


def verbs_for(kind: Kind) -> tuple[str, ...]:
    """What can be asked about answers of a kind."""
    if isinstance(kind, YesNo):
        return (IS, IS_NOT)
    if isinstance(kind, Choices):
        return (CONTAINS, EMPTY, NOT_EMPTY)
    if isinstance(kind, Reference):
        return (EMPTY, NOT_EMPTY)
    return (IS, IS_NOT, EMPTY, NOT_EMPTY, CONTAINS) if isinstance(kind, Text | LongText) else (IS, IS_NOT, *_EITHER)


_EITHER = (EMPTY, NOT_EMPTY)


def shown(kind: Kind, condition: Condition) -> str:
    """The value of a condition as people read it."""
    if condition.value is None or condition.verb not in COMPARING:
        return ""
    value = kind.restore([condition.value] if isinstance(kind, Choices) else condition.value)
    return kind.format(value) or str(condition.value)


# --- described in a form ----------------------------------------------------------------------------------------------


def describing(what: str, earlier: Sequence[Field]) -> list[Field]:
    """The fields in which an administrator says a condition; none where there is no earlier question."""
    if not earlier:
        return []
    section = _("Ask only if") if what == SHOW else _("Must be filled in if")
    questions = [(entry.key, entry.label) for entry in earlier]
    help_ = _("A choice by its name; yes or no; a date or number as you usually write it.")
    made = (
        ("field", Choice(_l("Question"), choices=questions), _("Empty: always.") if what == SHOW else ""),
        ("verb", Choice(_l("Answer"), choices=list(VERBS.items())), ""),
        ("value", Text(_l("Value"), max=500), help_),
    )
    return [
        Field(name=f"{what}_{name}", kind=kind, label=kind.label, help=text, section=section)
        for name, kind, text in made
    ]


def values(what: str, condition: Condition | None, fields: Mapping[str, Field]) -> dict[str, Any]:
    """What the fields of `describing` show."""
    if condition is None:
        return {}
    entry = fields.get(condition.field)
    value = "" if entry is None else shown(entry.kind, condition)
    return {f"{what}_field": condition.field, f"{what}_verb": condition.verb, f"{what}_value": value}


def read(what: str, typed: Mapping[str, Any], earlier: Sequence[Field]) -> Condition | None:
    """The condition that was said, None for none; raises `FieldErrors` where it cannot be."""
    names = {part: f"{what}_{part}" for part in ("field", "verb", "value")}
    key, verb, value = (typed.get(name) for name in names.values())
    if not key:
        if value:
            raise FieldErrors({names["field"]: FieldError(_("Which question is it about?"), code="required")})
        return None
    kind = next((entry.kind for entry in earlier if entry.key == key), None)
    if kind is None:
        raise FieldErrors({names["field"]: FieldError(_("Choose an earlier question."), code="unknown")})
    possible = verbs_for(kind)
    verb = verb or possible[0]
    if verb not in possible:
        words = ", ".join(f"“{VERBS[one]}”" for one in possible)
        error = FieldError(_("Of this question it can be asked: %(verbs)s.", verbs=words), code="unknown")
        raise FieldErrors({names["verb"]: error})
    if verb not in COMPARING:
        return Condition(key, verb)
    if not value:
        raise FieldErrors({names["value"]: FieldError(_("Compared with what?"), code="required")})
    return Condition(key, verb, _parsed(kind, verb, value, names["value"]))


def _parsed(kind: Kind, verb: str, typed: str, name: str) -> Any:
    """What an answer is compared with, as JSON."""
    if verb == CONTAINS and not isinstance(kind, Choices):
        return typed
    try:
        value = kind.to_json(kind.parse(typed))
    except FieldError as error:
        raise FieldErrors({name: error}) from error
    if not isinstance(kind, Choices):
        return value
    if len(value or ()) != 1:
        raise FieldErrors({name: FieldError(_("Write one of the choices."), code="unknown")})
    return value[0]
