"""Read a school's calendar out of an iCalendar file (RFC 5545), whoever made it.

All-day events count, also those of several days and those that repeat. One whose title names a bell schedule gives its
days that schedule; one that says "no school", "break", "teacher workday" and the like takes school off them; "A day"
or "Day 3" is a day of a rotation. Everything else is listed, so that someone can see that it was not read.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

import icalendar
import msgspec

from corridor.base.text import one_line
from corridor.campus.calendar import LONGEST_CYCLE, LONGEST_NOTE, MOST_DAYS, Calendar, Wish, Word
from corridor.campus.calendar_ics import CYCLE, NOTE, SCHEDULE
from corridor.campus.event_days import UnfitEvent, days_of, is_timed
from corridor.campus.no_school import means_no_school, says_no_school
from corridor.campus.table_file import RowProblem, UnfitFile, text_of, whole_file

MOST_EVENTS = 5000
MOST_RECURRING = 100
_FILLERS = frozenset("bell bells day days schedule schedules students for all today".split())
_CYCLE_DAY = re.compile(r"(?:day\s+([a-h]|[1-9][0-9]?)|([a-h]|[1-9][0-9]?)[\s-]+day)\b", re.IGNORECASE)


# What the library raises on files that are none.
_NOT_READ = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


class IcsReading(msgspec.Struct, frozen=True):
    """`wishes` by date. `ignored` are the titles of all-day events that say nothing known, each once; `timed` counts
    the events with a time of day, which say nothing of the schedule."""

    wishes: dict[date, Wish]
    ignored: tuple[str, ...]
    timed: int


def read_calendar_ics(content: bytes, known: Calendar) -> IcsReading:
    """Raises `UnfitFile` with all that is wrong."""
    events = list(_events(content))
    if len(events) > MOST_EVENTS:
        raise whole_file(f"The file has {len(events)} events; at most {MOST_EVENTS} are read.")
    moved = _moved(event for _, event in events)
    wishes: dict[date, Wish] = {}
    ignored: dict[str, None] = {}
    problems: list[RowProblem] = []
    timed = recurring = 0
    for line, event in events:
        title = one_line(str(event.get("summary", "")))[:LONGEST_NOTE]
        if str(event.get("status", "")).upper() == "CANCELLED":
            continue
        wish = _own(event, known) or _meaning(title, known)
        if wish is None and not is_timed(event):
            ignored[title or "without a title"] = None
        if wish is None or is_timed(event):
            timed += is_timed(event)
            continue
        recurring += "rrule" in event
        if recurring > MOST_RECURRING:
            raise whole_file(f"The file has more than {MOST_RECURRING} recurring events about the school day.")
        try:
            days = days_of(event, () if "recurrence-id" in event else moved.get(str(event.get("uid")), ()))
        except UnfitEvent as error:
            problems.append(RowProblem(line, error.field, f"{_quoted(title)} {error.why}"))
            continue
        for day in _school_days(event, days, known):
            wishes[day] = _both(wishes.get(day), wish)
    if len(wishes) > MOST_DAYS:
        problems.append(RowProblem(None, None, f"At most {MOST_DAYS} days change at once; these are {len(wishes)}."))
    if problems:
        raise UnfitFile(problems)
    return IcsReading(wishes, tuple(ignored), timed)


def _events(content: bytes) -> Iterator[tuple[int, icalendar.Event]]:
    """Each with the line on which it begins."""
    text = text_of(content)
    if not text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        raise whole_file("This is no iCalendar file: it does not begin with BEGIN:VCALENDAR.")
    if not text.rstrip().upper().endswith("END:VCALENDAR"):
        raise whole_file("This iCalendar file breaks off: it does not end with END:VCALENDAR. Export it again.")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.strip().upper() == "BEGIN:VEVENT"]
    try:
        found = icalendar.Calendar.from_ical(text.lstrip().encode(), multiple=True)
    except _NOT_READ as error:
        why = one_line(str(error))[:200]
        raise whole_file(f"This iCalendar file cannot be read ({why}). Export it again.") from None
    events = [event for each in found for event in each.walk("VEVENT") if isinstance(event, icalendar.Event)]
    return iter(zip(lines, events, strict=False))


def _moved(events: Any) -> dict[str, tuple[date, ...]]:
    """By event, the occurrences that an event of their own replaces."""
    moved: dict[str, tuple[date, ...]] = {}
    for event in events:
        instead = getattr(event.get("recurrence-id"), "__dict__", {}).get("dt")
        if isinstance(instead, date):
            uid = str(event.get("uid"))
            moved[uid] = (*moved.get(uid, ()), instead.date() if isinstance(instead, datetime) else instead)
    return moved


def _own(event: icalendar.Event, known: Calendar) -> Wish | None:
    """What our own file says."""
    if SCHEDULE not in event:
        return None
    name = one_line(str(event[SCHEDULE]))
    found = next((each for each in known.bell_schedules if each.name.casefold() == name.casefold()), None)
    if name and not found and not means_no_school(name):
        return None
    schedule: UUID | Word = found.id if found else Word.NONE if name else Word.USUAL
    cycle, note = (one_line(str(event.get(key, ""))) or None for key in (CYCLE, NOTE))
    return Wish(schedule, cycle and cycle[:LONGEST_CYCLE], note and note[:LONGEST_NOTE])


def _meaning(title: str, known: Calendar) -> Wish | None:
    """What a title says of a day, or None for nothing."""
    schedule = _schedule_in(title, known)
    cycle = _cycle_in(title, known)
    if schedule is None and says_no_school(title):
        return Wish(Word.NONE, msgspec.UNSET, title)
    if schedule is None and cycle is None:
        return None
    named = next((each.name for each in known.bell_schedules if each.id == schedule), "")
    rest = title if schedule and _words(title) != _words(named) and cycle is None else None
    return Wish(schedule or msgspec.UNSET, cycle or msgspec.UNSET, rest or msgspec.UNSET)


def _schedule_in(title: str, known: Calendar) -> UUID | None:
    whole, head = _words(title), _words(re.split(r"[:(\u2013\u2014]| - ", title, maxsplit=1)[0])
    longest_first = sorted(known.bell_schedules, key=lambda each: -len(each.name))
    for each in longest_first:
        name = _words(each.name)
        if name and name in (whole, head):
            return each.id
    spoken = f" {_spoken(title)} "
    for each in longest_first:
        phrase = _spoken(each.name)
        if " " in phrase and f" {phrase} " in spoken:
            return each.id
    return None


def _cycle_in(title: str, known: Calendar) -> str | None:
    found = _CYCLE_DAY.match(title)
    if not found:
        return None
    name = (found[1] or found[2]).upper()
    return next((day.cycle for day in known.calendar.values() if day.cycle and day.cycle.upper() == name), name)


def _school_days(event: icalendar.Event, days: list[date], known: Calendar) -> list[date]:
    """Of several days those that have school by their weekdays."""
    if len(days) == 1 or SCHEDULE in event:
        return days
    return [day for day in days if known.is_usually_school(day)]


def _both(one: Wish | None, other: Wish) -> Wish:
    """Two events of the same day. No school outweighs a schedule; else what came first stays."""
    if one is None or other.schedule is Word.NONE:
        return other
    if one.schedule is Word.NONE:
        return one
    return Wish(
        other.schedule if one.schedule is msgspec.UNSET else one.schedule,
        other.cycle if one.cycle is msgspec.UNSET else one.cycle,
        other.note if one.note is msgspec.UNSET else one.note,
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(sorted(word for word in _spoken(text).split() if word not in _FILLERS))


def _spoken(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _quoted(title: str) -> str:
    return f"The event '{title[:60]}'" if title else "The event"
