"""Times of day, as people write them."""

import re
from datetime import time

_WRITTEN = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?::([0-9]{2}))?\s*(?:([ap])\.?\s*m\.?)?", re.IGNORECASE)


def read_clock(text: str) -> time | None:
    """8:05, 08:05, 08:05:00, 8:05 AM or 1:05 p.m., or None for what is no time of day."""
    found = _WRITTEN.fullmatch(text.strip())
    if not found:
        return None
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    if half := found[4]:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half.lower() == "p" else 0)
    return time(hours, minutes, seconds) if hours < 24 and minutes < 60 and seconds < 60 else None


def write_clock(clock: time) -> str:
    """08:05, with seconds only where there are some."""
    return clock.isoformat("seconds" if clock.second else "minutes")
