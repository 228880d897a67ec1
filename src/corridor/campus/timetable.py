"""What day and period it is, who is where, and when school ends. Pure; everything that asks about time asks here."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from corridor.campus.model import BellSchedule, CalendarDay, Campus, Meeting, Period, Section, Term

# A summer without school is longer; then nothing happens by the bells.
_FARTHEST_DAY = 21


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


class HasCalendar(Protocol):
    """What tells which schedule holds on a date."""

    @property
    def bell_schedules(self) -> tuple[BellSchedule, ...]: ...
    @property
    def calendar(self) -> Mapping[date, CalendarDay]: ...


class Span(msgspec.Struct, frozen=True):
    """A period of one date, as instants: from `starts` up to but not including `ends`."""

    period: Period
    starts: datetime
    ends: datetime


class SchoolDay(msgspec.Struct, frozen=True):
    """A date with school, and its bells. `spans` are in order; there is at least one."""

    day: date
    schedule: BellSchedule
    cycle: str | None
    spans: tuple[Span, ...]

    @property
    def opens(self) -> datetime:
        return self.spans[0].starts

    @property
    def closes(self) -> datetime:
        return self.spans[-1].ends


class Moment(msgspec.Struct, frozen=True):
    """An instant by the school's bells.

    `school_day` is None on a date without school. `span` is the period under way, None between periods and out of
    school.
    """

    at: datetime
    day: date
    school_day: SchoolDay | None
    span: Span | None

    @property
    def period(self) -> Period | None:
        return self.span.period if self.span else None

    @property
    def passing(self) -> bool:
        """Whether it is between two periods of a school day."""
        return (
            self.school_day is not None
            and self.span is None
            and self.school_day.opens <= self.at < self.school_day.closes
        )


def schedule_on(campus: HasCalendar, day: date) -> BellSchedule | None:
    """The bell schedule that applies on a date, or None on a day without school."""
    special = campus.calendar.get(day)
    if special and not special.as_usual:
        return next((schedule for schedule in campus.bell_schedules if schedule.id == special.schedule_id), None)
    weekday = day.isoweekday()
    return next((schedule for schedule in campus.bell_schedules if weekday in schedule.days), None)


def cycle_on(campus: HasCalendar, day: date) -> str | None:
    """Which day of the rotation a date is, such as A, or None without one."""
    special = campus.calendar.get(day)
    return special.cycle if special else None


def school_day(campus: Campus, day: date) -> SchoolDay | None:
    """A date's bells, or None on a day without school."""
    schedule = schedule_on(campus, day)
    if schedule is None or not schedule.periods:
        return None
    return SchoolDay(day, schedule, cycle_on(campus, day), _spans(schedule.periods, day, campus.school.time_zone))


@lru_cache(maxsize=512)
def _spans(periods: tuple[Period, ...], day: date, zone_name: str) -> tuple[Span, ...]:
    def instant(clock: time) -> datetime:
        return datetime.combine(day, clock, tzinfo=zone(zone_name)).astimezone(UTC)

    return tuple(Span(period, instant(period.starts_at), instant(period.ends_at)) for period in periods)


def moment(campus: Campus, at: datetime) -> Moment:
    """What the school's bells say of an instant."""
    today = local(campus, at).date()
    found = school_day(campus, today)
    span = next((span for span in found.spans if span.starts <= at < span.ends), None) if found else None
    return Moment(at, today, found, span)


def period_at(campus: Campus, at: datetime) -> Period | None:
    """The period under way, or None in passing time and out of school."""
    return moment(campus, at).period


def next_bell(campus: Campus, after: datetime) -> datetime | None:
    """The first start or end of a period later than `after`, or None when the calendar knows of none soon."""
    today = local(campus, after).date()
    for ahead in range(_FARTHEST_DAY + 1):
        found = school_day(campus, today + timedelta(days=ahead))
        for span in found.spans if found else ():
            for bell in (span.starts, span.ends):
                if bell > after:
                    return bell
    return None


