"""A school's calendar as iCalendar (RFC 5545), for calendar programs to subscribe to.

Every date of which the calendar says something is an all-day event; equal days in a row are one. On request every
period of every school day is an event too, at the school's own local time. What Corridor needs to read its own file
back without loss stands in properties of its own, X-CORRIDOR-SCHEDULE, -CYCLE and -NOTE.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise

import icalendar

from corridor.campus.calendar_csv import NO_SCHOOL
from corridor.campus.model import CalendarDay, Campus
from corridor.campus.timetable import HasCalendar, school_day, zone

PRODUCT = "-//Corridor//School calendar//EN"
SCHEDULE, CYCLE, NOTE = "X-CORRIDOR-SCHEDULE", "X-CORRIDOR-CYCLE", "X-CORRIDOR-NOTE"
_REFRESHED = timedelta(hours=6)


def write_ics(campus: Campus, first: date, last: date, *, periods: bool, now: datetime) -> bytes:
    """The days from `first` to `last`, both included. `now` is when the file is made."""
    whole = icalendar.Calendar()
    whole.add("prodid", PRODUCT)
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    whole.add("x-wr-calname", campus.school.name)
    whole.add("x-wr-timezone", campus.school.time_zone)
    whole.add("refresh-interval", _REFRESHED, parameters={"value": "DURATION"})
    whole.add("x-published-ttl", "PT6H")
    if periods:
        begin, end = date(first.year, 1, 1), date(last.year + 1, 1, 1)
        rules = icalendar.Timezone.from_tzid(campus.school.time_zone, first_date=begin, last_date=end)
        whole.add_component(rules)
    for begins, ends, said in _runs(campus, first, last):
        whole.add_component(_day_event(campus, begins, ends, said, now))
    if periods:
        for event in _period_events(campus, first, last, now):
            whole.add_component(event)
    file: bytes = whole.to_ical()
    return file


def words_of(campus: HasCalendar, said: CalendarDay) -> str:
    """What the calendar says of a day, in words: "Early release, A day: Assembly"."""
    found = next((schedule.name for schedule in campus.bell_schedules if schedule.id == said.schedule_id), None)
    what = found or (None if said.as_usual else "No school")
    title = ", ".join(part for part in (what, said.cycle and f"{said.cycle} day") if part)
    return ": ".join(part for part in (title, said.note) if part)


def _runs(campus: Campus, first: date, last: date) -> Iterator[tuple[date, date, CalendarDay]]:
    """Days in a row of which the same is said, without those of a rotation, are one."""
    days = sorted(day for day in campus.calendar if first <= day <= last)
    starts = [
        day
        for before, day in pairwise([None, *days])
        if day
        and not (
            before
            and day - before == timedelta(days=1)
            and campus.calendar[day] == campus.calendar[before]
            and campus.calendar[day].cycle is None
        )
    ]
    for start, following in pairwise([*starts, None]):
        assert start is not None
        ends = [day for day in days if day >= start and (following is None or day < following)]
        yield start, ends[-1], campus.calendar[start]


def _day_event(campus: Campus, begins: date, ends: date, said: CalendarDay, now: datetime) -> icalendar.Event:
    event = _event(f"day-{begins.isoformat()}.{campus.school.id}@corridor", words_of(campus, said), now)
    event.add("dtstart", begins)
    event.add("dtend", ends + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    found = next((schedule.name for schedule in campus.bell_schedules if schedule.id == said.schedule_id), None)
    event.add(SCHEDULE, "" if said.as_usual else found or NO_SCHOOL)
    if said.cycle:
        event.add(CYCLE, said.cycle)
    if said.note:
        event.add(NOTE, said.note)
    return event


def _period_events(campus: Campus, first: date, last: date, now: datetime) -> Iterator[icalendar.Event]:
    here = zone(campus.school.time_zone)
    for ahead in range((last - first).days + 1):
        found = school_day(campus, first + timedelta(days=ahead))
        for number, span in enumerate(found.spans if found else ()):
            assert found is not None
            uid = f"period-{found.day.isoformat()}-{number}.{campus.school.id}@corridor"
            event = _event(uid, span.period.name, now)
            about = ", ".join(part for part in (found.schedule.name, found.cycle and f"{found.cycle} day") if part)
            event.add("description", about)
            event.add("dtstart", datetime.combine(found.day, span.period.starts_at, tzinfo=here))
            event.add("dtend", datetime.combine(found.day, span.period.ends_at, tzinfo=here))
            event.add("transp", "TRANSPARENT")
            yield event


def _event(uid: str, summary: str, now: datetime) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", uid)
    event.add("dtstamp", now)
    event.add("summary", summary)
    return event
