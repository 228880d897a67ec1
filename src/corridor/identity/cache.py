"""Who a secret belongs to, remembered for a moment, so that the busy paths ask the database seldom."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from corridor.base.clock import Clock
from corridor.identity.bounded import Bounded
from corridor.identity.principal import Principal

LIFETIME = timedelta(seconds=2)
"""How long a revocation by another process may go unnoticed. The same process notices at once."""

SIZE = 20_000


class Known(msgspec.Struct, frozen=True):
    """A principal and the instant from which it counts no longer (`None`: no such instant)."""

    principal: Principal
    until: datetime | None


class _Entry(msgspec.Struct, frozen=True):
    principal: Principal | None
    loaded_at: datetime
    until: datetime


class PrincipalCache:
    """Looks principals up by the digest of their secret through `load`, once for all who ask at the same time.

    That a digest belongs to nobody is remembered too.
    """

    def __init__(self, load: Callable[[bytes], Awaitable[Known | None]], clock: Clock, *, size: int = SIZE) -> None:
        self._load = load
        self._clock = clock
        self._entries: Bounded[bytes, _Entry] = Bounded(size)
        self._loading: dict[bytes, asyncio.Task[Principal | None]] = {}

    async def get(self, digest: bytes) -> Principal | None:
        entry = self._entries.get(digest)
        # An entry from the future is one from before the clock was set back: its age cannot be told.
        if entry is not None and entry.loaded_at <= self._clock.now() < entry.until:
            return entry.principal
        task = self._loading.get(digest)
        if task is None:
            task = self._loading[digest] = asyncio.create_task(self._fetch(digest))
        # Shielded: whoever asked first may hang up while others wait for the same answer.
        return await asyncio.shield(task)

    def forget(self, digest: bytes) -> None:
        """From now on, ask the database about this secret again."""
        self._entries.drop(digest)
        self._loading.pop(digest, None)

    def forget_principal(self, principal_id: UUID) -> None:
        """From now on, ask the database about all secrets of this account or token again."""
        self._entries.drop_where(lambda entry: entry.principal is not None and entry.principal.id == principal_id)
        self._loading.clear()

    def forget_all(self) -> None:
        """From now on, ask the database about every secret again."""
        self._entries.drop_where(lambda entry: True)
        self._loading.clear()

    async def _fetch(self, digest: bytes) -> Principal | None:
        now = self._clock.now()
        try:
            known = await self._load(digest)
            until = now + LIFETIME
            if known is not None and known.until is not None:
                until = min(until, known.until)
            entry = _Entry(known.principal if known else None, now, until)
            # What `forget` overtook may be stale and is not kept.
            if self._loading.get(digest) is asyncio.current_task():
                self._entries.put(digest, entry)
            return entry.principal
        finally:
            if self._loading.get(digest) is asyncio.current_task():
                del self._loading[digest]
