"""What a student sees of the day: where they are, where they may go, and the pass they are on. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from corridor.base.errors import CorridorError
from corridor.base.ids import new_id
from corridor.campus.model import Location, School, Section, Student
from corridor.campus.timetable import period_at, place_of
from corridor.campus.words import LocationKind
from corridor.day.state import Pass, PassType, SchoolState
from corridor.day.words import Channel, Effect
from corridor.passes.commands import RequestPass
from corridor.passes.decide import decide_request
from corridor.passes.events import PassIssued, PassRequested
from corridor.passes.refusal import Refused, ShownReason

NEWS_LASTS = timedelta(minutes=5)
"""How long the front page says how the last pass ended."""

STAFFED = frozenset(
    {
        LocationKind.NURSE,
        LocationKind.OFFICE,
        LocationKind.LIBRARY,
        LocationKind.COUNSELOR,
        LocationKind.GYM,
        LocationKind.CAFETERIA,
    }
)
"""Where somebody receives students, so that arriving is worth saying."""

_ORDER = (
    LocationKind.RESTROOM,
    LocationKind.FOUNTAIN,
    LocationKind.LOCKER,
    LocationKind.NURSE,
    LocationKind.OFFICE,
    LocationKind.COUNSELOR,
    LocationKind.LIBRARY,
    LocationKind.GYM,
    LocationKind.CAFETERIA,
    LocationKind.OTHER,
)
"""The kinds that have tiles, as they stand on the page. Classrooms are many, so they have a list of their own."""


class Whereabouts(msgspec.Struct, frozen=True):
    """Where the timetable puts the student now. `room` and `section` are null when it says nothing."""

    room: Location | None
    section: Section | None
    teachers: tuple[str, ...]
    until: str | None


class Offer(msgspec.Struct, frozen=True):
    """A destination, and what would become of asking for it now.

    `reasons` stand against it, the strongest first; without any, `pass_type` and `minutes` are what would be given and
    `asks` says whether somebody would have to approve.
    """

    place: Location
    reasons: tuple[ShownReason, ...] = ()
    pass_type: PassType | None = None
    minutes: int = 0
    asks: bool = True

    @property
    def open(self) -> bool:
        return not self.reasons

    @property
    def order(self) -> str:
        """Where it stands among the others."""
        return f"{_ORDER.index(self.place.kind):02} {self.place.name.casefold()}"


class Outing(msgspec.Struct, frozen=True):
    """An open or just closed pass with what its ids stand for. `deciders` are who may be asked about it."""

    pass_: Pass
    pass_type: PassType
    destination: Location
    origin: Location | None
    deciders: tuple[str, ...]
    staffed: bool

    @property
    def minutes_out(self) -> int:
        """How long it took, in minutes begun; 0 if it never began."""
        started, ended = self.pass_.started_at, self.pass_.ended_at
        return -(-(ended - started) // timedelta(minutes=1)) if started and ended else 0


class StudentView(msgspec.Struct, frozen=True):
    """Everything the student's page shows. `current` is the open pass; `last` one that closed moments ago."""

    school: School
    student: Student
    here: Whereabouts
    rooms: tuple[Location, ...]
    current: Outing | None
    last: Outing | None
    offers: tuple[Offer, ...]

    @property
    def key(self) -> str:
        """Tells the states of the page apart that replace each other as a whole."""
        if self.current is None:
            return "home"
        pass_ = self.current.pass_
        return f"{pass_.id} {pass_.status} {pass_.leg} {pass_.overdue} {pass_.due_at}"

    @property
    def against_all(self) -> ShownReason | None:
        """The reason that stands against every destination alike, if there is one."""
        shared = (
            reason
            for reason in (self.offers[0].reasons if self.offers else ())
            if all(reason in offer.reasons for offer in self.offers)
        )
        return next(shared, None)


