"""A student may take so many passes, or be out for so long, in a span of time."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from corridor.campus.model import Term
from corridor.day.policy import Scope
from corridor.day.state import Approval
from corridor.day.words import Channel, Effect
from corridor.passes.commands import DenyPass, EndPass, ReturnPass
from tests.day_state import (
    LIBRARY,
    NURSE,
    PASS_TYPE_IDS,
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
TWO_A_DAY = rule("limit", most=2)
WEDNESDAY, MONDAY = date(2026, 10, 7), date(2026, 10, 12)


def free_day(now: datetime | None = None, **fields: Any) -> Day:
    """Nobody has to approve passes to the nurse and to the library."""
    approval = {"Nurse": Approval.NONE, "Library": Approval.NONE}
    return Day(make_state(rules=[], approval=approval, **fields), now or clock(8, 30))


@pytest.fixture
def day() -> Day:
    return free_day()


def take(day: Day, destination_id: UUID = NURSE, *, minutes: int = 0, channel: Channel = Channel.STUDENT) -> None:
    """Go, and come back after so many minutes."""
    out = day.pass_of(day.request(ANA, destination_id, channel=channel))
    assert out.started_at
    day.now += timedelta(minutes=minutes)
    day.submit(ReturnPass(out.id, ANA))


def test_the_limit_is_reached_with_the_last_allowed_pass(day: Day) -> None:
    for _ in range(2):
        assert reason(day, TWO_A_DAY) is None
        take(day)
    found = reason(day, TWO_A_DAY)
    assert found is not None
    assert (found.code, found.effect) == ("limit", Effect.NEEDS_STAFF)
    assert found.message == "You have used your 2 passes for today. Ask again tomorrow."
    assert found.staff_message == "The student has used 2 of 2 passes for today. Ask again tomorrow."
    assert allowed_at(day, TWO_A_DAY) == clock(0, day=WEDNESDAY)


def test_a_pass_that_is_under_way_counts(day: Day) -> None:
    day.requested(ANA, NURSE)
    assert reason(day, rule("limit", most=1))


def test_requests_that_have_not_started_do_not_count() -> None:
    day = Day(make_state(rules=[]))
    day.submit(DenyPass(day.requested(ANA).id, TEACHER))
    day.requested(ANA)
    assert reason(day, rule("limit", most=1)) is None


@pytest.mark.parametrize("per", ["period", "day", "week", "term"])
def test_what_staff_issue_counts_only_if_the_rule_says_so(day: Day, per: str) -> None:
    day.submit(EndPass(day.issue(ANA).id, TEACHER))
    assert reason(day, rule("limit", most=1, per=per)) is None
    assert reason(day, rule("limit", most=1, per=per, count_staff=True))


@pytest.mark.parametrize("channel", [Channel.SUMMONS, Channel.APPOINTMENT])
def test_a_summons_or_an_appointment_never_counts(day: Day, channel: Channel) -> None:
    take(day, channel=channel)
    assert reason(day, rule("limit", most=1, count_staff=True)) is None


@pytest.mark.parametrize("per", ["period", "day", "week", "term"])
def test_others_passes_do_not_count(day: Day, per: str) -> None:
    take(day)
    assert reason(day, rule("limit", most=1, per=per), student_id=BEN) is None


@pytest.mark.parametrize("per", ["period", "day", "week", "term"])
def test_a_rule_about_some_passes_counts_only_those(day: Day, per: str) -> None:
    library = rule("limit", most=1, per=per, scope=Scope(location_ids=frozenset({LIBRARY})))
    nurse = rule("limit", most=1, per=per, scope=Scope(pass_type_ids=frozenset({PASS_TYPE_IDS["Nurse"]})))
    take(day)
    assert reason(day, library, destination_id=LIBRARY) is None
    assert reason(day, nurse, destination_id=NURSE, pass_type="Nurse")
    take(day, LIBRARY)
    assert reason(day, library, destination_id=LIBRARY)


@pytest.mark.parametrize(
    ("per", "until", "spoken"),
    [
        ("period", clock(9), "this period. Ask again at 09:00."),
        ("day", clock(0, day=WEDNESDAY), "today. Ask again tomorrow."),
        ("week", clock(0, day=MONDAY), "this week. Ask again on Monday."),
        ("term", clock(0, day=date(2027, 7, 1)), "this term. Ask again on July 1."),
    ],
)
def test_the_limit_begins_anew_with_the_next_span(day: Day, per: str, until: datetime, spoken: str) -> None:
    take(day)
    one = rule("limit", most=1, per=per)
    found = reason(day, one)
    assert found is not None
    assert found.message == f"You have used your 1 pass for {spoken}"
    assert allowed_at(day, one) == until


def test_a_week_begins_on_monday_at_midnight() -> None:
    day = free_day(clock(23, 50, day=date(2026, 10, 11)))
    take(day)
    one = rule("limit", most=1, per="week")
    assert allowed_at(day, one) == clock(0, day=MONDAY)
    day.later(minutes=10)
    assert reason(day, one) is None
    take(day)
    assert allowed_at(day, one) == clock(0, day=date(2026, 10, 19))


def test_a_break_after_school_ends_at_midnight() -> None:
    """Whoever was out after the last bell may go after midnight, and after the first bell once more."""
    day = free_day(clock(15))
    one = rule("limit", most=1, per="period")
    take(day)
    assert allowed_at(day, one) == clock(0, day=WEDNESDAY)
    day.now = clock(7, day=WEDNESDAY)
    take(day)
    assert allowed_at(day, one) == clock(8, day=WEDNESDAY)


def test_a_limit_of_a_period_in_a_long_vacation_begins_anew_every_day() -> None:
    state = make_state(rules=[], approval={"Nurse": Approval.NONE})
    state.campus = replace(state.campus, bell_schedules=())
    day = Day(state)
    take(day)
    assert allowed_at(day, rule("limit", most=1, per="period")) == clock(0, day=WEDNESDAY)


def test_a_pass_over_midnight_counts_for_the_day_it_started_on() -> None:
    day = free_day(clock(23, 55))
    day.requested(ANA, NURSE)
    one = rule("limit", most=1)
    assert reason(day, one)
    day.later(minutes=6)
    assert day.state.passes, "it is still open"
    assert reason(day, one) is None


def test_a_day_has_25_hours_when_the_clocks_are_set_back() -> None:
    day = free_day(clock(0, 30, day=date(2026, 11, 1)))
    take(day)
    until = allowed_at(day, rule("limit", most=1))
    assert until is not None
    assert until.timestamp() - day.now.timestamp() == timedelta(hours=24, minutes=30).total_seconds()


@pytest.mark.parametrize("per", ["period", "day", "week", "term"])
def test_minutes_are_counted_from_start_to_end(day: Day, per: str) -> None:
    ten = rule("limit", most=10, unit="minutes", per=per)
    take(day, minutes=9)
    assert reason(day, ten) is None
    take(day, minutes=1)
    found = reason(day, ten)
    assert found is not None
    assert found.message.startswith("You have used your 10 minutes for ")


def test_time_that_nobody_measured_counts_as_at_most_the_minutes_given(day: Day) -> None:
    """A forgotten pass of 12 minutes that ended by itself after 27 counts as 12."""
    day.requested(ANA, NURSE)
    day.now += timedelta(minutes=27)
    day.later()
    assert not day.state.passes
    assert reason(day, rule("limit", most=12, unit="minutes"))
    assert reason(day, rule("limit", most=13, unit="minutes")) is None


def test_none_at_all_is_no_matter_of_time(day: Day) -> None:
    never = rule("limit", Effect.REFUSE, most=0)
    found = reason(day, never)
    assert found is not None
    assert found.message == "You cannot take passes for this by yourself."
    assert allowed_at(day, never) is None


QUARTER, SEMESTER = Term(date(2026, 9, 1), date(2026, 10, 9)), Term(date(2026, 10, 19), date(2027, 1, 29))
YEAR = Term(date(2026, 8, 1), date(2027, 6, 30))


def test_between_terms_no_limit_of_a_term_holds() -> None:
    day = free_day(terms=[QUARTER, SEMESTER])
    take(day)
    assert allowed_at(day, rule("limit", most=1, per="term")) == clock(0, day=date(2026, 10, 10))
    assert allowed_at(day, rule("limit", most=0, per="term")) == clock(0, day=date(2026, 10, 10))
    assert reason(day, rule("limit", most=0, per="term"), at=clock(9, day=MONDAY)) is None


def test_a_longer_term_counts_only_where_no_shorter_one_does() -> None:
    """In a week between two terms of the same school year the count begins anew, and ends with the week."""
    day = free_day(terms=[QUARTER, SEMESTER, YEAR])
    one = rule("limit", most=1, per="term")
    take(day)
    assert allowed_at(day, one) == clock(0, day=date(2026, 10, 10))
    day.now = clock(9, day=MONDAY)
    assert reason(day, one) is None
    take(day)
    assert allowed_at(day, one) == clock(0, day=SEMESTER.begins_on)
