"""How events change a pass, and the school's state with it. Pure."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from msgspec.structs import asdict, replace

from corridor.campus.timetable import local, term_span, week_of
from corridor.day.state import OPEN, Leg, Outings, Pass, SchoolState, Status, Tally, Visits
from corridor.ledger.words import Event, Recorded
from corridor.passes import events as happened
from corridor.rules.capacity_into import takes_a_place
from corridor.rules.limit import seconds_out

K = TypeVar("K")


def draft(state: SchoolState) -> SchoolState:
    """A copy whose own dictionaries may be changed; what is in them is shared."""
    return replace(
        state,
        passes=state.passes.copy(),
        closed=state.closed.copy(),
        of_student=state.of_student.copy(),
        going_to=state.going_to.copy(),
        out_of=state.out_of.copy(),
        lines=state.lines.copy(),
        visits=state.visits.copy(),
        week=state.week.copy(),
        term=state.term.copy(),
    )


def advance(pass_: Pass | None, recorded: Recorded) -> Pass:
    """The pass after one of its events; None before its first."""
    event = recorded.event
    if pass_ is None:
        assert isinstance(event, happened.Asked), f"{recorded.kind} is not the first event of a pass"
        return _asked(event, recorded)
    return _ADVANCE[type(event)](pass_, event, recorded)


def _asked(event: happened.Asked, recorded: Recorded) -> Pass:
    asked = Pass(
        id=event.pass_id,
        school_id=recorded.school_id,
        seq=recorded.seq,
        student_id=event.student_id,
        origin_id=event.origin_id,
        destination_id=event.destination_id,
        section_id=event.section_id,
        pass_type_id=event.pass_type_id,
        status=Status.REQUESTED,
        minutes=event.minutes,
        channel=event.channel,
        requested_at=recorded.recorded_at,
        requested_by=event.by,
        reason=event.reason,
        lifted=event.lifted,
        lift_reason=event.lift_reason,
        noted=event.noted,
    )
    match event:
        case happened.PassIssued():
            return _start(asked, recorded)
        case happened.PassQueued():
            return replace(asked, status=Status.WAITING, line=event.line)
        case happened.PassScheduled():
            return replace(
                asked,
                status=Status.SCHEDULED,
                planned_at=event.planned_at,
                appointment_id=event.appointment_id,
                by_itself=event.by_itself,
                declinable=event.declinable,
            )
        case _:
            return asked


def _approve(pass_: Pass, event: happened.PassApproved, recorded: Recorded) -> Pass:
    approved = replace(_lifted(pass_, event), decided_by=event.by)
    if event.line is None:
        return _start(approved, recorded)
    return replace(approved, status=Status.WAITING, line=event.line)


def _extend(pass_: Pass, event: happened.PassExtended, recorded: Recorded) -> Pass:
    assert pass_.due_at is not None
    due_at = pass_.due_at + timedelta(minutes=event.minutes)
    overdue = pass_.overdue and due_at <= recorded.recorded_at
    return replace(pass_, minutes=pass_.minutes + event.minutes, due_at=due_at, overdue=overdue)


_ADVANCE: dict[type[Any], Callable[[Pass, Any, Recorded], Pass]] = {
    happened.PassApproved: _approve,
    happened.PassStarted: lambda pass_, event, recorded: _start(_lifted(pass_, event), recorded),
    happened.PassDenied: lambda pass_, event, recorded: _close(
        pass_, recorded, Status.DENIED, decided_by=event.by, deny_reason=event.reason
    ),
    happened.PassCancelled: lambda pass_, event, recorded: _close(pass_, recorded, Status.CANCELLED, ended_by=event.by),
    happened.PassLapsed: lambda pass_, event, recorded: _close(pass_, recorded, Status.LAPSED),
    happened.PassOffered: lambda pass_, event, recorded: replace(pass_, offered_until=event.until),
    happened.PassOfferMissed: lambda pass_, event, recorded: replace(
        pass_, offered_until=None, misses=pass_.misses + 1
    ),
    happened.PassOfferWithdrawn: lambda pass_, event, recorded: replace(pass_, offered_until=None),
    happened.PassLineOrdered: lambda pass_, event, recorded: replace(pass_, line=event.pass_ids.index(pass_.id) + 1),
    happened.PassHeld: lambda pass_, event, recorded: replace(pass_, held_until=event.until),
    happened.PassArrived: lambda pass_, event, recorded: replace(
        pass_, leg=Leg.AT_DESTINATION, arrived_at=recorded.recorded_at
    ),
    happened.PassDeparted: lambda pass_, event, recorded: replace(
        pass_, leg=Leg.RETURNING, departed_at=recorded.recorded_at
    ),
    happened.PassExtended: _extend,
    happened.PassOverdue: lambda pass_, event, recorded: replace(pass_, overdue=True),
    happened.PassEnded: lambda pass_, event, recorded: _close(
        pass_, recorded, Status.ENDED, ended_by=event.by, ended_how=event.how
    ),
    happened.PassCorrected: lambda pass_, event, recorded: replace(pass_, **asdict(event.after)),
}


def evolve_pass(draft: SchoolState, recorded: Recorded) -> None:
    """Advance the draft by an event of a pass."""
    assert recorded.event is not None
    for pass_id in happened.passes_of(recorded.event):
        _put(draft, advance(draft.passes.get(pass_id), recorded))


def _put(draft: SchoolState, after: Pass) -> None:
    before = draft.passes.pop(after.id, None)
    if before:
        count(draft, before, -1)
    if after.status in OPEN:
        draft.passes[after.id] = after
        count(draft, after, +1)
    else:
        draft.closed[after.id] = after
        visit(draft, after)
    if before is None:
        draft.of_student[after.student_id] = (*draft.of_student.get(after.student_id, ()), after.id)
    if Status.WAITING in (after.status, before.status if before else None):
        _line_up(draft, after)
    _tally(draft, before, after)


def evolve_correction(draft: SchoolState, recorded: Recorded) -> None:
    """Advance the draft by a correction: of a pass of today, or of one that only the tallies still know of."""
    event = recorded.event
    assert isinstance(event, happened.PassCorrected)
    before = draft.closed.get(event.pass_id)
    after = advance(before or event.before, recorded)
    if before:
        draft.closed[after.id] = after
        visit(draft, before, -1)
        visit(draft, after)
    for tallies, counts in _spans(draft, after):
        if counts:
            _count_out(tallies, before or event.before, -1)
            _count_out(tallies, after, +1)


def suppose(draft: SchoolState, event: Event, now: datetime) -> None:
    """Advance the draft by an event of a known pass that is about to be recorded."""
    school_id = draft.campus.school.id
    evolve_pass(draft, Recorded(school_id, 0, now, event.kind, event, school_id))


def evolve_refusal(draft: SchoolState, recorded: Recorded) -> None:
    """A refusal changes nothing; it is kept for whoever asks later."""


EVOLVE: dict[type[Event], Callable[[SchoolState, Recorded], None]] = {
    **dict.fromkeys(
        (happened.PassRequested, happened.PassIssued, happened.PassQueued, happened.PassScheduled, *_ADVANCE),
        evolve_pass,
    ),
    happened.PassCorrected: evolve_correction,
    happened.PassRefused: evolve_refusal,
}


def begin_day(draft: SchoolState, recorded: Recorded) -> None:
    """Come to the instant of this event, whichever room it is of, and forget what a new day, week or term forgets."""
    draft.as_of = recorded.recorded_at
    campus, before = draft.campus, draft.day
    day = local(campus, recorded.recorded_at).date()
    if day <= before:
        return
    draft.day = day
    draft.closed = {}
    draft.visits = {}
    draft.of_student = {
        student_id: kept
        for student_id, pass_ids in draft.of_student.items()
        if (kept := tuple(pass_id for pass_id in pass_ids if pass_id in draft.passes))
    }
    if week_of(day) != week_of(before):
        draft.week = {}
    if term_span(campus, day) != term_span(campus, before):
        draft.term = {}


def _start(pass_: Pass, recorded: Recorded) -> Pass:
    at = recorded.recorded_at
    return replace(
        pass_,
        status=Status.ACTIVE,
        leg=Leg.OUTBOUND,
        started_at=at,
        due_at=at + timedelta(minutes=pass_.minutes),
        line=None,
        offered_until=None,
        held_until=None,
    )


def _lifted(pass_: Pass, event: happened.PassApproved | happened.PassStarted) -> Pass:
    return replace(
        pass_,
        lifted=tuple(dict.fromkeys((*pass_.lifted, *event.lifted))),
        lift_reason=event.lift_reason or pass_.lift_reason,
        noted=tuple(dict.fromkeys((*pass_.noted, *event.noted))),
    )


def _close(pass_: Pass, recorded: Recorded, status: Status, **changes: object) -> Pass:
    return replace(
        pass_,
        status=status,
        leg=None,
        line=None,
        offered_until=None,
        held_until=None,
        ended_at=recorded.recorded_at,
        **changes,
    )


def count(draft: SchoolState, pass_: Pass, step: int) -> None:
    """Count an active pass at its destination and out of its origin, or take it back with a step of -1."""
    if pass_.status is not Status.ACTIVE:
        return
    if takes_a_place(pass_):
        _add(draft.going_to, pass_.destination_id, step)
    _add(draft.out_of, pass_.origin_id, step)


def visit(draft: SchoolState, pass_: Pass, step: int = 1) -> None:
    """Remember how long a stay took that someone saw the end of, or take it back with a step of -1."""
    left = pass_.departed_at or pass_.ended_at
    if pass_.measured and pass_.started_at and left:
        seconds = (left - pass_.started_at) // timedelta(seconds=1)
        so_far = draft.visits.pop(pass_.destination_id, Visits())
        if so_far.number + step:
            draft.visits[pass_.destination_id] = Visits(so_far.number + step, so_far.seconds + step * seconds)


def line_of(passes: Iterable[Pass]) -> tuple[UUID, ...]:
    """Those who wait, in order."""
    return tuple(pass_.id for pass_ in sorted(passes, key=lambda pass_: (pass_.line or 0, pass_.seq)))


def _line_up(draft: SchoolState, changed: Pass) -> None:
    place_id = changed.destination_id
    waiting = {*draft.lines.get(place_id, ()), changed.id}
    line = line_of(
        draft.passes[id] for id in waiting if id in draft.passes and draft.passes[id].status is Status.WAITING
    )
    if line:
        draft.lines[place_id] = line
    else:
        draft.lines.pop(place_id, None)


def _tally(draft: SchoolState, before: Pass | None, after: Pass) -> None:
    """Count a pass when it starts, and its time when it ends, in the week and the term in which it started."""
    if after.started_at is None or before == after:
        return
    started = before is None or before.started_at is None
    ended = after.status is Status.ENDED
    if not (started or ended):
        return
    outings = Outings(after.destination_id, after.pass_type_id, after.channel)
    for tallies, counts in _spans(draft, after):
        if counts:
            mine = tallies.get(after.student_id, {})
            so_far = mine.get(outings, Tally())
            more = Tally(so_far.passes + started, so_far.seconds + (seconds_out(after) if ended else 0))
            tallies[after.student_id] = {**mine, outings: more}


def _spans(draft: SchoolState, pass_: Pass) -> tuple[tuple[dict[UUID, Mapping[Outings, Tally]], bool], ...]:
    """The tallies of the week and of the term, and whether the pass counts in them by when it started."""
    assert pass_.started_at
    day = local(draft.campus, pass_.started_at).date()
    term = term_span(draft.campus, draft.day)
    return (
        (draft.week, week_of(day) == week_of(draft.day)),
        (draft.term, term is not None and term_span(draft.campus, day) == term),
    )


def _count_out(tallies: dict[UUID, Mapping[Outings, Tally]], pass_: Pass, step: int) -> None:
    """Count a pass that is over, with its time, or take it back with a step of -1."""
    outings = Outings(pass_.destination_id, pass_.pass_type_id, pass_.channel)
    mine = dict(tallies.pop(pass_.student_id, {}))
    so_far = mine.pop(outings, Tally())
    if so_far.passes + step:
        mine[outings] = Tally(so_far.passes + step, so_far.seconds + step * seconds_out(pass_))
    if mine:
        tallies[pass_.student_id] = mine


def _add(counts: dict[K, int], key: K, step: int) -> None:
    count = counts.get(key, 0) + step
    if count:
        counts[key] = count
    else:
        del counts[key]
