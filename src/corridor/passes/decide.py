"""What becomes of a command about a pass. Pure: state and time come in, events or an error go out."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.text import one_line
from corridor.campus.model import Location
from corridor.campus.timetable import day_ends_at, place_of, section_in
from corridor.day.state import Approval, Channel, Effect, EndedHow, Leg, Pass, PassType, SchoolState, Status
from corridor.ledger.words import Command, Decision, Event
from corridor.passes import commands as ask
from corridor.passes import events as happened
from corridor.rules.judge import judge
from corridor.rules.verdict import Ask, Judgement, Reason

MOST_MINUTES = 999
LONGEST_REASON = 200
_AGAINST = frozenset({Effect.REFUSE, Effect.WAIT})


class ShownReason(msgspec.Struct, frozen=True):
    """A reason as the asker may read it. `allowed_at`: when to ask again, null when time alone won't cure it."""

    code: str
    message: str
    allowed_at: datetime | None
    overridable: bool


class Refused(msgspec.Struct, frozen=True):
    """Why a pass was not given, strongest reason first."""

    reasons: tuple[ShownReason, ...]


def decide_request(state: SchoolState, command: ask.RequestPass, now: datetime) -> Decision:
    if command.student_id not in state.campus.students:
        raise NotFound("There is no such student at this school.")
    destination = _location(state, command.destination_id, "destination_id")
    origin_id, section_id = _origin(state, command, now)
    origin = _location(state, origin_id, "origin_id") if origin_id else None
    if origin_id == destination.id:
        raise InvalidInput("Origin and destination are the same place.", field="destination_id")
    pass_type = _pass_type(state, command.pass_type_id, destination)
    minutes = _minutes(command, pass_type)
    reason = _text(command.reason, "reason")
    lift_reason = _lift_reason(command)
    wish = Ask(command.student_id, destination, origin, pass_type, minutes, command.channel, besides=command.pass_id)
    judgement = judge(state, wish, now, command.lift)
    if judgement.effect in _AGAINST:
        return _refuse(command.pass_id, command.by, wish, judgement, at_approval=False)
    by_staff = command.channel is Channel.STAFF
    begins = by_staff or (pass_type.approval is Approval.NONE and judgement.effect is not Effect.NEEDS_STAFF)
    event = (happened.PassIssued if begins else happened.PassRequested)(
        pass_id=command.pass_id,
        by=command.by,
        student_id=command.student_id,
        origin_id=origin_id,
        destination_id=destination.id,
        section_id=section_id,
        pass_type_id=pass_type.id,
        minutes=minutes,
        channel=command.channel,
        reason=reason,
        lifted=tuple(lifted.code for lifted in judgement.lifted),
        lift_reason=lift_reason if judgement.lifted else None,
    )
    return Decision([event], about=command.pass_id)


def decide_approve(state: SchoolState, command: ask.ApprovePass, now: datetime) -> Decision:
    pass_ = _find(state, command)
    if pass_.status is Status.ACTIVE:
        return _nothing(pass_)
    _must_be(pass_, "approve", Status.REQUESTED)
    lift_reason = _lift_reason(command)
    origin = state.campus.locations[pass_.origin_id] if pass_.origin_id else None
    wish = Ask(
        pass_.student_id,
        state.campus.locations[pass_.destination_id],
        origin,
        state.pass_types[pass_.pass_type_id],
        pass_.minutes,
        pass_.channel,
        besides=pass_.id,
    )
    judgement = judge(state, wish, now, (*command.lift, *pass_.lifted))
    if judgement.effect in _AGAINST:
        return _refuse(pass_.id, command.by, wish, judgement, at_approval=True)
    lifted = tuple(reason.code for reason in judgement.lifted)
    return _one(pass_, happened.PassApproved(pass_.id, command.by, lifted, lift_reason if lifted else None))


def decide_deny(state: SchoolState, command: ask.DenyPass, now: datetime) -> Decision:
    pass_ = _find(state, command)
    if pass_.status is Status.DENIED:
        return _nothing(pass_)
    _must_be(pass_, "deny", Status.REQUESTED)
    return _one(pass_, happened.PassDenied(pass_.id, command.by, _text(command.reason, "reason")))


def decide_cancel(state: SchoolState, command: ask.CancelPass, now: datetime) -> Decision:
    pass_ = _find(state, command)
    if pass_.status is Status.CANCELLED:
        return _nothing(pass_)
    _must_be(pass_, "cancel", Status.REQUESTED)
    return _one(pass_, happened.PassCancelled(pass_.id, command.by))


