"""What holds for every kind: values survive sheets and JSON, columns read like single values, errors help."""

import copy
import json
from datetime import UTC, date, datetime
from decimal import Decimal as Number

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy.types import TypeEngine

from app.fields.errors import FieldError
from app.fields.kinds import (
    KINDS,
    Choice,
    Choices,
    Colour,
    Country,
    Date,
    DateTime,
    Decimal,
    Duration,
    Email,
    Language,
    LongText,
    Money,
    Phone,
    Reference,
    Region,
    Text,
    TimeZone,
    Url,
    Whole,
    YesNo,
)

OPERATORS = {"is", "is_not", "contains", "starts", "empty", "not_empty", "lt", "lte", "gt", "gte", "any_of", "none_of"}
OPERATORS |= {"before", "after", "last_days"}
INPUTS = {"text", "textarea", "email", "tel", "url", "select", "checkboxes", "checkbox", "number", "date", "duration"}
INPUTS |= {"combobox", "datetime", "colour"}
LOCALES = ["en", "de", "fr", "de_CH", "en_IN", "sv", "ar"]

PLANS = Choices("Plans", choices=[("gold", "Gold plan"), ("silver", "Silver"), ("a, b", "A and B"), ("ß", "Eszett")])
SAMPLES = {
    "text": Text("Name", max=50),
    "long_text": LongText("Notes", max=500),
    "email": Email("E-mail"),
    "phone": Phone("Phone"),
    "url": Url("Web"),
    "choice": Choice("Plan", choices=PLANS.choices),
    "choices": PLANS,
    "yes_no": YesNo("Active"),
    "whole": Whole("Seats"),
    "decimal": Decimal("Price"),
    "decimal 3": Decimal("Weight", places=3),
    "decimal 0": Decimal("Count", places=0),
    "money": Money("Price"),
    "money 0": Money("Price", currency="JPY"),
    "money 3": Money("Price", currency="KWD"),
    "colour": Colour("Badge"),
    "date_time": DateTime("Visit"),
    "date": Date("Since"),
    "duration": Duration("Time", min=None),
    "reference": Reference("Company", noun="company"),
    "country": Country("Country"),
    "region": Region("State"),
    "time_zone": TimeZone("Time zone"),
    "language": Language("Language"),
}


def decimals(places):
    """Numbers that fit a column of 18 digits."""
    most = 10**18 - 1
    return st.integers(-most, most).map(lambda whole: Number(whole).scaleb(-places))


def as_parsed(kind):
    """Values as they come from typed text: whatever of any text the kind accepts."""

    def value_of(text):
        try:
            return kind.parse(text)
        except FieldError:
            return None

    return value_of


VALUES = {
    "text": st.text(max_size=50).map(as_parsed(SAMPLES["text"])),
    "long_text": st.text(max_size=80).map(as_parsed(SAMPLES["long_text"])),
    "email": st.one_of(
        st.emails(),
        st.builds("{}@{}.example".format, st.text("aZ9.üé'+", min_size=1, max_size=9), st.text("bY8ü-ß", max_size=9)),
    ).map(as_parsed(SAMPLES["email"])),
    "phone": st.text("+0123456789 ()/-.x#*ext", max_size=30).map(as_parsed(SAMPLES["phone"])),
    "url": st.one_of(
        st.builds("{}.example/{}".format, st.text("aZü-ℌß", min_size=1), st.text(max_size=20)),
        st.builds("HTTP://x.EXAMPLE:{}?{}".format, st.integers(0, 70_000), st.text(max_size=9)),
    ).map(as_parsed(SAMPLES["url"])),
    "choice": st.sampled_from([value for value, _label in PLANS.choices]),
    "choices": st.sets(st.sampled_from([value for value, _label in PLANS.choices]), min_size=1).map(
        lambda chosen: [value for value, _label in PLANS.choices if value in chosen]
    ),
    "yes_no": st.booleans(),
    "whole": st.integers(-(2**63 - 1), 2**63 - 1),
    "decimal": decimals(2),
    "decimal 3": st.one_of(decimals(3), st.integers(-2_000_000, 2_000_000).map(lambda n: Number(n).scaleb(-3))),
    "decimal 0": st.integers(-(10**18 - 1), 10**18 - 1).map(Number),
    "money": decimals(2),
    "money 0": st.integers(-(10**18 - 1), 10**18 - 1).map(Number),
    "money 3": st.one_of(decimals(3), st.integers(-2_000_000, 2_000_000).map(lambda n: Number(n).scaleb(-3))),
    "colour": st.integers(0, 0xFFFFFF).map("#{:06x}".format),
    "date_time": st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)).map(
        lambda moment: moment.replace(microsecond=0)
    ),
    "date": st.dates(),
    "duration": st.integers(-(2**31 - 1), 2**31 - 1),
    "reference": st.integers(1, 2**63 - 1),
    "country": st.sampled_from([code for code, _name in SAMPLES["country"].options("en")]),
    "region": st.text(max_size=60).map(as_parsed(SAMPLES["region"])),
    "time_zone": st.sampled_from([zone for zone, _name in SAMPLES["time_zone"].options("en")]),
    "language": st.sampled_from([tag for tag, _name in SAMPLES["language"].options("en")]),
}

