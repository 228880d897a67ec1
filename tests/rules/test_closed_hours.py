"""Locations that are closed at set times."""

from datetime import date, time

from corridor.day.policy import Scope
from corridor.rules.windows import Window
from tests.day_state import LIBRARY, NURSE, RESTROOM, Day, allowed_at, clock, reason, rule

THERE = frozenset({LIBRARY})
LUNCH = Window(time(9, 15), time(9, 45))
CLOSED_AT_LUNCH = rule("closed_hours", scope=Scope(location_ids=THERE), windows=(LUNCH,))


def test_a_place_is_open_outside_its_closed_hours() -> None:
    assert reason(Day(now=clock(9, 14, 59)), CLOSED_AT_LUNCH, destination_id=LIBRARY) is None
    assert reason(Day(now=clock(9, 45)), CLOSED_AT_LUNCH, destination_id=LIBRARY) is None


def test_a_place_is_closed_in_its_closed_hours() -> None:
    day = Day(now=clock(9, 15))
    found = reason(day, CLOSED_AT_LUNCH, destination_id=LIBRARY)
    assert found is not None
    assert found.code == "closed_hours"
    assert found.message == found.staff_message == "Library is closed at this time. It opens at 09:45."
    assert allowed_at(day, CLOSED_AT_LUNCH, destination_id=LIBRARY) == clock(9, 45)


def test_another_place_is_open() -> None:
    assert reason(Day(now=clock(9, 15)), CLOSED_AT_LUNCH, destination_id=NURSE) is None


def test_a_place_is_closed_through_windows_that_touch() -> None:
    windows = (Window(time(9), time(9, 20)), Window(time(9, 20), time(9, 40)), Window(time(9, 10), time(9, 15)))
    closed = rule("closed_hours", scope=Scope(location_ids=THERE), windows=windows)
    assert allowed_at(Day(now=clock(9, 12)), closed, destination_id=LIBRARY) == clock(9, 40)


def test_a_place_without_hours_is_closed_as_long_as_the_rule_holds() -> None:
    closed = rule("closed_hours", scope=Scope(location_ids=THERE))
    assert allowed_at(Day(), closed, destination_id=LIBRARY) is None
    in_first = rule("closed_hours", scope=Scope(location_ids=THERE, periods=frozenset({"1"})))
    assert allowed_at(Day(), in_first, destination_id=LIBRARY) == clock(9)
    this_week = rule("closed_hours", scope=Scope(location_ids=THERE, ends_on=date(2026, 10, 9)))
    found = reason(Day(), this_week, destination_id=LIBRARY)
    assert found is not None
    assert found.message == "Library is closed at this time. It opens on Saturday."
    assert allowed_at(Day(), this_week, destination_id=LIBRARY) == clock(0, day=date(2026, 10, 10))


def test_students_are_sent_to_another_place_meanwhile() -> None:
    closed = rule("closed_hours", scope=Scope(location_ids=THERE), instead_id=RESTROOM)
    found = reason(Day(), closed, destination_id=LIBRARY)
    assert found is not None
    assert (found.message, found.instead_id) == ("Library is closed at this time. Go to Restroom A instead.", RESTROOM)
