"""The dates of an all-day iCalendar event: one, several in a row, or those of its recurrence rule."""

from collections.abc import Collection
from datetime import MAXYEAR, date, datetime, time, timedelta
from itertools import islice
from typing import Any

import icalendar
from dateutil.rrule import rrule, rrulestr
from icalendar.prop import vBroken

from corridor.campus.calendar import FIRST_DAY, LAST_DAY, MOST_DAYS

_HORIZON = timedelta(days=MOST_DAYS)
_MOST_OCCURRENCES = 5 * MOST_DAYS
_USUAL_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY"})
_PARTS = {
    "DAILY": frozenset[str](),
    "WEEKLY": frozenset[str](),
    "MONTHLY": frozenset({"BYMONTHDAY", "BYSETPOS"}),
    "YEARLY": frozenset({"BYMONTH", "BYMONTHDAY", "BYSETPOS"}),
}
# The calendar repeats itself after 400 years. A rule that never comes true is looked for up to the last year there is:
# near it, that is soon.
_LONG_CYCLE = 400
_HORIZON_YEARS = 5


class UnfitEvent(Exception):
    """`field` is the event's property, `why` goes on from the event's name."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field
        self.why = why


def days_of(event: icalendar.Event, except_on: Collection[date] = ()) -> list[date]:
    """In order, of an event without a time of day. `except_on` are dates of the rule that do not count.

    A rule without an end goes on for three years. Raises `UnfitEvent`.
    """
    starts, ends = _span(event)
    if starts is None or ends is None:
        return []
    if not (FIRST_DAY <= starts <= LAST_DAY and ends <= LAST_DAY):
        raise UnfitEvent("DTSTART", "is not of the years 2000 to 2199.")
    length = (ends - starts).days
    if not 1 <= length <= MOST_DAYS:
        raise UnfitEvent("DTEND", "ends before it begins." if length < 1 else "is longer than three years.")
    begins = {*_recurring(event, starts), *_listed(event, "rdate")} - {*_listed(event, "exdate"), *except_on}
    if len(begins) * length > _MOST_OCCURRENCES:
        raise UnfitEvent("RRULE", "stands for too many days.")
    days = {begin + timedelta(days=ahead) for begin in begins for ahead in range(length)}
    return sorted(days)


def is_timed(event: icalendar.Event) -> bool:
    """Whether it has a time of day, and so no days."""
    try:
        return _span(event) == (None, None)
    except UnfitEvent:
        return False


def _span(event: icalendar.Event) -> tuple[date | None, date | None]:
    """The first day, and the day after the last."""
    starts = _date(event, "dtstart")
    if starts is None:
        raise UnfitEvent("DTSTART", "does not say on which day it is.")
    ends, lasts = _date(event, "dtend"), _value(event, "duration")
    if isinstance(starts, datetime):
        # Some programs write an all-day event as one from midnight to midnight.
        if isinstance(ends, datetime) and starts.time() == ends.time() == time() and ends.date() > starts.date():
            return starts.date(), ends.date()
        return None, None
    if isinstance(ends, datetime):
        ends = ends.date()
    if ends is None:
        lasts = lasts if isinstance(lasts, timedelta) else timedelta()
        ends = starts + min(max(lasts, timedelta(days=1)), 2 * _HORIZON) if starts <= LAST_DAY else starts
    # Some programs write an all-day event's last day as its end.
    return starts, starts + timedelta(days=1) if ends == starts <= LAST_DAY else ends


def _date(event: icalendar.Event, name: str) -> date | None:
    found = _value(event, name)
    if not isinstance(found, date | None):
        raise UnfitEvent(name.upper(), f"has a {name.upper()} that is no date.")
    return found


def _value(event: icalendar.Event, name: str) -> Any:
    found = _get(event, name)
    if isinstance(found, list):
        raise UnfitEvent(name.upper(), f"has more than one {name.upper()}.")
    return getattr(found, "dt", None)


def _get(event: icalendar.Event, name: str) -> Any:
    found = event.get(name)
    parts = found if isinstance(found, list) else [found]
    if any(isinstance(part, vBroken) for part in parts) or name.upper() in {broken for broken, _ in event.errors}:
        raise UnfitEvent(name.upper(), f"has a {name.upper()} that cannot be read.")
    return found


def _recurring(event: icalendar.Event, starts: date) -> list[date]:
    rule = _get(event, "rrule")
    if rule is None:
        return [starts]
    if isinstance(rule, list):
        raise UnfitEvent("RRULE", "has more than one rule of recurrence.")
    frequency = str(next(iter(rule.get("FREQ", ())), "")).upper()
    other_parts = set(rule) - _PARTS.get(frequency, frozenset()) - _USUAL_PARTS
    if frequency not in _PARTS or other_parts:
        raise UnfitEvent(
            "RRULE", f"recurs by a rule that is not read here ({', '.join(sorted(other_parts)) or 'FREQ'})."
        )
    if any(int(each) < 1 for each in rule.get("INTERVAL", ())):
        raise UnfitEvent("RRULE", "recurs by a rule without steps.")
    shift = _LONG_CYCLE * ((MAXYEAR - _HORIZON_YEARS - starts.year) // _LONG_CYCLE)
    begin = datetime.combine(starts.replace(year=starts.year + shift), time())
    count = next(iter(rule.get("COUNT", ())), None)
    parts = {key: value for key, value in rule.items() if key not in ("UNTIL", "COUNT")}
    try:
        text: bytes = icalendar.vRecur(parts).to_ical()  # type: ignore[no-untyped-call]
        read = rrulestr(text.decode(), dtstart=begin)
        assert isinstance(read, rrule)
        bounded = read.replace(until=begin + _HORIZON)
        found = list(islice(bounded, min(int(count or MOST_DAYS), MOST_DAYS)))
    except (ValueError, TypeError, AssertionError):
        raise UnfitEvent("RRULE", "recurs by a rule that cannot be read.") from None
    until = next(iter(rule.get("UNTIL", ())), LAST_DAY)
    last = until.date() if isinstance(until, datetime) else until
    return [day for each in found if (day := each.date().replace(year=each.year - shift)) <= last]


def _listed(event: icalendar.Event, name: str) -> list[date]:
    found = _get(event, name)
    dates = []
    for each in found if isinstance(found, list) else [found]:
        for value in getattr(each, "dts", ()):
            day = value.dt
            if isinstance(day, date):
                dates.append(day.date() if isinstance(day, datetime) else day)
    return dates
