"""So many students may be out of a room at once."""

import pytest

from corridor.passes.commands import DepartOnPass, ReturnPass
from tests.day_state import LIBRARY, NURSE, ROOM_110, ROOM_204, STUDENTS, TEACHER, Day, make_state, reason, rule

ANA, BEN, CAM = STUDENTS[:3]
OUT = rule("capacity_out_of")


@pytest.fixture
def day() -> Day:
    """Two may be out of room 204."""
    return Day(make_state(locations={ROOM_204: {"out_capacity": 2}}))


def test_as_many_are_out_of_a_room_as_it_allows_and_no_more(day: Day) -> None:
    for student, place in ((ANA, LIBRARY), (BEN, NURSE)):
        assert reason(day, OUT, student_id=student) is None
        day.issue(student, place)
    found = reason(day, OUT, student_id=CAM)
    assert found is not None
    assert found.code == "too_many_out"
    assert found.message == "Too many are out of your room right now. Ask again when someone is back."
    assert found.staff_message == "204 may have 2 out at once; 2 are out now."
    assert found.allowed_at is None


def test_only_who_is_back_is_no_longer_out(day: Day) -> None:
    first, _ = day.issue(ANA), day.issue(BEN)
    day.submit(DepartOnPass(first.id, TEACHER))
    assert reason(day, OUT, student_id=CAM)
    day.submit(ReturnPass(first.id, TEACHER))
    assert reason(day, OUT, student_id=CAM) is None


def test_another_room_is_not_concerned(day: Day) -> None:
    day.issue(ANA)
    day.issue(BEN)
    assert reason(day, OUT, student_id=CAM, origin_id=ROOM_110) is None


def test_a_pass_from_nowhere_in_particular_is_out_of_no_room(day: Day) -> None:
    day.issue(ANA)
    day.issue(BEN)
    assert reason(day, OUT, student_id=CAM, origin_id=None) is None
