"""How events change a pass, and the school's state with it. Pure."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from corridor.campus.timetable import local
from corridor.day.state import OPEN, Leg, Pass, SchoolState, Status
from corridor.ledger.words import Event, Recorded
from corridor.passes import events as happened
from corridor.rules.capacity import takes_a_place


def advance(pass_: Pass | None, recorded: Recorded) -> Pass:
    """The pass after one of its events; None before its first."""
    event, at = recorded.event, recorded.recorded_at
    if isinstance(event, happened.PassRequested | happened.PassIssued):
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
            requested_at=at,
            requested_by=event.by,
            reason=event.reason,
            lifted=event.lifted,
            lift_reason=event.lift_reason,
        )
        return asked if isinstance(event, happened.PassRequested) else _start(asked, recorded)
    assert pass_ is not None
    match event:
        case happened.PassApproved():
            lifted = tuple(dict.fromkeys((*pass_.lifted, *event.lifted)))
            approved = replace(
                pass_, decided_by=event.by, lifted=lifted, lift_reason=event.lift_reason or pass_.lift_reason
            )
            return _start(approved, recorded)
        case happened.PassDenied():
            return _close(pass_, recorded, Status.DENIED, decided_by=event.by, deny_reason=event.reason)
        case happened.PassCancelled():
            return _close(pass_, recorded, Status.CANCELLED, ended_by=event.by)
        case happened.PassLapsed():
            return _close(pass_, recorded, Status.LAPSED)
        case happened.PassArrived():
            return replace(pass_, leg=Leg.AT_DESTINATION, arrived_at=at)
        case happened.PassDeparted():
            return replace(pass_, leg=Leg.RETURNING, departed_at=at)
        case happened.PassExtended():
            assert pass_.due_at is not None
            due_at = pass_.due_at + timedelta(minutes=event.minutes)
            return replace(
                pass_, minutes=pass_.minutes + event.minutes, due_at=due_at, overdue=pass_.overdue and due_at <= at
            )
        case happened.PassOverdue():
            return replace(pass_, overdue=True)
        case happened.PassEnded():
            return _close(pass_, recorded, Status.ENDED, ended_by=event.by, ended_how=event.how)
        case _:
            raise TypeError(f"{type(event).__name__} is no event of a pass")


def evolve_pass(draft: SchoolState, recorded: Recorded) -> None:
    """Advance the draft by an event of a pass."""
    pass_id: UUID = recorded.event.pass_id  # type: ignore[union-attr]
    before = draft.passes.pop(pass_id, None)
    if before:
        count(draft, before, -1)
    after = advance(before, recorded)
    if after.status in OPEN:
        draft.passes[pass_id] = after
        count(draft, after, +1)
    else:
        draft.closed[pass_id] = after
    if before is None:
        draft.of_student[after.student_id] = (*draft.of_student.get(after.student_id, ()), pass_id)


def evolve_refusal(draft: SchoolState, recorded: Recorded) -> None:
    """A refusal changes nothing; it is kept for whoever asks later."""


EVOLVE: dict[type[Event], Callable[[SchoolState, Recorded], None]] = {
    happened.PassRequested: evolve_pass,
    happened.PassIssued: evolve_pass,
    happened.PassRefused: evolve_refusal,
    happened.PassApproved: evolve_pass,
    happened.PassDenied: evolve_pass,
    happened.PassCancelled: evolve_pass,
    happened.PassLapsed: evolve_pass,
    happened.PassArrived: evolve_pass,
    happened.PassDeparted: evolve_pass,
    happened.PassExtended: evolve_pass,
    happened.PassOverdue: evolve_pass,
    happened.PassEnded: evolve_pass,
}


def begin_day(draft: SchoolState, recorded: Recorded) -> None:
    """Forget what was closed before the local day of this event, whichever room it is of."""
    day = local(draft.campus, recorded.recorded_at).date()
    if day <= draft.day:
        return
    draft.day = day
    draft.closed = {}
    draft.of_student = {
        student_id: kept
        for student_id, pass_ids in draft.of_student.items()
        if (kept := tuple(pass_id for pass_id in pass_ids if pass_id in draft.passes))
    }


def _start(pass_: Pass, recorded: Recorded) -> Pass:
    at = recorded.recorded_at
    return replace(
        pass_, status=Status.ACTIVE, leg=Leg.OUTBOUND, started_at=at, due_at=at + timedelta(minutes=pass_.minutes)
    )


def _close(pass_: Pass, recorded: Recorded, status: Status, **changes: object) -> Pass:
    return replace(pass_, status=status, leg=None, ended_at=recorded.recorded_at, **changes)


def count(draft: SchoolState, pass_: Pass, step: int) -> None:
    """Count an active pass at its destination and out of its origin, or take it back with a step of -1."""
    if pass_.status is not Status.ACTIVE:
        return
    if takes_a_place(pass_):
        _add(draft.going_to, pass_.destination_id, step)
    if pass_.origin_id:
        _add(draft.out_of, pass_.origin_id, step)


def _add(counts: dict[UUID, int], key: UUID, step: int) -> None:
    count = counts.get(key, 0) + step
    if count:
        counts[key] = count
    else:
        del counts[key]