def decide_arrive(state: SchoolState, command: ask.ArriveOnPass, now: datetime) -> Decision:
    pass_ = _find(state, command)
    one_way = not state.pass_types[pass_.pass_type_id].round_trip
    if pass_.leg is Leg.AT_DESTINATION or (one_way and pass_.ended_how is EndedHow.ARRIVED):
        return _nothing(pass_)
    _must_be(pass_, "arrive", Status.ACTIVE)
    if pass_.leg is not Leg.OUTBOUND:
        raise _wrong_state(pass_, "The student is already on the way back.")
    events: list[Event] = [happened.PassArrived(pass_.id, command.by)]
    if one_way:
        events.append(happened.PassEnded(pass_.id, command.by, EndedHow.ARRIVED))
    return Decision(events, about=pass_.id)


def decide_depart(state: SchoolState, command: ask.DepartOnPass, now: datetime) -> Decision:
    pass_ = _find(state, command)
    if pass_.leg is Leg.RETURNING and pass_.status is Status.ACTIVE:
        return _nothing(pass_)
    _must_be(pass_, "depart", Status.ACTIVE)
    return _one(pass_, happened.PassDeparted(pass_.id, command.by))


def decide_return(state: SchoolState, command: ask.ReturnPass, now: datetime) -> Decision:
    pass_ = _find(state, command)
    if pass_.ended_how is EndedHow.RETURNED:
        return _nothing(pass_)
    _must_be(pass_, "return", Status.ACTIVE)
    return _one(pass_, happened.PassEnded(pass_.id, command.by, EndedHow.RETURNED))


def decide_extend(state: SchoolState, command: ask.ExtendPass, now: datetime) -> Decision:
    pass_ = _find(state, command)
    _must_be(pass_, "extend", Status.ACTIVE)
    if not 1 <= command.minutes <= MOST_MINUTES - pass_.minutes:
        raise InvalidInput(
            f"Give between 1 and {MOST_MINUTES - pass_.minutes} minutes more; this pass has {pass_.minutes}.",
            field="minutes",
        )
    return _one(pass_, happened.PassExtended(pass_.id, command.by, command.minutes))


def decide_end(state: SchoolState, command: ask.EndPass, now: datetime) -> Decision:
    pass_ = _find(state, command)
    if pass_.ended_how is EndedHow.STAFF:
        return _nothing(pass_)
    _must_be(pass_, "end", Status.ACTIVE)
    return _one(pass_, happened.PassEnded(pass_.id, command.by, EndedHow.STAFF))


DECIDE: dict[type[Command], Callable[..., Decision]] = {
    ask.RequestPass: decide_request,
    ask.ApprovePass: decide_approve,
    ask.DenyPass: decide_deny,
    ask.CancelPass: decide_cancel,
    ask.ArriveOnPass: decide_arrive,
    ask.DepartOnPass: decide_depart,
    ask.ReturnPass: decide_return,
    ask.ExtendPass: decide_extend,
    ask.EndPass: decide_end,
}


def tick(state: SchoolState, now: datetime) -> list[Event]:
    """What time alone does by `now`: requests lapse, passes fall overdue, end by themselves, end with the day."""
    events: list[Event] = []
    for pass_ in state.passes.values():
        if pass_.status is Status.REQUESTED:
            if _lapses_at(state, pass_) <= now:
                events.append(happened.PassLapsed(pass_.id))
            continue
        assert pass_.due_at is not None
        ends_at, how = _ends_by_itself(state, pass_)
        if not pass_.overdue and pass_.due_at <= now and pass_.due_at < ends_at:
            events.append(happened.PassOverdue(pass_.id))
        if ends_at <= now:
            events.append(happened.PassEnded(pass_.id, None, how))
    return events


def due(state: SchoolState) -> datetime | None:
    """When `tick` will next have something to say."""
    return min((_due(state, pass_) for pass_ in state.passes.values()), default=None)


def _due(state: SchoolState, pass_: Pass) -> datetime:
    if pass_.status is Status.REQUESTED:
        return _lapses_at(state, pass_)
    assert pass_.due_at is not None
    ends_at, _ = _ends_by_itself(state, pass_)
    return ends_at if pass_.overdue else min(pass_.due_at, ends_at)


def _lapses_at(state: SchoolState, pass_: Pass) -> datetime:
    lapse = pass_.requested_at + timedelta(minutes=state.settings.lapse_minutes)
    day_end = day_ends_at(state.campus, pass_.requested_at)
    return min(lapse, day_end) if day_end else lapse


