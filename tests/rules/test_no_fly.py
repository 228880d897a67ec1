"""No passes at certain times: by the bells of the day, or by the clock.

School is from 08:00 to 11:00, in periods of an hour; on a short day with breaks from 08:00 to 08:30 and 08:40 to 09:00.
"""

from datetime import date, datetime, time, timedelta

import pytest
from msgspec.structs import replace

from corridor.campus.model import BellSchedule, CalendarDay, Period
from corridor.day.policy import Scope
from corridor.rules.windows import Window
from tests.day_state import Day, allowed_at, clock, id_of, make_state, reason, rule

SATURDAY, SUNDAY, MONDAY = (date(2026, 10, day) for day in (10, 11, 12))
ENDS = rule("no_fly", first_minutes=10, last_minutes=5)
PASSING = rule("no_fly", passing=True)
OUTSIDE = rule("no_fly", outside=True)


def short_day(hours: int, minutes: int) -> Day:
    periods = (Period("1", time(8), time(8, 30)), Period("2", time(8, 40), time(9)))
    state = make_state()
    short = BellSchedule(id_of("Short"), "Short", frozenset({2}), periods)
    state.campus = replace(state.campus, bell_schedules=(short,))
    return Day(state, clock(hours, minutes))


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (clock(8), clock(8, 10)),
        (clock(8, 9, 59), clock(8, 10)),
        (clock(8, 10), None),
        (clock(8, 54, 59), None),
        # Into the first minutes of the next period, without a moment between.
        (clock(8, 55), clock(9, 10)),
        (clock(10, 55), clock(11)),
    ],
)
def test_the_first_and_the_last_minutes_of_each_period(now: datetime, opens: datetime | None) -> None:
    day = Day(now=now)
    if opens is None:
        assert reason(day, ENDS) is None
    else:
        assert allowed_at(day, ENDS) == opens


def test_what_the_student_reads() -> None:
    found = reason(Day(now=clock(8, 5)), ENDS)
    assert found is not None
    assert found.code == "no_fly"
    assert found.message == "No passes right now. They open again at 08:10."
    assert found.staff_message == "Passes are closed at this time. They open again at 08:10."


def test_a_period_shorter_than_its_ends_is_closed_throughout() -> None:
    closed = rule("no_fly", first_minutes=90)
    assert allowed_at(Day(now=clock(8, 30)), closed) == clock(11)


def test_between_two_periods() -> None:
    assert allowed_at(short_day(8, 30), PASSING) == clock(8, 40)
    assert reason(short_day(8, 29), PASSING) is None
    assert reason(short_day(8, 40), PASSING) is None
    assert reason(short_day(8, 35), OUTSIDE) is None


def test_passing_time_is_neither_before_school_nor_after() -> None:
    assert reason(short_day(7, 59), PASSING) is None
    assert reason(short_day(9, 0), PASSING) is None


def test_before_the_first_bell_and_after_the_last() -> None:
    assert reason(Day(), OUTSIDE) is None
    assert allowed_at(Day(now=clock(7)), OUTSIDE) == clock(8)
    assert allowed_at(Day(now=clock(11)), OUTSIDE) == clock(8, day=date(2026, 10, 7))


def test_from_friday_to_monday() -> None:
    day = Day(now=clock(15, day=date(2026, 10, 9)))
    assert allowed_at(day, OUTSIDE) == clock(8, day=MONDAY)
    found = reason(day, OUTSIDE)
    assert found is not None
    assert found.message == "No passes right now. They open again on Monday at 08:00."


def test_on_a_holiday() -> None:
    day = Day(make_state(calendar={MONDAY: CalendarDay(None, note="Holiday")}), clock(9, day=MONDAY))
    assert allowed_at(day, OUTSIDE) == clock(8, day=date(2026, 10, 13))


def test_all_day() -> None:
    assert allowed_at(Day(), rule("no_fly", whole_day=True)) is None


def test_all_day_on_one_day() -> None:
    closed = rule("no_fly", whole_day=True, scope=Scope(ends_on=date(2026, 10, 6)))
    found = reason(Day(), closed)
    assert found is not None
    assert found.message == "No passes right now. They open again tomorrow."
    assert allowed_at(Day(), closed) == clock(0, day=date(2026, 10, 7))


def test_at_set_times_of_the_day() -> None:
    windows = (Window(time(8, 20), time(8, 40)), Window(time(8, 35), time(9, 5)))
    closed = rule("no_fly", windows=windows)
    assert reason(Day(now=clock(8, 19, 59)), closed) is None
    assert allowed_at(Day(now=clock(8, 20)), closed) == clock(9, 5)
    assert reason(Day(now=clock(9, 5)), closed) is None


def test_nothing_chosen_closes_nothing() -> None:
    assert reason(Day(), rule("no_fly")) is None


@pytest.mark.parametrize(
    ("start", "hours"),
    [(clock(0, 30, day=date(2026, 11, 1)), 3.5), (clock(0, 30, day=date(2027, 3, 14)), 1.5)],
    ids=["an hour twice", "an hour lost"],
)
def test_the_schools_clock_tells_on_the_night_in_which_it_is_changed(start: datetime, hours: float) -> None:
    day = Day(now=start)
    closed = rule("no_fly", windows=(Window(time(0), time(1, 59)), Window(time(1, 59), time(3))))
    opens = allowed_at(day, closed)
    assert opens is not None
    assert opens.timestamp() - start.timestamp() == timedelta(hours=hours).total_seconds()
