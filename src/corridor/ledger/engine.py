"""The ledger's engine: group commit of decided commands, and the cached state of every school that this process knows.

One task does all of it, so that nothing here needs a lock: it takes whatever commands are waiting, locks the heads of
their schools, brings the cached states up to date, decides each command on the effects of the ones before it, writes
everything in one transaction, and only then answers. Cached states are those of committed events, never of a batch
under way.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
import psycopg
import structlog

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.errors import CorridorError, NotFound, Unavailable
from corridor.ledger.batch import Pending, Working, answer_row, event_rows, head_row
from corridor.ledger.decider import Decider
from corridor.ledger.store import (
    INSERT_ANSWERS,
    INSERT_EVENTS,
    UPDATE_HEADS,
    Connection,
    EventReader,
    Head,
    read_answers,
    read_heads,
    read_recorded,
)
from corridor.ledger.upsert import encode_rows, upsert
from corridor.ledger.words import Answer, Command, Recorded

S = TypeVar("S")

MOST_IN_A_BATCH = 500
MOST_REPLAYED = 2000
RETRY_SECONDS = 0.1
NO_SCHOOL = "There is no such school, or it is not one of yours."
# No head has this configuration version, and every head's is newer.
_DISTRUSTED = -1
log = structlog.get_logger("corridor.ledger")


class Committed(msgspec.Struct, Generic[S], frozen=True):
    """What listeners are told: the school's new state and the events that led to it.

    `gap` means that there were too many events to hand over: whoever follows them must read anew.
    """

    school_id: UUID
    seq: int
    state: S
    events: Sequence[Recorded]
    gap: bool = False


class _Cached(msgspec.Struct, Generic[S]):
    """A state and the place in the ledger that it belongs to."""

    state: S
    seq: int
    config_version: int


class Ledger(Generic[S]):
    """The one way through which a school's day changes.

    `submit` a command and get its answer once it is durably recorded; ask `state` for what is known now; `listen` for
    what gets committed, here or by another process.
    """

    def __init__(self, database: Database, decider: Decider[S], clock: Clock) -> None:
        self.decider = decider
        self.clock = clock
        self.reader = EventReader(decider.kinds)
        self.on_ring: Callable[[UUID, int], None] = lambda school_id, seq: None
        self._database = database
        self._connection: Connection | None = None
        self._cache: dict[UUID, _Cached[S]] = {}
        self._published: dict[UUID, int] = {}
        self._waiting: deque[Pending] = deque()
        self._refreshing: dict[UUID, asyncio.Future[None]] = {}
        self._listeners: list[Callable[[Committed[S]], None]] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="ledger writer")

    async def stop(self) -> None:
        """Answer what is waiting, then end."""
        self._closing = True
        self._wake.set()
        if self._task:
            await self._task
        await self._disconnect()

    def listen(self, listener: Callable[[Committed[S]], None]) -> None:
        """Have `listener` called, at once and in order, for everything committed to schools this process knows."""
        self._listeners.append(listener)

    async def submit(self, school_id: UUID, command: Command, command_id: UUID | None = None) -> Answer:
        """Have a command decided and recorded.

        Raises whatever `CorridorError` the decision raised, `InvalidInput` when `command_id` came before with another
        command, and `Unavailable` when the database failed: then the same command may be sent again under its id.
        """
        if self._closing:
            raise Unavailable("The server is stopping. Send the same request again.")
        pending = Pending(school_id, command, command_id)
        self._waiting.append(pending)
        self._wake.set()
        return await pending.answer

    async def state(self, school_id: UUID) -> S:
        """The newest committed state that this process knows."""
        cached = self._cache.get(school_id)
        if cached is None:
            await self.refresh(school_id)
            cached = self._cache[school_id]
        return cached.state

    def known(self, school_id: UUID) -> tuple[S, int] | None:
        """The cached state and its sequence, without waiting."""
        cached = self._cache.get(school_id)
        return (cached.state, cached.seq) if cached else None

    def states(self) -> Iterator[S]:
        """The cached states of all schools that this process knows."""
        return (cached.state for cached in self._cache.values())

    def known_schools(self) -> dict[UUID, tuple[int, int]]:
        """Sequence and configuration version of every cached school."""
        return {school_id: (cached.seq, cached.config_version) for school_id, cached in self._cache.items()}

    @property
    def waiting(self) -> int:
        """How many commands wait for their turn."""
        return len(self._waiting)

    async def refresh(self, school_id: UUID) -> None:
        """Read what other processes have committed. Raises `NotFound` for a school without a ledger."""
        if self._closing:
            raise Unavailable("The server is stopping. Send the same request again.")
        future = self._refreshing.get(school_id)
        if future is None:
            future = self._refreshing[school_id] = asyncio.get_running_loop().create_future()
            self._wake.set()
        await asyncio.shield(future)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._refreshing or self._waiting:
                if self._refreshing:
                    await self._refresh_all()
                if self._waiting:
                    batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_IN_A_BATCH))]
                    await self._answer_all(batch)
            if self._closing:
                return

    async def _answer_all(self, batch: list[Pending]) -> None:
        """Answer every command of the batch, whatever happens: together, together once more, then each alone."""
        for attempt, commands in enumerate((batch, batch, *([pending] for pending in batch))):
            rest = [pending for pending in commands if not pending.answer.done()]
            if not rest:
                continue
            try:
                await self._commit(rest, settle=attempt > 0)
            except Exception as error:  # noqa: BLE001 - whatever it was, every caller gets an answer
                log.warning("batch failed", attempt=attempt, commands=len(rest), error=repr(error))
                await self._disconnect()
                for pending in rest:
                    self._distrust(pending.school_id)
                # A lost connection is nobody's fault among them: trying each alone would not help.
                if attempt and (len(commands) == 1 or isinstance(error, psycopg.OperationalError)):
                    for pending in rest:
                        pending.fail(_as_unavailable(error))
                await asyncio.sleep(RETRY_SECONDS)

    def _distrust(self, school_id: UUID) -> None:
        """Have the state loaded anew before it is decided on again. Until then it is still shown."""
        if cached := self._cache.get(school_id):
            cached.config_version = _DISTRUSTED

    async def _commit(self, batch: Sequence[Pending], *, settle: bool) -> None:
        """One transaction for the whole batch. Any exception means that none of it is known to be recorded."""
        connection = await self._connect()
        school_ids = sorted({pending.school_id for pending in batch})
        ids = [pending.command_id for pending in batch if pending.supplied]
        async with connection.pipeline():
            heads = await read_heads(connection, school_ids, lock=True)
            taken = await read_answers(connection, school_ids, ids) if ids else {}
            settled = await self._read_settled(connection, batch) if settle else set()
        working = {school_id: await self._catch_up(connection, head) for school_id, head in heads.items()}
        clock = self.clock.now()
        for pending in batch:
            work = working.get(pending.school_id)
            if work is None:
                pending.fail(NotFound(NO_SCHOOL))
            elif pending.key in taken:
                pending.repeat(*taken[pending.key])
            elif not (pending.key in settled and pending.drafted):
                self._decide(work, pending, clock)
            if pending.drafted:
                taken.setdefault(pending.key, (pending.fingerprint, pending.drafted))
        await self._write(connection, list(working.values()))
        for work in working.values():
            self._publish(work)
        for pending in batch:
            if pending.drafted:
                pending.succeed(pending.drafted)

    async def _read_settled(self, connection: Connection, batch: Sequence[Pending]) -> set[tuple[UUID, UUID]]:
        """Which commands of a failed batch were recorded after all: the commit got through, its answer did not.

        One that left no event is decided again, and again changes nothing.
        """
        since = {pending.school_id: self._published.get(pending.school_id, 0) for pending in batch}
        return await read_recorded(connection, since, [pending.command_id for pending in batch])

    def _decide(self, work: Working[S], pending: Pending, clock: datetime) -> None:
        """Decide one command on the effects of those before it, and draft its answer."""
        pending.drafted = None
        work.now = max(clock, work.head.recorded_at)
        try:
            decision = self.decider.decide(work.state, pending.command, work.now)
        except CorridorError as error:
            pending.fail(error)
            return
        for event in decision.events:
            work.seq += 1
            recorded = Recorded(pending.school_id, work.seq, work.now, event.kind, event, pending.command_id)
            work.state = self.decider.evolve(work.state, recorded)
            work.added.append(recorded)
        answer = self.decider.answer(work.state, decision)
        pending.drafted = Answer(msgspec.json.encode(answer), decision.refused)
        if pending.supplied:
            work.answers.append(answer_row(pending, work.now, pending.drafted))

    async def _write(self, connection: Connection, working: Sequence[Working[S]]) -> None:
        changed = [work for work in working if work.added]
        rows: dict[Any, list[Any]] = {}
        for work in changed:
            for table, more in self.decider.rows(work.state, work.added).items():
                rows.setdefault(table, []).extend(more)
        async with connection.pipeline():
            if changed:
                events = [row for work in changed for row in event_rows(work)]
                await connection.execute(INSERT_EVENTS, [encode_rows(events).decode()])
                for table, some in rows.items():
                    await connection.execute(upsert(table), [encode_rows(some).decode()])
                heads = encode_rows([head_row(work) for work in changed])
                await connection.execute(UPDATE_HEADS, [heads.decode()])
            if answers := [row for work in working for row in work.answers]:
                await connection.execute(INSERT_ANSWERS, [encode_rows(answers).decode()])
            await connection.commit()

    async def _catch_up(self, connection: Connection, head: Head) -> Working[S]:
        """A draft of the school's state at its head, with the events that this process had not seen."""
        school_id = head.school_id
        cached = self._cache.get(school_id)
        if cached and cached.seq == head.seq and cached.config_version == head.config_version:
            return Working(head, self.decider.draft(cached.state), (), gap=False)
        seen = self._published.get(school_id)
        missed = []
        if seen is not None and seen < head.seq:
            missed = await self.reader.after(connection, school_id, seen, MOST_REPLAYED + 1)
        gap = len(missed) > MOST_REPLAYED
        replayable = (
            cached is not None
            and cached.config_version == head.config_version
            and cached.seq == seen
            and not gap
            and all(recorded.event for recorded in missed)
        )
        if cached and replayable:
            state = self.decider.draft(cached.state)
            for recorded in missed:
                state = self.decider.evolve(state, recorded)
        else:
            state = await self.decider.load(connection, school_id, head.recorded_at)
        return Working(head, state, () if gap else missed, gap)

    def _publish(self, work: Working[S]) -> None:
        """Make a committed state the cached one, and tell listeners what led to it."""
        school_id = work.head.school_id
        self._cache[school_id] = _Cached(work.state, work.seq, work.head.config_version)
        self._published[school_id] = work.seq
        if work.added:
            self.on_ring(school_id, work.seq)
        if work.missed or work.added or work.gap:
            committed = Committed(school_id, work.seq, work.state, [*work.missed, *work.added], work.gap)
            for listener in self._listeners:
                try:
                    listener(committed)
                except Exception:
                    log.exception("listener failed", school=str(school_id))

    async def _refresh_all(self) -> None:
        wanted, self._refreshing = self._refreshing, {}
        try:
            connection = await self._connect()
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            heads = await read_heads(connection, list(wanted))
            working = [await self._catch_up(connection, head) for head in heads.values()]
            await connection.rollback()
        except Exception as error:  # noqa: BLE001 - whatever it was, every caller gets an answer
            await self._disconnect()
            log.warning("refresh failed", error=repr(error))
            for future in wanted.values():
                future.set_exception(_as_unavailable(error))
                future.exception()
            return
        for work in working:
            self._publish(work)
        for school_id, future in wanted.items():
            if school_id in heads:
                future.set_result(None)
            else:
                future.set_exception(NotFound(NO_SCHOOL))
                future.exception()

    async def _connect(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = await self._database.connect()
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                await connection.close()


def _as_unavailable(error: Exception) -> CorridorError:
    if isinstance(error, CorridorError):
        return error
    return Unavailable("The database did not answer, or not in time. Send the same request again.")
