"""The line for a full destination: whose turn it is, and how long it may take. Pure.

A place that frees is offered to the first in line for whom nothing else stands in the way; others are skipped and keep
their place. Who misses an offer once goes behind the next, who misses a second one is out.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from corridor.campus.model import Location
from corridor.day.state import Pass, SchoolState, Status
from corridor.ledger.words import Event
from corridor.passes import events as happened
from corridor.passes.wish import ask_of
from corridor.rules.judge import earliest, judge
from corridor.rules.verdict import Ask

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


def tick(state: SchoolState, now: datetime, gone: Collection[UUID]) -> Iterator[Event]:
    """Missed offers, and new ones. `gone` are passes that leave the line at this very instant."""
    for place_id, whole in state.lines.items():
        line = [state.passes[pass_id] for pass_id in whole if pass_id not in gone]
        missed = [pass_ for pass_ in line if pass_.offered_until and pass_.offered_until < now]
        for pass_ in missed:
            yield happened.PassOfferMissed(pass_.id)
            if pass_.misses + 1 >= MOST_MISSES:
                yield happened.PassLapsed(pass_.id)
                line.remove(pass_)
            elif (at := line.index(pass_)) + 1 < len(line):
                line[at], line[at + 1] = line[at + 1], line[at]
                yield happened.PassLineOrdered(place_id, tuple(each.id for each in line), None)
        free = _free(state, place_id, [pass_ for pass_ in line if pass_.offered_until and pass_ not in missed])
        for pass_ in line:
            if free <= 0:
                break
            if (pass_.offered_until is None or pass_ in missed) and _clear(state, pass_, now):
                yield happened.PassOffered(pass_.id, now + timedelta(seconds=state.settings.offer_seconds))
                free -= 1


def due(state: SchoolState) -> datetime | None:
    """When `tick` will next have something to say."""
    dues: list[datetime] = []
    for place_id, whole in state.lines.items():
        line = [state.passes[pass_id] for pass_id in whole]
        offered = [pass_ for pass_ in line if pass_.offered_until]
        # An offer is good up to and including its last instant.
        dues.extend(pass_.offered_until + _MOMENT for pass_ in offered if pass_.offered_until)
        if _free(state, place_id, offered) > 0:
            asks = ((ask_of(state, pass_), pass_.lifted) for pass_ in line if not pass_.offered_until)
            dues.extend(at for ask, lifted in asks if ask and (at := earliest(state, ask, state.as_of, lifted)))
    return min(dues, default=None)


_MOMENT = timedelta(microseconds=1)


def _free(state: SchoolState, place_id: UUID, offered: Collection[Pass]) -> int:
    """How many places could be offered. Where it is not the place that is full, one at a time."""
    capacity = state.campus.locations[place_id].capacity
    if capacity is None:
        return 1 - len(offered)
    return capacity - state.going_to.get(place_id, 0) - len(offered)


def _clear(state: SchoolState, pass_: Pass, now: datetime) -> bool:
    ask = ask_of(state, pass_)
    return ask is not None and not judge(state, ask, now, pass_.lifted).against
