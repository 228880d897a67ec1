"""A student who is absent, or not on campus."""

from datetime import date, timedelta

import pytest

from corridor.day.policy import Absence
from tests.day_state import STUDENTS, Day, allowed_at, clock, reason, rule

ANA, BEN = STUDENTS[:2]
ABSENT = rule("absent")


@pytest.fixture
def day() -> Day:
    """08:30 in the morning."""
    return Day()


def test_a_student_on_campus_may_go(day: Day) -> None:
    day.keep(Absence(BEN, day.now))
    assert reason(day, ABSENT, student_id=ANA) is None


def test_an_absent_student_may_not_go_before_they_are_back(day: Day) -> None:
    day.keep(Absence(ANA, day.now, clock(10), "Dentist"))
    found = reason(day, ABSENT, student_id=ANA)
    assert found is not None
    assert found.code == "absent"
    assert found.message.startswith("The office has you down as away from school. Tell your teacher if that is wrong.")
    assert found.staff_message.startswith("The student is down as absent or not on campus (Dentist).")
    assert allowed_at(day, ABSENT, student_id=ANA) == clock(10)


def test_an_absence_without_an_end_lasts_for_the_rest_of_its_day(day: Day) -> None:
    day.keep(Absence(ANA, day.now))
    assert allowed_at(day, ABSENT, student_id=ANA) == clock(0, day=date(2026, 10, 7))


def test_an_absence_of_several_days_lasts_until_its_end(day: Day) -> None:
    friday = clock(8, day=date(2026, 10, 9))
    day.keep(Absence(ANA, day.now, friday))
    assert allowed_at(day, ABSENT, student_id=ANA) == friday


def test_an_absence_that_begins_later_stands_against_nothing_before(day: Day) -> None:
    day.keep(Absence(ANA, clock(9), clock(10)))
    assert reason(day, ABSENT, student_id=ANA) is None
    assert reason(day, ABSENT, student_id=ANA, at=clock(9) - timedelta(seconds=1)) is None
    assert reason(day, ABSENT, student_id=ANA, at=clock(9))


def test_a_student_who_is_back_early_may_go(day: Day) -> None:
    day.keep(Absence(ANA, day.now))
    day.drop("absence", ANA)
    assert reason(day, ABSENT, student_id=ANA) is None


def test_staff_notes_are_not_for_the_student(day: Day) -> None:
    day.keep(Absence(ANA, day.now, note="Court hearing"))
    found = reason(day, ABSENT, student_id=ANA)
    assert found is not None
    assert "Court" not in found.message
