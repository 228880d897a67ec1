"""What would become of a wish for a pass: what is chosen where nothing was said, and what the rules say. Pure."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from corridor.base.errors import InvalidInput, NotFound
from corridor.base.text import one_line
from corridor.campus.model import Location
from corridor.campus.timetable import local, place_of, section_in
from corridor.day.policy import Accommodation
from corridor.day.state import Approval, Pass, PassType, SchoolState
from corridor.day.words import SELF_SERVICE, Effect
from corridor.passes.commands import RequestPass
from corridor.rules.judge import accommodations_for, judge
from corridor.rules.verdict import Ask, Judgement

MOST_MINUTES = 999
LONGEST_REASON = 200


class Outcome(StrEnum):
    """What a wish leads to."""

    BEGINS = "begins"
    ASKS = "asks"
    WAITS = "waits"
    REFUSED = "refused"


class Wish(msgspec.Struct, frozen=True):
    """A request for a pass, thought through. `section_id` is the section whose meeting the student leaves."""

    ask: Ask
    section_id: UUID | None
    judgement: Judgement
    outcome: Outcome


def think_through(state: SchoolState, command: RequestPass, now: datetime) -> Wish:
    """Raises `NotFound` or `InvalidInput` for what makes no sense."""
    student = state.campus.students.get(command.student_id)
    if student is None:
        raise NotFound("There is no such student at this school.")
    destination = location(state, command.destination_id, "destination_id")
    origin_id, section_id = _origin(state, command, now)
    origin = location(state, origin_id, "origin_id") if origin_id else None
    if origin_id == destination.id:
        raise InvalidInput("Origin and destination are the same place.", field="destination_id")
    pass_type = type_for(state, command.pass_type_id, destination)
    ask = Ask(student, destination, origin, pass_type, pass_type.minutes, command.channel, command.pass_id)
    special = accommodations_for(state, ask, local(state.campus, now).date())
    ask = msgspec.structs.replace(ask, minutes=_minutes(command, pass_type, special))
    judgement = judge(state, ask, now, command.lift)
    free = any(each.always_approved for each in special)
    return Wish(ask, section_id, judgement, _outcome(command, pass_type, judgement, free=free))


def ask_of(state: SchoolState, pass_: Pass) -> Ask | None:
    """An open pass as the rules see it; None when it cannot begin, for the student has left the school or the
    destination is out of use."""
    locations = state.campus.locations
    student, destination = state.campus.students.get(pass_.student_id), locations[pass_.destination_id]
    if student is None or not destination.active:
        return None
    return Ask(
        student,
        destination,
        locations[pass_.origin_id] if pass_.origin_id else None,
        state.pass_types[pass_.pass_type_id],
        pass_.minutes,
        pass_.channel,
        pass_.id,
    )


def _outcome(command: RequestPass, pass_type: PassType, judgement: Judgement, *, free: bool) -> Outcome:
    """`free`: nobody has to approve."""
    if judgement.effect is Effect.REFUSE or (judgement.effect is Effect.WAIT and not command.may_wait):
        return Outcome.REFUSED
    needs_staff = any(reason.effect is Effect.NEEDS_STAFF for reason in judgement.reasons)
    if command.channel in SELF_SERVICE and not free and (pass_type.approval is Approval.STAFF or needs_staff):
        return Outcome.ASKS
    return Outcome.WAITS if judgement.effect is Effect.WAIT else Outcome.BEGINS


def location(state: SchoolState, location_id: UUID, field: str) -> Location:
    """A location in use."""
    found = state.campus.locations.get(location_id)
    if found is None or not found.active:
        raise InvalidInput("There is no such location at this school.", field=field)
    return found


def _origin(state: SchoolState, command: RequestPass, now: datetime) -> tuple[UUID | None, UUID | None]:
    """Origin and section: as given, else by the timetable, unless its room is out of use."""
    if command.origin_id:
        return command.origin_id, section_in(state.campus, command.student_id, command.origin_id, now)
    place = place_of(state.campus, command.student_id, now)
    if place is None:
        return None, None
    room = state.campus.locations.get(place.location_id) if place.location_id else None
    known = room is not None and room.active and room.id != command.destination_id
    return place.location_id if known else None, place.section_id


def type_for(state: SchoolState, pass_type_id: UUID | None, destination: Location) -> PassType:
    """The type that is given, else the usual one for the destination."""
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


def _minutes(command: RequestPass, pass_type: PassType, special: Sequence[Accommodation]) -> int:
    """As long as was asked for, else as usual; an accommodation may give the student more of both."""
    usual, most = scaled(pass_type.minutes, special), scaled(pass_type.most_minutes, special)
    if command.minutes is None:
        return usual
    if command.channel not in SELF_SERVICE:
        most = MOST_MINUTES
    if not 1 <= command.minutes <= most:
        raise InvalidInput(f"A {pass_type.name} pass may last 1 to {most} minutes.", field="minutes")
    return command.minutes


def scaled(minutes: int, special: Sequence[Accommodation]) -> int:
    """These minutes for a student with these accommodations, in whole minutes, rounded up."""
    percent = max((each.time_percent for each in special), default=100)
    return max(1, min(MOST_MINUTES, -(-minutes * percent // 100)))


def short_text(value: str | None, field: str) -> str | None:
    """What somebody wrote, in one line."""
    text = one_line(value or "")
    if len(text) > LONGEST_REASON:
        raise InvalidInput(f"Write at most {LONGEST_REASON} characters; this has {len(text)}.", field=field)
    return text or None
