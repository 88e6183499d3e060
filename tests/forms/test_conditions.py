"""Conditions of questions: what they ask, checked against a second telling of them, and how they are said."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.fields.errors import FieldErrors
from app.fields.kinds import Choices, LongText, Reference, Text, Whole, YesNo
from app.fields.registry import Field
from app.forms import conditions
from app.forms.conditions import CONTAINS, EMPTY, IS, IS_NOT, NOT_EMPTY, Condition
from app.forms.questions import Question, walk

KINDS = {
    "text": Text("Text"),
    "whole": Whole("Number"),
    "ticks": Choices("Ticks", choices=["a", "b", "c"]),
    "yes": YesNo("Yes"),
}
VALUES = {
    "text": st.one_of(st.none(), st.sampled_from(["a", "A ", "b", "ab"])),
    "whole": st.one_of(st.none(), st.integers(0, 3)),
    "ticks": st.one_of(st.none(), st.lists(st.sampled_from("abc"), unique=True, min_size=1)),
    "yes": st.sampled_from([None, True, False]),
}
WANTED = {"text": st.sampled_from(["a", "B", "ab"]), "whole": st.integers(0, 3)}
WANTED |= {"ticks": st.sampled_from("abc"), "yes": st.booleans()}


@st.composite
def forms(draw):
    """Up to six questions, each about earlier ones, with answers that were given to all of them."""
    asked, answers = [], {}
    for n in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(sorted(KINDS)))
        entry = Field(name=f"custom-{kind}{n}", kind=KINDS[kind], label=f"{kind} {n}", custom=True)
        entry = replace(entry, required=draw(st.booleans()))
        both = [draw(st.none() | _conditions(asked)) if asked else None for _what in range(2)]
        asked.append(Question(entry, *both))
        answers[entry.name] = draw(VALUES[kind])
    return asked, answers


@st.composite
def _conditions(draw, asked):
    about = draw(st.sampled_from(asked)).field
    verb = draw(st.sampled_from(conditions.verbs_for(about.kind)))
    value = draw(WANTED[about.key.rstrip("0123456789")]) if verb in conditions.COMPARING else None
    return Condition(about.key, verb, value)


def told(condition: Condition, answers: dict, shown: set[str]) -> bool:
    """The same said apart: by the words of the sentence."""
    name = f"custom-{condition.field}"
    answer = answers[name] if name in shown else None
    if condition.field.startswith("yes"):
        answer = answer is True
    if isinstance(answer, str):
        answer = answer.strip().lower()
    wanted = condition.value.lower() if isinstance(condition.value, str) else condition.value
    if condition.verb == CONTAINS:
        return answer is not None and wanted in answer
    return {
        EMPTY: answer is None,
        NOT_EMPTY: answer is not None,
        IS: answer is not None and answer == wanted,
        IS_NOT: answer is None or answer != wanted,
    }[condition.verb]


@pytest.mark.feature("C076")
@settings(max_examples=300, deadline=None)
@given(forms())
def test_a_question_is_asked_and_needed_as_its_conditions_have_it(form):
    """Whatever stands there: what is hidden is neither asked nor needed, and counts as without an answer for others."""
    asked, answers = form
    looked_at = []
    found = walk(asked, lambda entry: (looked_at.append(entry.name), answers[entry.name])[1])
    shown: set[str] = set()
    for one in asked:
        if one.show_if is None or told(one.show_if, answers, shown):
            shown.add(one.name)
            entry = next(entry for entry in found if entry.name == one.name)
            needed = one.field.required or (one.require_if is not None and told(one.require_if, answers, shown))
            assert entry.required is bool(needed)
    assert [entry.name for entry in found] == looked_at == [one.name for one in asked if one.name in shown]


@pytest.mark.parametrize(
    ("kind", "typed", "field", "said"),
    [
        (Text("T"), {"show_verb": "is", "show_value": ""}, "show_value", "Compared with what"),
        (Text("T"), {"show_field": "", "show_value": "x"}, "show_field", "Which question"),
        (YesNo("T"), {"show_verb": "empty"}, "show_verb", "“is”, “is not”"),
        (YesNo("T"), {"show_verb": "is", "show_value": "perhaps"}, "show_value", "Yes or no"),
        (Choices("T", choices=["a", "b"]), {"show_verb": "is", "show_value": "a"}, "show_verb", "contains"),
        (Choices("T", choices=["a", "b"]), {"show_verb": "contains", "show_value": "z"}, "show_value", "chosen"),
        (Choices("T", choices=["a", "b"]), {"show_verb": "contains", "show_value": "a; b"}, "show_value", "one of"),
        (Whole("T"), {"show_verb": "is", "show_value": "many"}, "show_value", "many"),
        (Reference("T", noun="contact"), {"show_verb": "is", "show_value": "Ina"}, "show_verb", "is empty"),
    ],
)
def test_what_cannot_be_a_condition_is_said_at_the_field(app, kind, typed, field, said):
    entry = Field(name="custom-t", kind=kind, label="T", custom=True)
    with app.test_request_context("/"), pytest.raises(FieldErrors) as refused:
        conditions.read("show", {"show_field": "t", **typed}, [entry])
    assert said in refused.value.errors[field].message


def test_a_condition_is_read_and_said_as_it_was_typed(app):
    entry = Field(name="custom-t", kind=LongText("Words"), label="Words", custom=True)
    with app.test_request_context("/"):
        made = conditions.read("show", {"show_field": "t", "show_verb": "contains", "show_value": "Gate"}, [entry])
        assert made == Condition("t", CONTAINS, "Gate") == Condition.of(made.kept())
        assert made.sentence("show", {"t": entry}) == "Asked only if “Words” contains “Gate”."
        assert conditions.values("show", made, {"t": entry})["show_value"] == "Gate"
        assert conditions.read("show", {"show_field": None, "show_verb": "is"}, [entry]) is None
