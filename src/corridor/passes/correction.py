"""What the record of a pass may be corrected to. Pure."""

from datetime import datetime, timedelta

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.campus.timetable import local
from corridor.day.state import Pass, SchoolState, Status
from corridor.ledger.words import Decision
from corridor.passes.commands import CorrectPass
from corridor.passes.events import Corrected, PassCorrected
from corridor.passes.wish import short_text


def decide_correct(state: SchoolState, command: CorrectPass, now: datetime) -> Decision:
    """The correction, if it makes sense: within the day that the pass was on, and with its instants in order."""
    pass_ = state.closed.get(command.pass_id) or command.known
    if command.pass_id in state.passes or pass_.status is not Status.ENDED:
        raise Conflict("Only a pass that has begun and is over can be corrected.", code="wrong_state")
    note = short_text(command.note, "note")
    if note is None:
        raise InvalidInput("Write why the record is corrected.", field="note")
    _must_be_near(pass_, command)
    after = _corrected(state, pass_, command)
    _must_make_sense(state, pass_, after, now)
    if after == _as_it_is(pass_):
        raise InvalidInput("This is what the record says already.", field="corrections")
    event = PassCorrected(
        pass_id=pass_.id, by=command.by, before=pass_, after=after, note=note, request_id=command.request_id
    )
    return Decision([event], about=pass_.id)


def _must_be_near(pass_: Pass, command: CorrectPass) -> None:
    """Before anything is reckoned with them: instants at the ends of time cannot be."""
    assert pass_.started_at
    wanted = command.corrections
    for name in ("started_at", "arrived_at", "departed_at", "ended_at"):
        instant = getattr(wanted, name)
        if instant and abs(instant - pass_.started_at) > timedelta(days=1):
            raise InvalidInput("A pass stays on the day that it was on.", field=name)


def _corrected(state: SchoolState, pass_: Pass, command: CorrectPass) -> Corrected:
    assert pass_.started_at
    assert pass_.ended_at
    assert pass_.ended_how
    wanted = command.corrections
    started_at = wanted.started_at or pass_.started_at
    ended_at = wanted.ended_at or pass_.ended_at
    due_at = started_at + timedelta(minutes=pass_.minutes)
    destination_id = wanted.destination_id or pass_.destination_id
    if destination_id not in state.campus.locations:
        raise NotFound("There is no such place at this school.")
    return Corrected(
        destination_id=destination_id,
        started_at=started_at,
        due_at=due_at,
        arrived_at=None if wanted.no_arrival else wanted.arrived_at or pass_.arrived_at,
        departed_at=None if wanted.no_departure else wanted.departed_at or pass_.departed_at,
        ended_at=ended_at,
        ended_how=wanted.ended_how or pass_.ended_how,
        overdue=ended_at > due_at,
    )


def _as_it_is(pass_: Pass) -> Corrected:
    return Corrected(**{name: getattr(pass_, name) for name in Corrected.__struct_fields__})


def _must_make_sense(state: SchoolState, pass_: Pass, after: Corrected, now: datetime) -> None:
    instants = (after.started_at, after.arrived_at, after.departed_at, after.ended_at)
    known = [each for each in instants if each]
    if known != sorted(known):
        raise InvalidInput("The times are not in order: beginning, arrival, departure, end.", field="started_at")
    if after.ended_at > now:
        raise InvalidInput("The pass cannot have ended later than now.", field="ended_at")
    for name in ("started_at", "ended_at"):
        before = getattr(pass_, name)
        if local(state.campus, before).date() != local(state.campus, getattr(after, name)).date():
            raise InvalidInput("A pass stays on the day that it was on.", field=name)
