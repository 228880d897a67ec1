"""The record of a pass that is over is put right: a new event, with what was said before, and every count with it."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from corridor.base.errors import Conflict, CorridorError, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.day.state import EndedHow, Pass, Tally, Visits
from corridor.passes import commands as ask
from corridor.passes import events as happened
from corridor.passes.load import PASS_TABLE, pass_rows
from corridor.passes.room import PassRebuild
from tests.day_state import LIBRARY, RESTROOM, STUDENTS, TEACHER, Day, clock, loaded_afresh

ANA, BEN = STUDENTS[:2]


@pytest.fixture
def day() -> Day:
    return Day()


def over(day: Day, minutes: int = 7, student_id: Any = ANA, destination_id: Any = RESTROOM) -> Pass:
    """A pass of so many minutes that is over."""
    pass_ = day.issue(student_id, destination_id)
    day.later(minutes=minutes)
    day.submit(ask.ReturnPass(pass_.id, student_id))
    return day[pass_.id]


def correct(day: Day, pass_: Pass, note: str = "The bell had rung.", **corrections: Any) -> Pass:
    """The pass as the read table has it afterwards."""
    command = ask.CorrectPass(
        pass_id=pass_.id, by=TEACHER, known=pass_, corrections=ask.Corrections(**corrections), note=note
    )
    day.submit(command)
    assert day.state == loaded_afresh(day.state, day.events)
    [row] = pass_rows(day.state, day.events[-1:])[PASS_TABLE]
    assert isinstance(row, Pass)
    return row


def test_a_pass_of_today_is_corrected_with_all_that_counts_it(day: Day) -> None:
    pass_ = over(day, 7)
    over(day, 3, BEN)
    assert pass_.ended_at
    ended_at = pass_.ended_at - timedelta(minutes=2)

    after = correct(day, pass_, ended_at=ended_at)

    assert after == day[pass_.id] == replace(pass_, ended_at=ended_at, overdue=False)
    assert sum(tally.seconds for tally in day.state.week[ANA].values()) == 300
    assert day.state.visits[RESTROOM] == Visits(2, 480)


def test_the_event_says_who_and_why_and_what_was_said_before(day: Day) -> None:
    pass_ = over(day)
    request_id = new_id()
    corrections = ask.Corrections(ended_how=EndedHow.STAFF)
    day.submit(
        ask.CorrectPass(
            pass_id=pass_.id, by=TEACHER, known=pass_, corrections=corrections, note=" Why. ", request_id=request_id
        )
    )
    event = day.events[-1].event
    assert isinstance(event, happened.PassCorrected)
    assert (event.by, event.note, event.request_id, event.before) == (TEACHER, "Why.", request_id, pass_)
    assert event.after.ended_how is EndedHow.STAFF
    assert event.private


def test_another_place_is_counted_there_and_no_more_where_it_was(day: Day) -> None:
    pass_ = over(day)
    correct(day, pass_, destination_id=LIBRARY)
    assert set(day.state.visits) == {LIBRARY}
    assert [outings.destination_id for outings in day.state.term[ANA]] == [LIBRARY]


def test_time_that_nobody_measured_counts_as_at_most_what_was_given(day: Day) -> None:
    pass_ = over(day, 9)
    correct(day, pass_, ended_how=EndedHow.AUTO)
    assert day.state.visits == {}
    assert list(day.state.week[ANA].values()) == [Tally(1, pass_.minutes * 60)]
    correct(day, day[pass_.id], ended_how=EndedHow.RETURNED)
    assert list(day.state.week[ANA].values()) == [Tally(1, 9 * 60)]


def test_when_it_began_moves_when_it_was_due(day: Day) -> None:
    pass_ = over(day, 9)
    assert pass_.started_at
    assert pass_.due_at
    assert pass_.overdue
    after = correct(day, pass_, started_at=pass_.started_at + timedelta(minutes=4))
    assert after.due_at == pass_.due_at + timedelta(minutes=4)
    assert not after.overdue


def test_an_arrival_is_added_and_taken_back(day: Day) -> None:
    pass_ = over(day)
    assert pass_.started_at
    there, gone = (pass_.started_at + timedelta(minutes=minutes) for minutes in (2, 4))
    after = correct(day, pass_, arrived_at=there, departed_at=gone)
    assert (after.arrived_at, after.departed_at) == (there, gone)
    assert day.state.visits[RESTROOM] == Visits(1, 240)
    back = correct(day, after, no_arrival=True, no_departure=True)
    assert (back.arrived_at, back.departed_at) == (None, None)
    assert day.state.visits[RESTROOM] == Visits(1, 420)


def test_a_pass_of_another_day_of_the_week_is_corrected(day: Day) -> None:
    pass_ = over(day)
    day.now = clock(8, 30) + timedelta(days=1)
    over(day, 5, BEN)
    assert pass_.id not in day.state.closed
    assert pass_.ended_at

    after = correct(day, pass_, ended_at=pass_.ended_at - timedelta(minutes=3))

    assert after.ended_at == pass_.ended_at - timedelta(minutes=3)
    assert pass_.id not in day.state.closed
    assert list(day.state.week[ANA].values()) == [Tally(1, 240)]
    assert day.state.visits[RESTROOM] == Visits(1, 300)


def test_a_pass_of_an_earlier_week_changes_the_term_alone(day: Day) -> None:
    pass_ = over(day)
    day.now = clock(8, 30) + timedelta(days=7)
    over(day, 5, BEN)
    correct(day, pass_, destination_id=LIBRARY)
    assert ANA not in day.state.week
    assert [outings.destination_id for outings in day.state.term[ANA]] == [LIBRARY]


def test_the_ledger_explains_the_row(day: Day) -> None:
    pass_ = over(day)
    after = correct(day, pass_, destination_id=LIBRARY, ended_how=EndedHow.STAFF)
    rebuild = PassRebuild()
    for recorded in day.events:
        rebuild.add(recorded)
    row = rebuild.tables()[PASS_TABLE][pass_.id]
    assert (row["destination_id"], row["ended_how"]) == (after.destination_id, after.ended_how)
    assert pass_.id not in rebuild.unknown()


def test_a_row_that_was_tampered_with_before_is_not_explained_by_the_correction(day: Day) -> None:
    pass_ = over(day)
    day.now = clock(8, 30) + timedelta(days=1)
    over(day, 5, BEN)
    tampered = replace(pass_, minutes=60)
    written = day.submit(
        ask.CorrectPass(
            pass_id=pass_.id,
            by=TEACHER,
            known=tampered,
            corrections=ask.Corrections(ended_how=EndedHow.STAFF),
            note="x",
        )
    )
    assert written.events
    [row] = pass_rows(day.state, day.events[-1:])[PASS_TABLE]
    rebuild = PassRebuild()
    for recorded in day.events:
        rebuild.add(recorded)
    assert rebuild.tables()[PASS_TABLE][pass_.id]["minutes"] != row.minutes  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("minutes", "error"),
    [
        ({"started_at": 8}, InvalidInput),
        ({"ended_at": -1}, InvalidInput),
        ({"arrived_at": 5, "departed_at": 3}, InvalidInput),
        ({"departed_at": 9}, InvalidInput),
        ({"ended_at": 60}, InvalidInput),
        ({"started_at": -24 * 60}, InvalidInput),
        ({"started_at": -9 * 60}, InvalidInput),
        ({"arrived_at": -48 * 60}, InvalidInput),
        ({}, InvalidInput),
    ],
)
def test_times_that_make_no_sense_are_refused(day: Day, minutes: dict[str, int], error: type[CorridorError]) -> None:
    pass_ = over(day)
    assert pass_.started_at
    wanted: dict[str, Any] = {name: pass_.started_at + timedelta(minutes=number) for name, number in minutes.items()}
    with pytest.raises(error):
        correct(day, pass_, **wanted)


def test_a_correction_needs_a_reason_and_a_place_that_is_there(day: Day) -> None:
    pass_ = over(day)
    with pytest.raises(InvalidInput, match="why"):
        correct(day, pass_, note="  ", destination_id=LIBRARY)
    with pytest.raises(NotFound):
        correct(day, pass_, destination_id=new_id())


def test_what_is_not_over_or_never_began_is_not_corrected(day: Day) -> None:
    out = day.issue()
    asking = day.requested(BEN)
    day.submit(ask.DenyPass(asking.id, TEACHER))
    for pass_ in (day[out.id], day[asking.id]):
        with pytest.raises(Conflict):
            correct(day, pass_, destination_id=LIBRARY)
    day.later(minutes=2)
    day.submit(ask.ReturnPass(out.id, ANA))
    stale = replace(day[out.id], destination_id=LIBRARY)
    assert correct(day, stale, ended_how=EndedHow.STAFF).destination_id == RESTROOM
