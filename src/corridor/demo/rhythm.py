"""How a school day pulses: how much students want to go at each moment, and when the bell brings them back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from corridor.campus.model import Period
from corridor.demo.courses import HOMEROOM_PERIOD, PERIODS

MOST = 2.0
_AFTER_BELL = timedelta(minutes=5)
_BEFORE_BELL = timedelta(minutes=3)
_EARLY, _MIDDLE, _LATE, _HOMEROOM, _ELSE = MOST, 1.0, 1.4, 0.3, 0.03


class Rhythm(Protocol):
    def demand(self, at: datetime) -> float:
        """How much passes are wanted, from 0 to `MOST`; 1 in the middle of a class."""

    def next_bell(self, at: datetime) -> datetime | None:
        """When the class under way ends; None between classes."""


class BellRhythm:
    """Follows bells. Nobody asks for a pass outside the school day or on a weekend."""

    def __init__(self, periods: Sequence[Period], zone: ZoneInfo) -> None:
        self._periods = periods
        self._zone = zone

    def demand(self, at: datetime) -> float:
        here = at.astimezone(self._zone)
        clock = here.time()
        if here.isoweekday() > 5 or not self._periods[0].starts_at <= clock < self._periods[-1].ends_at:
            return 0.0
        span = self._span(here)
        if span is None:
            return _ELSE
        name, start, end = span
        if name in PERIODS:
            return _demand_in_class(here - start, end - here)
        return _HOMEROOM if name == HOMEROOM_PERIOD else _ELSE

    def next_bell(self, at: datetime) -> datetime | None:
        span = self._span(at.astimezone(self._zone))
        return span[2].astimezone(UTC) if span else None

    def _span(self, here: datetime) -> tuple[str, datetime, datetime] | None:
        for period in self._periods:
            if period.starts_at <= here.time() < period.ends_at:
                start, end = (datetime.combine(here.date(), t, here.tzinfo) for t in (period.starts_at, period.ends_at))
                return period.name, start, end
        return None


class EvenRhythm:
    """For schools whose bells are not known: a class of 45 minutes and 5 minutes' passing, day and night."""

    _ROUND = timedelta(minutes=50)
    _CLASS = timedelta(minutes=45)
    _EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

    def demand(self, at: datetime) -> float:
        since = (at - self._EPOCH) % self._ROUND
        return _demand_in_class(since, self._CLASS - since) if since < self._CLASS else _ELSE

    def next_bell(self, at: datetime) -> datetime | None:
        since = (at - self._EPOCH) % self._ROUND
        return at - since + self._CLASS if since < self._CLASS else None


def _demand_in_class(since: timedelta, left: timedelta) -> float:
    if since < _AFTER_BELL:
        return _EARLY
    return _LATE if left < _BEFORE_BELL else _MIDDLE
