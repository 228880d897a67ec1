"""Some minutes must pass between the end of one pass and the next."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from corridor.day.policy import Scope
from corridor.passes.commands import CancelPass, DenyPass, EndPass, ReturnPass
from tests.day_state import (
    LIBRARY,
    NURSE,
    RESTROOM,
    STUDENTS,
    TEACHER,
    Day,
    allowed_at,
    clock,
    make_state,
    reason,
    rule,
)

ANA, BEN = STUDENTS[:2]
PAUSE = rule("cooldown", minutes=10)


@pytest.fixture
def day() -> Day:
    return Day()


def take(day: Day, destination_id: UUID = RESTROOM) -> None:
    """Go and come back."""
    day.submit(ReturnPass(day.issue(ANA, destination_id).id, ANA))


def test_a_student_who_was_not_out_may_go(day: Day) -> None:
    assert reason(day, PAUSE) is None


def test_a_student_who_was_just_out_waits(day: Day) -> None:
    take(day)
    found = reason(day, PAUSE, student_id=ANA)
    assert found is not None
    assert found.code == "cooldown"
    assert found.message == "You were just out. Ask again at 08:40."
    assert found.staff_message == "The student's last pass ended less than 10 minutes ago. Ask again at 08:40."
    assert allowed_at(day, PAUSE, student_id=ANA) == day.now + timedelta(minutes=10)


def test_one_minute_is_one_minute(day: Day) -> None:
    take(day)
    found = reason(day, rule("cooldown", minutes=1))
    assert found is not None
    assert "less than 1 minute ago" in found.staff_message


def test_the_pause_begins_when_the_last_pass_ends(day: Day) -> None:
    take(day)
    day.later(minutes=11)
    day.submit(EndPass(day.issue(ANA).id, TEACHER))
    assert allowed_at(day, PAUSE, student_id=ANA) == day.now + timedelta(minutes=10)


@pytest.mark.parametrize("close", [DenyPass, CancelPass])
def test_what_never_began_calls_for_no_pause(day: Day, close: type[CancelPass]) -> None:
    day.submit(close(day.requested(ANA).id, TEACHER))
    assert reason(day, PAUSE, student_id=ANA) is None


def test_others_need_not_wait(day: Day) -> None:
    take(day)
    assert reason(day, PAUSE, student_id=BEN) is None


def test_a_rule_about_one_place_counts_passes_to_that_place(day: Day) -> None:
    pause = rule("cooldown", minutes=10, scope=Scope(location_ids=frozenset({LIBRARY})))
    take(day, NURSE)
    assert reason(day, pause, destination_id=LIBRARY) is None
    take(day, LIBRARY)
    assert reason(day, pause, destination_id=LIBRARY)
    assert reason(day, pause, destination_id=NURSE) is None


def test_nobody_waits_from_one_day_to_the_next() -> None:
    day = Day(make_state(rules=[]), clock(23, 55))
    take(day)
    assert allowed_at(day, PAUSE, student_id=ANA) == clock(0, day=date(2026, 10, 7))
    day.later(minutes=6)
    assert reason(day, PAUSE, student_id=ANA) is None


def test_a_time_within_a_minute_is_spoken_of_as_the_next_one(day: Day) -> None:
    day.later(microseconds=1)
    take(day)
    found = reason(day, PAUSE)
    assert found is not None
    assert found.message.endswith("at 08:41.")