def _ends_by_itself(state: SchoolState, pass_: Pass) -> tuple[datetime, EndedHow]:
    assert pass_.due_at is not None
    assert pass_.started_at is not None
    auto = pass_.due_at + timedelta(minutes=state.settings.grace_minutes)
    day_end = day_ends_at(state.campus, pass_.started_at)
    return (day_end, EndedHow.DAY_END) if day_end and day_end <= auto else (auto, EndedHow.AUTO)


def _one(pass_: Pass, event: Event) -> Decision:
    return Decision([event], about=pass_.id)


def _nothing(pass_: Pass) -> Decision:
    """It is so already: someone else was quicker, or asked twice."""
    return Decision([], about=pass_.id)


def _find(state: SchoolState, command: ask.OnPass) -> Pass:
    pass_ = state.passes.get(command.pass_id) or state.closed.get(command.pass_id)
    if pass_ is None or command.student_only not in (None, pass_.student_id):
        raise NotFound("There is no such pass open today.")
    return pass_


def _must_be(pass_: Pass, verb: str, status: Status) -> None:
    if pass_.status is not status:
        raise _wrong_state(pass_, f"Only a pass that is {status} can take '{verb}'; this one is {pass_.status}.")


def _wrong_state(pass_: Pass, detail: str) -> Conflict:
    return Conflict(detail, code="wrong_state", pass_status=pass_.status)


def _location(state: SchoolState, location_id: UUID, field: str) -> Location:
    location = state.campus.locations.get(location_id)
    if location is None or not location.active:
        raise InvalidInput("There is no such location at this school.", field=field)
    return location


def _origin(state: SchoolState, command: ask.RequestPass, now: datetime) -> tuple[UUID | None, UUID | None]:
    """Origin and section: as given, else by the timetable, unless its room is out of use."""
    if command.origin_id:
        return command.origin_id, section_in(state.campus, command.student_id, command.origin_id, now)
    place = place_of(state.campus, command.student_id, now)
    if place is None:
        return None, None
    room = state.campus.locations.get(place.location_id) if place.location_id else None
    known = room is not None and room.active and room.id != command.destination_id
    return place.location_id if known else None, place.section_id


def _pass_type(state: SchoolState, pass_type_id: UUID | None, destination: Location) -> PassType:
    active = [pass_type for pass_type in state.pass_types.values() if pass_type.active]
    if pass_type_id:
        for pass_type in active:
            if pass_type.id == pass_type_id:
                return pass_type
        raise InvalidInput("There is no such pass type at this school.", field="pass_type_id")
    for pass_type in active:
        if destination.kind in pass_type.kinds:
            return pass_type
    if not active:
        raise InvalidInput("This school has no pass types. An administrator must add one.", field="pass_type_id")
    return active[-1]


def _minutes(command: ask.RequestPass, pass_type: PassType) -> int:
    if command.minutes is None:
        return pass_type.minutes
    most = MOST_MINUTES if command.channel is Channel.STAFF else pass_type.most_minutes
    if not 1 <= command.minutes <= most:
        raise InvalidInput(f"A {pass_type.name} pass may last 1 to {most} minutes.", field="minutes")
    return command.minutes


def _text(value: str | None, field: str) -> str | None:
    text = one_line(value or "")
    if len(text) > LONGEST_REASON:
        raise InvalidInput(f"Write at most {LONGEST_REASON} characters; this has {len(text)}.", field=field)
    return text or None


def _lift_reason(command: ask.RequestPass | ask.ApprovePass) -> str | None:
    reason = _text(command.lift_reason, "override.reason")
    if command.lift and not reason:
        raise InvalidInput("Say why you override a rule.", field="override.reason")
    return reason


def _refuse(pass_id: UUID, by: UUID, wish: Ask, judgement: Judgement, *, at_approval: bool) -> Decision:
    against: Sequence[Reason] = [reason for reason in judgement.reasons if reason.effect in _AGAINST]
    to_staff = at_approval or wish.channel is Channel.STAFF
    event = happened.PassRefused(
        pass_id=pass_id,
        by=by,
        student_id=wish.student_id,
        origin_id=wish.origin.id if wish.origin else None,
        destination_id=wish.destination.id,
        pass_type_id=wish.pass_type.id,
        channel=wish.channel,
        at_approval=at_approval,
        codes=tuple(reason.code for reason in against),
        rule_ids=tuple(reason.rule_id for reason in against),
    )
    shown = tuple(
        ShownReason(
            reason.code,
            reason.staff_message if to_staff else reason.message,
            reason.allowed_at,
            overridable=to_staff and reason.overridable,
        )
        for reason in against
    )
    return Decision([event], about=Refused(shown), refused=True)
