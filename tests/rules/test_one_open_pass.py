"""A student has one pass at a time."""

import pytest

from corridor.day.state import Approval
from corridor.passes.commands import ApprovePass, CancelPass, DenyPass, EndPass, ReturnPass
from tests.day_state import LIBRARY, RESTROOM, STUDENTS, TEACHER, Day, make_state, reason, rule

ANA, BEN = STUDENTS[:2]
ONE = rule("one_open_pass")


@pytest.fixture
def day() -> Day:
    return Day()


def test_a_student_without_a_pass_may_go(day: Day) -> None:
    assert reason(day, ONE) is None


def test_a_student_who_is_out_may_not_go_elsewhere(day: Day) -> None:
    day.issue(ANA, LIBRARY)
    found = reason(day, ONE, student_id=ANA)
    assert found is not None
    assert found.code == "one_open_pass"
    assert found.message == "You already have a pass to Library. End or cancel it first."
    assert found.staff_message == "The student already has a pass to Library (active)."
    assert found.allowed_at is None


def test_a_student_who_waits_for_an_answer_may_not_ask_again(day: Day) -> None:
    day.requested(ANA)
    assert reason(day, ONE, student_id=ANA)


def test_a_student_in_line_may_not_ask_again() -> None:
    day = Day(make_state(approval={"Restroom": Approval.NONE}, locations={RESTROOM: {"capacity": 0}}))
    day.requested(ANA, may_wait=True)
    assert reason(day, ONE, student_id=ANA)


def test_another_student_may_go(day: Day) -> None:
    day.issue(ANA)
    assert reason(day, ONE, student_id=BEN) is None


def test_a_pass_does_not_stand_against_itself(day: Day) -> None:
    asked = day.requested(ANA)
    assert reason(day, ONE, student_id=ANA, besides=asked.id) is None


@pytest.mark.parametrize("end", [ReturnPass, EndPass])
def test_a_student_may_go_again_once_a_pass_has_ended(day: Day, end: type[EndPass]) -> None:
    day.submit(end(day.issue(ANA).id, TEACHER))
    assert reason(day, ONE, student_id=ANA) is None


@pytest.mark.parametrize("close", [DenyPass, CancelPass])
def test_a_student_may_ask_again_once_a_request_is_closed(day: Day, close: type[CancelPass]) -> None:
    day.submit(close(day.requested(ANA).id, TEACHER))
    assert reason(day, ONE, student_id=ANA) is None


def test_nobody_has_two_passes_even_when_staff_would_override() -> None:
    day = Day()
    asked = day.requested(ANA)
    day.submit(ApprovePass(asked.id, TEACHER))
    again = day.request(ANA, by=TEACHER, channel="staff", lift=("one_open_pass",), lift_reason="Really")
    assert again.refused
