"""Whoever listens to a school misses nothing and hears nothing twice, however often the stream breaks off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from corridor.app import make_decider
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.day.words import Channel
from corridor.ledger.engine import Ledger
from corridor.live import api, hub
from corridor.passes.commands import EndPass, RequestPass
from corridor.passes.masking import Eyes
from corridor.policy.sight import EVERYONE, Sight
from tests.day_state import SEES_ALL
from tests.school import make_school
from tests.sse import Heard, asgi_stream, heard
from tests.world import World, running


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with running(database, await make_school(database, students=12), tmp_path) as world:
        yield world


@asynccontextmanager
async def listening(
    world: World, after: int | None = None, student_id: UUID | None = None
) -> AsyncIterator[AsyncIterator[Heard]]:
    """A stream that is open when the block begins."""
    eyes = (
        SEES_ALL
        if student_id is None
        else Eyes(Sight(students=frozenset({student_id})), EVERYONE, frozenset(), own=True)
    )
    frames = api.event_frames(world.services, world.school.id, after, eyes)
    async with aclosing(frames):
        assert await anext(frames) == b"retry: 2000\n\n"
        yield heard(frames)


async def go_out(world: World, number: int) -> UUID:
    """A student goes to the library and comes back: two events."""
    school, ledger = world.school, world.services.ledger
    pass_id = new_id()
    await ledger.submit(
        school.id,
        RequestPass(pass_id, school.teachers[0], school.students[number], school.library, Channel.STAFF),
    )
    await ledger.submit(school.id, EndPass(pass_id, school.teachers[0]))
    return pass_id


async def take(stream: AsyncIterator[Heard], count: int) -> list[Heard]:
    async with asyncio.timeout(30):
        return [await anext(stream) for _ in range(count)]


def ids(events: list[Heard]) -> list[int | None]:
    return [event.id for event in events]


async def test_a_stream_begins_with_the_next_event(world: World) -> None:
    await go_out(world, 0)
    async with listening(world) as stream:
        await go_out(world, 1)
        events = await take(stream, 2)
    assert ids(events) == [3, 4]
    assert [event.event for event in events] == ["pass_issued", "pass_ended"]
    assert events[0].data["body"]["student_id"] == str(world.school.students[1])


async def test_a_stream_resumes_after_the_last_event_that_was_heard(world: World) -> None:
    for number in range(3):
        await go_out(world, number)
    async with listening(world, after=2) as stream:
        assert ids(await take(stream, 4)) == [3, 4, 5, 6]
        await go_out(world, 3)
        assert ids(await take(stream, 2)) == [7, 8]


async def test_a_stream_that_breaks_off_again_and_again_under_load_misses_nothing_and_repeats_nothing(
    world: World,
) -> None:
    everyone = asyncio.gather(*(go_out(world, number) for number in range(12)))
    events: list[Heard] = []
    while len(events) < 24:
        async with listening(world, after=events[-1].id if events else 0) as stream:
            events += await take(stream, min(5, 24 - len(events)))
    await everyone
    assert ids(events) == list(range(1, 25))


async def test_who_does_not_keep_up_is_told_to_reload_and_then_hears_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "LONGEST_QUEUE", 2)
    monkeypatch.setattr(hub, "PACE_SECONDS", 0.0)
    async with listening(world) as stream:
        for number in range(6):
            await go_out(world, number)
            await asyncio.gather(*world.services.hub._couriers.values())
        (reload,) = await take(stream, 1)
        assert reload.event == "reload"
        await go_out(world, 6)
        later = await take(stream, 2)
    assert ids(later) == [13, 14]


async def test_who_missed_too_much_is_told_to_reload(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "MOST_RESUMED", 3)
    for number in range(2):
        await go_out(world, number)
    async with listening(world, after=0) as stream:
        (reload,) = await take(stream, 1)
        assert (reload.event, reload.id) == ("reload", 4)
        await go_out(world, 2)
        assert ids(await take(stream, 2)) == [5, 6]
    async with listening(world, after=1) as stream:
        assert ids(await take(stream, 1))


async def test_who_heard_more_from_another_process_hears_nothing_twice(world: World, database: Database) -> None:
    await go_out(world, 0)
    other = Ledger(database, make_decider(), world.clock)
    await other.start()
    pass_id = new_id()
    school = world.school
    await other.submit(
        school.id, RequestPass(pass_id, school.teachers[0], school.students[1], school.library, Channel.STAFF)
    )
    await other.stop()
    teacher = await world.teacher()
    headers = teacher.headers | {"Last-Event-ID": "3"}
    app = cast("Any", world.client._transport).app
    async with asgi_stream(app, f"/api/v1/schools/{school.id}/stream", headers) as stream:
        assert await anext(stream) == b"retry: 2000\n\n"
        await world.services.ledger.submit(school.id, EndPass(pass_id, school.teachers[0]))
        assert ids(await take(heard(stream), 1)) == [4]


async def test_a_number_from_the_future_is_answered_with_reload(world: World) -> None:
    await go_out(world, 0)
    async with listening(world, after=99) as stream:
        (reload,) = await take(stream, 1)
        assert (reload.event, reload.id) == ("reload", 2)
        await go_out(world, 1)
        assert ids(await take(stream, 2)) == [3, 4]


async def test_a_student_hears_of_their_own_passes_only(world: World) -> None:
    me = world.school.students[0]
    async with listening(world, student_id=me) as stream:
        await go_out(world, 1)
        mine = await go_out(world, 0)
        await go_out(world, 2)
        again = await go_out(world, 0)
        events = await take(stream, 4)
    assert ids(events) == [3, 4, 7, 8]
    assert [event.data["body"]["pass_id"] for event in events] == [str(mine)] * 2 + [str(again)] * 2


async def test_a_student_who_was_away_overnight_misses_nothing_of_their_own(world: World) -> None:
    me = world.school.students[0]
    mine = await go_out(world, 0)
    await go_out(world, 1)
    world.clock.advance(timedelta(days=1))
    await go_out(world, 2)
    assert mine not in (await world.services.ledger.state(world.school.id)).closed
    async with listening(world, after=1, student_id=me) as stream:
        await go_out(world, 0)
        assert ids(await take(stream, 3)) == [2, 7, 8]


async def test_a_student_is_not_told_which_rules_staff_lifted(world: World) -> None:
    school, ledger = world.school, world.services.ledger
    for number in (1, 2):
        await ledger.submit(
            school.id,
            RequestPass(new_id(), school.teachers[0], school.students[number], school.restroom, Channel.STAFF),
        )
    lifting = RequestPass(
        new_id(),
        school.teachers[0],
        school.students[0],
        school.restroom,
        Channel.STAFF,
        lift=("full",),
        lift_reason="between us",
    )
    async with listening(world) as staff, listening(world, student_id=school.students[0]) as pupil:
        await ledger.submit(school.id, lifting)
        (full,), (bare,) = await take(staff, 1), await take(pupil, 1)
    assert full.data["body"]["lifted"] == ["full"]
    assert bare.data["body"]["lifted"] == []
    assert bare.data["body"]["lift_reason"] is None
