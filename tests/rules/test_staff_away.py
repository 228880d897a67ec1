"""A destination where nobody is there to receive students."""

import pytest

from corridor.day.policy import Closure
from tests.day_state import LIBRARY, NURSE, Day, allowed_at, clock, reason, rule

AWAY = rule("staff_away")


@pytest.fixture
def day() -> Day:
    """08:30 in the morning."""
    return Day()


def test_students_go_where_staff_are(day: Day) -> None:
    assert reason(day, AWAY, destination_id=NURSE) is None


def test_students_do_not_go_where_staff_are_away(day: Day) -> None:
    day.keep(Closure(NURSE, day.now, staff_away=True, note="At lunch"))
    found = reason(day, AWAY, destination_id=NURSE)
    assert found is not None
    assert found.code == "staff_away"
    assert found.message == "Nobody is at Nurse right now."
    assert found.staff_message == "Nobody is at Nurse to receive students (At lunch)."
    assert found.allowed_at is None
    day.drop("closure", NURSE)
    assert reason(day, AWAY, destination_id=NURSE) is None


def test_students_may_go_again_when_staff_are_back(day: Day) -> None:
    day.keep(Closure(NURSE, day.now, staff_away=True, until=clock(9), instead_id=LIBRARY))
    found = reason(day, AWAY, destination_id=NURSE)
    assert found is not None
    assert found.message == "Nobody is at Nurse right now. Go to Library instead. Ask again at 09:00."
    assert found.instead_id == LIBRARY
    assert allowed_at(day, AWAY, destination_id=NURSE) == clock(9)


def test_a_closed_place_is_not_merely_without_staff(day: Day) -> None:
    day.keep(Closure(NURSE, day.now))
    assert reason(day, AWAY, destination_id=NURSE) is None
