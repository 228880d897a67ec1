"""How simulated time passes: at a multiple of the real pace, or as fast as the server answers."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from corridor.base.clock import Clock
from corridor.demo.clock import DemoClock

_MOST_AT_ONCE = 64
# What happens meanwhile may put something earlier on the agenda.
_LONGEST_NAP = 0.1
_STEP = timedelta(seconds=20)

Action = Callable[[], Awaitable[None]]


class Pace(Protocol):
    def now(self) -> datetime:
        """The simulated instant."""

    def goes_on(self) -> bool:
        """False once the simulation was told to stop. Raises what an action has raised."""

    async def wait(self, until: datetime | None) -> None:
        """Let simulated time pass, at most up to `until`."""

    async def do(self, action: Action) -> None:
        """Have an action done beside others."""

    async def settle(self) -> None:
        """Wait until every action is done."""

    async def abandon(self) -> None:
        """Break off the actions that are under way."""


class _Actions:
    """Up to 64 actions under way at once."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_MOST_AT_ONCE)
        self._tasks: set[asyncio.Future[None]] = set()
        self._failed: BaseException | None = None

    async def do(self, action: Action) -> None:
        await self._slots.acquire()
        task = asyncio.ensure_future(action())
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def settle(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks)
        self.check()

    async def abandon(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def check(self) -> None:
        if self._failed:
            raise self._failed

    def _done(self, task: asyncio.Future[None]) -> None:
        self._tasks.discard(task)
        self._slots.release()
        if not task.cancelled() and (error := task.exception()):
            self._failed = self._failed or error


class LivePace(_Actions):
    """From now on, `speed` times as fast as the clock."""

    def __init__(self, clock: Clock, speed: float = 1, stop: asyncio.Event | None = None) -> None:
        super().__init__()
        self._clock = clock
        self._start = clock.now()
        self._speed = speed
        self._stop = stop or asyncio.Event()

    def now(self) -> datetime:
        return self._start + (self._clock.now() - self._start) * self._speed

    def goes_on(self) -> bool:
        self.check()
        return not self._stop.is_set()

    async def wait(self, until: datetime | None) -> None:
        left = (until - self.now()).total_seconds() / self._speed if until else _LONGEST_NAP
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), max(0, min(left, _LONGEST_NAP)))


class SteppedPace(_Actions):
    """As fast as the server answers, with the server's clock moved along. What happens within 20 simulated seconds
    happens side by side."""

    def __init__(self, clock: DemoClock, start: datetime) -> None:
        super().__init__()
        self._clock = clock
        self._step_ends = start
        clock.hold(start)

    def now(self) -> datetime:
        return self._clock.now()

    def goes_on(self) -> bool:
        self.check()
        return True

    async def wait(self, until: datetime | None) -> None:
        if until is None:
            raise ValueError("A stepped simulation ends at a given instant.")
        if until >= self._step_ends:
            if self._tasks:
                # What they do may put something earlier than `until` on the agenda.
                await self.settle()
                return
            self._step_ends = until + _STEP
        self._clock.hold(max(until, self._clock.now()))
