"""What would become of asking for a pass, told without asking. Pure."""

from datetime import datetime
from uuid import UUID

import msgspec

from corridor.base.errors import CorridorError
from corridor.base.ids import new_id
from corridor.campus.model import Location
from corridor.campus.timetable import local
from corridor.day.state import Pass, PassType, SchoolState
from corridor.day.words import SELF_SERVICE, Channel, Effect
from corridor.passes.commands import RequestPass
from corridor.passes.line import Turn, instead_of, wait_for
from corridor.passes.refusal import ShownReason, shown
from corridor.passes.wish import Outcome, Wish, ask_of, scaled, think_through
from corridor.rules.judge import accommodations_for, earliest, judge, spoken
from corridor.rules.verdict import AGAINST, Reason


class Prospect(msgspec.Struct, frozen=True):
    """What asking for a destination would lead to.

    `reasons` are what the rules say, the strongest first, in the words of who asks. `allowed_at` is the first instant
    at which it would not be refused, or need not wait, and `when` the same in words; None when nothing stands against
    it, or when time alone won't cure it. `turn` is the place in line that the student would have. `pass_type` and
    `minutes` are what would be given, `most_minutes` what a student could ask for; without a pass type the request
    makes no sense as it stands, and its only reason says why.
    """

    place: Location
    outcome: Outcome
    reasons: tuple[ShownReason, ...] = ()
    allowed_at: datetime | None = None
    when: str | None = None
    pass_type: PassType | None = None
    minutes: int = 0
    most_minutes: int = 0
    turn: Turn | None = None

    @property
    def open(self) -> bool:
        """Whether the student would not have to wait for anything but an answer."""
        return self.outcome in (Outcome.BEGINS, Outcome.ASKS) and self.turn is None

    @property
    def against(self) -> tuple[ShownReason, ...]:
        """The reasons for which the pass would not begin."""
        return tuple(reason for reason in self.reasons if reason.effect in AGAINST)


def wish_for(
    student_id: UUID,
    destination_id: UUID,
    *,
    by: UUID | None = None,
    channel: Channel = Channel.STUDENT,
    origin_id: UUID | None = None,
    pass_type_id: UUID | None = None,
    minutes: int | None = None,
    may_wait: bool = True,
) -> RequestPass:
    """The command that would ask for it; without `by` the student asks."""
    return RequestPass(
        pass_id=new_id(),
        by=by or student_id,
        student_id=student_id,
        destination_id=destination_id,
        channel=channel,
        origin_id=origin_id,
        pass_type_id=pass_type_id,
        minutes=minutes,
        may_wait=may_wait,
    )


def foresee(state: SchoolState, command: RequestPass, now: datetime) -> Prospect:
    """What this request would lead to. Raises `NotFound` or `InvalidInput` for one that makes no sense."""
    return _prospect(state, command, think_through(state, command, now), now)


def look_into(state: SchoolState, place: Location, command: RequestPass, now: datetime) -> Prospect:
    """`foresee` for a list of destinations, in which also stands what makes no sense."""
    try:
        return foresee(state, command, now)
    except CorridorError as error:
        return Prospect(place, Outcome.REFUSED, (ShownReason(error.code, Effect.REFUSE, error.detail),))


def instead(state: SchoolState, command: RequestPass, now: datetime) -> list[Location]:
    """Where else the student could go now: to what a closed place names, then to others of the same kind."""
    wish = think_through(state, command, now)
    named = [reason.instead_id for reason in wish.judgement.against if reason.instead_id]
    places = [state.campus.locations[id] for id in named if id in state.campus.locations]
    found = [place for place in places if place.active and _open_at(state, command, place, now)]
    return list(dict.fromkeys((*found, *instead_of(state, wish.ask, now))))


def stands_against(state: SchoolState, pass_: Pass, now: datetime) -> tuple[str, ...]:
    """What staff should know before they let an open pass begin: every rule that objects, in a few words each."""
    ask = ask_of(state, pass_)
    reasons = judge(state, ask, now, pass_.lifted).reasons if ask else ()
    return tuple(_in_few_words(state, pass_, reason) for reason in reasons)


def _in_few_words(state: SchoolState, pass_: Pass, reason: Reason) -> str:
    if reason.effect is not Effect.WAIT:
        return reason.staff_brief
    waiting = len(state.lines.get(pass_.destination_id, ()))
    behind = f" behind {waiting}" if waiting else ""
    return f"{state.campus.locations[pass_.destination_id].name} is full: would wait in line{behind}"


def _open_at(state: SchoolState, command: RequestPass, place: Location, now: datetime) -> bool:
    return look_into(state, place, msgspec.structs.replace(command, destination_id=place.id), now).open


def _prospect(state: SchoolState, command: RequestPass, wish: Wish, now: datetime) -> Prospect:
    ask, judgement = wish.ask, wish.judgement
    lifted = [str(reason.rule_id) for reason in judgement.lifted]
    waits = wish.outcome is not Outcome.REFUSED
    effects = AGAINST - {Effect.WAIT} if command.may_wait and not waits else AGAINST
    allowed_at = earliest(state, ask, now, lifted, effects) if judgement.against else None
    today = local(state.campus, now).date()
    return Prospect(
        ask.destination,
        wish.outcome,
        shown(judgement.reasons, to_staff=ask.channel not in SELF_SERVICE),
        allowed_at,
        spoken(state.campus, today, allowed_at) if allowed_at else None,
        ask.pass_type,
        ask.minutes,
        scaled(ask.pass_type.most_minutes, accommodations_for(state, ask, today)),
        _turn(state, wish) if judgement.effect is Effect.WAIT else None,
    )


def _turn(state: SchoolState, wish: Wish) -> Turn:
    destination = wish.ask.destination
    place = len(state.lines.get(destination.id, ())) + 1
    return Turn(place, wait_for(state, destination, place, wish.ask.minutes))
