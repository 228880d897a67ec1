"""A class as its teacher sees it now: who sits there, who is out, who asks to go. Pure."""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from uuid import UUID

import msgspec

from corridor.campus.model import Campus, Location, Meeting, Period, Section, Student
from corridor.campus.timetable import current_sections, local, meets_on, period_at, schedule_on
from corridor.day.policy import Delegation
from corridor.day.state import HELD, Pass, SchoolState, Status
from corridor.passes.checking import stands_against
from corridor.passes.line import Turn, turn_of
from corridor.passes.masking import Eyes, place_shown
from corridor.policy.sight import EVERYONE, Sight
from corridor.policy.standing import delegations_on, stood_in_for

REMIND_BEFORE = timedelta(minutes=10)
"""How long before its time a pass for later is brought to mind."""

# Letters that are not a plain letter with a mark, but stand with one all the same.
_ALIKE = str.maketrans({"đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe"})


class Hour(msgspec.Struct, frozen=True):
    """A section and when and where it meets today; without a period it has no known time today.

    `now` says whether the period is under way. `place` and `teachers` are names.
    """

    section: Section
    period: Period | None
    location_id: UUID | None
    place: str | None
    teachers: tuple[str, ...]
    now: bool


class Expected(msgspec.Struct, frozen=True):
    """Where a student should go, and when; `now` says that it is time."""

    place: Location
    at: datetime
    now: bool


class Seat(msgspec.Struct, frozen=True):
    """A student of the class under a name that nobody else in it has, with their open pass, if any, where they
    stand in line, and where they are expected soon."""

    student: Student
    label: str
    order: str
    pass_: Pass | None = None
    turn: Turn | None = None
    expected: Expected | None = None


class Asking(msgspec.Struct, frozen=True):
    """A request for this teacher to answer. `section_title` is set when it comes from another of their classes,
    `stands` says which rules object."""

    pass_: Pass
    name: str
    section_title: str | None = None
    stands: tuple[str, ...] = ()


class Classroom(msgspec.Struct, frozen=True):
    """`seats` by name; `out` the soonest due first; `asking` the longest waiting first."""

    seats: tuple[Seat, ...]
    out: tuple[Seat, ...]
    asking: tuple[Asking, ...]


class Lookout(msgspec.Struct, frozen=True):
    """Which class somebody looks at. `own` are the classes they teach or run as a substitute today, `hours` those to
    choose from: their own, or, for whoever has none, all that meet now. `hour` is null until they choose.

    `for_others` are the sections that they answer for today in a teacher's place. `every`: they may look at any class.
    """

    own: tuple[Hour, ...]
    hours: tuple[Hour, ...]
    hour: Hour | None
    for_others: frozenset[UUID] = frozenset()
    every: bool = True


def look_at_class(
    campus: Campus,
    person_id: UUID | None,
    section_id: UUID | None,
    now: datetime,
    delegations: Mapping[UUID, Delegation] = MappingProxyType({}),
    sight: Sight = EVERYONE,
) -> Lookout:
    """What this person looks at: the section, which is one of those in sight, or without one what the bells say."""
    runs: frozenset[UUID] = frozenset()
    for_others: frozenset[UUID] = frozenset()
    if person_id:
        today = delegations_on(delegations, local(campus, now).date())
        runs, for_others = stood_in_for(campus, today, person_id)
    own = hours_of(campus, person_id, now, runs) if person_id else []
    answered = [section for section in current_sections(campus, now) if section.id in for_others]
    mine = own or in_order(campus, answered, now)
    hours = mine or [each for each in hours_now(campus, now) if sight.has_section(each.section.id)]
    hour = hour_of(campus, campus.sections[section_id], now) if section_id else choose(campus, mine, now)
    return Lookout(tuple(own), tuple(hours), hour, for_others, sight.everyone)


def hours_of(campus: Campus, person_id: UUID, now: datetime, runs: Collection[UUID] = frozenset()) -> list[Hour]:
    """A teacher's sections of the present term and those they run for others, in the order of today's periods."""
    own = [
        section for section in current_sections(campus, now) if person_id in section.teacher_ids or section.id in runs
    ]
    return in_order(campus, own, now)


def hours_now(campus: Campus, now: datetime) -> list[Hour]:
    """Every section that meets in the period under way, by title."""
    hours = in_order(campus, current_sections(campus, now), now)
    return sorted((hour for hour in hours if hour.now), key=lambda hour: hour.section.title.casefold())


def in_order(campus: Campus, sections: Iterable[Section], now: datetime) -> list[Hour]:
    """The sections in the order of today's periods; those that do not meet today come last."""
    hours = [hour_of(campus, section, now) for section in sections]
    return sorted(
        hours,
        key=lambda hour: (
            hour.period is None,
            hour.period.starts_at if hour.period else datetime.max.time(),
            hour.section.title.casefold(),
            hour.section.id,
        ),
    )


def hour_of(campus: Campus, section: Section, now: datetime) -> Hour:
    """When the section meets today: now, else next, else last."""
    here = local(campus, now)
    current = period_at(campus, now)
    meetings = _today(campus, section, here.date())
    under_way = [pair for pair in meetings if pair[0] == current]
    ahead = [pair for pair in meetings if pair[0].starts_at > here.time()]
    chosen = under_way[0] if under_way else ahead[0] if ahead else meetings[-1] if meetings else None
    places = [chosen[1].location_id] if chosen else [meeting.location_id for meeting in section.meetings]
    location_id = next(iter(places), None)
    return Hour(
        section,
        chosen[0] if chosen else None,
        location_id,
        campus.locations[location_id].name if location_id else None,
        tuple(campus.staff[id] for id in section.teacher_ids if id in campus.staff),
        now=bool(under_way),
    )


