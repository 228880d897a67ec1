"""What period it is, who is where, and when the school day ends. Pure; everything that asks about time asks here."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from corridor.campus.model import BellSchedule, Campus, Meeting, Period, Section

_FARTHEST_DAY_END = 14


class Place(msgspec.Struct, frozen=True):
    """Where the timetable puts a student: a section's meeting in a room."""

    section_id: UUID
    location_id: UUID | None


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local(campus: Campus, at: datetime) -> datetime:
    """The instant on the school's own clock."""
    return at.astimezone(zone(campus.school.time_zone))


def schedule_on(campus: Campus, day: date) -> BellSchedule | None:
    """The bell schedule that applies on a date, or None on a day without school."""
    weekday = day.isoweekday()
    return next((schedule for schedule in campus.bell_schedules if weekday in schedule.days), None)


def period_at(campus: Campus, at: datetime) -> Period | None:
    """The period under way, or None in passing time and out of school."""
    here = local(campus, at)
    schedule = schedule_on(campus, here.date())
    clock = here.time()
    if schedule is None:
        return None
    return next((period for period in schedule.periods if period.starts_at <= clock < period.ends_at), None)


def roster_day(campus: Campus, day: date) -> date:
    """The date on which to read the roster: `day`, or the nearest one that its terms cover.

    A roster whose terms are over, or not begun, still says who belongs where until a newer one comes.
    """
    if campus.term_begins_on and day < campus.term_begins_on:
        return campus.term_begins_on
    if campus.term_ends_on and day > campus.term_ends_on:
        return campus.term_ends_on
    return day


def meets_on(section: Section, meeting: Meeting, day: date, roster_day: date) -> bool:
    if meeting.days and day.isoweekday() not in meeting.days:
        return False
    return _covers(section, roster_day)


def _covers(section: Section, day: date) -> bool:
    return (section.begins_on is None or section.begins_on <= day) and (
        section.ends_on is None or day <= section.ends_on
    )


def place_of(campus: Campus, student_id: UUID, at: datetime) -> Place | None:
    """Where the timetable says a student is, or None when it says nothing."""
    period = period_at(campus, at)
    if period is None:
        return None
    day = local(campus, at).date()
    read_on = roster_day(campus, day)
    for section_id in campus.sections_of.get(student_id, ()):
        section = campus.sections[section_id]
        for meeting in section.meetings:
            if meeting.period == period.name and meets_on(section, meeting, day, read_on):
                return Place(section_id, meeting.location_id)
    return None


def section_in(campus: Campus, student_id: UUID, location_id: UUID, at: datetime) -> UUID | None:
    """The student's section that meets in this room: the one under way there, else any."""
    place = place_of(campus, student_id, at)
    if place and place.location_id == location_id:
        return place.section_id
    for section_id in campus.sections_of.get(student_id, ()):
        if any(meeting.location_id == location_id for meeting in campus.sections[section_id].meetings):
            return section_id
    return None


def current_sections(campus: Campus, at: datetime) -> list[Section]:
    """The sections whose terms cover this day, the roster's day when the terms are over."""
    read_on = roster_day(campus, local(campus, at).date())
    return [section for section in campus.sections.values() if _covers(section, read_on)]


def day_ends_at(campus: Campus, after: datetime) -> datetime | None:
    """The first end of a school day later than `after`, or None when no bell schedule tells."""
    here = local(campus, after)
    for ahead in range(_FARTHEST_DAY_END + 1):
        day = here.date() + timedelta(days=ahead)
        schedule = schedule_on(campus, day)
        if schedule and schedule.periods:
            last = max(period.ends_at for period in schedule.periods)
            end = datetime.combine(day, last, tzinfo=here.tzinfo)
            if end > after:
                return end
    return None


def next_midnight(campus: Campus, after: datetime) -> datetime:
    """When the school's next calendar day begins."""
    here = local(campus, after)
    return datetime.combine(here.date() + timedelta(days=1), time(), tzinfo=here.tzinfo)
