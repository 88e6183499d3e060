"""The questions of a form: those of its draft, which stand as fields, and those of a version, which it keeps."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from app.fields.errors import FieldError, FieldErrors
from app.fields.form import read_one, typed_text
from app.fields.models import CustomField
from app.fields.registry import Field
from app.fields.settings import own_field
from app.settings.custom import Asked
from tenants import db

from .conditions import REQUIRE, SHOW, Condition
from .models import FilledForm
from .offering import Offer

# What a version keeps of each question.
KEPT = ("key", "kind", "label", "help", "options", "required", "portal", "section", "position")


@dataclass(frozen=True)
class Question:
    """One question: the field in which it is answered, when it is asked and needed, and what can be chosen then."""

    field: Field
    show_if: Condition | None = None
    require_if: Condition | None = None
    offer: Offer | None = None

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def conditions(self) -> list[tuple[str, Condition]]:
        pairs = ((SHOW, self.show_if), (REQUIRE, self.require_if))
        return [(what, condition) for what, condition in pairs if condition is not None]

    def said(self, fields: Mapping[str, Field]) -> str:
        """What it depends on in words; `fields` are the form's by key."""
        said = [condition.sentence(what, fields) for what, condition in self.conditions]
        return " ".join(said + ([] if self.offer is None else [self.offer.sentence(fields)]))

    @property
    def depends(self) -> bool:
        """Whether other answers decide anything about it."""
        return bool(self.conditions) or self.offer is not None


def asked(form_id: int) -> Asked:
    """What the verbs of an organization's own fields call the questions of this form."""
    return Asked(FilledForm.noun, form_id)


def draft_rows(form_id: int) -> list[CustomField]:
    """The questions of the draft in their order, as rows."""
    rows = select(CustomField).where(
        CustomField.form_id == form_id, CustomField.archived_at.is_(None), CustomField.withdrawn_at.is_(None)
    )
    return list(db.session.scalars(rows.order_by(CustomField.position, CustomField.id)))


def snapshot(form_id: int) -> list[dict[str, Any]]:
    """The questions of the draft as a version keeps them."""
    return [
        {name: getattr(row, name) for name in KEPT} | {"show_if": row.show_if, "require_if": row.require_if}
        for row in draft_rows(form_id)
    ]


def made(kept: Iterable[Mapping[str, Any]]) -> list[Question]:
    """The questions that a version kept."""
    found = []
    for one in kept:
        entry = own_field(FilledForm, SimpleNamespace(hidden=False, **{name: one.get(name) for name in KEPT}))
        if entry is not None:
            entry = replace(entry, position=len(found))
            both = (Condition.of(one.get("show_if")), Condition.of(one.get("require_if")))
            found.append(Question(entry, *both, Offer.of(one.get("options"))))
    return found


def by_key(questions: Iterable[Question]) -> dict[str, Field]:
    """The fields of questions by the key under which their answers are kept."""
    return {one.field.key: one.field for one in questions}


def walk(questions: Sequence[Question], answer: Callable[[Field], Any]) -> list[Field]:
    """The fields that are asked for, each required or not and with the choices that the answers before it leave.

    `answer` is called for each of them in turn, and for no other. Where nothing is left to choose, nothing is asked.
    """
    found, known = [], {}
    for one in questions:
        entry: Field | None = one.field
        if one.show_if is not None and not one.show_if.holds(known):
            entry = None
        elif one.offer is not None:
            entry = one.offer.narrowed(one.field, known.get(one.offer.field, (None, None))[1])
        if entry is None:
            known[one.field.key] = (one.field.kind, None)
            continue
        needed = one.field.required or (one.require_if is not None and one.require_if.holds(known))
        entry = replace(entry, required=needed)
        known[entry.key] = (entry.kind, answer(entry))
        found.append(entry)
    return found


def read(questions: Sequence[Question], form: Mapping) -> dict[str, Any]:
    """The answers of a form that was sent, but for questions that its answers leave out.

    Raises `FieldErrors` with every error at once and what was typed.
    """
    values: dict[str, Any] = {}
    errors: dict[str, FieldError] = {}

    def answer(entry: Field) -> Any:
        try:
            values[entry.name] = read_one(entry, form, entry.name, values)
        except FieldError as error:
            errors[entry.name] = error
        return values.get(entry.name)

    walk(questions, answer)
    if errors:
        raise FieldErrors(errors, typed_text([one.field for one in questions], form))
    return values