def choose(campus: Campus, hours: Sequence[Hour], now: datetime) -> Hour | None:
    """The class to show: the one under way, else the next today, else the one that was last."""
    if not hours:
        return None
    clock = local(campus, now).time()
    under_way = [hour for hour in hours if hour.now]
    timed = [hour for hour in hours if hour.period]
    ahead = [hour for hour in timed if hour.period and hour.period.starts_at > clock]
    if under_way:
        return under_way[0]
    if ahead:
        return ahead[0]
    return timed[-1] if timed else hours[0]


def classroom(state: SchoolState, lookout: Lookout, now: datetime, eyes: Eyes) -> Classroom | None:
    """The class that is looked at, with the requests to whoever looks and as those eyes see it; None before one is
    chosen."""
    hour = lookout.hour
    if hour is None:
        return None
    campus = state.campus
    answered_by = {hour.section.id, *(own.section.id for own in lookout.own), *lookout.for_others}
    labels = distinct_names(campus.students[id] for id in hour.section.student_ids if id in campus.students)
    seats = [_seat(state, campus.students[id], label, now, eyes) for id, label in labels.items()]
    out = [seat for seat in seats if seat.pass_ and seat.pass_.status is Status.ACTIVE]
    asking = [
        Asking(
            eyes.veiled(pass_),
            _asker(campus, pass_, labels),
            _other_title(campus, pass_, hour.section),
            stands_against(state, pass_, now),
        )
        for pass_ in state.passes.values()
        if pass_.status is Status.REQUESTED and _comes_to(campus, pass_, answered_by)
    ]
    return Classroom(
        tuple(sorted(seats, key=lambda seat: seat.order)),
        tuple(sorted(out, key=_due)),
        tuple(sorted(asking, key=lambda asking: (asking.pass_.requested_at, asking.pass_.id))),
    )


def distinct_names(students: Iterable[Student]) -> dict[UUID, str]:
    """First names by student; full names for those who share one, with the grade for those who share that too."""
    students = list(students)
    given = Counter(given_name(student).casefold() for student in students)
    full = Counter(student.name.casefold() for student in students)
    return {
        student.id: given_name(student)
        if given[given_name(student).casefold()] == 1
        else student.name
        if full[student.name.casefold()] == 1 or not student.grade
        else f"{student.name} ({student.grade})"
        for student in students
    }


def given_name(student: Student) -> str:
    """The given part of the name, which `sort_name` has after the comma."""
    given = student.sort_name.rpartition(", ")[2].strip()
    return given or student.name


def _sortable(name: str) -> str:
    """Without case and marks, so that É stands with E."""
    bare = unicodedata.normalize("NFD", name.casefold()).translate(_ALIKE)
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def _today(campus: Campus, section: Section, day: date) -> list[tuple[Period, Meeting]]:
    """The section's meetings on this day, in order."""
    schedule = schedule_on(campus, day)
    if schedule is None:
        return []
    return [
        (period, meeting)
        for period in schedule.periods
        for meeting in section.meetings
        if meeting.period == period.name and meets_on(campus, section, meeting, day)
    ]


def _due(seat: Seat) -> tuple[datetime, UUID]:
    assert seat.pass_ is not None
    assert seat.pass_.due_at is not None
    return seat.pass_.due_at, seat.pass_.id


def _seat(state: SchoolState, student: Student, label: str, now: datetime, eyes: Eyes) -> Seat:
    pass_ = held_pass(state, student.id)
    waits = pass_ is not None and pass_.status is Status.WAITING
    turn = turn_of(state, pass_) if pass_ and waits else None
    expected = _expected(state, student.id, now, eyes)
    shown = eyes.veiled(pass_) if pass_ else None
    return Seat(student, label, f"{_sortable(label)} {student.id}", shown, turn, expected)


def _expected(state: SchoolState, student_id: UUID, now: datetime, eyes: Eyes) -> Expected | None:
    """Where a pass for later takes the student next, once it is time to remind of it."""
    planned = [
        (pass_.planned_at, eyes.veiled(pass_).destination_id)
        for pass_ in open_passes(state, student_id)
        if pass_.status is Status.SCHEDULED
    ]
    soon = [(at, place_id) for at, place_id in planned if at and at - REMIND_BEFORE <= now]
    if not soon:
        return None
    at, place_id = min(soon)
    return Expected(place_shown(state, place_id), at, at <= now)


def open_passes(state: SchoolState, student_id: UUID) -> list[Pass]:
    """The student's passes that are not over, the oldest first."""
    return [state.passes[id] for id in state.of_student.get(student_id, ()) if id in state.passes]


def held_pass(state: SchoolState, student_id: UUID) -> Pass | None:
    """The pass the student is out on, else the one they ask for or wait for."""
    held = (pass_ for pass_ in open_passes(state, student_id) if pass_.status in HELD)
    return min(held, key=lambda pass_: pass_.status is not Status.ACTIVE, default=None)


def _comes_to(campus: Campus, pass_: Pass, sections: Collection[UUID]) -> bool:
    """Whether those sections' teacher should answer: the student leaves one of them, or, when nobody knows which class
    they leave, belongs to one."""
    if pass_.section_id is not None:
        return pass_.section_id in sections
    return any(section_id in sections for section_id in campus.sections_of.get(pass_.student_id, ()))


def _asker(campus: Campus, pass_: Pass, labels: dict[UUID, str]) -> str:
    student = campus.students.get(pass_.student_id)
    return labels.get(pass_.student_id) or (student.name if student else "A former student")


def _other_title(campus: Campus, pass_: Pass, shown: Section) -> str | None:
    if pass_.section_id is None or pass_.student_id in shown.student_ids:
        return None
    section = campus.sections.get(pass_.section_id)
    return section.title if section else None
