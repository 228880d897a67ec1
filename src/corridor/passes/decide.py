"""What becomes of a command about a pass. Pure: state and time come in, events or an error go out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.day.state import EndedHow, Leg, Pass, SchoolState, Status
from corridor.day.words import Effect
from corridor.ledger.words import Command, Decision, Event
from corridor.passes import commands as ask
from corridor.passes import events as happened
from corridor.passes.correction import decide_correct
from corridor.passes.line import last_in_line
from corridor.passes.refusal import refuse
from corridor.passes.wish import MOST_MINUTES, Outcome, ask_of, short_text, think_through
from corridor.rules.judge import judge
from corridor.rules.verdict import Ask


def decide_request(state: SchoolState, command: ask.RequestPass, now: datetime) -> Decision:
    wish = think_through(state, command, now)
    reason = short_text(command.reason, "reason")
    lift_reason = _lift_reason(command)
    if wish.outcome is Outcome.REFUSED:
        return refuse(
            state,
            command.pass_id,
            command.by,
            wish.ask,
            wish.judgement,
            now,
            at_approval=False,
            lift=command.lift,
            may_wait=command.may_wait,
        )
    lifted = wish.judgement.lifted
    fields: dict[str, Any] = {
        "pass_id": command.pass_id,
        "by": command.by,
        "student_id": command.student_id,
        "origin_id": wish.ask.origin.id if wish.ask.origin else None,
        "destination_id": wish.ask.destination.id,
        "section_id": wish.section_id,
        "pass_type_id": wish.ask.pass_type.id,
        "minutes": wish.ask.minutes,
        "channel": command.channel,
        "reason": reason,
        "lifted": tuple(reason.code for reason in lifted),
        "lift_reason": lift_reason if lifted else None,
        "noted": wish.judgement.noted,
    }
    event: Event
    match wish.outcome:
        case Outcome.BEGINS:
            event = happened.PassIssued(**fields)
        case Outcome.WAITS:
            event = happened.PassQueued(**fields, line=last_in_line(state, command.destination_id) + 1)
        case _:
            event = happened.PassRequested(**fields)
    return Decision([event], about=command.pass_id)


def decide_approve(state: SchoolState, command: ask.ApprovePass, now: datetime) -> Decision:
    pass_ = _find(state, command)
    if pass_.status in (Status.ACTIVE, Status.WAITING):
        return _nothing(pass_)
    _must_be(pass_, "approve", Status.REQUESTED)
    lift_reason = _lift_reason(command)
    wish = _ask_of(state, pass_)
    lift = (*command.lift, *pass_.lifted)
    judgement = judge(state, wish, now, lift)
    if judgement.effect is Effect.REFUSE:
        return refuse(state, pass_.id, command.by, wish, judgement, now, at_approval=True, lift=lift, may_wait=True)
    lifted = tuple(reason.code for reason in judgement.lifted)
    waits = judgement.effect is Effect.WAIT
    event = happened.PassApproved(
        pass_.id,
        command.by,
        lifted,
        lift_reason if lifted else None,
        judgement.noted,
        last_in_line(state, pass_.destination_id) + 1 if waits else None,
    )
    return _one(pass_, event)


def decide_start(state: SchoolState, command: ask.StartPass, now: datetime) -> Decision:
    pass_ = _find(state, command)
    if pass_.status is Status.ACTIVE:
        return _nothing(pass_)
    if pass_.status not in (Status.WAITING, Status.SCHEDULED):
        raise _wrong_state(pass_, f"Only a pass that waits or is scheduled can begin; this one is {pass_.status}.")
    lift_reason = _lift_reason(command)
    if command.student_only is not None and not _their_turn(pass_, now):
        raise Conflict("It is not your turn yet. You will be told when it is.", code="not_your_turn")
    wish = _ask_of(state, pass_)
    lift = (*command.lift, *pass_.lifted)
    judgement = judge(state, wish, now, lift)
    if judgement.against:
        alone = command.student_only is not None
        refusal = refuse(
            state, pass_.id, command.by, wish, judgement, now, at_approval=not alone, to_student=alone, lift=lift
        )
        withdrawn = [happened.PassOfferWithdrawn(pass_.id)] if pass_.offered_until else []
        return Decision([*refusal.events, *withdrawn], about=refusal.about, refused=True)
    lifted = tuple(reason.code for reason in judgement.lifted)
    event = happened.PassStarted(pass_.id, command.by, lifted, lift_reason if lifted else None, judgement.noted)
    return _one(pass_, event)


def decide_move_in_line(state: SchoolState, command: ask.MoveInLine, now: datetime) -> Decision:
    pass_ = _find(state, command)
    _must_be(pass_, "move", Status.WAITING)
    line = state.lines[pass_.destination_id]
    if not 1 <= command.place <= len(line):
        raise InvalidInput(f"Give a place from 1 to {len(line)}.", field="place")
    others = [pass_id for pass_id in line if pass_id != pass_.id]
    order = (*others[: command.place - 1], pass_.id, *others[command.place - 1 :])
    if order == line:
        return _nothing(pass_)
    return _one(pass_, happened.PassLineOrdered(pass_.destination_id, order, command.by))


def decide_deny(state: SchoolState, command: ask.DenyPass, now: datetime) -> Decision:
    pass_ = _find(state, command)
    if pass_.status is Status.DENIED:
        return _nothing(pass_)
    _must_be(pass_, "deny", Status.REQUESTED)
    return _one(pass_, happened.PassDenied(pass_.id, command.by, short_text(command.reason, "reason")))


def decide_cancel(state: SchoolState, command: ask.CancelPass, now: datetime) -> Decision:
    pass_ = _find(state, command)
    if pass_.status is Status.CANCELLED:
        return _nothing(pass_)
    if pass_.status not in (Status.REQUESTED, Status.WAITING, Status.SCHEDULED):
        raise _wrong_state(pass_, f"Only a pass that has not begun can be cancelled; this one is {pass_.status}.")
    if command.student_only is not None and not pass_.declinable:
        raise Conflict("You can't cancel this one. Talk to whoever made it.", code="not_declinable")
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
    ask.StartPass: decide_start,
    ask.MoveInLine: decide_move_in_line,
    ask.DenyPass: decide_deny,
    ask.CancelPass: decide_cancel,
    ask.ArriveOnPass: decide_arrive,
    ask.DepartOnPass: decide_depart,
    ask.ReturnPass: decide_return,
    ask.ExtendPass: decide_extend,
    ask.EndPass: decide_end,
    ask.CorrectPass: decide_correct,
}


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


def _ask_of(state: SchoolState, pass_: Pass) -> Ask:
    found = ask_of(state, pass_)
    if found is None and pass_.student_id not in state.campus.students:
        raise NotFound("The student is no longer at this school.")
    if found is None:
        name = state.campus.locations[pass_.destination_id].name
        raise Conflict(f"{name} is no longer in use. This pass can only be denied or cancelled.", code="out_of_use")
    return found


def _their_turn(pass_: Pass, now: datetime) -> bool:
    if pass_.status is Status.WAITING:
        return pass_.offered_until is not None and now <= pass_.offered_until
    return pass_.planned_at is not None and now >= pass_.planned_at


def _must_be(pass_: Pass, verb: str, status: Status) -> None:
    if pass_.status is not status:
        raise _wrong_state(pass_, f"Only a pass that is {status} can take '{verb}'; this one is {pass_.status}.")


def _wrong_state(pass_: Pass, detail: str) -> Conflict:
    return Conflict(detail, code="wrong_state", pass_status=pass_.status)


def _lift_reason(command: ask.RequestPass | ask.ApprovePass | ask.StartPass) -> str | None:
    reason = short_text(command.lift_reason, "override.reason")
    if command.lift and not reason:
        raise InvalidInput("Say why you override a rule.", field="override.reason")
    return reason
