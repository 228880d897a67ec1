"""Where a student could be sent now, for whoever may issue a pass at once. Pure."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from corridor.base.errors import CorridorError
from corridor.base.ids import new_id
from corridor.campus.model import Location
from corridor.campus.timetable import place_of
from corridor.campus.words import LocationKind
from corridor.day.state import Pass, SchoolState
from corridor.day.words import Channel, Effect
from corridor.passes.classroom import Hour
from corridor.passes.commands import RequestPass
from corridor.passes.decide import decide_request
from corridor.passes.events import PassIssued
from corridor.passes.refusal import Refused, ShownReason


class Offer(msgspec.Struct, frozen=True):
    """A destination: how many are there on passes, how long a pass there lasts, and what stands against it."""

    place: Location
    there: int
    minutes: int | None
    reasons: tuple[ShownReason, ...] = ()


class Issuing(msgspec.Struct, frozen=True):
    """`places` are shown at once, `rooms` (the classrooms) when looked for. `earlier` are the student's ended passes of
    today, the newest first."""

    places: tuple[Offer, ...]
    rooms: tuple[Offer, ...]
    earlier: tuple[Pass, ...]


def issuing(state: SchoolState, student_id: UUID, by: UUID, origin_id: UUID | None, now: datetime) -> Issuing:
    """What `by` could issue this student. `origin_id` as `origin_in_class` says."""
    here = origin_id or _whereabouts(state, student_id, now)
    open_places = [place for place in state.campus.locations.values() if place.active and place.id != here]
    offers = [_offer(state, student_id, by, origin_id, place, now) for place in sorted(open_places, key=_order)]
    closed = [state.closed[id] for id in state.of_student.get(student_id, ()) if id in state.closed]
    return Issuing(
        tuple(offer for offer in offers if offer.place.kind is not LocationKind.CLASSROOM),
        tuple(offer for offer in offers if offer.place.kind is LocationKind.CLASSROOM),
        tuple(reversed([pass_ for pass_ in closed if pass_.started_at])),
    )


def origin_in_class(state: SchoolState, hour: Hour | None, student_id: UUID, now: datetime) -> UUID | None:
    """The class's room when the student can be taken to sit there: it meets now, or the timetable knows no better.

    None leaves it to the timetable.
    """
    if hour is None or hour.location_id is None or student_id not in hour.section.student_ids:
        return None
    if hour.now or place_of(state.campus, student_id, now) is None:
        return hour.location_id
    return None


def overridable_codes(reasons: Sequence[ShownReason]) -> tuple[str, ...]:
    """The codes to lift so that nothing stands against it any more; empty when one of the reasons cannot be lifted."""
    if any(not reason.overridable for reason in reasons):
        return ()
    return tuple(dict.fromkeys(reason.code for reason in reasons))


def _offer(
    state: SchoolState, student_id: UUID, by: UUID, origin_id: UUID | None, place: Location, now: datetime
) -> Offer:
    """The decision itself, on trial."""
    there = state.going_to.get(place.id, 0)
    trial = RequestPass(
        pass_id=new_id(),
        by=by,
        student_id=student_id,
        destination_id=place.id,
        channel=Channel.STAFF,
        origin_id=origin_id,
    )
    try:
        decision = decide_request(state, trial, now)
    except CorridorError as error:
        return Offer(place, there, None, (ShownReason(error.code, Effect.REFUSE, error.detail),))
    if decision.refused:
        assert isinstance(decision.about, Refused)
        return Offer(place, there, None, decision.about.reasons)
    event = decision.events[0]
    assert isinstance(event, PassIssued)
    return Offer(place, there, event.minutes)


def _whereabouts(state: SchoolState, student_id: UUID, now: datetime) -> UUID | None:
    place = place_of(state.campus, student_id, now)
    return place.location_id if place else None


def _order(place: Location) -> tuple[int, str]:
    return list(LocationKind).index(place.kind), place.name.casefold()
