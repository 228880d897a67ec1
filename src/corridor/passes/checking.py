"""What would become of asking for a pass, told without asking. Pure."""

from datetime import datetime
from uuid import UUID

import msgspec

from corridor.base.errors import CorridorError
from corridor.base.ids import new_id
from corridor.campus.model import Location
from corridor.campus.timetable import local
from corridor.day.state import PassType, SchoolState
from corridor.day.words import SELF_SERVICE, Channel, Effect
from corridor.passes.commands import RequestPass
from corridor.passes.line import Turn, instead_of, wait_for
from corridor.passes.refusal import ShownReason, shown
from corridor.passes.wish import Outcome, Wish, think_through
from corridor.rules.judge import earliest, spoken
from corridor.rules.verdict import AGAINST


class Prospect(msgspec.Struct, frozen=True):
    """What asking for a destination would lead to.

    `reasons` are what the rules say, the strongest first, in the words of who asks. `allowed_at` is the first instant
    at which nothing would stand against it, and `when` the same in words; None when nothing does, or when time alone
    won't bring it. `turn` is the place in line that the student would have. `pass_type` and `minutes` are what would be
    given; without a pass type the request makes no sense as it stands, and its only reason says why.
    """

    place: Location
    outcome: Outcome
    reasons: tuple[ShownReason, ...] = ()
    allowed_at: datetime | None = None
    when: str | None = None
    pass_type: PassType | None = None
    minutes: int = 0
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
    return _prospect(state, think_through(state, command, now), now)


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


def _open_at(state: SchoolState, command: RequestPass, place: Location, now: datetime) -> bool:
    return look_into(state, place, msgspec.structs.replace(command, destination_id=place.id), now).open


def _prospect(state: SchoolState, wish: Wish, now: datetime) -> Prospect:
    ask, judgement = wish.ask, wish.judgement
    lifted = [str(reason.rule_id) for reason in judgement.lifted]
    allowed_at = earliest(state, ask, now, lifted) if judgement.against else None
    return Prospect(
        ask.destination,
        wish.outcome,
        shown(judgement.reasons, to_staff=ask.channel not in SELF_SERVICE),
        allowed_at,
        spoken(state.campus, local(state.campus, now).date(), allowed_at) if allowed_at else None,
        ask.pass_type,
        ask.minutes,
        _turn(state, wish) if judgement.effect is Effect.WAIT else None,
    )


def _turn(state: SchoolState, wish: Wish) -> Turn:
    destination = wish.ask.destination
    place = len(state.lines.get(destination.id, ())) + 1
    return Turn(place, wait_for(state, destination, place, wish.ask.minutes))