def midnight(campus: Campus, day: date) -> datetime:
    """When a date begins at the school."""
    return _midnight(day, campus.school.time_zone)


@lru_cache(maxsize=4096)
def _midnight(day: date, zone_name: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone(zone_name)).astimezone(UTC)


def at_clock(campus: Campus, day: date, clock: time) -> datetime:
    """The instant at which the school's clock shows this on a date."""
    return datetime.combine(day, clock, tzinfo=zone(campus.school.time_zone)).astimezone(UTC)


def week_of(day: date) -> date:
    """The Monday of a date's week."""
    return day - timedelta(days=day.weekday())


def term_of(campus: Campus, day: date) -> Term | None:
    """The shortest term that a date lies in, or None between terms."""
    return next((term for term in campus.terms if term.begins_on <= day <= term.ends_on), None)


def term_span(campus: Campus, day: date) -> Term | None:
    """The days around this one that have the same `term_of`: a term, without what shorter ones cover before or after.

    A new span begins wherever the term of a day changes, so that what is counted in it begins anew.
    """
    term = term_of(campus, day)
    if term is None:
        return None
    shorter = campus.terms[: campus.terms.index(term)]
    before = [each.ends_on + timedelta(days=1) for each in shorter if each.ends_on < day]
    after = [each.begins_on - timedelta(days=1) for each in shorter if each.begins_on > day]
    return Term(max([term.begins_on, *before]), min([term.ends_on, *after]))


def roster_day(campus: Campus, day: date) -> date:
    """The date on which to read the roster: `day`, or the nearest one that its terms cover.

    A roster whose terms are over, or not begun, still says who belongs where until a newer one comes.
    """
    if campus.term_begins_on and day < campus.term_begins_on:
        return campus.term_begins_on
    if campus.term_ends_on and day > campus.term_ends_on:
        return campus.term_ends_on
    return day


def meets_on(campus: Campus, section: Section, meeting: Meeting, day: date) -> bool:
    """Whether a meeting takes place on a date, in whichever period."""
    if meeting.days and day.isoweekday() not in meeting.days:
        return False
    if meeting.cycles and cycle_on(campus, day) not in meeting.cycles:
        return False
    return _covers(section, roster_day(campus, day))


def within(day: date, starts_on: date | None, ends_on: date | None) -> bool:
    """Whether a date lies in a span; both of its ends belong to it, and None leaves that end open."""
    return (starts_on is None or starts_on <= day) and (ends_on is None or day <= ends_on)


def _covers(section: Section, day: date) -> bool:
    return within(day, section.begins_on, section.ends_on)


def place_of(campus: Campus, student_id: UUID, at: datetime) -> Place | None:
    """Where the timetable says a student is, or None when it says nothing."""
    return place_at(campus, student_id, moment(campus, at))


def place_at(campus: Campus, student_id: UUID, now: Moment) -> Place | None:
    """`place_of`, when the bells were asked already."""
    if now.period is None:
        return None
    for section_id in campus.sections_of.get(student_id, ()):
        section = campus.sections[section_id]
        for meeting in section.meetings:
            if meeting.period == now.period.name and meets_on(campus, section, meeting, now.day):
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


def current_of(campus: Campus, section_ids: Iterable[UUID], at: datetime) -> list[UUID]:
    """Those of these sections whose terms cover this day, as `current_sections` says."""
    read_on = roster_day(campus, local(campus, at).date())
    return [id for id in section_ids if id in campus.sections and _covers(campus.sections[id], read_on)]


def day_ends_at(campus: Campus, after: datetime) -> datetime | None:
    """The first end of a school day later than `after`, or None when no bell schedule tells."""
    today = local(campus, after).date()
    for ahead in range(_FARTHEST_DAY + 1):
        found = school_day(campus, today + timedelta(days=ahead))
        if found and found.closes > after:
            return found.closes
    return None


def next_midnight(campus: Campus, after: datetime) -> datetime:
    """When the school's next calendar day begins."""
    return midnight(campus, local(campus, after).date() + timedelta(days=1))
