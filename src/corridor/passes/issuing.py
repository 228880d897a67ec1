"""Where a student could be sent now, for whoever may issue a pass at once. Pure."""

from datetime import datetime
from uuid import UUID

import msgspec

from corridor.campus.model import Location
from corridor.campus.timetable import place_of
from corridor.campus.words import LocationKind
from corridor.day.state import Pass, SchoolState
from corridor.day.words import Channel
from corridor.passes.checking import Prospect, look_into, wish_for
from corridor.passes.classroom import Hour
from corridor.passes.masking import Eyes


class Offer(msgspec.Struct, frozen=True):
    """A destination: what issuing a pass there would lead to, how many are there on passes, and how many wait."""

    prospect: Prospect
    there: int
    waiting: int

    @property
    def place(self) -> Location:
        return self.prospect.place


class Issuing(msgspec.Struct, frozen=True):
    """`places` are shown at once, `rooms` (the classrooms) when looked for. `earlier` are the student's ended passes of
    today, the newest first."""

    places: tuple[Offer, ...]
    rooms: tuple[Offer, ...]
    earlier: tuple[Pass, ...]


def issuing(
    state: SchoolState, student_id: UUID, by: UUID, origin_id: UUID | None, now: datetime, eyes: Eyes
) -> Issuing:
    """What `by`, who sees with these eyes, could issue this student. `origin_id` as `origin_in_class` says."""
    here = origin_id or _whereabouts(state, student_id, now)
    open_places = [place for place in state.campus.locations.values() if place.active and place.id != here]
    offers = [_offer(state, student_id, by, origin_id, place, now) for place in sorted(open_places, key=_order)]
    closed = [state.closed[id] for id in state.of_student.get(student_id, ()) if id in state.closed]
    return Issuing(
        tuple(offer for offer in offers if offer.place.kind is not LocationKind.CLASSROOM),
        tuple(offer for offer in offers if offer.place.kind is LocationKind.CLASSROOM),
        tuple(reversed([eyes.veiled(pass_) for pass_ in closed if pass_.started_at])),
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


def _offer(
    state: SchoolState, student_id: UUID, by: UUID, origin_id: UUID | None, place: Location, now: datetime
) -> Offer:
    wish = wish_for(student_id, place.id, by=by, channel=Channel.STAFF, origin_id=origin_id, may_wait=False)
    return Offer(
        look_into(state, place, wish, now), state.going_to.get(place.id, 0), len(state.lines.get(place.id, ()))
    )


def _whereabouts(state: SchoolState, student_id: UUID, now: datetime) -> UUID | None:
    place = place_of(state.campus, student_id, now)
    return place.location_id if place else None


def _order(place: Location) -> tuple[int, str]:
    return list(LocationKind).index(place.kind), place.name.casefold()
