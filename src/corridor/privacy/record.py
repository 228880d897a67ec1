"""One student's record as a member of staff reads it: where they are, their day, their passes. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from corridor.appointments.agenda import agenda
from corridor.appointments.shown import shown_entry
from corridor.campus.model import Campus, Student
from corridor.campus.timetable import Moment, local, moment, place_at, place_of, school_day
from corridor.day.state import HELD, EndedHow, Leg, SchoolState, Status
from corridor.passes.classroom import open_passes
from corridor.passes.masking import MASK, Eyes, ShownPass
from corridor.policy.standing import absences_now
from corridor.rules.absent import absent_until

_ENDED = {
    EndedHow.RETURNED: "back",
    EndedHow.ARRIVED: "arrived",
    EndedHow.AUTO: "ended by itself, so the time is not measured",
    EndedHow.STAFF: "ended by staff",
    EndedHow.DAY_END: "ended with the day",
}
_STATUS = {
    Status.REQUESTED: "asks to go",
    Status.WAITING: "waits in line",
    Status.DENIED: "denied",
    Status.CANCELLED: "cancelled",
    Status.LAPSED: "lapsed without an answer",
}
_LEGS = {Leg.OUTBOUND: "on the way", Leg.AT_DESTINATION: "there", Leg.RETURNING: "on the way back"}


class Lesson(msgspec.Struct, frozen=True):
    """A period of today. Without a title the timetable has nothing for the student."""

    period: str
    starts: datetime
    ends: datetime
    title: str | None
    room: str | None
    now: bool


class PassLine(msgspec.Struct, frozen=True):
    """A pass in a line: where to, and how it went. `minutes` are those out, None where nobody measured them."""

    id: UUID
    at: datetime
    place: str
    origin: str | None
    said: str
    minutes: int | None
    overdue: bool
    open: bool


class Day(msgspec.Struct, frozen=True):
    """The passes of a date, the newest first."""

    on: date
    passes: tuple[PassLine, ...]


class Planned(msgspec.Struct, frozen=True):
    at: datetime
    minutes: int
    place: str
    note: str | None


class Away(msgspec.Struct, frozen=True):
    """From when until when a student is not on campus, and the staff's note."""

    since: datetime
    until: datetime
    note: str | None


class Where(msgspec.Struct, frozen=True):
    """Where a student is, in a sentence; `out`: they are on a pass, `due` until when."""

    words: str
    out: bool = False
    overdue: bool = False
    since: datetime | None = None
    due: datetime | None = None


def where_now(state: SchoolState, eyes: Eyes, student: Student, now: datetime) -> Where:
    """Such as "should be in 204 (Algebra), is at Nurse". Times are given beside it."""
    should = _should(state.campus, student.id, now)
    active = next((pass_ for pass_ in open_passes(state, student.id) if pass_.status is Status.ACTIVE), None)
    if active is not None and eyes.sees(active):
        shown = eyes.shown(active)
        place = place_name(state, shown.destination_id)
        origin = place_name(state, shown.origin_id) if active.origin_id else ""
        if active.leg is Leg.AT_DESTINATION:
            is_, since = f"is at {place}", active.arrived_at
        elif active.leg is Leg.RETURNING:
            is_, since = f"is on the way back from {place}", active.departed_at
        else:
            is_, since = "is on the way" + (f" from {origin}" if origin else "") + f" to {place}", active.started_at
        words = f"{should}, {is_}" if should else is_
        return Where(words, out=True, overdue=active.overdue, since=since, due=active.due_at)
    away = absence_of(state, student.id, now)
    if away and away.since <= now:
        return Where("is marked as away")
    return Where(should or "has nothing on the timetable now")


def _should(campus: Campus, student_id: UUID, now: datetime) -> str | None:
    place = place_of(campus, student_id, now)
    if place is None:
        return None
    room = campus.locations.get(place.location_id) if place.location_id else None
    title = campus.sections[place.section_id].title
    return f"should be in {room.name} ({title})" if room else f"should be in {title}"


def absence_of(state: SchoolState, student_id: UUID, now: datetime) -> Away | None:
    """The student's absence, if they are not on campus now or will not be."""
    found = (absence for absence in absences_now(state, now) if absence.id == student_id)
    return next((Away(each.since, absent_until(state.campus, each), each.note) for each in found), None)


def lessons(state: SchoolState, student_id: UUID, now: datetime) -> tuple[Lesson, ...]:
    """Today by the bells; empty on a day without school."""
    campus = state.campus
    today = local(campus, now).date()
    day = school_day(campus, today)
    made = []
    for span in day.spans if day else ():
        place = place_at(campus, student_id, Moment(span.starts, today, day, span))
        room = campus.locations.get(place.location_id) if place and place.location_id else None
        made.append(
            Lesson(
                period=span.period.name,
                starts=span.starts,
                ends=span.ends,
                title=campus.sections[place.section_id].title if place else None,
                room=room.name if room else None,
                now=moment(campus, now).period == span.period,
            )
        )
    return tuple(made)


def days_of(state: SchoolState, passes: Sequence[ShownPass]) -> tuple[Day, ...]:
    """Passes that the reader sees, the newest first, by the date on which they were asked for or began. Those for later
    are planned, and not among them."""
    days: dict[date, list[PassLine]] = {}
    for pass_ in passes:
        if pass_.status is Status.SCHEDULED:
            continue
        line = pass_line(state, pass_)
        days.setdefault(local(state.campus, line.at).date(), []).append(line)
    return tuple(Day(on, tuple(lines)) for on, lines in days.items())


def pass_line(state: SchoolState, pass_: ShownPass) -> PassLine:
    minutes = None
    if pass_.started_at and pass_.ended_at and pass_.measured:
        minutes = -(-(pass_.ended_at - pass_.started_at) // timedelta(minutes=1))
    if pass_.status is Status.ACTIVE:
        said = _LEGS[pass_.leg] if pass_.leg else "out"
    elif pass_.ended_how:
        said = _ENDED[pass_.ended_how]
    else:
        said = _STATUS.get(pass_.status, pass_.status)
    return PassLine(
        id=pass_.id,
        at=pass_.started_at or pass_.requested_at,
        place=place_name(state, pass_.destination_id),
        origin=place_name(state, pass_.origin_id) if pass_.origin_id else None,
        said=said,
        minutes=minutes,
        overdue=pass_.overdue,
        open=pass_.status in HELD,
    )


def planned(state: SchoolState, eyes: Eyes, student_id: UUID, now: datetime, days: int = 14) -> tuple[Planned, ...]:
    """The appointments of the next days that the reader sees."""
    first = local(state.campus, now).date()
    entries = (shown_entry(eyes, entry) for entry in agenda(state, first, days, student_id=student_id))
    return tuple(
        Planned(entry.at, entry.minutes, place_name(state, entry.destination_id), entry.note)
        for entry in entries
        if entry is not None
    )


def place_name(state: SchoolState, location_id: UUID | None) -> str:
    """The name of a place, or what stands for one that is not told."""
    if location_id is None:
        return MASK
    location = state.campus.locations.get(location_id)
    return location.name if location else "a place that is no more"
