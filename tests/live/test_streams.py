"""What live pages are sent."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from pathlib import Path

import pytest

from corridor.base.database import Database
from corridor.day.state import SchoolState
from corridor.live.feed import Edition
from corridor.live.parts import Part, Parts
from corridor.live.streams import page_frames
from corridor.live.student import StudentLook
from corridor.web.assets import Assets
from corridor.web.templating import renderer, template_config
from tests.day_state import SEES_ALL
from tests.school import make_school
from tests.world import World, running


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with running(database, await make_school(database), tmp_path) as world:
        yield world


async def issue(world: World, number: int = 0) -> str:
    body = {"student_id": str(world.school.students[number]), "destination_id": str(world.school.library)}
    answer = await (await world.teacher()).post(f"/schools/{world.school.id}/passes", body)
    return str(answer.json()["id"])


async def test_a_page_hears_of_what_changes_and_of_what_is_gone(world: World) -> None:
    services = world.services
    feed = await services.feeds.of(world.school.id)
    board = services.boards.of(world.school.id, SEES_ALL, wall=False)
    async with aclosing(page_frames(feed, world.clock, board, 0)) as frames:
        assert b"event: clock" in await anext(frames)
        pass_id = await issue(world)
        heard = (await anext(frames)).decode()
        assert heard.startswith("id: 1\nevent: parts\n")
        assert f'id="pass-{pass_id}"' in heard
        assert 'id="board-counts"' in heard
        await (await world.teacher()).post(f"/passes/{pass_id}/end")
        assert f'data-gone="pass-{pass_id}"' in (await anext(frames)).decode()
    assert services.hub.watching == 0


async def test_who_missed_something_gets_everything(world: World) -> None:
    pass_id = await issue(world)
    feed = await world.services.feeds.of(world.school.id)
    board = world.services.boards.of(world.school.id, SEES_ALL, wall=False)
    async with aclosing(page_frames(feed, world.clock, board, 0)) as frames:
        opening = (await anext(frames)).decode()
    assert "id: 1\nevent: all\n" in opening
    assert f"pass-{pass_id}" in opening


async def test_who_is_up_to_date_gets_only_the_time(world: World) -> None:
    await issue(world)
    feed = await world.services.feeds.of(world.school.id)
    board = world.services.boards.of(world.school.id, SEES_ALL, wall=False)
    async with aclosing(page_frames(feed, world.clock, board, 1)) as frames:
        assert b"event: all" not in await anext(frames)


async def test_all_readers_of_a_school_share_one_watcher(world: World) -> None:
    feed = await world.services.feeds.of(world.school.id)
    with feed.read(), feed.read():
        assert world.services.hub.watching == 1
    assert world.services.hub.watching == 0
    with feed.read():
        assert world.services.hub.watching == 1


async def test_a_burst_makes_few_editions(world: World) -> None:
    feed = await world.services.feeds.of(world.school.id)
    seen: list[Edition] = []
    with feed.read():
        edition = feed.newest
        for number in range(6):
            await issue(world, number)
        while edition.seq < 6:
            assert await edition.outdated(10)
            edition = feed.newest
            seen.append(edition)
    assert len(seen) < 6


async def test_a_student_hears_at_once_of_their_own_pass_and_rests_from_others(world: World) -> None:
    looked: list[datetime] = []
    render = renderer(template_config(Assets()))
    look = StudentLook(render, world.school.students[0], "token")

    def counted(state: SchoolState, now: datetime) -> Parts:
        looked.append(now)
        return look(state, now)

    ledger = world.services.ledger
    home = counted(await ledger.state(world.school.id), world.clock.now())
    assert f"tile-{world.school.restroom}" in home
    await issue(world, 1)
    assert counted(await ledger.state(world.school.id), world.clock.now()) is home
    await issue(world, 0)
    out: Parts = counted(await ledger.state(world.school.id), world.clock.now())
    assert set(out) == {"student", "student-later"}
    assert "Back by 08:50" in out["student"].html
    assert isinstance(out["student"], Part)


async def test_a_students_page_is_made_for_their_browser(world: World) -> None:
    look = StudentLook(renderer(template_config(Assets())), world.school.students[0], "the token")
    await issue(world, 0)
    parts = look(await world.services.ledger.state(world.school.id), world.clock.now())
    assert 'name="_csrf" value="the token"' in parts["student"].html
