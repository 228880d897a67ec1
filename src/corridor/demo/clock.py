"""The demo's clock: whenever the demo is opened, a school day is on.

On a school day between `OPEN_FROM` and `OPEN_UNTIL` it is the real time. Otherwise the clock is shifted to a lively
instant of the nearest school day, past rather than future, and never to before what the ledger holds already.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from corridor.base.clock import Clock, SystemClock
from corridor.demo.plan import PLACE
from corridor.demo.year import is_school_day, school_day_after, school_day_on_or_before

OPEN_FROM = time(8, 20)
OPEN_UNTIL = time(14, 30)
LIVELY_AT = time(10, 6)
"""Mid-period at both schools, with most of half an hour left before the high school's bell."""

_SCHOOL_IS_OUT = "because school is out right now"
_SHOWN_ALREADY = "because this demo has been shown up to there already"


class DemoTime(msgspec.Struct, frozen=True):
    """`shift` is what the demo's clock is ahead of the real one; `why` is empty when it is not."""

    shift: timedelta
    zone: ZoneInfo
    why: str

    def sentence(self, real: datetime) -> str:
        """What to tell people about the clock at the real instant `real`."""
        shown = f"{(real + self.shift).astimezone(self.zone):%A %H:%M}"
        if not self.shift:
            return f"Demo clock: it is {shown} in {PLACE}, the real time."
        return f"Demo clock: it is shown as {shown} in {PLACE}, {self.why}."


def choose_shift(now: datetime, zone: ZoneInfo, *, not_before: datetime | None = None) -> DemoTime:
    """The shift for a demo that is opened at the real instant `now`.

    `not_before` is the newest instant that the ledger has recorded. The shown time always lies on a school day, in
    hours, and is never earlier than that.
    """
    here = now.astimezone(zone)
    in_hours = in_session(here)
    if in_hours and (not_before is None or not_before <= now):
        return DemoTime(timedelta(0), zone, "")
    target = _lively(_latest_day_with_lively_past(here), zone)
    if not_before is not None and target < not_before:
        last = not_before.astimezone(zone)
        target = not_before if in_session(last) else _lively(_first_day_with_lively_ahead(last), zone)
    return DemoTime(target - now.astimezone(UTC), zone, _SHOWN_ALREADY if in_hours else _SCHOOL_IS_OUT)


def in_session(local: datetime) -> bool:
    """Whether a school day is well under way at this local time."""
    return is_school_day(local.date()) and OPEN_FROM <= local.time() <= OPEN_UNTIL


def _latest_day_with_lively_past(local: datetime) -> date:
    return school_day_on_or_before(local.date() - timedelta(days=local.time() < LIVELY_AT))


def _first_day_with_lively_ahead(local: datetime) -> date:
    day = local.date()
    return day if is_school_day(day) and local.time() < LIVELY_AT else school_day_after(day)


def _lively(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, LIVELY_AT, tzinfo=zone).astimezone(UTC)


class DemoClock:
    """A clock that runs `time.shift` ahead of the real one, and can be held while the morning is made up."""

    def __init__(self, time: DemoTime, real: Clock | None = None) -> None:
        self._time = time
        self._real = real or SystemClock()
        self._held: datetime | None = None

    def now(self) -> datetime:
        return self._held or self.running_now()

    def running_now(self) -> datetime:
        """What `now` will be once nothing holds the clock."""
        return self._real.now() + self._time.shift

    def hold(self, at: datetime) -> None:
        """Stand still at this instant."""
        self._held = at

    def release(self) -> None:
        self._held = None

    def sentence(self) -> str:
        return self._time.sentence(self._real.now())

    def go_on(self) -> None:
        """Move ahead to when school is on again. Does nothing while it is on."""
        if not in_session(self.now().astimezone(self._time.zone)):
            self._time = choose_shift(self._real.now(), self._time.zone, not_before=self.now())

    def local(self) -> datetime:
        return self.now().astimezone(self._time.zone)
