"""A toy domain on the ledger: jars that hold coins, none of them more than the school allows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import psycopg
from sqlalchemy import Column, Integer, MetaData, Table, Uuid

from corridor.base.database import Database
from corridor.base.errors import InvalidInput
from corridor.ledger.decider import Rows
from corridor.ledger.store import ensure_heads
from corridor.ledger.words import Command, Decision, Event, Recorded, Tick

JAR = Table(
    "toy_jar", MetaData(), Column("id", Uuid, primary_key=True), Column("school_id", Uuid), Column("coins", Integer)
)
MOST = 5


class AddCoin(Command, frozen=True):
    jar_id: UUID
    secret: str = ""


class Explode(Command, frozen=True):
    """A command whose decision is broken."""


class CoinAdded(Event, frozen=True):
    kind: ClassVar[str] = "coin_added"
    jar_id: UUID
    secret: str = ""


class CoinRefused(Event, frozen=True):
    kind: ClassVar[str] = "coin_refused"
    jar_id: UUID


class Jars(msgspec.Struct):
    school_id: UUID
    coins: dict[UUID, int]


class ToyDecider:
    kinds: Mapping[str, type[Event]] = {kind.kind: kind for kind in (CoinAdded, CoinRefused)}
    tick = Tick()

    def draft(self, state: Jars) -> Jars:
        return Jars(state.school_id, state.coins.copy())

    def decide(self, state: Jars, command: Command, now: datetime) -> Decision:
        match command:
            case Tick():
                return Decision([])
            case AddCoin(secret="nonsense"):
                raise InvalidInput("Nonsense.")
            case AddCoin():
                if state.coins.get(command.jar_id, 0) < MOST:
                    return Decision([CoinAdded(command.jar_id, command.secret)], about=command.jar_id)
                return Decision([CoinRefused(command.jar_id)], about="full", refused=True)
        raise RuntimeError("boom")

    def evolve(self, draft: Jars, recorded: Recorded) -> Jars:
        if isinstance(recorded.event, CoinAdded):
            draft.coins[recorded.event.jar_id] = draft.coins.get(recorded.event.jar_id, 0) + 1
        return draft

    def answer(self, draft: Jars, decision: Decision) -> Any:
        return {"coins": draft.coins[decision.about]} if isinstance(decision.about, UUID) else decision.about

    def rows(self, draft: Jars, events: Sequence[Recorded]) -> Rows:
        jars = {event.event.jar_id for event in events if isinstance(event.event, CoinAdded)}
        rows = [{"id": jar, "school_id": draft.school_id, "coins": draft.coins[jar]} for jar in jars]
        return {JAR: rows} if rows else {}

    def due(self, state: Jars) -> datetime | None:
        return None

    async def load(self, connection: psycopg.AsyncConnection[Any], school_id: UUID, as_of: datetime) -> Jars:
        cursor = await connection.execute("SELECT id, coins FROM toy_jar WHERE school_id = %s", [school_id])
        return Jars(school_id, dict(await cursor.fetchall()))


class ToyRebuild:
    """The toy's table from its events."""

    def __init__(self) -> None:
        self._jars: dict[UUID, dict[str, Any]] = {}
        self._lost = False

    def add(self, recorded: Recorded) -> None:
        if recorded.event is None:
            self._lost = True
        if isinstance(recorded.event, CoinAdded):
            jar = recorded.event.jar_id
            row = self._jars.setdefault(jar, {"id": jar, "school_id": recorded.school_id, "coins": 0})
            row["coins"] += 1

    def tables(self) -> Mapping[Table, Mapping[UUID, Mapping[str, Any]]]:
        return {JAR: self._jars}

    def unknown(self) -> set[UUID]:
        return set(self._jars) if self._lost else set()

    def forgotten(self) -> int:
        return 0


async def set_up(database: Database, *school_ids: UUID) -> None:
    """The toy's table, and a ledger for each school."""
    async with database.session() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "CREATE TABLE IF NOT EXISTS toy_jar (id uuid PRIMARY KEY, school_id uuid NOT NULL, coins int NOT NULL)"
        )
        await ensure_heads(session, school_ids)
