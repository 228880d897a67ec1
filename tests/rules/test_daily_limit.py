"""A student may take so many passes a day."""

from datetime import date, timedelta

import pytest

from corridor.day.state import Approval
from corridor.passes.commands import DenyPass, ReturnPass
from corridor.rules.daily_limit import Params, judge
from tests.day_state import NURSE, STUDENTS, TEACHER, Day, ask_for, clock, make_state

TWO = Params(most=2)


@pytest.fixture
def day() -> Day:
    """Nurse passes need no approval."""
    return Day(make_state(rules=[], approval={"Nurse": Approval.NONE}))


def take(day: Day, *, staff: bool = False) -> None:
    """Take a pass and come back."""
    pass_ = day.issue(destination_id=NURSE) if staff else day.requested(destination_id=NURSE)
    assert pass_.started_at
    day.submit(ReturnPass(pass_.id, TEACHER))


def test_the_limit_is_reached_with_the_last_allowed_pass(day: Day) -> None:
    for _ in range(2):
        assert judge(TWO, ask_for(day.state), day.state, day.now) is None
        take(day)
    objection = judge(TWO, ask_for(day.state), day.state, day.now)
    assert objection is not None
    assert objection.code == "daily_limit"
    assert objection.message == "You have used your 2 passes for today."
    assert objection.staff_message == "The student has used 2 of 2 passes today."


def test_a_pass_that_is_under_way_counts(day: Day) -> None:
    day.requested(destination_id=NURSE)
    assert judge(Params(most=1), ask_for(day.state), day.state, day.now) is not None


def test_requests_that_have_not_started_do_not_count(day: Day) -> None:
    day.submit(DenyPass(day.requested().id, TEACHER))
    day.requested()
    assert judge(Params(most=1), ask_for(day.state), day.state, day.now) is None


def test_passes_that_staff_issued_count_only_if_the_school_says_so(day: Day) -> None:
    take(day, staff=True)
    assert judge(Params(most=1), ask_for(day.state), day.state, day.now) is None
    assert judge(Params(most=1, count_staff=True), ask_for(day.state), day.state, day.now) is not None


def test_others_passes_do_not_count(day: Day) -> None:
    take(day)
    assert judge(Params(most=1), ask_for(day.state, student_id=STUDENTS[1]), day.state, day.now) is None


def test_it_is_allowed_at_the_schools_next_midnight_and_not_a_second_sooner(day: Day) -> None:
    take(day)
    take(day)
    objection = judge(TWO, ask_for(day.state), day.state, day.now)
    assert objection is not None
    midnight = objection.allowed_at
    assert midnight == clock(0, day=date(2026, 10, 7))
    assert judge(TWO, ask_for(day.state), day.state, midnight - timedelta(seconds=1)) is not None
    assert judge(TWO, ask_for(day.state), day.state, midnight) is None


def test_a_pass_over_midnight_counts_for_the_day_it_started_on(day: Day) -> None:
    day.now = clock(23, 55)
    day.requested(destination_id=NURSE)
    assert judge(Params(most=1), ask_for(day.state), day.state, day.now) is not None
    day.later(minutes=6)
    assert day.state.passes, "it is still open"
    assert judge(Params(most=1), ask_for(day.state), day.state, day.now) is None


def test_a_day_has_25_hours_when_the_clocks_are_set_back() -> None:
    day = Day(make_state(rules=[], approval={"Nurse": Approval.NONE}), clock(0, 30, day=date(2026, 11, 1)))
    take(day)
    objection = judge(Params(most=1), ask_for(day.state), day.state, day.now)
    assert objection is not None
    assert objection.allowed_at is not None
    assert objection.allowed_at.astimezone(None) - day.now.astimezone(None) == timedelta(hours=24, minutes=30)
