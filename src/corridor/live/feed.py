"""A school's news for the pages that show it: at most four editions a second, however much is committed."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID

from corridor.day.state import SchoolState
from corridor.live.hub import Hub, Watcher

PACE_SECONDS = 0.25
_NO_HURRY = 3600.0


class Edition:
    """A school after event `seq`. `succeeded` is set once there is a newer one."""

    def __init__(self, seq: int, state: SchoolState) -> None:
        self.seq = seq
        self.state = state
        self.succeeded = asyncio.Event()

    async def outdated(self, within: float) -> bool:
        """Whether there is a newer edition within so many seconds; returns as soon as there is."""
        try:
            async with asyncio.timeout(within):
                await self.succeeded.wait()
        except TimeoutError:
            return False
        return True


class Feed:
    """The editions of one school. It works only while somebody reads it."""

    def __init__(self, hub: Hub, school_id: UUID) -> None:
        self.school_id = school_id
        self._hub = hub
        self.readers = 0
        self._newest: Edition | None = None
        self._at_work = ExitStack()

    @property
    def newest(self) -> Edition:
        assert self._newest is not None, "only readers ask for it"
        return self._newest

    @contextmanager
    def read(self) -> Iterator["Feed"]:
        """Keep the feed going. The school must be known to the ledger already."""
        if self.readers == 0:
            self._start()
        self.readers += 1
        try:
            yield self
        finally:
            self.readers -= 1
            if self.readers == 0:
                self._at_work.close()

    def _start(self) -> None:
        known = self._hub.ledger.known(self.school_id)
        assert known is not None, "the ledger was asked for the state first"
        self._newest = Edition(known[1], known[0])
        # The watcher is there before anything else can run, so that nothing is missed.
        watcher = self._at_work.enter_context(self._hub.watch(self.school_id))
        task = asyncio.create_task(self._run(watcher), name="feed")
        self._at_work.callback(task.cancel)

    async def _run(self, watcher: Watcher) -> None:
        while True:
            news = await watcher.next(_NO_HURRY)
            if news:
                state, seq = self._hub.ledger.known(self.school_id) or (news[-1].state, news[-1].seq)
                outdated, self._newest = self.newest, Edition(seq, state)
                outdated.succeeded.set()
                await asyncio.sleep(PACE_SECONDS)


class Feeds:
    """The feed of every school."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._feeds: dict[UUID, Feed] = {}

    @property
    def readers(self) -> int:
        """How many pages are kept up to date."""
        return sum(feed.readers for feed in self._feeds.values())

    @property
    def at_work(self) -> int:
        """How many schools have a reader."""
        return sum(feed.readers > 0 for feed in self._feeds.values())

    async def of(self, school_id: UUID) -> Feed:
        """Raises `NotFound` for a school without a ledger."""
        await self._hub.ledger.state(school_id)
        if school_id not in self._feeds:
            self._feeds[school_id] = Feed(self._hub, school_id)
        return self._feeds[school_id]