def view_student(state: SchoolState, student_id: UUID, now: datetime) -> StudentView:
    """The page of a student of this school."""
    campus = state.campus
    here = whereabouts(state, student_id, now)
    current, last = _passes(state, student_id, now)
    offers: tuple[Offer, ...] = ()
    if current is None:
        places = [place for place in campus.locations.values() if place.kind in _ORDER and _reachable(place, here)]
        offers = tuple(sorted((offer_of(state, student_id, place, now) for place in places), key=lambda it: it.order))
    return StudentView(
        school=campus.school,
        student=campus.students[student_id],
        here=here,
        rooms=_rooms(state, student_id),
        current=current,
        last=last,
        offers=offers,
    )


def classrooms(state: SchoolState, student_id: UUID, now: datetime) -> list[Location]:
    """The rooms that a student could ask to go to."""
    here = whereabouts(state, student_id, now)
    places = state.campus.locations.values()
    rooms = [place for place in places if place.kind is LocationKind.CLASSROOM and _reachable(place, here)]
    return sorted(rooms, key=lambda room: room.name.casefold())


def whereabouts(state: SchoolState, student_id: UUID, now: datetime) -> Whereabouts:
    campus = state.campus
    place = place_of(campus, student_id, now)
    if place is None:
        return Whereabouts(None, None, (), None)
    period = period_at(campus, now)
    return Whereabouts(
        campus.locations[place.location_id] if place.location_id else None,
        campus.sections[place.section_id],
        _teachers(state, place.section_id),
        f"{period.ends_at:%H:%M}" if period else None,
    )


def offer_of(state: SchoolState, student_id: UUID, place: Location, now: datetime) -> Offer:
    """What asking for this place would lead to: the decision itself, on trial."""
    trial = RequestPass(
        pass_id=new_id(),
        by=student_id,
        student_id=student_id,
        destination_id=place.id,
        channel=Channel.STUDENT,
    )
    try:
        decision = decide_request(state, trial, now)
    except CorridorError as error:
        return Offer(place, (ShownReason(error.code, Effect.REFUSE, error.detail),))
    if decision.refused:
        assert isinstance(decision.about, Refused)
        return Offer(place, decision.about.reasons)
    event = decision.events[0]
    assert isinstance(event, PassIssued | PassRequested)
    return Offer(
        place,
        pass_type=state.pass_types[event.pass_type_id],
        minutes=event.minutes,
        asks=isinstance(event, PassRequested),
    )


def minute_choices(pass_type: PassType) -> list[int]:
    """A few values from which to choose how long a pass shall last."""
    usual, most = pass_type.minutes, pass_type.most_minutes
    return sorted({max(1, usual // 2), usual, (usual + most) // 2, most})


def outing(state: SchoolState, pass_: Pass) -> Outing:
    locations = state.campus.locations
    destination = locations[pass_.destination_id]
    return Outing(
        pass_,
        state.pass_types[pass_.pass_type_id],
        destination,
        locations[pass_.origin_id] if pass_.origin_id else None,
        _teachers(state, pass_.section_id),
        destination.kind in STAFFED,
    )


def _reachable(place: Location, here: Whereabouts) -> bool:
    return place.active and (here.room is None or place.id != here.room.id)


def _passes(state: SchoolState, student_id: UUID, now: datetime) -> tuple[Outing | None, Outing | None]:
    """The student's open pass, else the last one while it is news."""
    mine = state.of_student.get(student_id, ())
    for pass_id in mine:
        if pass_id in state.passes:
            return outing(state, state.passes[pass_id]), None
    closed = state.closed.get(mine[-1]) if mine else None
    if closed is None or closed.ended_at is None or now - closed.ended_at > NEWS_LASTS:
        return None, None
    return None, outing(state, closed)


def _rooms(state: SchoolState, student_id: UUID) -> tuple[Location, ...]:
    """Where the student's sections meet."""
    campus = state.campus
    ids = {
        meeting.location_id
        for section_id in campus.sections_of.get(student_id, ())
        for meeting in campus.sections[section_id].meetings
        if meeting.location_id
    }
    return tuple(sorted((campus.locations[id] for id in ids), key=lambda room: room.name.casefold()))


def _teachers(state: SchoolState, section_id: UUID | None) -> tuple[str, ...]:
    section = state.campus.sections.get(section_id) if section_id else None
    names: Mapping[UUID, str] = state.campus.staff
    return tuple(names[id] for id in section.teacher_ids if id in names) if section else ()
