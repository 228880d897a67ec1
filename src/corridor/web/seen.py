"""When something was last seen, in words."""

from datetime import datetime, timedelta

from corridor.campus.timetable import zone

_JUST_NOW = timedelta(minutes=2)
_TODAY = timedelta(hours=20)


def seen_words(at: datetime | None, now: datetime, time_zone: str) -> str:
    """Such as "just now", "at 10:42", "on November 3"; "never" for what never was."""
    if at is None:
        return "never"
    if now - at < _JUST_NOW:
        return "just now"
    here, today = at.astimezone(zone(time_zone)), now.astimezone(zone(time_zone))
    if now - at < _TODAY and here.date() == today.date():
        return f"at {here:%H:%M}"
    year = "" if here.year == today.year else f", {here.year}"
    return f"on {here:%B} {here.day}{year}"
