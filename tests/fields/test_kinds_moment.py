"""Dates with a time: read and shown by the clocks of whoever looks, also when these are put forward or back."""

from datetime import UTC, date, datetime

import pytest

from app.fields.errors import FieldError
from app.fields.kinds import DateTime

KIND = DateTime("Visit")
WINTER = datetime(2026, 2, 3, 13, 30, tzinfo=UTC)


@pytest.fixture
def berlin(app):
    """Somebody in Berlin looks."""
    with app.test_request_context("/", headers={"Cookie": "tz=Europe/Berlin"}):
        yield


@pytest.mark.parametrize(
    ("typed", "locale"),
    [
        ("2026-02-03 14:30", "en"),
        ("2026-02-03T14:30", "en"),
        ("2026-02-03T14:30:00", "en"),
        ("3.2.2026, 14:30 Uhr", "de"),
        ("3.2.2026 um 14.30 Uhr", "de"),
        ("03.02.2026 14.30", "de"),
        ("2/3/2026 2:30 PM", "en"),
        ("Feb 3, 2026, 2:30\u202fPM", "en"),
        ("3 February 2026 at 14:30", "en_GB"),
        ("2026-02-03 14:30 +01:00", "en"),
        ("2026-02-03 13:30Z", "en"),
        ("2026-02-03 15:30 UTC+2", "en"),
        ("2026-02-03T08:30:00-05:00", "en"),
    ],
)
def test_one_moment_in_many_forms(berlin, typed, locale):
    assert KIND.parse(typed, locale=locale) == WINTER


def test_days_that_are_named_count_from_today(berlin):
    today = date(2026, 2, 2)
    assert KIND.parse("tomorrow 14:30", locale="en", today=today) == WINTER
    assert KIND.parse("morgen, 14:30", locale="de", today=today) == WINTER
    assert abs((KIND.parse("now", locale="en") - datetime.now(UTC)).total_seconds()) < 120


@pytest.mark.parametrize(
    "typed",
    ["2026-02-03", "14:30", "soon", "2026-02-03 25:00", "2026-02-03 14", "2026-02-30 14:30", "2026-02-03 13:30 pm"],
)
def test_what_is_no_moment_is_refused_with_a_form_that_works(berlin, typed):
    with pytest.raises(FieldError) as error:
        KIND.parse(typed, locale="en")
    assert error.value.code == "format" and error.value.hint


def test_an_hour_that_the_clocks_leave_out_is_refused(berlin):
    with pytest.raises(FieldError, match="leave out") as error:
        KIND.parse("2026-03-29 02:30", locale="en")
    assert "2026-03-29 03:30, if" in error.value.hint
    assert KIND.parse("2026-03-29 03:30", locale="en") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_an_hour_that_comes_twice_is_asked_about_and_each_answer_is_understood(berlin):
    with pytest.raises(FieldError, match="twice") as error:
        KIND.parse("2026-10-25 02:30", locale="en")
    assert error.value.code == "ambiguous"
    for offered, hour in (("2026-10-25 02:30 +02:00", 0), ("2026-10-25 02:30 +01:00", 1)):
        assert offered in error.value.hint
        moment = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
        assert KIND.parse(offered, locale="en") == moment
        # What people see and edit tells the two apart.
        assert KIND.format(moment, "en").endswith(offered[-6:])
        assert KIND.parse(KIND.typed(moment), locale="en") == moment


def test_it_is_shown_and_edited_by_the_clocks_of_whoever_looks(app):
    for zone, shown, typed in (
        ("Europe/Berlin", "03.02.2026, 14:30", "2026-02-03T14:30"),
        ("America/New_York", "03.02.2026, 08:30", "2026-02-03T08:30"),
        ("Asia/Kathmandu", "03.02.2026, 19:15", "2026-02-03T19:15"),
    ):
        with app.test_request_context("/", headers={"Cookie": f"tz={zone}"}):
            assert (KIND.format(WINTER, "de"), KIND.typed(WINTER)) == (shown, typed)
            assert KIND.parse(typed, locale="de") == WINTER
            assert KIND.plain(WINTER) == "2026-02-03T13:30:00Z" == KIND.to_json(WINTER)


def test_where_nobody_looks_the_difference_must_be_written():
    with pytest.raises(FieldError, match="clocks") as error:
        KIND.parse("2026-02-03 14:30", locale="en")
    assert "+01:00" in error.value.hint
    assert KIND.parse("2026-02-03 14:30 +01:00", locale="en") == WINTER


@pytest.mark.parametrize(
    "sent", ["2026-02-03T14:30", "2026-02-03", "tomorrow 14:30", "2026-02-03T14:30:00", "", 5, True, []]
)
def test_programs_send_an_exact_moment(berlin, sent):
    assert KIND.from_json("2026-02-03T14:30:00.999+01:00") == WINTER
    with pytest.raises(FieldError):
        KIND.from_json(sent)


def test_a_filter_takes_a_day_as_a_whole(berlin):
    assert KIND.bound("2026-02-03", "before") == datetime(2026, 2, 2, 23, tzinfo=UTC)
    assert KIND.bound("2026-02-03", "after") == datetime(2026, 2, 3, 22, 59, 59, 999999, tzinfo=UTC)
    assert KIND.bound("2026-02-03 14:30", "after") == WINTER
    with pytest.raises(FieldError):
        KIND.bound("soon", "after")
