"""A location holds so many students on passes at once; the others wait their turn."""

import pytest

from corridor.day.state import Approval, Status
from corridor.day.words import Effect
from corridor.passes.commands import ArriveOnPass, DepartOnPass, ReturnPass
from corridor.rules.capacity_into import takes_a_place
from tests.day_state import (
    NURSE,
    RESTROOM,
    STUDENTS,
    TEACHER,
    Day,
    make_state,
    reason,
    rule,
    usual_rules,
)

ANA, BEN, CAM, DAN = STUDENTS[:4]
FULL = rule("capacity_into")


@pytest.fixture
def day() -> Day:
    """The restroom takes two, and nobody has to approve."""
    return Day(make_state(rules=usual_rules(), approval={"Restroom": Approval.NONE}))


def fill(day: Day) -> None:
    for student in (ANA, BEN):
        day.issue(student)


def test_a_place_takes_as_many_as_it_holds_and_the_others_wait(day: Day) -> None:
    for student in (ANA, BEN):
        assert reason(day, FULL, student_id=student) is None
        day.issue(student)
    found = reason(day, FULL, student_id=CAM)
    assert found is not None
    assert (found.code, found.effect) == ("full", Effect.WAIT)
    assert found.message == "Restroom A is full right now."
    assert found.staff_message == "Restroom A is full: 2 of 2 places are taken."
    assert found.allowed_at is None


def test_a_place_without_a_number_takes_everyone(day: Day) -> None:
    for student in STUDENTS:
        day.issue(student, NURSE)
    assert reason(day, FULL, student_id=ANA, destination_id=NURSE) is None


def test_a_place_for_nobody_takes_nobody() -> None:
    day = Day(make_state(locations={RESTROOM: {"capacity": 0}}))
    assert reason(day, FULL)


def test_whoever_only_asks_takes_no_place() -> None:
    day = Day()
    for student in STUDENTS:
        day.requested(student)
    assert reason(day, FULL) is None


def test_a_place_is_free_again_once_someone_leaves_it(day: Day) -> None:
    first, _ = day.issue(ANA), day.issue(BEN)
    day.submit(ArriveOnPass(first.id, TEACHER))
    assert takes_a_place(day[first.id])
    assert reason(day, FULL, student_id=CAM)
    day.submit(DepartOnPass(first.id, TEACHER))
    assert not takes_a_place(day[first.id])
    assert reason(day, FULL, student_id=CAM) is None


def test_nobody_overtakes_those_in_line(day: Day) -> None:
    fill(day)
    waiting = day.requested(CAM, may_wait=True)
    day.submit(ReturnPass(next(iter(day.state.passes)), TEACHER))
    assert waiting.status is Status.WAITING
    found = reason(day, FULL, student_id=DAN)
    assert found is not None
    assert found.message == "Restroom A is full right now. 1 in line."
    assert found.staff_message == "Restroom A is full: 1 of 2 places are taken. 1 in line."


def test_who_is_in_line_may_take_a_place_that_is_free(day: Day) -> None:
    fill(day)
    waiting = day.requested(CAM, may_wait=True)
    assert reason(day, FULL, student_id=CAM, besides=waiting.id)
    day.submit(ReturnPass(next(iter(day.state.passes)), TEACHER))
    assert reason(day, FULL, student_id=CAM, besides=waiting.id) is None


def test_a_place_that_is_held_for_another_is_taken(day: Day) -> None:
    fill(day)
    first, second = day.requested(CAM, may_wait=True), day.requested(DAN, may_wait=True)
    day.submit(ReturnPass(next(iter(day.state.passes)), TEACHER))
    day.later()
    assert day[first.id].offered_until is not None
    assert reason(day, FULL, student_id=CAM, besides=first.id) is None
    found = reason(day, FULL, student_id=DAN, besides=second.id)
    assert found is not None
    assert found.staff_message == "Restroom A is full: 2 of 2 places are taken."
