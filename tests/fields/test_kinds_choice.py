"""One of several, several of several, yes or no."""

import pytest

from app.fields.errors import FieldError
from app.fields.kinds import Choice, Choices, YesNo

PLANS = [("gold", "Gold plan"), ("silver", "Silver plan"), ("straße", "Außendienst")]
TRAINING = Choices("Training taken", choices=["Accounting", "Sales", "Administration", "Sales, advanced"])


def refused(kind, value):
    with pytest.raises(FieldError) as found:
        kind.parse(value)
    return found.value


@pytest.mark.parametrize(
    ("typed", "value"),
    [("gold", "gold"), (" GOLD ", "gold"), ("gold  PLAN", "gold"), ("STRASSE", "straße"), ("außendienst", "straße")],
)
def test_a_choice_is_known_by_value_and_label_in_any_case(typed, value):
    assert Choice("Plan", choices=PLANS).parse(typed) == value


def test_a_value_goes_before_another_choices_label():
    kind = Choice("Level", choices=[("high", "low"), ("low", "high"), ("High", "x")])
    assert [kind.parse(text) for text in ("high", "low", "High", "LOW")] == ["high", "low", "High", "low"]


def test_what_cannot_be_chosen_is_answered_with_the_choices_and_the_nearest():
    error = refused(Choice("Plan", choices=PLANS), "sliver plan")
    assert error.code == "unknown"
    assert error.message == "“sliver plan” cannot be chosen; expected: Gold plan, Silver plan, Außendienst."
    assert error.hint == "Did you mean Silver plan?"
    assert refused(Choice("Plan", choices=PLANS), "9").hint == "Choose one from the list."
    assert refused(Choice("Plan", choices=[str(n) for n in range(90)]), "x").message.endswith("6, 7….")


def test_json_holds_the_value_not_the_label():
    kind = Choice("Plan", choices=PLANS)
    assert kind.from_json("gold") == "gold"
    for value in ("Gold plan", "GOLD", "platinum", 1, ["gold"]):
        with pytest.raises(FieldError):
            kind.from_json(value)


def test_a_choice_that_was_taken_away_still_shows():
    kind = Choice("Plan", choices=PLANS)
    assert kind.format(kind.restore("bronze")) == "bronze"
    assert kind.format("gold") == "Gold plan"
    several = Choices("Plans", choices=PLANS)
    assert several.format(several.restore(["gold", "bronze"])) == "Gold plan, bronze"


def test_choices_without_choices_or_with_doubles_cannot_be_made():
    for choices in ([], ["a", "a"], [" a"], [""], ["a\nb"]):
        with pytest.raises(ValueError, match=r"choice|tidy"):
            Choice("Plan", choices=choices)
    with pytest.raises(ValueError, match="tidy"):
        Choices("Plans", choices=["a;b"])


@pytest.mark.feature("I171")
@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("Sales; Accounting", ["Accounting", "Sales"]),
        ("sales\nACCOUNTING\r\nSales", ["Accounting", "Sales"]),
        ("Sales, Accounting", ["Accounting", "Sales"]),
        ("Sales, advanced", ["Sales, advanced"]),
        ("Sales, advanced; Accounting,Sales", ["Accounting", "Sales", "Sales, advanced"]),
        (["Administration", "Accounting", "Administration"], ["Accounting", "Administration"]),
        (" ; ;\n", None),
        ([], None),
        ("", None),
    ],
)
def test_several_choices_stand_in_their_own_order_each_once(typed, values):
    assert TRAINING.parse(typed) == values


def test_one_bad_choice_is_named():
    error = refused(TRAINING, "Sales; Cooking; Accounting")
    assert "“Cooking”" in error.message
    assert "“Cooking”" in refused(TRAINING, ["Sales", "Cooking"]).message
    assert refused(Choices("Plans", choices=["a"], required=True), [";"]).code == "required"


def test_choices_are_carried_by_value_and_shown_by_label():
    kind = Choices("Plans", choices=PLANS)
    assert kind.plain(["gold", "straße"]) == "gold; straße"
    assert kind.format(["gold", "straße"]) == "Gold plan, Außendienst"
    assert kind.to_json(("gold",)) == ["gold"]
    assert kind.from_json(["silver", "gold", "gold"]) == ["gold", "silver"]
    assert kind.from_json([]) is None
    for value in ("gold", ["Gold plan"], [1], {"gold": True}, [["gold"]]):
        with pytest.raises(FieldError):
            kind.from_json(value)


@pytest.mark.feature("L137", "L138")
@pytest.mark.parametrize("typed", ["yes", "Y", "TRUE", "1", "x", "X", "ja", "WAHR", "oui", "on", "✓", " １ "])
def test_yes(typed):
    assert YesNo("Primary").parse(typed) is True


@pytest.mark.feature("L137", "L138")
@pytest.mark.parametrize("typed", ["no", "N", "false", "0", "nein", "Falsch", "non", "off", "-"])
def test_no(typed):
    assert YesNo("Primary").parse(typed) is False


def test_neither_yes_nor_no():
    kind = YesNo("Primary")
    assert kind.parse("") is None
    assert refused(kind, "perhaps").message == "Yes or no is expected; “perhaps” was found."
    assert (kind.format(True), kind.format(False), kind.format(None)) == ("Yes", "No", "")
    assert kind.options() == [("yes", "Yes"), ("no", "No")]
    for value in (1, 0, "true", "yes"):
        with pytest.raises(FieldError):
            kind.from_json(value)


def test_many_unknown_texts_and_many_choices_are_told_apart_at_once():
    kind = Choices("Sites", choices=[f"site {n}" for n in range(1_000)])
    texts = [f"site {n % 1_500}; site 1" for n in range(3_000)] + ["x;" * 40_000]
    values, errors = kind.parse_many(texts)
    assert values[5] == ["site 1", "site 5"] and len(errors) == 1_001
    assert values[-1] is None and "“x”" in errors[3_000].message
