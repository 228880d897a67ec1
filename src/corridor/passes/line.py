"""The line for a full destination: whose turn it is, and how long it may take. Pure.

A place that frees is offered to the first in line for whom nothing else stands in the way; others are skipped and keep
their place. Who misses an offer once goes behind the next, who misses a second one is out.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from corridor.campus.model import Location
from corridor.day.policy import Rule
from corridor.day.state import Pass, SchoolState, Status
from corridor.ledger.words import Event
from corridor.passes import events as happened
from corridor.passes.evolve import suppose
from corridor.passes.wish import ask_of
from corridor.rules import capacity_into
from corridor.rules.judge import earliest, judge
from corridor.rules.scope import covers_place
from corridor.rules.verdict import AGAINST, Ask

MOST_MISSES = 2
_MOST_SUGGESTED = 2


class Turn(msgspec.Struct, frozen=True):
    """A student's place in line, from 1, and about how long it takes until it is their turn."""

    place: int
    seconds: int

    @property
    def minutes(self) -> int:
        """At least one."""
        return max(1, -(-self.seconds // 60))


class Standing(msgspec.Struct, frozen=True):
    """A student who waits in line: at which place, since when, and about how long still. `offered_until` is set while
    a place is held for them, `misses` counts the offers they let pass."""

    pass_id: UUID
    student_id: UUID
    student_name: str
    place: int
    wait_seconds: int
    since: datetime
    offered_until: datetime | None
    misses: int


def line_at(state: SchoolState, place_id: UUID) -> list[Standing]:
    """Those who wait for a location, in order."""
    line = [state.passes[pass_id] for pass_id in state.lines.get(place_id, ())]
    return [_standing(state, pass_, turn_of(state, pass_)) for pass_ in line]


def standing_of(state: SchoolState, pass_id: UUID) -> Standing | None:
    """Where the student of a pass stands, None when it does not wait."""
    pass_ = state.passes.get(pass_id)
    if pass_ is None or pass_.status is not Status.WAITING:
        return None
    return _standing(state, pass_, turn_of(state, pass_))


def _standing(state: SchoolState, pass_: Pass, turn: Turn) -> Standing:
    student = state.campus.students.get(pass_.student_id)
    return Standing(
        pass_.id,
        pass_.student_id,
        student.name if student else "A former student",
        turn.place,
        turn.seconds,
        pass_.requested_at,
        pass_.offered_until,
        pass_.misses,
    )


def last_in_line(state: SchoolState, place_id: UUID) -> int:
    """The highest place given out in this line, 0 without one."""
    return max((state.passes[pass_id].line or 0 for pass_id in state.lines.get(place_id, ())), default=0)


def turn_of(state: SchoolState, pass_: Pass) -> Turn:
    """Where a waiting student stands."""
    place = state.lines[pass_.destination_id].index(pass_.id) + 1
    return Turn(place, wait_for(state, state.campus.locations[pass_.destination_id], place, pass_.minutes))


def wait_for(state: SchoolState, destination: Location, place: int, minutes: int) -> int:
    """The seconds until whoever stands at this place of the line may go, from how long stays took today; `minutes` are
    what a stay is taken to last before the first one ended."""
    visits = state.visits.get(destination.id)
    stay = visits.seconds / visits.number if visits else minutes * 60
    return round(stay * place / max(destination.capacity or 1, 1))


def instead_of(state: SchoolState, ask: Ask, now: datetime) -> list[Location]:
    """Other places of the same kind that are open to the student now: those in the same zone first, then the
    emptiest."""
    wanted = ask.destination
    others = [
        place
        for place in state.campus.locations.values()
        if place.kind is wanted.kind and place.active and place.id != wanted.id and place != ask.origin
    ]
    free = [place for place in others if not judge(state, msgspec.structs.replace(ask, destination=place), now).against]
    free.sort(
        key=lambda place: (
            place.zone_id is None or place.zone_id != wanted.zone_id,
            state.going_to.get(place.id, 0),
            place.name.casefold(),
        )
    )
    return free[:_MOST_SUGGESTED]


def tick(draft: SchoolState, now: datetime) -> Iterator[Event]:
    """Missed offers, and new ones, each on the effects of those before it; the draft is advanced by them."""
    for place_id in tuple(draft.lines):
        yield from (*_misses(draft, place_id, now), *_offers(draft, place_id, now))


def due(state: SchoolState) -> datetime | None:
    """When `tick` will next have something to say."""
    dues: list[datetime] = []
    for place_id in state.lines:
        line = _line(state, place_id)
        # An offer is good up to and including its last instant.
        dues.extend(pass_.offered_until + _MOMENT for pass_ in line if pass_.offered_until)
        if not _is_full(state, place_id):
            asks = ((ask_of(state, pass_), pass_.lifted) for pass_ in line if not pass_.offered_until)
            dues.extend(at for ask, lifted in asks if ask and (at := earliest(state, ask, state.as_of, lifted)))
    return min(dues, default=None)


_MOMENT = timedelta(microseconds=1)


def _line(state: SchoolState, place_id: UUID) -> list[Pass]:
    return [state.passes[pass_id] for pass_id in state.lines.get(place_id, ())]


def _misses(draft: SchoolState, place_id: UUID, now: datetime) -> Iterator[Event]:
    """Those who let an offer pass go behind as many of the others as they are."""
    before = draft.lines[place_id]
    missed = [pass_ for pass_ in _line(draft, place_id) if pass_.offered_until and pass_.offered_until < now]
    for pass_ in missed:
        yield _supposed(draft, happened.PassOfferMissed(pass_.id), now)
        if pass_.misses + 1 >= MOST_MISSES:
            yield _supposed(draft, happened.PassLapsed(pass_.id), now)
    late = [pass_.id for pass_ in missed if pass_.misses + 1 < MOST_MISSES]
    if not late:
        return
    first = before.index(late[0])
    others = [pass_id for pass_id in before[first:] if pass_id in draft.passes and pass_id not in late]
    ahead = [pass_id for pass_id in before[:first] if pass_id in draft.passes]
    order = (*ahead, *others[: len(late)], *late, *others[len(late) :])
    if order != draft.lines[place_id]:
        yield _supposed(draft, happened.PassLineOrdered(place_id, order, None), now)


def _offers(draft: SchoolState, place_id: UUID, now: datetime) -> Iterator[Event]:
    """Places for those for whom nothing else stands in the way."""
    until = now + timedelta(seconds=draft.settings.offer_seconds)
    for pass_ in _line(draft, place_id):
        if _is_full(draft, place_id):
            return
        if pass_.offered_until is None and _clear(draft, pass_, now):
            yield _supposed(draft, happened.PassOffered(pass_.id, until), now)


def _supposed(draft: SchoolState, event: Event, now: datetime) -> Event:
    suppose(draft, event, now)
    return event


def _is_full(state: SchoolState, place_id: UUID) -> bool:
    """Whether nobody in line could go, because every place is taken or held for someone."""
    place = state.campus.locations[place_id]
    if place.capacity is None or not any(_keeps_out(rule, place) for rule in state.rules):
        return False
    offered = sum(pass_.offered_until is not None for pass_ in _line(state, place_id))
    return state.going_to.get(place_id, 0) + offered >= place.capacity


def _keeps_out(rule: Rule, place: Location) -> bool:
    return rule.text.kind == capacity_into.KIND.name and rule.text.effect in AGAINST and covers_place(rule.scope, place)


def _clear(state: SchoolState, pass_: Pass, now: datetime) -> bool:
    ask = ask_of(state, pass_)
    return ask is not None and not judge(state, ask, now, pass_.lifted).against
