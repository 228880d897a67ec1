"""The ticker: sends a tick to every school in which time alone has something to change.

Two processes may both send it; the second finds nothing left to do.
"""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from corridor.ledger.engine import Ledger

TICK_SECONDS = 0.5
log = structlog.get_logger("corridor.ledger")


class Ticker:
    def __init__(self, ledger: Ledger[Any]) -> None:
        self._ledger = ledger
        self._task: asyncio.Task[None] | None = None
        self._dues: dict[UUID, tuple[int, int, datetime | None]] = {}

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="ticker")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            due = self._due()
            results = await asyncio.gather(
                *(self._ledger.submit(school_id, self._ledger.decider.tick) for school_id in due),
                return_exceptions=True,
            )
            for result in results:
                if isinstance(result, Exception):
                    log.warning("tick failed", error=repr(result))
            await asyncio.sleep(TICK_SECONDS)

    def _due(self) -> list[UUID]:
        now = self._ledger.clock.now()
        return [
            school_id
            for school_id, version in self._ledger.known_schools().items()
            if (at := self._due_at(school_id, version)) is not None and at <= now
        ]

    def _due_at(self, school_id: UUID, version: tuple[int, int]) -> datetime | None:
        """When the school is next due; worked out once for each of its states."""
        remembered = self._dues.get(school_id)
        if remembered and remembered[:2] == version:
            return remembered[2]
        known = self._ledger.known(school_id)
        at = self._ledger.decider.due(known[0]) if known else None
        self._dues[school_id] = (*version, at)
        return at
