"""What a domain must give the engine."""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

import psycopg
from sqlalchemy import Table

from corridor.ledger.words import Command, Decision, Event, Recorded

S = TypeVar("S")

Rows = Mapping[Table, Sequence[Mapping[str, Any]]]


class Decider(Protocol[S]):
    """A domain on the ledger. All but `load` is pure.

    `kinds`: the event struct of each kind.
    `draft(state)`: a state that may be advanced without touching the given one.
    `decide(state, command, now)`: a decision; raises `CorridorError` when the command makes no sense, and then nothing
    is recorded.
    `evolve(draft, recorded)`: the draft advanced by one event.
    `answer(draft, decision)`: what to tell whoever sent the command, once its events are evolved. It is encoded as
    JSON, kept, and given again if the command arrives again; None means that nobody waits for it.
    `rows(draft, events)`: the read-table rows that these events, already evolved, have changed, whole.
    `due(state)`: when time alone will next change something, and `tick` the command to send then.
    """

    kinds: Mapping[str, type[Event]]

    @property
    def tick(self) -> Command: ...

    def draft(self, state: S) -> S: ...

    def decide(self, state: S, command: Command, now: datetime) -> Decision: ...

    def evolve(self, draft: S, recorded: Recorded) -> S: ...

    def answer(self, draft: S, decision: Decision) -> Any: ...

    def rows(self, draft: S, events: Sequence[Recorded]) -> Rows: ...

    def due(self, state: S) -> datetime | None: ...

    def load(self, connection: psycopg.AsyncConnection[Any], school_id: UUID, as_of: datetime, /) -> Awaitable[S]: ...
