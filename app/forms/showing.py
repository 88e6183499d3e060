"""Forms with conditions as templates show them: in words when a question is asked, and as data for the browser."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.fields.errors import FieldErrors
from app.fields.form import typed_text
from app.fields.kinds import Choices, YesNo
from app.fields.registry import Field
from app.web import cells, forms

from .conditions import COMPARING, CONTAINS, Condition
from .questions import Question, by_key, walk


def form_of(
    asked: Sequence[Question],
    values: Mapping[str, Any],
    action: str,
    *,
    wrong: FieldErrors | None = None,
    **more: Any,
) -> forms.Form:
    """The form of all these questions with their answers, or after an error with what was typed."""
    needed = {entry.name: entry for entry in walk(asked, lambda entry: values.get(entry.name))}
    # Every choice stands there: those that an answer rules out go while one answers, and without scripts none does.
    shown = [replace(one.field, required=one.name in needed and needed[one.name].required) for one in asked]
    made = forms.form(shown, action, values=values, wrong=wrong, wide=True, **more)
    fields = by_key(asked)
    for editor, one in zip(made.fields, asked, strict=True):
        editor.when = one.said(fields)
        rules: dict[str, Any] = {
            what: _rule(condition, fields) for what, condition in one.conditions if condition.field in fields
        }
        if one.offer is not None and one.offer.field in fields:
            rules["offer"] = {"field": fields[one.offer.field].name, "choices": one.offer.by_answer}
        editor.rules = json.dumps(rules) if rules else ""
    return made


def _rule(condition: Condition, fields: Mapping[str, Field]) -> dict[str, str]:
    """A condition as the island compares it with what stands in the controls."""
    entry = fields[condition.field]
    return {"field": entry.name, "verb": condition.verb, "value": _in_control(entry, condition)}


def _in_control(entry: Field, condition: Condition) -> str:
    """What the control of a question holds when it is answered so."""
    if condition.verb not in COMPARING:
        return ""
    if isinstance(entry.kind, YesNo):
        return "yes" if condition.value else "no"
    if condition.verb == CONTAINS or isinstance(entry.kind, Choices):
        return str(condition.value)
    made = cells.editor(entry, entry.kind.restore(condition.value))
    return str(made.value or made.typed or "")


def typed(asked: Sequence[Question], form: Mapping) -> dict[str, Any]:
    """What was typed in a form, by question."""
    return typed_text([one.field for one in asked], form)
