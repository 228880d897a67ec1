"""What a student sees of the day: where they are, where they may go, and the pass they are on. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from corridor.campus.model import Location, School, Section, Student
from corridor.campus.timetable import local, period_at, place_of
from corridor.campus.words import LocationKind
from corridor.day.state import HELD, Pass, PassType, SchoolState, Status
from corridor.day.words import Channel, Effect
from corridor.passes.checking import Prospect, instead, look_into, wish_for
from corridor.passes.classroom import REMIND_BEFORE, open_passes
from corridor.passes.line import Turn, instead_of, turn_of
from corridor.passes.masking import Eyes, place_shown
from corridor.passes.refusal import ShownReason, shown
from corridor.passes.wish import ask_of
from corridor.policy.standing import answering, delegations_on
from corridor.rules.judge import judge, spoken

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


class Waiting(msgspec.Struct, frozen=True):
    """A student's time in line. `full` says whether it is for want of a place, `reasons` are what else stands against
    their going. While a place is held for them, `offered_at` is since when; until then `instead` is where they could go
    without waiting."""

    turn: Turn
    full: bool
    reasons: tuple[ShownReason, ...]
    offered_at: datetime | None
    instead: Location | None


class Later(msgspec.Struct, frozen=True):
    """A pass for later, and `when` in words. `due`: the student may begin it now; `soon`: it is time to think of it."""

    pass_: Pass
    destination: Location
    when: str
    due: bool
    soon: bool


class StudentView(msgspec.Struct, frozen=True):
    """Everything the student's page shows.

    `current` is the pass they ask for, wait for or are out on, `waiting` how the latter stands; `last` is one that
    closed moments ago, `later` those that are planned, and `offers` are the destinations. `plans`: some
    places give appointments to ask for.
    """

    school: School
    student: Student
    here: Whereabouts
    rooms: tuple[Location, ...]
    current: Outing | None
    waiting: Waiting | None
    last: Outing | None
    later: tuple[Later, ...]
    plans: bool
    offers: tuple[Prospect, ...]

    @property
    def key(self) -> str:
        """Tells the states of the page apart that replace each other as a whole."""
        if self.current is None:
            return "home"
        pass_ = self.current.pass_
        return f"{pass_.id} {pass_.status} {pass_.leg} {pass_.overdue} {pass_.due_at} {self._line_key}"

    @property
    def _line_key(self) -> str:
        waiting = self.waiting
        if self.current is None or waiting is None:
            return ""
        codes = "+".join(reason.code for reason in waiting.reasons)
        pass_ = self.current.pass_
        line = f"{waiting.turn.place} {waiting.turn.minutes} {waiting.full} {pass_.misses} {pass_.offered_until}"
        return f"{line} {codes} {waiting.instead.id if waiting.instead else None}"

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        if self.current is None:
            return "Where to?"
        if self.waiting and self.waiting.offered_at:
            return f"Your turn: {self.current.destination.name}"
        return self.current.destination.name

    @property
    def against_all(self) -> ShownReason | None:
        """The reason that stands against every destination alike, if there is one."""
        shared = (
            reason
            for reason in (self.offers[0].against if self.offers else ())
            if all(reason in offer.against for offer in self.offers)
        )
        return next(shared, None)


def view_student(
    state: SchoolState,
    student_id: UUID,
    now: datetime,
    *,
    channel: Channel = Channel.STUDENT,
    room: Location | None = None,
) -> StudentView:
    """The page of a student of this school. `room` is where they stand, when something knows better than the
    timetable, and then where their pass would begin."""
    campus = state.campus
    here = whereabouts(state, student_id, now)
    if room is not None:
        here = msgspec.structs.replace(here, room=room)
    current, last = _passes(state, student_id, now)
    offers: tuple[Prospect, ...] = ()
    if current is None:
        places = [place for place in campus.locations.values() if place.kind in _ORDER and _reachable(place, here)]
        origin_id = room.id if room else None
        offers = tuple(
            offer_of(state, student_id, place, now, channel=channel, origin_id=origin_id)
            for place in sorted(places, key=place_order)
        )
    return StudentView(
        school=campus.school,
        student=campus.students[student_id],
        here=here,
        rooms=_rooms(state, student_id),
        current=current,
        waiting=_waiting(state, current.pass_, now) if current else None,
        last=last,
        later=later_passes(state, student_id, now),
        plans=any(plan.self_service for plan in state.slot_plans.values()),
        offers=offers,
    )


def place_order(place: Location) -> str:
    """Where a destination stands among the others."""
    return f"{_ORDER.index(place.kind):02} {place.name.casefold()}"


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
        _teachers(state, place.section_id, now),
        f"{period.ends_at:%H:%M}" if period else None,
    )


def offer_of(
    state: SchoolState,
    student_id: UUID,
    place: Location,
    now: datetime,
    *,
    channel: Channel = Channel.STUDENT,
    origin_id: UUID | None = None,
) -> Prospect:
    """What asking for this place would lead to. Without `origin_id` the timetable says from where."""
    return look_into(state, place, wish_for(student_id, place.id, channel=channel, origin_id=origin_id), now)


def alternatives(
    state: SchoolState,
    student_id: UUID,
    offer: Prospect,
    now: datetime,
    *,
    channel: Channel = Channel.STUDENT,
    origin_id: UUID | None = None,
) -> list[Prospect]:
    """Where else the student could go now when this place is not open to them."""
    if offer.open or offer.pass_type is None:
        return []
    places = instead(state, wish_for(student_id, offer.place.id, channel=channel, origin_id=origin_id), now)
    return [offer_of(state, student_id, place, now, channel=channel, origin_id=origin_id) for place in places]


def minute_choices(offer: Prospect) -> list[int]:
    """A few values from which to choose how long the pass shall last."""
    usual, most = offer.minutes, offer.most_minutes
    return sorted({max(1, usual // 2), usual, (usual + most) // 2, most})


def outing(state: SchoolState, pass_: Pass) -> Outing:
    locations = state.campus.locations
    destination = locations[pass_.destination_id]
    return Outing(
        pass_,
        state.pass_types[pass_.pass_type_id],
        destination,
        locations[pass_.origin_id] if pass_.origin_id else None,
        _teachers(state, pass_.section_id, pass_.requested_at),
        destination.kind in STAFFED,
    )


def _reachable(place: Location, here: Whereabouts) -> bool:
    return place.active and (here.room is None or place.id != here.room.id)


def _passes(state: SchoolState, student_id: UUID, now: datetime) -> tuple[Outing | None, Outing | None]:
    """The pass that the student holds, else the last one while it is news."""
    mine = state.of_student.get(student_id, ())
    for pass_id in mine:
        if pass_id in state.passes and state.passes[pass_id].status in HELD:
            return outing(state, state.passes[pass_id]), None
    closed = [state.closed[pass_id] for pass_id in mine if pass_id in state.closed]
    last = max(closed, key=lambda pass_: (pass_.ended_at or now, pass_.seq), default=None)
    if last is None or last.ended_at is None or now - last.ended_at > NEWS_LASTS:
        return None, None
    return None, outing(state, last)


def _waiting(state: SchoolState, pass_: Pass, now: datetime) -> Waiting | None:
    if pass_.status is not Status.WAITING:
        return None
    ask = ask_of(state, pass_)
    against = judge(state, ask, now, pass_.lifted).against if ask else ()
    reasons = [reason for reason in against if reason.effect is not Effect.WAIT]
    held_for = timedelta(seconds=state.settings.offer_seconds)
    others = instead_of(state, ask, now) if ask and not pass_.offered_until else []
    return Waiting(
        turn_of(state, pass_),
        len(reasons) < len(against),
        shown(tuple(reasons), to_staff=False),
        pass_.offered_until - held_for if pass_.offered_until else None,
        next(iter(others), None),
    )


def later_passes(state: SchoolState, student_id: UUID, now: datetime, eyes: Eyes | None = None) -> tuple[Later, ...]:
    """A student's passes for later, the soonest first, as those eyes see them; without, as the student does."""
    today = local(state.campus, now).date()
    planned = sorted(
        (pass_.planned_at, pass_.id)
        for pass_ in open_passes(state, student_id)
        if pass_.planned_at and pass_.status is Status.SCHEDULED
    )
    later = []
    for at, pass_id in planned:
        pass_ = eyes.veiled(state.passes[pass_id]) if eyes else state.passes[pass_id]
        later.append(
            Later(
                pass_,
                place_shown(state, pass_.destination_id),
                spoken(state.campus, today, at),
                due=at <= now and not pass_.by_itself,
                soon=at - REMIND_BEFORE <= now,
            )
        )
    return tuple(later)


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


def _teachers(state: SchoolState, section_id: UUID | None, at: datetime) -> tuple[str, ...]:
    """Those who answer for the section on this day, by name."""
    campus = state.campus
    section = campus.sections.get(section_id) if section_id else None
    if section is None:
        return ()
    names: Mapping[UUID, str] = campus.staff
    today = delegations_on(state.delegations, local(campus, at).date())
    return tuple(names[id] for id in answering(campus, today, section) if id in names)
