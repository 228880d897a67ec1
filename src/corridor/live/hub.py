"""Committed events on their way to whoever watches a school.

What is committed in quick succession reaches the watchers together: with thousands of them it is the number of handovers
that costs, not what is handed over. Each watcher has a bounded queue. One that does not keep up is told to read anew
instead of being fed what it missed.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from corridor.day.state import SchoolState
from corridor.ledger.engine import Committed, Ledger

LONGEST_QUEUE = 256
PACE_SECONDS = 0.1
"""The shortest time between two handovers of one school. After a longer silence news goes out at once."""


class News:
    """What was committed to a school since the news before: the events, and the state and sequence they led to.

    `gap`: there were too many events to hand over.
    """

    def __init__(self, commits: Sequence[Committed[SchoolState]]) -> None:
        self.state = commits[-1].state
        self.seq = commits[-1].seq
        self.events = [recorded for committed in commits for recorded in committed.events]
        self.gap = any(committed.gap for committed in commits)
        self._shared: bytes | None = None

    def shared(self, render: Callable[[], bytes]) -> bytes:
        """What `render` makes of it, made once for all who ask."""
        if self._shared is None:
            self._shared = render()
        return self._shared


class Watcher:
    """One who watches a school. `overrun` is set once something did not fit."""

    def __init__(self, school_id: UUID) -> None:
        self.school_id = school_id
        self.overrun = False
        self._news: list[News] = []
        self._waiter: asyncio.Future[None] | None = None

    def offer(self, news: News) -> None:
        if news.gap or len(self._news) == LONGEST_QUEUE:
            self.overrun = True
        if len(self._news) < LONGEST_QUEUE:
            self._news.append(news)
        if self._waiter:
            _wake(self._waiter)

    async def next(self, within: float) -> list[News]:
        """What was committed since, or nothing after so many seconds without news."""
        if not self._news:
            loop = asyncio.get_running_loop()
            # By hand, because asyncio's queue and timeout cost more than the rest of the way to a listener.
            self._waiter = loop.create_future()
            alarm = loop.call_later(within, _wake, self._waiter)
            try:
                await self._waiter
            finally:
                alarm.cancel()
                self._waiter = None
        news, self._news = self._news, []
        return news


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


class Hub:
    """Hands what the ledger commits to the watchers of its school."""

    def __init__(self, ledger: Ledger[SchoolState]) -> None:
        self.ledger = ledger
        self._watchers: dict[UUID, set[Watcher]] = {}
        self._waiting: dict[UUID, list[Committed[SchoolState]]] = {}
        self._handed_over: dict[UUID, float] = {}
        ledger.listen(self._collect)

    @contextmanager
    def watch(self, school_id: UUID) -> Iterator[Watcher]:
        watcher = Watcher(school_id)
        self._watchers.setdefault(school_id, set()).add(watcher)
        try:
            yield watcher
        finally:
            self._watchers[school_id].discard(watcher)

    @property
    def watching(self) -> int:
        """How many watch, for the metrics."""
        return sum(len(watchers) for watchers in self._watchers.values())

    def _collect(self, committed: Committed[Any]) -> None:
        school_id = committed.school_id
        if school_id in self._waiting:
            self._waiting[school_id].append(committed)
        elif self._watchers.get(school_id):
            self._waiting[school_id] = [committed]
            loop = asyncio.get_running_loop()
            due = self._handed_over.get(school_id, 0.0) + PACE_SECONDS
            # Not from here even when it is due: those who wait for the answers to their commands go first.
            loop.call_later(max(0.0, due - loop.time()), self._hand_over, school_id)

    def _hand_over(self, school_id: UUID) -> None:
        self._handed_over[school_id] = asyncio.get_running_loop().time()
        news = News(self._waiting.pop(school_id))
        for watcher in self._watchers[school_id]:
            watcher.offer(news)
