"""A location that someone has closed for now."""

import pytest

from corridor.day.policy import Closure
from tests.day_state import LIBRARY, NURSE, RESTROOM, Day, allowed_at, clock, reason, rule

CLOSED = rule("closed_now")


@pytest.fixture
def day() -> Day:
    """08:30 in the morning."""
    return Day()


def test_a_place_is_open_unless_someone_closes_it(day: Day) -> None:
    day.keep(Closure(RESTROOM, day.now))
    assert reason(day, CLOSED, destination_id=LIBRARY) is None


def test_a_place_stays_closed_until_someone_opens_it(day: Day) -> None:
    day.keep(Closure(RESTROOM, day.now, note="A leak"))
    found = reason(day, CLOSED)
    assert found is not None
    assert found.code == "closed"
    assert found.message == "Restroom A is closed."
    assert found.staff_message == "Restroom A is closed (A leak)."
    assert found.allowed_at is None
    day.drop("closure", RESTROOM)
    assert reason(day, CLOSED) is None


def test_a_place_opens_again_at_the_time_that_was_said(day: Day) -> None:
    day.keep(Closure(RESTROOM, day.now, until=clock(10, 15)))
    found = reason(day, CLOSED)
    assert found is not None
    assert found.message == "Restroom A is closed. It opens again at 10:15."
    assert allowed_at(day, CLOSED) == clock(10, 15)


def test_students_are_sent_to_another_place_meanwhile(day: Day) -> None:
    day.keep(Closure(RESTROOM, day.now, instead_id=NURSE))
    found = reason(day, CLOSED)
    assert found is not None
    assert found.instead_id == NURSE
    assert found.message == found.staff_message == "Restroom A is closed. Go to Nurse instead."


def test_a_place_without_staff_is_not_closed(day: Day) -> None:
    day.keep(Closure(NURSE, day.now, staff_away=True))
    assert reason(day, CLOSED, destination_id=NURSE) is None
