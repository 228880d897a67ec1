"""An allowance of tries that fills up again with time, for what many share: an address, a device."""

from datetime import datetime, timedelta

import msgspec

from corridor.identity.bounded import Bounded
from corridor.identity.limits import TooManyAttempts


class _Bucket(msgspec.Struct, frozen=True):
    used: float
    at: datetime


class Buckets:
    """`burst` tries at once, and one more every `refill`. Pure: `now` is passed in. Each process counts for itself."""

    def __init__(self, burst: int, refill: timedelta, *, size: int = 50_000) -> None:
        self._burst = burst
        self._refill = refill
        self._buckets: Bounded[str, _Bucket] = Bounded(size)

    def check(self, key: str, now: datetime) -> None:
        """Raises `TooManyAttempts` with the time to wait when nothing is left."""
        over = self._used(key, now) - self._burst + 1
        if over > 0:
            raise TooManyAttempts(over * self._refill)

    def count(self, key: str, now: datetime) -> None:
        self._buckets.put(key, _Bucket(self._used(key, now) + 1, now))

    def _used(self, key: str, now: datetime) -> float:
        bucket = self._buckets.get(key)
        if bucket is None:
            return 0.0
        return max(0.0, bucket.used - max(now - bucket.at, timedelta(0)) / self._refill)
