"""How committed events reach those who watch a school."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from corridor.base.ids import new_id
from corridor.ledger.engine import Committed, Ledger
from corridor.ledger.words import Recorded
from corridor.live.hub import AT_ONCE, LONGEST_QUEUE, Hub, News, Watcher

SCHOOL = new_id()
AT = datetime(2026, 10, 6, 12, 30, tzinfo=UTC)
_MOMENT = 10.0


class Commits:
    """Stands in for a ledger that commits one event after the other."""

    def __init__(self) -> None:
        self._listener: Callable[[Committed[Any]], None]
        self._seq = 0

    def listen(self, listener: Callable[[Committed[Any]], None]) -> None:
        self._listener = listener

    def commit(self, *, school_id: UUID = SCHOOL, gap: bool = False) -> None:
        self._seq += 1
        event = Recorded(school_id, self._seq, AT, "something", None, new_id())
        self._listener(Committed(school_id, self._seq, None, [event], gap))


def hub_of(commits: Commits) -> Hub:
    return Hub(cast("Ledger[Any]", commits))


async def read(watcher: Watcher, up_to: int) -> list[int]:
    """The sequence numbers that the watcher hears, up to this one."""
    heard: list[int] = []
    while not heard or heard[-1] < up_to:
        heard += [event.seq for news in await watcher.next(_MOMENT) for event in news.events]
    return heard


async def test_everyone_hears_of_everything_once_and_in_order() -> None:
    commits = Commits()
    hub = hub_of(commits)
    others = [hub.watch(SCHOOL) for _ in range(3 * AT_ONCE)]
    watchers = [other.__enter__() for other in others]
    listening = [asyncio.create_task(read(watcher, 40)) for watcher in watchers]
    for number in range(40):
        commits.commit()
        if number % 7 == 0:
            await asyncio.sleep(0.01)
    assert await asyncio.gather(*listening) == [list(range(1, 41))] * len(watchers)
    for other in others:
        other.__exit__(None, None, None)
    assert hub.watching == 0


async def test_what_is_committed_in_quick_succession_comes_together() -> None:
    commits = Commits()
    with hub_of(commits).watch(SCHOOL) as watcher:
        for _ in range(3):
            commits.commit()
        (news,) = await watcher.next(_MOMENT)
    assert [event.seq for event in news.events] == [1, 2, 3]
    assert news.seq == 3


async def test_another_school_is_not_heard_of() -> None:
    commits = Commits()
    with hub_of(commits).watch(SCHOOL) as watcher:
        commits.commit(school_id=new_id())
        commits.commit()
        assert await read(watcher, 2) == [2]


async def test_silence_ends_a_wait_with_nothing() -> None:
    with hub_of(Commits()).watch(SCHOOL) as watcher:
        assert await watcher.next(0.01) == []


async def test_a_watcher_that_does_not_keep_up_is_told() -> None:
    watcher = Watcher(SCHOOL)
    for seq in range(1, LONGEST_QUEUE + 1):
        watcher.offer(_news(seq))
    overrun_before = watcher.overrun
    watcher.offer(_news(LONGEST_QUEUE + 1))
    assert (overrun_before, watcher.overrun) == (False, True)
    assert len(await watcher.next(_MOMENT)) == LONGEST_QUEUE


async def test_a_gap_is_told() -> None:
    commits = Commits()
    with hub_of(commits).watch(SCHOOL) as watcher:
        commits.commit(gap=True)
        assert await watcher.next(_MOMENT)
        assert watcher.overrun


def test_news_is_rendered_once_for_all() -> None:
    news, made = _news(1), []

    def render() -> bytes:
        made.append(True)
        return b"frames"

    assert [news.shared(None, render) for _ in range(3)] == [b"frames"] * 3
    assert len(made) == 1


def _news(seq: int) -> News:
    return News([Committed(SCHOOL, seq, cast(Any, None), [Recorded(SCHOOL, seq, AT, "something", None, new_id())])])
