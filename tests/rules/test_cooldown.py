"""Some minutes must pass between the end of one pass and the next."""

from datetime import timedelta

import pytest

from corridor.passes.commands import CancelPass, DenyPass, EndPass, ReturnPass
from corridor.rules.cooldown import Params, judge
from tests.day_state import NURSE, STUDENTS, TEACHER, Day, ask_for, clock

FIVE = Params(minutes=5)


@pytest.fixture
def day() -> Day:
    """At 08:30 a student has just come back."""
    day = Day(now=clock(8, 30))
    day.submit(ReturnPass(day.issue().id, TEACHER))
    return day


def test_right_after_a_pass_the_next_one_must_wait(day: Day) -> None:
    objection = judge(FIVE, ask_for(day.state), day.state, day.now)
    assert objection is not None
    assert objection.code == "cooldown"
    assert objection.message == "You were just out. You may ask again at 08:35."
    assert objection.staff_message == (
        "The student's last pass ended less than 5 minutes ago; the next one may start at 08:35."
    )


def test_it_is_allowed_at_the_instant_that_was_told_and_not_a_second_sooner(day: Day) -> None:
    objection = judge(FIVE, ask_for(day.state), day.state, day.now)
    assert objection is not None
    allowed_at = objection.allowed_at
    assert allowed_at == clock(8, 35)
    assert judge(FIVE, ask_for(day.state), day.state, allowed_at - timedelta(seconds=1)) is not None
    assert judge(FIVE, ask_for(day.state), day.state, allowed_at) is None


def test_the_time_that_is_shown_is_never_too_early() -> None:
    day = Day(now=clock(8, 30, 1))
    day.submit(ReturnPass(day.issue().id, TEACHER))
    objection = judge(FIVE, ask_for(day.state), day.state, day.now)
    assert objection is not None
    assert objection.allowed_at == clock(8, 35, 1)
    assert "08:36" in objection.message


def test_the_last_of_several_passes_counts(day: Day) -> None:
    day.later(minutes=3)
    day.submit(EndPass(day.issue(destination_id=NURSE).id, TEACHER))
    objection = judge(FIVE, ask_for(day.state), day.state, day.now)
    assert objection is not None
    assert objection.allowed_at == clock(8, 38)


def test_whoever_was_not_out_need_not_wait(day: Day) -> None:
    assert judge(FIVE, ask_for(day.state, student_id=STUDENTS[1]), day.state, day.now) is None


def test_requests_that_came_to_nothing_do_not_count() -> None:
    day = Day()
    day.submit(DenyPass(day.requested().id, TEACHER))
    day.submit(CancelPass(day.requested().id, TEACHER))
    day.requested()
    day.later(hours=1)
    assert judge(FIVE, ask_for(day.state), day.state, day.now) is None


def test_nobody_waits_from_one_day_to_the_next() -> None:
    day = Day(now=clock(23, 58))
    day.submit(ReturnPass(day.issue().id, TEACHER))
    objection = judge(FIVE, ask_for(day.state), day.state, day.now)
    assert objection is not None
    assert objection.allowed_at == clock(23, 58) + timedelta(minutes=2)
    assert judge(FIVE, ask_for(day.state), day.state, objection.allowed_at) is None
