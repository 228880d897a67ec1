"""One decider out of many rooms: each room decides its own commands and advances its own part of the state."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
import psycopg
from sqlalchemy import Table

from corridor.ledger.decider import Rows
from corridor.ledger.words import Command, Decision, Event, Recorded, Tick

S = TypeVar("S")


class Room(msgspec.Struct, Generic[S], frozen=True):
    """What a room adds to the decider.

    `decide` by command type, `evolve` by event type (advances the draft in place), `rows` its read-table rows for
    events just evolved, `tick` its events for what is due now, `due` when that will next be the case.
    """

    decide: Mapping[type[Command], Callable[[S, Any, datetime], Decision]]
    evolve: Mapping[type[Event], Callable[[S, Recorded], None]]
    rows: Callable[[S, Sequence[Recorded]], Rows]
    tick: Callable[[S, datetime], Sequence[Event]] = lambda state, now: ()
    due: Callable[[S], datetime | None] = lambda state: None


class Rooms(Generic[S]):
    """A `Decider` made of rooms.

    `load` reads a state afresh, `draft` copies one, `answer` tells what a decision is about. `begin` advances the
    draft by what every event brings with it, whichever room it is of, before that room's own `evolve`.
    """

    tick = Tick()

    def __init__(
        self,
        rooms: Sequence[Room[S]],
        *,
        load: Callable[[psycopg.AsyncConnection[Any], UUID, datetime], Awaitable[S]],
        draft: Callable[[S], S],
        begin: Callable[[S, Recorded], None],
        answer: Callable[[S, Decision], Any],
    ) -> None:
        self._rooms = rooms
        self._decide = {command: decide for room in rooms for command, decide in room.decide.items()}
        self._evolve: dict[type[Event], list[Callable[[S, Recorded], None]]] = {}
        for room in rooms:
            for event, evolve in room.evolve.items():
                self._evolve.setdefault(event, []).append(evolve)
        self.kinds: Mapping[str, type[Event]] = {event.kind: event for event in self._evolve}
        self.load = load
        self.draft = draft
        self._begin = begin
        self.answer = answer

    def decide(self, state: S, command: Command, now: datetime) -> Decision:
        if isinstance(command, Tick):
            return Decision([event for room in self._rooms for event in room.tick(state, now)])
        return self._decide[type(command)](state, command, now)

    def evolve(self, draft: S, recorded: Recorded) -> S:
        assert recorded.event is not None
        self._begin(draft, recorded)
        for evolve in self._evolve[type(recorded.event)]:
            evolve(draft, recorded)
        return draft

    def rows(self, draft: S, events: Sequence[Recorded]) -> Rows:
        rows: dict[Table, list[Mapping[str, Any]]] = {}
        for room in self._rooms:
            for table, some in room.rows(draft, events).items():
                rows.setdefault(table, []).extend(some)
        return rows

    def due(self, state: S) -> datetime | None:
        dues = [due for room in self._rooms if (due := room.due(state)) is not None]
        return min(dues, default=None)
