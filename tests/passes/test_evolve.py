"""What events do to a pass and to the school's state."""

from datetime import date

import pytest

from corridor.base.ids import new_id
from corridor.campus.events import LocationChanged
from corridor.campus.model import Term
from corridor.day.state import Visits
from corridor.ledger.words import Recorded
from corridor.passes import commands as ask
from corridor.passes import events as happened
from corridor.passes.evolve import advance
from tests.day_state import (
    DECIDER,
    LIBRARY,
    NURSE,
    RESTROOM,
    ROOM_204,
    SCHOOL,
    STUDENTS,
    TEACHER,
    Day,
    clock,
    loaded_afresh,
    make_state,
)

ANA, BEN = STUDENTS[:2]


@pytest.fixture
def day() -> Day:
    return Day()


def test_an_active_pass_counts_at_its_destination_and_out_of_its_origin(day: Day) -> None:
    for student in (ANA, BEN):
        day.issue(student)
    assert day.state.going_to == {RESTROOM: 2}
    assert day.state.out_of == {ROOM_204: 2}
    first = next(iter(day.state.passes))
    day.submit(ask.DepartOnPass(first, ANA))
    assert day.state.going_to == {RESTROOM: 1}
    assert day.state.out_of == {ROOM_204: 2}
    day.submit(ask.ReturnPass(first, ANA))
    assert day.state.out_of == {ROOM_204: 1}


def test_a_request_counts_nowhere(day: Day) -> None:
    day.requested()
    assert day.state.going_to == day.state.out_of == {}


def test_a_pass_from_nowhere_in_particular_counts_at_its_destination() -> None:
    day = Day(now=clock(10, 30))
    day.issue()
    assert (day.state.going_to, day.state.out_of) == ({RESTROOM: 1}, {None: 1})


def test_the_days_passes_of_a_student_are_known_in_order(day: Day) -> None:
    first = day.issue()
    day.submit(ask.EndPass(first.id, TEACHER))
    second = day.issue(destination_id=NURSE)
    assert day.state.of_student[ANA] == (first.id, second.id)
    assert list(day.state.closed) == [first.id]
    assert list(day.state.passes) == [second.id]


def test_a_new_day_forgets_what_was_closed_and_keeps_what_is_open() -> None:
    day = Day(now=clock(23, 57))
    closed, kept = day.issue(ANA), day.issue(BEN)
    day.submit(ask.EndPass(closed.id, TEACHER))
    day.later(minutes=2, seconds=59)
    assert set(day.state.closed) == {closed.id}
    day.later(minutes=4)
    assert day.state.closed == {}
    assert day.state.of_student == {BEN: (kept.id,)}
    assert list(day.state.passes) == [kept.id]


def test_a_new_day_begins_with_any_rooms_event() -> None:
    day = Day(now=clock(23, 57))
    day.submit(ask.EndPass(day.issue(ANA).id, TEACHER))
    day.later(minutes=5)
    location = day.state.campus.locations[LIBRARY]
    event = LocationChanged(TEACHER, location, location)
    state = DECIDER.evolve(
        DECIDER.draft(day.state), Recorded(SCHOOL, len(day.events) + 1, day.now, event.kind, event, new_id())
    )
    assert state.closed == {}
    assert state.of_student == {}


def test_a_refusal_on_a_new_day_begins_it_too() -> None:
    day = Day(now=clock(23, 57))
    day.submit(ask.EndPass(day.issue(ANA).id, TEACHER))
    day.issue(BEN, minutes=20)
    day.later(minutes=5)
    assert day.request(BEN).refused
    assert day.state.closed == {}


def test_what_is_overridden_at_the_request_and_at_the_approval_is_kept_once(day: Day) -> None:
    for student in STUDENTS[2:4]:
        day.issue(student)
    pass_ = day.requested(lift=("full",), lift_reason="First reason")
    day.submit(ask.ApprovePass(pass_.id, TEACHER, lift=("full",), lift_reason="Second reason"))
    assert (day[pass_.id].lifted, day[pass_.id].lift_reason) == (("full",), "Second reason")


def test_a_pass_begins_with_a_wish(day: Day) -> None:
    event = happened.PassOverdue(new_id())
    with pytest.raises(AssertionError, match="pass_overdue is not the first event of a pass"):
        advance(None, Recorded(SCHOOL, 9, day.now, event.kind, event, new_id()))


def test_what_is_tallied_of_a_term_begins_anew_where_a_longer_term_takes_over() -> None:
    """After the quarter comes a week that only the year covers, then the semester."""
    quarter, semester = Term(date(2026, 8, 1), date(2026, 10, 9)), Term(date(2026, 10, 19), date(2027, 1, 29))
    day = Day(make_state(terms=[quarter, semester, Term(date(2026, 8, 1), date(2027, 6, 30))]))
    for instant in (day.now, clock(9, day=date(2026, 10, 12)), clock(9, day=date(2026, 10, 19))):
        day.now = instant
        day.submit(ask.ReturnPass(day.issue().id, TEACHER))
        (tallies,) = day.state.term[ANA].values()
        assert tallies.passes == 1
        assert day.state == loaded_afresh(day.state, day.events)


def test_a_pass_over_the_end_of_a_week_counts_in_the_week_it_started_in() -> None:
    day = Day(now=clock(23, 57, day=date(2026, 10, 11)))
    out = day.issue(minutes=20)
    day.later(minutes=5)
    day.submit(ask.ReturnPass(out.id, ANA))
    assert day.state.week == {}
    (tallies,) = day.state.term[ANA].values()
    assert (tallies.passes, tallies.seconds) == (1, 300)
    assert day.state == loaded_afresh(day.state, day.events)


def test_a_stay_ends_when_the_student_leaves_for_the_way_back(day: Day) -> None:
    out = day.issue()
    day.later(minutes=3)
    day.submit(ask.DepartOnPass(out.id, ANA))
    day.later(minutes=2)
    assert day.state.visits == {}
    day.submit(ask.ReturnPass(out.id, ANA))
    assert day.state.visits == {RESTROOM: Visits(1, 180)}


def test_a_stay_whose_end_nobody_saw_tells_nothing_of_how_long_stays_take(day: Day) -> None:
    day.submit(ask.EndPass(day.issue().id, TEACHER))
    assert day.state.visits == {}
