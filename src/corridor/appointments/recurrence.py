"""When a repeating appointment takes place (RFC 5545, RRULE), by the school's own clock. Pure."""

import re
from datetime import UTC, date, datetime, timedelta

from dateutil.rrule import rrule, rruleset, rrulestr

from corridor.base.errors import InvalidInput
from corridor.campus.model import Campus
from corridor.campus.timetable import local, school_day, zone
from corridor.day.policy import Appointment

LONGEST_RULE = 200
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY"})
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "WKST"})
_PART = re.compile(r"([A-Z]+)=([0-9A-Z,+-]+)")
_UNTIL = re.compile(r"UNTIL=(\d{8})(?:T(\d{6})(Z?))?")
_MOST_LOOKS = 200
_MOST_TIMES = 999


def checked(recurrence: str, begins: datetime) -> str:
    """The rule as it is kept: in capitals, without a leading "RRULE:". Raises `InvalidInput` for one that cannot be
    read or is not one of days, weeks or months."""
    text = recurrence.strip().upper().removeprefix("RRULE:")
    if len(text) > LONGEST_RULE:
        raise _unreadable(f"it is longer than {LONGEST_RULE} characters")
    parts = {}
    for part in text.split(";"):
        match = _PART.fullmatch(part)
        if match is None or match[1] not in _PARTS or match[1] in parts:
            raise _unreadable(f"'{part}' is no part that can be used")
        parts[match[1]] = match[2]
    if parts.get("FREQ") not in _FREQUENCIES:
        raise _unreadable("FREQ is one of DAILY, WEEKLY and MONTHLY")
    for name in ("INTERVAL", "COUNT"):
        if name in parts and not (parts[name].isdigit() and 1 <= int(parts[name]) <= _MOST_TIMES):
            raise _unreadable(f"{name} is a number from 1 to {_MOST_TIMES}")
    try:
        _read(text, begins)
    except (ValueError, TypeError, OverflowError) as error:
        raise _unreadable(str(error)) from None
    return text


def next_at(campus: Campus, appointment: Appointment, after: datetime | None) -> datetime | None:
    """The first time later than `after` (None: the first of all) at which an appointment takes place. A repeating one
    takes place on days with school only."""
    if appointment.recurrence is None:
        first = appointment.begins
        return first if after is None or first > after else None
    zone_name = campus.school.time_zone
    begins = appointment.begins.astimezone(zone(zone_name))
    rule = _read(appointment.recurrence, begins)
    at = begins - timedelta(seconds=1) if after is None else max(local(campus, after), begins - timedelta(seconds=1))
    for found in rule.xafter(at, count=_MOST_LOOKS):
        day = found.date()
        if day not in appointment.skipped and _has_school(campus, day):
            return found.astimezone(UTC)
    return None


def takes_place_on(campus: Campus, appointment: Appointment, day: date) -> datetime | None:
    """When an appointment takes place on a date, if it does."""
    midnight = datetime.combine(day, datetime.min.time(), tzinfo=zone(campus.school.time_zone))
    at = next_at(campus, appointment, midnight - timedelta(microseconds=1))
    return at if at and local(campus, at).date() == day and day not in appointment.skipped else None


def still_to_come(campus: Campus, appointment: Appointment, day: date) -> datetime | None:
    """When an appointment takes place on a date, if it does and has not been made into passes."""
    at = takes_place_on(campus, appointment, day)
    return at if at and appointment.next_at and at >= appointment.next_at else None


def _has_school(campus: Campus, day: date) -> bool:
    return not campus.bell_schedules or school_day(campus, day) is not None


def _read(text: str, begins: datetime) -> rrule | rruleset:
    """The rule, with a local UNTIL made the UTC one that the standard asks for beside a start in a time zone."""

    def utc(match: re.Match[str]) -> str:
        if match[3]:
            return match[0]
        naive = datetime.strptime(match[1] + (match[2] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007 - the zone follows
        return f"UNTIL={naive.replace(tzinfo=begins.tzinfo).astimezone(UTC):%Y%m%dT%H%M%SZ}"

    return rrulestr(_UNTIL.sub(utc, text), dtstart=begins)


def _unreadable(why: str) -> InvalidInput:
    return InvalidInput(
        f"The recurrence cannot be used: {why}. Write it like FREQ=WEEKLY;BYDAY=TU;UNTIL=20270115.", field="recurrence"
    )
