"""What events do to a pass and to the school's state."""

import pytest

from corridor.base.ids import new_id
from corridor.campus.events import LocationChanged
from corridor.ledger.words import Recorded
from corridor.passes import commands as ask
from corridor.passes.evolve import advance
from tests.day_state import DECIDER, LIBRARY, NURSE, RESTROOM, ROOM_204, SCHOOL, STUDENTS, TEACHER, Day, clock

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
    assert (day.state.going_to, day.state.out_of) == ({RESTROOM: 1}, {})


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


def test_an_event_of_another_room_is_no_event_of_a_pass(day: Day) -> None:
    pass_ = day.issue()
    location = day.state.campus.locations[LIBRARY]
    event = LocationChanged(TEACHER, location, location)
    with pytest.raises(TypeError, match="LocationChanged is no event of a pass"):
        advance(pass_, Recorded(SCHOOL, 9, day.now, event.kind, event, new_id()))
