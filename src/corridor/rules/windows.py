"""Spans of the day by the school's clock."""

from collections.abc import Iterable, Iterator
from datetime import datetime, time
from typing import Annotated

import msgspec

from corridor.campus.model import Campus
from corridor.campus.timetable import Moment, at_clock


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `starts_at` up to but not including `ends_at`, on the school's clock."""

    starts_at: Annotated[time, msgspec.Meta(tz=False)]
    ends_at: Annotated[time, msgspec.Meta(tz=False)]


def ends_of(windows: Iterable[Window], now: Moment, campus: Campus) -> Iterator[datetime]:
    """When the windows that this instant lies in end."""
    for window in windows:
        ends = at_clock(campus, now.day, window.ends_at)
        if at_clock(campus, now.day, window.starts_at) <= now.at < ends:
            yield ends
