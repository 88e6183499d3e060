"""Choices that depend on an earlier answer: a building decides which rooms can be chosen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.fields.errors import FieldError, FieldErrors
from app.fields.kinds import Choice, LongText
from app.fields.registry import Field
from app.fields.settings import OFFER
from app.i18n import gettext as _

WHICH, LINES = "offer_field", "offer_lines"
# The kinds whose choices may depend on another answer, and the kind of that other question.
DEPENDING, LEADING = ("choice", "choices"), "choice"


@dataclass(frozen=True)
class Offer:
    """The key of the earlier question, and by its answers the choices that go with them.

    A choice that no answer names goes with every one, and where there is none.
    """

    field: str
    by_answer: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, options: Mapping[str, Any] | None) -> "Offer | None":
        """What stands in the options of a question, None for nothing."""
        kept = (options or {}).get(OFFER)
        return None if not kept else cls(kept["field"], kept["by_answer"])

    def kept(self) -> dict[str, Any]:
        """As the options keep it."""
        return {"field": self.field, "by_answer": self.by_answer}

    def fits(self, value: str, answer: str | None) -> bool:
        """Whether a choice goes with this answer."""
        return value in self.by_answer.get(answer or "", ()) or not any(
            value in values for values in self.by_answer.values()
        )

    def narrowed(self, entry: Field, answer: str | None) -> Field | None:
        """The question with the choices that go with this answer; None where there are none."""
        left = tuple(pair for pair in entry.kind.choices if self.fits(pair[0], answer))
        return replace(entry, kind=replace(entry.kind, choices=left, default=None)) if left else None

    def left(self, value: Any, answer: str | None) -> Any:
        """What of an answer still goes with that other one, None for nothing."""
        if isinstance(value, list):
            return [one for one in value if self.fits(one, answer)] or None
        return value if value is not None and self.fits(value, answer) else None

    def sentence(self, fields: Mapping[str, Field]) -> str:
        """That the choices depend on another answer, in words."""
        entry = fields.get(self.field)
        label = str(entry.label) if entry else _("a question that is no more")
        return _("What can be chosen depends on “%(field)s”.", field=label)


# --- described in a form ----------------------------------------------------------------------------------------------


def _leading(earlier: Sequence[Field]) -> list[Field]:
    return [entry for entry in earlier if entry.kind.name == LEADING]


def describing(kind: str, earlier: Sequence[Field]) -> list[Field]:
    """The fields in which an administrator says it; none where no earlier question has choices."""
    leading = _leading(earlier)
    if kind not in DEPENDING or not leading:
        return []
    section = _("Choices that depend on an earlier answer")
    help_ = _(
        "One answer on a line, and behind it what can be chosen then: answer: choice; choice."
        " A choice that stands in no line goes with every answer."
    )
    made = (
        (WHICH, Choice(_("Question"), choices=[(entry.key, entry.label) for entry in leading]), _("Empty: on none.")),
        (LINES, LongText(_("What goes with each answer"), max=100_000), help_),
    )
    return [Field(name, kind, kind.label, help=text, section=section) for name, kind, text in made]


def values(offer: Offer | None, pairs: Iterable[Sequence[str]], fields: Mapping[str, Field]) -> dict[str, Any]:
    """What the fields of `describing` show; `pairs` are the choices of the question."""
    if offer is None:
        return {}
    names = dict(map(tuple, pairs))
    entry = fields.get(offer.field)
    lines = [
        f"{answer if entry is None else entry.kind.format(answer)}: {'; '.join(names.get(one, one) for one in chosen)}"
        for answer, chosen in offer.by_answer.items()
    ]
    return {WHICH: offer.field, LINES: "\n".join(lines)}


def read(typed: Mapping[str, Any], pairs: Iterable[Sequence[str]], earlier: Sequence[Field]) -> Offer | None:
    """What was said, None for nothing; raises `FieldErrors` where it cannot be. `pairs` are the question's choices."""
    key, lines = typed.get(WHICH), (typed.get(LINES) or "").strip()
    if not key:
        if lines:
            raise FieldErrors({WHICH: FieldError(_("Which question is it about?"), code="required")})
        return None
    leading = next((entry for entry in _leading(earlier) if entry.key == key), None)
    if leading is None:
        raise FieldErrors({WHICH: FieldError(_("Choose an earlier question."), code="unknown")})
    if not lines:
        raise FieldErrors({LINES: FieldError(_("Say what can be chosen with each answer."), code="required")})
    pairs = list(map(tuple, pairs))
    words = {label.casefold(): value for value, label in pairs} | {value.casefold(): value for value, _label in pairs}
    found: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        answer, rest = _answer(line, leading)
        chosen = found.setdefault(answer, [])
        for word in filter(None, map(str.strip, rest.split(";"))):
            if word.casefold() not in words:
                raise _wrong(_("“%(found)s” is none of the choices.", found=word[:60]))
            if words[word.casefold()] not in chosen:
                chosen.append(words[word.casefold()])
    return Offer(key, found)


def _answer(line: str, leading: Field) -> tuple[str, str]:
    """The answer that a line begins with, which may hold colons itself, and what stands behind it."""
    parts = line.split(":")
    for n in range(1, len(parts)):
        try:
            return leading.kind.parse(":".join(parts[:n]).strip()) or "", ":".join(parts[n:])
        except FieldError:
            continue
    said = {"found": parts[0].strip()[:60], "field": leading.label}
    raise _wrong(_("“%(found)s” is no answer to “%(field)s”; write: answer: choice; choice.", **said))


def _wrong(sentence: str) -> FieldErrors:
    return FieldErrors({LINES: FieldError(sentence, code="unknown")})