# Texts on which readers of one kind or another have fallen over.
NASTY = [
    *(
        "",
        " ",
        "\u200b",
        "\u200d",
        "\ufeff",
        "\n",
        "a\0b",
        "\x7f",
        "\x85",
        "\ud800",
        "\U000e0041",
        "e\u0301",
        "\u202eevil",
    ),
    *(
        "x" * 100_000,
        "9" * 100_000,
        " " * 100_000,
        "\u200d" * 100_000,
        "-" * 5_000,
        "a@" * 5_000,
        "1 " * 5_000,
        ";" * 5_000,
    ),
    *("1/1" * 3_000, "ext" * 5_000, ",;" * 5_000 + "x1", "a." * 5_000 + "@", "(" * 5_000, "+" * 5_000, "1:" * 5_000),
    *(
        "NaN",
        "Infinity",
        "1e400",
        "-0",
        "0x10",
        "1_000",
        "½",
        "²",
        "١٢٣",
        "１２３",
        "٣٫٥",
        "𝟏𝟐",
        "⑫",
        "-",
        "+",
        ".",
        ",",
        "'",
        "#",
    ),
    *(
        "2026-02-30",
        "0000-00-00",
        "99/99/9999",
        "+99999y",
        "-99999w",
        "1.1.1",
        "00:00",
        "1:60",
        "24:00",
        "morgen",
        "MAI",
        "fr",
    ),
    *(
        "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
        "👩‍👩‍👧",
        "שלום",
        "مرحبا",
        "नमस्ते",
        "日本",
        "ǅ",
        "İ",
        "ß",
        "ﬁ",
    ),
    *(
        "javascript:alert(1)",
        "https://[",
        "http://[::1",
        "https://a:b:c/",
        "//",
        "a@b@c.test",
        "<a@b.test>",
        "@",
        "Köln",
    ),
    *(
        "DE",
        "de",
        "Deutschland",
        "Kongo",
        "UTC",
        "Etc/GMT+1",
        "de_DE",
        "x-private",
        "i-klingon",
        "yes",
        "JA",
        "%s",
        "%(x)s",
        "{0}",
    ),
    *(
        " DE ",
        "12",
        " 12",
        "1.50",
        "1,50",
        "1.234",
        "2026-01-31",
        "01.02.2026",
        "gold; silver",
        "Gold plan",
        "+49 30 123",
        "A@B.test",
    ),
]


def read(kind, text, **context):
    """The value, or the code and words of the error."""
    try:
        return kind.parse(text, **context)
    except FieldError as error:
        return (error.code, error.message, error.hint)


