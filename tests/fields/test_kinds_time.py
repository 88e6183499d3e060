"""Dates and lengths of time."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.fields.errors import FieldError
from app.fields.kinds import Date, Duration, clock

FRIDAY = date(2026, 11, 20)


def refused(kind, text, **context):
    with pytest.raises(FieldError) as found:
        kind.parse(text, **context)
    return found.value


@pytest.mark.feature("W023")
@pytest.mark.parametrize("locale", ["en", "de", "sv"])
@pytest.mark.parametrize(
    "typed",
    [
        *("2026-12-31", "2026/12/31", "2026.12.31", "2026. 12. 31.", "31.12.2026", "31. 12. 2026", "٣١.١٢.٢٠٢٦"),
        *("2026-12-31T00:00:00", "2026-12-31 00:00", "2026-12-31 00:00:00.000", "31.12.2026 00:00:00"),
        *(
            "31 December 2026",
            "31. Dezember 2026",
            "31 Dez. 2026",
            "Dec 31, 2026",
            "Thu, 31st of Dec 2026",
            "december 31 2026",
        ),
    ],
)
def test_dates_that_mean_one_day_everywhere(typed, locale):
    assert Date("Since").parse(typed, locale=locale, today=FRIDAY) == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("typed", "locale", "value"),
    [
        ("03/04/2026", "en", date(2026, 3, 4)),
        ("3/4/2026", "en_US", date(2026, 3, 4)),
        ("3/4/2026", "en_GB", date(2026, 4, 3)),
        ("3/4/2026", "de", date(2026, 4, 3)),
        ("3-4-2026", "nl", date(2026, 4, 3)),
        ("3.4.2026", "en_US", date(2026, 4, 3)),
        ("4/4/2026", "sv", date(2026, 4, 4)),
        ("31/12/2026", "sv", date(2026, 12, 31)),
    ],
)
def test_slashes_follow_the_order_of_the_locale(typed, locale, value):
    assert Date("Since").parse(typed, locale=locale) == value


@pytest.mark.parametrize(("typed", "locale"), [("31/12/2026", "en"), ("12/31/2026", "de"), ("12.31.2026", "en")])
def test_a_date_in_the_other_order_is_pointed_out_not_turned_around(typed, locale):
    error = refused(Date("Since"), typed, locale=locale)
    assert error.code == "format" and error.hint == "Write 2026-12-31, if that is meant."


def test_where_the_locale_decides_nothing_both_days_are_offered():
    error = refused(Date("Since"), "3/4/2026", locale="sv")
    assert (error.code, error.hint) == ("ambiguous", "Write 2026-04-03 or 2026-03-04.")


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("today", FRIDAY),
        ("HEUTE", FRIDAY),
        ("tomorrow", date(2026, 11, 21)),
        ("morgen", date(2026, 11, 21)),
        ("übermorgen", date(2026, 11, 22)),
        ("gestern", date(2026, 11, 19)),
        ("+3d", date(2026, 11, 23)),
        ("+2w", date(2026, 12, 4)),
        ("+ 2 weeks", date(2026, 12, 4)),
        ("-1m", date(2026, 10, 20)),
        ("+1 Jahr", date(2027, 11, 20)),
        ("+0", FRIDAY),
        ("fr", date(2026, 11, 27)),
        ("fri", date(2026, 11, 27)),
        ("Freitag", date(2026, 11, 27)),
        ("sa", date(2026, 11, 21)),
        ("Mo.", date(2026, 11, 23)),
        ("thursday", date(2026, 11, 26)),
    ],
)
@pytest.mark.parametrize("locale", ["en", "de"])
def test_days_are_named_by_their_distance_from_today(typed, value, locale):
    assert Date("Since").parse(typed, locale=locale, today=FRIDAY) == value


def test_a_month_away_never_runs_into_the_month_after():
    kind = Date("Since")
    assert kind.parse("+1m", today=date(2027, 1, 31)) == date(2027, 2, 28)
    assert kind.parse("+1m", today=date(2028, 1, 31)) == date(2028, 2, 29)
    assert kind.parse("-12m", today=date(2028, 2, 29)) == date(2027, 2, 28)
    assert kind.parse("+1y", today=date(2028, 2, 29)) == date(2029, 2, 28)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        *(("31.12.26", "year"), ("12/31/26", "year"), ("31 Dec 26", "year"), ("1.1.126", "year")),
        *(("29.2.2027", "format"), ("31.11.2026", "format"), ("2026-02-30", "format"), ("0000-01-01", "format")),
        *(("2026-12-31 10:30", "format"), ("10:30", "format"), ("2026-12", "format"), ("2026-W53-4", "format")),
        *(
            ("45000", "format"),
            ("soon", "format"),
            ("31 Smarch 2026", "format"),
            ("31 December", "format"),
            ("+9999y", "format"),
        ),
        *(("-9999y", "format"), ("31.12.20261", "format"), ("1/2-2026", "format"), ("31.12.", "format")),
    ],
)
def test_what_is_no_date_is_refused_with_an_example(typed, code):
    error = refused(Date("Since"), typed, locale="de", today=FRIDAY)
    assert error.code == code and "2026" in error.hint


@pytest.mark.parametrize("locale", ["en", "en_GB", "de", "de_AT", "fr", "es", "it", "nl", "pt_BR", "sv", "pl", "ja"])
@settings(deadline=None, database=None)
@given(day=st.dates(min_value=date(1000, 1, 1)))
def test_what_is_shown_can_be_typed_again(day, locale):
    kind = Date("Since")
    assert kind.parse(kind.format(day, locale), locale=locale, today=FRIDAY) == day


def test_a_date_is_shown_as_the_viewer_writes_it():
    kind, day = Date("Since"), date(2026, 12, 31)
    assert kind.format(day, "de") == "31.12.2026"
    assert kind.format(day, "en") == "Dec 31, 2026"
    assert kind.plain(day) == kind.to_json(day) == "2026-12-31"


@pytest.mark.parametrize("value", ["31.12.2026", "today", "2026-2-3", "20261231", "2026-02-30", "", 20261231, None])
def test_json_dates_are_iso_dates(value):
    kind = Date("Since", required=True)
    with pytest.raises(FieldError):
        kind.from_json(value)


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        *(
            ("25m", 25),
            ("25 min", 25),
            ("25 Minuten", 25),
            ("90", 90),
            ("0", 0),
            ("1:15", 75),
            ("01:15", 75),
            ("100:05", 6005),
        ),
        *(
            (".5", 30),
            (",5", 30),
            ("0.5", 30),
            ("1.5", 90),
            ("1,5", 90),
            ("1.5h", 90),
            ("1,25 Std.", 75),
            ("1:15 h", 75),
        ),
        *(
            ("1h", 60),
            ("2 hours", 120),
            ("1h 30m", 90),
            ("1h30", 90),
            ("1H30M", 90),
            ("2 Std. 15 Min.", 135),
            ("1h 90m", 150),
        ),
        *(("1 Stunde 5 Minuten", 65), ("0.33", 20), ("0.01h", 1), ("１：３０", 90)),
    ],
)
def test_lengths_of_time(typed, minutes):
    assert Duration("Time").parse(typed) == minutes


@pytest.mark.parametrize(
    "typed",
    [
        "1:75",
        "1:5",
        ":30",
        "1:15:30",
        "1d",
        "2 days",
        "1.234",
        "1.5h 10m",
        "7.5m",
        "m",
        "h",
        "x",
        "1h 2h",
        "30s",
        "1 30",
    ],
)
def test_what_is_no_length_of_time_is_refused_with_examples(typed):
    error = refused(Duration("Time"), typed)
    assert error.code == "format" and "1:15" in error.hint


def test_a_length_of_time_keeps_within_its_limits():
    kind = Duration("Time", min=15, max=480)
    assert kind.parse("8h") == 480
    assert refused(kind, "8:01").message == "The longest time is 8:00; 8:01 was found."
    assert refused(kind, "10m").code == "min"
    assert refused(Duration("Time"), "-1:00").code == "min"
    assert Duration("Correction", min=None).parse("-1:05") == -65
    assert refused(Duration("Time"), "9" * 10).code == "max"


def test_minutes_are_shown_as_hours_and_minutes():
    assert [clock(minutes) for minutes in (0, 5, 75, -5, -75, 6000)] == [
        "0:00",
        "0:05",
        "1:15",
        "-0:05",
        "-1:15",
        "100:00",
    ]
    assert Duration("Time").format(75, "de") == Duration("Time").plain(75) == "1:15"
