"""When repeating appointments take place."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from corridor.appointments.recurrence import checked, next_at, takes_place_on
from corridor.base.errors import InvalidInput
from corridor.campus.model import CalendarDay, Campus
from corridor.campus.timetable import local
from corridor.day.policy import Appointment
from tests.day_state import NURSE, PASS_TYPE_IDS, STUDENTS, TEACHER, clock, id_of, make_state

TUESDAY = date(2026, 10, 6)


@pytest.fixture
def campus() -> Campus:
    return make_state().campus


def weekly(begins: datetime | None = None, recurrence: str | None = "FREQ=WEEKLY;BYDAY=TU") -> Appointment:
    return Appointment(
        id=id_of("appointment"),
        destination_id=NURSE,
        begins=begins or clock(9, 15),
        minutes=10,
        pass_type_id=PASS_TYPE_IDS["Nurse"],
        made_by=TEACHER,
        student_ids=frozenset({STUDENTS[0]}),
        recurrence=recurrence,
    )


def test_an_appointment_without_a_recurrence_takes_place_once(campus: Campus) -> None:
    once = weekly(recurrence=None)
    assert next_at(campus, once, None) == clock(9, 15)
    assert next_at(campus, once, clock(9, 15)) is None
    assert next_at(campus, once, clock(9, 14)) == clock(9, 15)


def test_a_weekly_one_takes_place_every_week_at_the_same_local_time(campus: Campus) -> None:
    each = weekly(clock(9, 15, day=date(2026, 10, 27)))
    first = next_at(campus, each, None)
    assert first == clock(9, 15, day=date(2026, 10, 27))
    # The clocks are set back on November 1: a week has an hour more.
    second = next_at(campus, each, first)
    assert second == clock(9, 15, day=date(2026, 11, 3))
    assert second - first == timedelta(days=7, hours=1)


def test_days_without_school_and_skipped_dates_are_left_out(campus: Campus) -> None:
    holiday = replace(campus, calendar={date(2026, 10, 13): CalendarDay(None, note="Holiday")})
    each = replace(weekly(), skipped=frozenset({date(2026, 10, 20)}))
    assert next_at(holiday, each, clock(9, 15)) == clock(9, 15, day=date(2026, 10, 27))
    assert takes_place_on(holiday, each, date(2026, 10, 13)) is None
    assert takes_place_on(holiday, each, date(2026, 10, 20)) is None
    assert takes_place_on(holiday, each, date(2026, 10, 27)) == clock(9, 15, day=date(2026, 10, 27))
    assert takes_place_on(holiday, each, date(2026, 10, 28)) is None


def test_a_recurrence_ends_by_number_or_by_date(campus: Campus) -> None:
    twice = weekly(recurrence="FREQ=WEEKLY;COUNT=2")
    assert next_at(campus, twice, clock(9, 15, day=date(2026, 10, 13))) is None
    until = weekly(recurrence="FREQ=DAILY;UNTIL=20261007")
    assert next_at(campus, until, clock(9, 15)) == clock(9, 15, day=date(2026, 10, 7))
    assert next_at(campus, until, clock(9, 15, day=date(2026, 10, 7))) is None
    in_utc = weekly(recurrence="FREQ=DAILY;UNTIL=20261007T131500Z")
    assert next_at(campus, in_utc, clock(9, 15)) == clock(9, 15, day=date(2026, 10, 7))


def test_one_that_never_meets_a_school_day_has_no_next_time(campus: Campus) -> None:
    sundays = weekly(recurrence="FREQ=WEEKLY;BYDAY=SU")
    assert next_at(campus, sundays, None) is None


def test_a_school_without_bells_has_school_every_day(campus: Campus) -> None:
    bare = replace(campus, bell_schedules=())
    assert next_at(bare, weekly(recurrence="FREQ=WEEKLY;BYDAY=SU"), None) == clock(9, 15, day=date(2026, 10, 11))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("RRULE:FREQ=WEEKLY;BYDAY=TU", "FREQ=WEEKLY;BYDAY=TU"),
        (" freq=monthly;bymonthday=1 ", "FREQ=MONTHLY;BYMONTHDAY=1"),
        ("FREQ=DAILY;INTERVAL=2;COUNT=5", "FREQ=DAILY;INTERVAL=2;COUNT=5"),
    ],
)
def test_a_rule_is_kept_in_one_form(text: str, kept: str) -> None:
    assert checked(text, clock(9, 15)) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FREQ=SECONDLY",
        "FREQ=HOURLY;COUNT=3",
        "every tuesday",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;BYHOUR=1",
        "FREQ=WEEKLY\nDTSTART:19990101",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;UNTIL=2026",
        "FREQ=DAILY;UNTIL=20269999",
        "FREQ=DAILY;BYMONTHDAY=" + "1," * 200 + "1",
    ],
)
def test_what_cannot_be_used_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match="FREQ=WEEKLY;BYDAY=TU") as error:
        checked(text, clock(9, 15))
    assert error.value.extra["field"] == "recurrence"


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["DAILY", "WEEKLY;BYDAY=TU,TH", "MONTHLY;BYDAY=1WE"]),
    st.integers(1, 4),
    st.integers(0, 400).map(lambda days: TUESDAY + timedelta(days=days)),
    st.sets(st.integers(0, 60)),
)
def test_next_times_come_in_order_and_on_school_days(
    frequency: str, interval: int, starts: date, skipped: set[int]
) -> None:
    campus = make_state().campus
    left_out = frozenset(starts + timedelta(days=each) for each in skipped)
    rule = weekly(clock(9, 15, day=starts), f"FREQ={frequency};INTERVAL={interval}")
    each = replace(rule, skipped=left_out)
    at = None
    for _ in range(4):
        following = next_at(campus, each, at)
        assert following is not None
        assert at is None or following > at
        here = local(campus, following)
        assert (here.hour, here.minute) == (9, 15)
        assert here.isoweekday() <= 5
        assert here.date() not in left_out
        at = following
