"""A pass on its way, and what time does to it.

A pass to the restroom is for six minutes, with a grace of fifteen; a request waits ten; the school day ends at 11:00.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.day.state import EndedHow, Leg, PassSettings, Status
from corridor.ledger.words import Recorded
from corridor.passes import commands as ask
from tests.day_state import DECIDER, ONE_WAY, STUDENTS, TEACHER, Day, clock, make_state

ANA, BEN = STUDENTS[:2]


@pytest.fixture
def day() -> Day:
    return Day()


def kinds_of(added: Sequence[Recorded]) -> list[str]:
    return [recorded.kind for recorded in added]


def test_the_way_there_and_back(day: Day) -> None:
    pass_ = day.issue()
    day.submit(ask.ArriveOnPass(pass_.id, ANA))
    assert (day[pass_.id].leg, day[pass_.id].arrived_at) == (Leg.AT_DESTINATION, day.now)
    day.later(minutes=1)
    day.submit(ask.DepartOnPass(pass_.id, ANA))
    assert (day[pass_.id].leg, day[pass_.id].departed_at) == (Leg.RETURNING, day.now)
    day.submit(ask.ReturnPass(pass_.id, ANA))
    ended = day[pass_.id]
    assert (ended.status, ended.leg, ended.ended_how, ended.ended_by) == (
        Status.ENDED,
        None,
        EndedHow.RETURNED,
        ANA,
    )


def test_the_way_one_way_ends_with_the_arrival(day: Day) -> None:
    pass_ = day.issue(pass_type_id=ONE_WAY)
    day.submit(ask.ArriveOnPass(pass_.id, ANA))
    ended = day[pass_.id]
    assert (ended.status, ended.ended_how) == (Status.ENDED, EndedHow.ARRIVED)
    assert ended.arrived_at == ended.ended_at == day.now


@pytest.mark.parametrize(
    ("command", "pass_type_id"),
    [
        (ask.ArriveOnPass, None),
        (ask.ArriveOnPass, ONE_WAY),
        (ask.DepartOnPass, None),
        (ask.ReturnPass, None),
        (ask.EndPass, None),
    ],
)
def test_the_way_said_twice_counts_once(day: Day, command: type[ask.OnPass], pass_type_id: Any) -> None:
    pass_ = day.issue(pass_type_id=pass_type_id)
    assert day.submit(command(pass_.id, ANA)).events
    again = day.submit(command(pass_.id, ANA))
    assert again.events == []
    assert again.about == pass_.id


def test_the_way_has_no_arrival_after_the_departure(day: Day) -> None:
    pass_ = day.issue()
    day.submit(ask.DepartOnPass(pass_.id, ANA))
    with pytest.raises(Conflict, match="on the way back"):
        day.submit(ask.ArriveOnPass(pass_.id, ANA))


@pytest.mark.parametrize("command", [ask.ArriveOnPass, ask.DepartOnPass, ask.ReturnPass, ask.EndPass])
def test_the_way_is_not_begun_by_a_request(day: Day, command: type[ask.OnPass]) -> None:
    with pytest.raises(Conflict):
        day.submit(command(day.requested().id, TEACHER))


def test_the_way_may_be_ended_by_staff(day: Day) -> None:
    pass_ = day.issue()
    day.submit(ask.EndPass(pass_.id, TEACHER))
    assert (day[pass_.id].ended_how, day[pass_.id].ended_by) == (EndedHow.STAFF, TEACHER)


def test_the_way_that_ended_another_way_cannot_end_again(day: Day) -> None:
    pass_ = day.issue()
    day.submit(ask.EndPass(pass_.id, TEACHER))
    with pytest.raises(Conflict):
        day.submit(ask.ReturnPass(pass_.id, ANA))


def test_more_time_moves_the_end(day: Day) -> None:
    pass_ = day.issue()
    day.submit(ask.ExtendPass(pass_.id, TEACHER, minutes=4))
    extended = day[pass_.id]
    assert pass_.due_at is not None
    assert (extended.minutes, extended.due_at) == (10, pass_.due_at + timedelta(minutes=4))


def test_more_time_enough_of_it_makes_an_overdue_pass_good_again(day: Day) -> None:
    pass_ = day.issue()
    day.later(minutes=8)
    assert day[pass_.id].overdue
    day.submit(ask.ExtendPass(pass_.id, TEACHER, minutes=1))
    assert day[pass_.id].overdue
    day.submit(ask.ExtendPass(pass_.id, TEACHER, minutes=2))
    assert not day[pass_.id].overdue


@pytest.mark.parametrize("minutes", [0, -1, 994])
def test_more_time_has_its_limits(day: Day, minutes: int) -> None:
    pass_ = day.issue()
    with pytest.raises(InvalidInput, match="between 1 and 993 minutes more; this pass has 6"):
        day.submit(ask.ExtendPass(pass_.id, TEACHER, minutes=minutes))


def test_more_time_is_for_active_passes(day: Day) -> None:
    with pytest.raises(Conflict):
        day.submit(ask.ExtendPass(day.requested().id, TEACHER, minutes=1))


@pytest.mark.parametrize(
    "command", [ask.ApprovePass, ask.DenyPass, ask.CancelPass, ask.ArriveOnPass, ask.ReturnPass, ask.EndPass]
)
def test_a_pass_that_is_not_open_today_or_anothers_is_not_found(day: Day, command: type[ask.OnPass]) -> None:
    with pytest.raises(NotFound):
        day.submit(command(new_id(), TEACHER))
    pass_ = day.issue()
    with pytest.raises(NotFound):
        day.submit(command(pass_.id, BEN, student_only=BEN))
    day.submit(ask.EndPass(pass_.id, TEACHER))
    day.later(days=1)
    day.issue(BEN)
    with pytest.raises(NotFound):
        day.submit(command(pass_.id, TEACHER))


def test_time_makes_a_request_lapse_that_nobody_answers(day: Day) -> None:
    pass_ = day.requested()
    assert not day.later(minutes=9, seconds=59)
    assert kinds_of(day.later(seconds=1)) == ["pass_lapsed"]
    assert (day[pass_.id].status, day[pass_.id].ended_by) == (Status.LAPSED, None)


def test_time_makes_a_request_lapse_at_the_end_of_the_day() -> None:
    day = Day(now=clock(10, 55))
    day.requested()
    assert not day.later(minutes=4, seconds=59)
    assert kinds_of(day.later(seconds=1)) == ["pass_lapsed"]


def test_time_makes_a_pass_overdue_and_ends_it_after_the_grace(day: Day) -> None:
    pass_ = day.issue()
    assert not day.later(minutes=5, seconds=59)
    assert kinds_of(day.later(seconds=1)) == ["pass_overdue"]
    assert not day.later(minutes=14, seconds=59)
    assert kinds_of(day.later(seconds=1)) == ["pass_ended"]
    assert (day[pass_.id].ended_how, day[pass_.id].ended_by) == (EndedHow.AUTO, None)


def test_time_that_was_slept_through_happens_in_order(day: Day) -> None:
    day.issue()
    assert kinds_of(day.later(hours=1)) == ["pass_overdue", "pass_ended"]


def test_time_ends_every_pass_with_the_school_day() -> None:
    day = Day(now=clock(10, 58))
    pass_ = day.issue()
    assert not day.later(minutes=1, seconds=59)
    assert kinds_of(day.later(seconds=1)) == ["pass_ended"]
    assert day[pass_.id].ended_how is EndedHow.DAY_END
    assert not day[pass_.id].overdue


def test_time_ends_an_overdue_pass_with_the_school_day() -> None:
    day = Day(now=clock(10, 50))
    pass_ = day.issue()
    assert kinds_of(day.later(minutes=6)) == ["pass_overdue"]
    assert kinds_of(day.later(minutes=4)) == ["pass_ended"]
    assert day[pass_.id].ended_how is EndedHow.DAY_END


def test_time_without_a_grace_ends_a_pass_when_it_is_due() -> None:
    day = Day(make_state(settings=PassSettings(grace_minutes=0)))
    pass_ = day.issue()
    assert kinds_of(day.later(minutes=6)) == ["pass_ended"]
    assert day[pass_.id].ended_how is EndedHow.AUTO


def test_time_knows_no_day_end_at_a_school_without_bells() -> None:
    state = make_state()
    state.campus = msgspec.structs.replace(state.campus, bell_schedules=())
    day = Day(state, clock(10, 58))
    day.issue()
    day.requested(BEN)
    assert kinds_of(day.later(minutes=10)) == ["pass_overdue", "pass_lapsed"]


def test_time_knows_when_it_will_next_do_something(day: Day) -> None:
    start = day.now
    assert DECIDER.due(day.state) is None
    day.requested()
    assert DECIDER.due(day.state) == start + timedelta(minutes=10)
    day.issue(BEN)
    assert DECIDER.due(day.state) == start + timedelta(minutes=6)
    day.later(minutes=6)
    assert DECIDER.due(day.state) == start + timedelta(minutes=10)
    day.later(minutes=4)
    assert DECIDER.due(day.state) == start + timedelta(minutes=21)
    day.later(minutes=11)
    assert DECIDER.due(day.state) is None


def test_time_ends_a_pass_with_the_school_day_before_it_is_due() -> None:
    day = Day(now=clock(10, 58))
    day.issue()
    assert DECIDER.due(day.state) == clock(11)
