"""Committed events on their way to whoever watches a school.

What is committed in quick succession reaches the watchers together: with thousands of them it is the number of
handovers that costs, not what is handed over. Each watcher has a bounded queue. One that does not keep up is told to
read anew instead of being fed what it missed.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any
from uuid import UUID

from corridor.day.state import SchoolState
from corridor.ledger.engine import Committed, Ledger

LONGEST_QUEUE = 256
PACE_SECONDS = 0.02
"""How long a school rests after a handover at least; after a long one it rests half as long as that took. After a
longer silence news goes out at once."""
AT_ONCE = 50
"""How many are served before others have their turn: commands must not wait for thousands of listeners."""


class News:
    """What was committed to a school since the news before: the events, and the state and sequence they led to.

    `gap`: there were too many events to hand over.
    """

    def __init__(self, commits: Sequence[Committed[SchoolState]]) -> None:
        self.state = commits[-1].state
        self.seq = commits[-1].seq
        self.events = [recorded for committed in commits for recorded in committed.events]
        self.gap = any(committed.gap for committed in commits)
        self._shared: dict[Hashable, bytes] = {}

    def shared(self, audience: Hashable, render: Callable[[], bytes]) -> bytes:
        """What `render` makes of it, made once for all of an audience."""
        if audience not in self._shared:
            self._shared[audience] = render()
        return self._shared[audience]


class Watcher:
    """One who watches a school. `overrun` is set once something did not fit."""

    def __init__(self, school_id: UUID) -> None:
        self.school_id = school_id
        self.overrun = False
        self._news: list[News] = []
        self._waiter: asyncio.Future[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None

    def offer(self, news: News) -> None:
        if news.gap or len(self._news) == LONGEST_QUEUE:
            self.overrun = True
        if len(self._news) < LONGEST_QUEUE:
            self._news.append(news)
        self._wake()

    async def next(self, within: float) -> list[News]:
        """What was committed since; or nothing, at the latest after so many seconds."""
        if not self._news:
            # By hand, and with an alarm that goes on over several waits: asyncio's queue and a timeout for each wait
            # would cost more than the rest of the way to a listener.
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            self._alarm = self._alarm or loop.call_later(within, self._ring)
            await self._waiter
        news, self._news = self._news, []
        return news

    def close(self) -> None:
        if self._alarm:
            self._alarm.cancel()

    def _ring(self) -> None:
        self._alarm = None
        self._wake()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


class Hub:
    """Hands what the ledger commits to the watchers of its school."""

    def __init__(self, ledger: Ledger[SchoolState]) -> None:
        self.ledger = ledger
        self._watchers: dict[UUID, set[Watcher]] = {}
        self._waiting: dict[UUID, list[Committed[SchoolState]]] = {}
        self._couriers: dict[UUID, asyncio.Task[None]] = {}
        ledger.listen(self._collect)

    @contextmanager
    def watch(self, school_id: UUID) -> Iterator[Watcher]:
        watcher = Watcher(school_id)
        self._watchers.setdefault(school_id, set()).add(watcher)
        try:
            yield watcher
        finally:
            self._watchers[school_id].discard(watcher)
            watcher.close()

    @property
    def watching(self) -> int:
        """How many watch, for the metrics."""
        return sum(len(watchers) for watchers in self._watchers.values())

    def _collect(self, committed: Committed[Any]) -> None:
        school_id = committed.school_id
        if school_id in self._couriers:
            self._waiting[school_id].append(committed)
        elif self._watchers.get(school_id):
            self._waiting[school_id] = [committed]
            self._couriers[school_id] = asyncio.create_task(self._hand_over(school_id), name="courier")

    async def _hand_over(self, school_id: UUID) -> None:
        """Hand over what waits, time and again, until nothing new has come for a while."""
        while commits := self._waiting[school_id]:
            self._waiting[school_id] = []
            news = News(commits)
            began = monotonic()
            for number, watcher in enumerate(tuple(self._watchers[school_id]), start=1):
                watcher.offer(news)
                if number % AT_ONCE == 0:
                    await asyncio.sleep(0)
            await asyncio.sleep(max(PACE_SECONDS, (monotonic() - began) / 2))
        del self._couriers[school_id]
