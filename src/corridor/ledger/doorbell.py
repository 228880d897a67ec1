"""The doorbell: how processes tell each other that there are new events. It carries no events and may be lost.

One connection listens, a second one rings. Every few seconds, and after every gap, the listener compares all heads with
what is known here, so a lost ring heals by itself.
"""

import asyncio
import contextlib
from typing import Any
from uuid import UUID

import psycopg
import structlog

from corridor.base.database import Database
from corridor.base.errors import CorridorError
from corridor.ledger.engine import Ledger

CHANNEL = "corridor_ledger"
POLL_SECONDS = 3.0
RETRY_SECONDS = 1.0
COALESCE_SECONDS = 0.02
log = structlog.get_logger("corridor.ledger")


class Doorbell:
    """Rings for what the ledger commits here, and refreshes the ledger when another process rings."""

    def __init__(self, database: Database, ledger: Ledger[Any]) -> None:
        self._database = database
        self._ledger = ledger
        self._unrung: dict[UUID, int] = {}
        self._rings = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        ledger.on_ring = self.ring

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._keep(self._listen), name="doorbell listener"),
            asyncio.create_task(self._keep(self._send), name="doorbell ringer"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def ring(self, school_id: UUID, seq: int) -> None:
        self._unrung[school_id] = seq
        self._rings.set()

    async def _keep(self, work: Any) -> None:
        """Run `work` on a connection of its own, for ever, with a new connection after each failure."""
        while True:
            try:
                connection = await self._database.connect(autocommit=True)
                async with connection:
                    await work(connection)
            except (psycopg.Error, OSError, CorridorError) as error:
                log.warning("doorbell lost its connection", error=str(error).strip())
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self, connection: psycopg.AsyncConnection[Any]) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        while True:
            await self._poll(connection)
            async for notice in connection.notifies(timeout=POLL_SECONDS):
                school, _, seq = notice.payload.partition(" ")
                known = self._ledger.known(UUID(school))
                if known and known[1] < int(seq):
                    await self._refresh(UUID(school))

    async def _poll(self, connection: psycopg.AsyncConnection[Any]) -> None:
        known = self._ledger.known_schools()
        cursor = await connection.execute(
            "SELECT school_id, seq, config_version FROM ledger_head WHERE school_id = ANY(%s)", [list(known)]
        )
        for school_id, seq, config_version in await cursor.fetchall():
            if (seq, config_version) > known[school_id]:
                await self._refresh(school_id)

    async def _refresh(self, school_id: UUID) -> None:
        with contextlib.suppress(CorridorError):
            await self._ledger.refresh(school_id)

    async def _send(self, connection: psycopg.AsyncConnection[Any]) -> None:
        # A ring may be lost, so its transaction need not wait for the disk.
        await connection.execute("SET synchronous_commit = off")
        while True:
            await self._rings.wait()
            await asyncio.sleep(COALESCE_SECONDS)
            self._rings.clear()
            rings, self._unrung = self._unrung, {}
            payloads = [f"{school_id} {seq}" for school_id, seq in rings.items()]
            await connection.execute(
                "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload", [CHANNEL, payloads]
            )
