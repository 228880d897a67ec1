"""Committed events on their way to whoever watches a school.

Each watcher has a bounded queue. One that does not keep up is told to read anew instead of being fed what it missed.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from corridor.day.state import SchoolState
from corridor.ledger.engine import Committed, Ledger

LONGEST_QUEUE = 256


class Watcher:
    """One who watches a school. `overrun` is set once something did not fit."""

    def __init__(self, school_id: UUID) -> None:
        self.school_id = school_id
        self.overrun = False
        self._queue: asyncio.Queue[Committed[SchoolState]] = asyncio.Queue(LONGEST_QUEUE)

    def offer(self, committed: Committed[SchoolState]) -> None:
        if committed.gap or self._queue.full():
            self.overrun = True
        if not self._queue.full():
            self._queue.put_nowait(committed)

    async def next(self, patience: float) -> list[Committed[SchoolState]]:
        """What was committed since, or nothing after `patience` seconds without news."""
        try:
            async with asyncio.timeout(patience):
                news = [await self._queue.get()]
        except TimeoutError:
            return []
        while not self._queue.empty():
            news.append(self._queue.get_nowait())
        return news


class Hub:
    """Hands what the ledger commits to the watchers of its school."""

    def __init__(self, ledger: Ledger[SchoolState]) -> None:
        self.ledger = ledger
        self._watchers: dict[UUID, set[Watcher]] = {}
        self._newest: tuple[Any, bytes] = (None, b"")
        ledger.listen(self._spread)

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

    def shared(self, committed: Committed[SchoolState], render: Callable[[], bytes]) -> bytes:
        """What `render` makes of a commit, made once for all who ask while it is the newest."""
        if self._newest[0] is not committed:
            self._newest = (committed, render())
        return self._newest[1]

    def _spread(self, committed: Committed[Any]) -> None:
        for watcher in self._watchers.get(committed.school_id, ()):
            watcher.offer(committed)