def test_there_is_a_sample_of_every_kind():
    assert {kind.name for kind in SAMPLES.values()} == set(KINDS)
    assert {kind.split()[0] for kind in VALUES} == set(KINDS)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_kind_says_what_consumers_need(name):
    kind = SAMPLES[name]
    assert isinstance(kind.column(), TypeEngine)
    assert kind.input in INPUTS
    assert kind.operators and set(kind.operators) <= OPERATORS and len(set(kind.operators)) == len(kind.operators)
    assert isinstance(kind.sort, bool) and isinstance(kind.numeric, bool)
    with pytest.raises(AttributeError):
        kind.label = "another"


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("empty", ["", "   ", "\t\n", "\u200b\ufeff", None])
def test_nothing_typed_is_no_value_unless_one_is_required(name, empty):
    kind = SAMPLES[name]
    assert kind.parse(empty) is None
    assert kind.from_json(None) is None
    assert kind.format(None) == kind.plain(None) == ""
    assert kind.to_json(None) is None
    required = copy.copy(kind)
    object.__setattr__(required, "required", True)
    assert read(required, empty)[0] == "required"
    with pytest.raises(FieldError):
        required.from_json(None)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_value_survives_a_sheet_and_json_in_every_locale(name):
    kind = SAMPLES[name]

    @settings(deadline=None, database=None)
    @given(value=VALUES[name], locale=st.sampled_from(LOCALES))
    def survives(value, locale):
        assert kind.parse(kind.plain(value), locale=locale) == value
        carried = json.loads(json.dumps(kind.to_json(value)))
        assert kind.from_json(carried) == value
        assert kind.restore(carried) == value
        assert isinstance(kind.format(value, locale), str)

    survives()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_column_reads_like_single_values(name):
    kind = SAMPLES[name]

    @settings(deadline=None, database=None)
    @given(
        texts=st.lists(
            st.one_of(st.none(), st.sampled_from(NASTY), st.text(max_size=12), VALUES[name].map(kind.plain))
        ),
        locale=st.sampled_from(LOCALES),
    )
    @example(texts=[*NASTY, *NASTY[::-1]], locale="de")
    def reads_alike(texts, locale):
        today = date(2026, 11, 20)
        values, errors = kind.parse_many(texts, locale=locale, today=today)
        assert len(values) == len(texts)
        for at, text in enumerate(texts):
            alone = read(kind, text, locale=locale, today=today)
            if at in errors:
                assert values[at] is None
                assert alone == (errors[at].code, errors[at].message, errors[at].hint)
            else:
                assert values[at] == alone and type(values[at]) is type(alone)

    reads_alike()


@pytest.mark.parametrize("name", SAMPLES)
def test_no_text_makes_a_kind_fall_over_and_every_error_helps(name):
    for text in NASTY:
        found = read(SAMPLES[name], text, locale="de")
        if isinstance(found, tuple):
            _code, message, hint = found
            assert message.strip() and hint.strip(), text
            assert len(message) < 400 and len(hint) < 400, text
            assert "%(" not in message + hint or "%(" in text


@pytest.mark.parametrize("name", SAMPLES)
@settings(deadline=None, database=None)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=4,
    )
)
def test_json_of_another_type_is_refused_never_turned_into_something(name, value):
    kind = SAMPLES[name]
    try:
        found = kind.from_json(value)
    except FieldError as error:
        assert error.message and error.hint
        return
    if found is not None:
        wanted = {"whole": int, "duration": int, "reference": int, "yes_no": bool, "choices": list}.get(kind.name, str)
        assert type(value) is wanted


@pytest.mark.parametrize("name", ["whole", "duration", "reference", "decimal"])
@pytest.mark.parametrize("value", [True, False, 1.0, float("nan"), float("inf"), "1", [1], {"a": 1}])
def test_a_number_is_no_truth_value_no_float_and_no_text(name, value):
    if name == "decimal" and value == "1":
        assert SAMPLES[name].from_json(value) == 1
        return
    with pytest.raises(FieldError):
        SAMPLES[name].from_json(value)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("stored", [None, True, 3, 1.5, "nonsense", ["x", 1], {"a": 1}])
def test_an_old_stored_value_never_breaks_a_page(name, stored):
    kind = SAMPLES[name]
    value = kind.restore(stored)
    assert isinstance(kind.format(value), str)
    assert isinstance(kind.plain(value), str)


def test_options_are_texts_that_can_be_typed():
    for name in ("choice", "country", "time_zone", "language", "yes_no"):
        kind = SAMPLES[name]
        for text, label in kind.options("de"):
            assert kind.plain(kind.parse(text, locale="de")) == text
            assert label
    assert SAMPLES["text"].options() is None
