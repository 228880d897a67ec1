"""So many students may be out on passes in the whole school at once."""

import pytest

from corridor.passes.commands import DepartOnPass, ReturnPass
from tests.day_state import LIBRARY, NURSE, STUDENTS, TEACHER, Day, clock, reason, rule

ANA, BEN, CAM, DAN = STUDENTS[:4]
TWO = rule("hallway_cap", most=2)


@pytest.fixture
def day() -> Day:
    return Day()


def test_as_many_go_as_the_school_allows_and_no_more(day: Day) -> None:
    for student, place in ((ANA, LIBRARY), (BEN, NURSE)):
        assert reason(day, TWO, student_id=student) is None
        day.issue(student, place)
    found = reason(day, TWO, student_id=CAM)
    assert found is not None
    assert found.code == "hallways_full"
    assert found.message == "Too many students are out right now. Ask again when some are back."
    assert found.staff_message == "2 students are out; the school allows 2 at once."
    assert found.allowed_at is None


def test_who_is_on_the_way_back_is_still_out(day: Day) -> None:
    first, second = day.issue(ANA), day.issue(BEN)
    day.submit(DepartOnPass(first.id, TEACHER))
    assert reason(day, TWO, student_id=CAM)
    day.submit(ReturnPass(second.id, TEACHER))
    assert reason(day, TWO, student_id=CAM) is None


def test_who_left_from_nowhere_in_particular_is_out_too() -> None:
    day = Day(now=clock(10, 30))
    day.issue(ANA)
    assert reason(day, rule("hallway_cap", most=1), student_id=BEN)


def test_requests_count_for_nothing(day: Day) -> None:
    for student in STUDENTS:
        day.requested(student)
    assert reason(day, TWO, student_id=ANA) is None


def test_none_at_all_keeps_everyone_in(day: Day) -> None:
    assert reason(day, rule("hallway_cap", most=0), student_id=DAN)
