"""Principals are looked up seldom, together, and never remembered too long."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from corridor.base.clock import FixedClock
from corridor.base.ids import new_id
from corridor.identity.cache import LIFETIME, Known, PrincipalCache
from corridor.identity.principal import Principal, Role

START = datetime(2026, 10, 12, 14, 0, tzinfo=UTC)
ANA = Principal(id=new_id(), kind="account", role=Role.STUDENT, name="Ana", school_ids=frozenset())


class Loader:
    """Counts how often it is asked, and answers when it is let."""

    def __init__(self) -> None:
        self.known: Known | None = Known(ANA, None)
        self.calls = 0
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, digest: bytes) -> Known | None:
        self.calls += 1
        known = self.known
        await self.open.wait()
        return known


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def cache(loader: Loader, clock: FixedClock) -> PrincipalCache:
    return PrincipalCache(loader, clock, size=3)


async def test_a_busy_client_is_looked_up_once_in_a_lifetime(
    cache: PrincipalCache, loader: Loader, clock: FixedClock
) -> None:
    for _ in range(1000):
        assert await cache.get(b"a") is ANA
    assert loader.calls == 1
    clock.advance(LIFETIME)
    await cache.get(b"a")
    assert loader.calls == 2


async def test_many_who_ask_at_once_share_one_lookup(cache: PrincipalCache, loader: Loader) -> None:
    loader.open.clear()
    asking = [asyncio.create_task(cache.get(b"a")) for _ in range(64)]
    await asyncio.sleep(0)
    asking[0].cancel()
    loader.open.set()
    assert set(await asyncio.gather(*asking[1:])) == {ANA}
    assert loader.calls == 1


async def test_what_ends_sooner_is_remembered_no_longer(
    cache: PrincipalCache, loader: Loader, clock: FixedClock
) -> None:
    loader.known = Known(ANA, START + timedelta(milliseconds=500))
    await cache.get(b"a")
    loader.known = None
    clock.advance(timedelta(milliseconds=500))
    assert await cache.get(b"a") is None


async def test_a_secret_that_belongs_to_nobody_is_remembered_too(cache: PrincipalCache, loader: Loader) -> None:
    loader.known = None
    assert await cache.get(b"a") is None
    assert await cache.get(b"a") is None
    assert loader.calls == 1


async def test_what_is_forgotten_is_looked_up_again(cache: PrincipalCache, loader: Loader) -> None:
    await cache.get(b"a")
    loader.known = None
    cache.forget(b"a")
    assert await cache.get(b"a") is None


async def test_all_secrets_of_one_principal_can_be_forgotten(cache: PrincipalCache, loader: Loader) -> None:
    await cache.get(b"a")
    await cache.get(b"b")
    loader.known = None
    cache.forget_principal(ANA.id)
    assert await cache.get(b"a") is None
    assert await cache.get(b"b") is None


@pytest.mark.parametrize("how", ["secret", "principal"])
async def test_a_lookup_under_way_when_it_is_forgotten_is_not_kept(
    cache: PrincipalCache, loader: Loader, how: str
) -> None:
    loader.open.clear()
    early = asyncio.create_task(cache.get(b"a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    loader.known = None
    if how == "secret":
        cache.forget(b"a")
    else:
        cache.forget_principal(ANA.id)
    loader.open.set()
    await early
    assert await cache.get(b"a") is None


async def test_setting_the_clock_back_does_not_stretch_a_lifetime(
    cache: PrincipalCache, loader: Loader, clock: FixedClock
) -> None:
    await cache.get(b"a")
    clock.advance(-timedelta(hours=1))
    await cache.get(b"a")
    assert loader.calls == 2


async def test_a_failed_lookup_is_told_and_not_remembered(clock: FixedClock) -> None:
    failing = True

    async def load(digest: bytes) -> Known | None:
        if failing:
            raise ConnectionError
        return Known(ANA, None)

    cache = PrincipalCache(load, clock)
    with pytest.raises(ConnectionError):
        await cache.get(b"a")
    failing = False
    assert await cache.get(b"a") is ANA


async def test_it_holds_only_so_many(cache: PrincipalCache, loader: Loader) -> None:
    for secret in (b"a", b"b", b"c", b"d", b"a"):
        await cache.get(secret)
    assert loader.calls == 5
    assert len(cache._entries) == 3
