"""A student has one pass at a time."""

import pytest

from corridor.rules.one_open_pass import Params, judge
from tests.day_state import LIBRARY, NURSE, STUDENTS, Day, ask_for


@pytest.fixture
def day() -> Day:
    return Day()


def test_without_a_pass_nothing_stands_against_it(day: Day) -> None:
    assert judge(Params(), ask_for(day.state), day.state, day.now) is None


def test_an_active_pass_stands_against_another(day: Day) -> None:
    day.issue(destination_id=NURSE)
    objection = judge(Params(), ask_for(day.state), day.state, day.now)
    assert objection is not None
    assert objection.code == "one_open_pass"
    assert objection.message == "You already have a pass to Nurse. End or cancel it first."
    assert objection.staff_message == "The student already has a pass to Nurse (active)."
    assert objection.allowed_at is None, "time alone won't cure it"


def test_a_request_that_waits_stands_against_another(day: Day) -> None:
    day.requested(destination_id=LIBRARY)
    objection = judge(Params(), ask_for(day.state), day.state, day.now)
    assert objection is not None
    assert objection.staff_message == "The student already has a pass to Library (requested)."


def test_a_request_does_not_stand_against_its_own_approval(day: Day) -> None:
    pass_ = day.requested()
    assert judge(Params(), ask_for(day.state, besides=pass_.id), day.state, day.now) is None


def test_a_pass_that_has_ended_stands_against_nothing(day: Day) -> None:
    day.issue()
    day.later(hours=1)
    assert not day.state.passes
    assert judge(Params(), ask_for(day.state), day.state, day.now) is None


def test_another_students_pass_stands_against_nothing(day: Day) -> None:
    day.issue(STUDENTS[1])
    assert judge(Params(), ask_for(day.state), day.state, day.now) is None
