"""The demo sets itself up on the real database, and is lively as soon as it is served."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from sqlalchemy import func, select

from corridor.app import create_app
from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.campus.tables import BellPeriod, Enrollment, Location, RosterImport
from corridor.demo.bells import HIGH_SCHOOL, MIDDLE_SCHOOL
from corridor.demo.run import Demo, liven, prepare
from corridor.identity.principal import Role
from corridor.identity.tables import Account, ApiToken
from corridor.policy.defaults import add_defaults

ZONE = ZoneInfo("America/Chicago")
TUESDAY_NIGHT = datetime(2026, 11, 24, 21, 0, tzinfo=ZONE).astimezone(UTC)
URL = "http://demo"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, secret_key="for tests", time_zone="America/Chicago", demo=True)


@pytest.fixture
def real() -> FixedClock:
    return FixedClock(TUESDAY_NIGHT)


@pytest.fixture
async def demo(database: Database, settings: Settings, real: FixedClock) -> Demo:
    return await prepare(database, settings, on_new_schools=[add_defaults], real=real)


class Served:
    def __init__(self, demo: Demo, transport: httpx.ASGITransport) -> None:
        self.demo = demo
        self.transport = transport

    async def get(self, path: str, token: str | None = None) -> Any:
        async with httpx.AsyncClient(base_url=URL, transport=self.transport) as client:
            headers = {"Authorization": f"Bearer {token or self.demo.tokens.staff}"}
            answered = await client.get(f"/api/v1{path}", headers=headers)
            assert answered.status_code == 200, answered.text
            return answered.json()

    async def boards(self) -> dict[str, list[Any]]:
        schools = (await self.get("/schools"))["items"]
        return {school["name"]: (await self.get(f"/schools/{school['id']}/board"))["items"] for school in schools}


@asynccontextmanager
async def served(demo: Demo, database: Database, settings: Settings) -> AsyncIterator[Served]:
    app = create_app(database, demo.clock, settings)
    async with app.lifespan():
        yield Served(demo, httpx.ASGITransport(cast("Any", app)))


@asynccontextmanager
async def played(server: Served) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """The demo, being livened; gives what waits for the next day to be under way."""
    ready, stop = asyncio.Event(), asyncio.Event()
    playing = asyncio.create_task(liven(server.demo, URL, ready=ready, stop=stop, transport=server.transport))

    async def under_way() -> None:
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({waiting, playing}, return_when=asyncio.FIRST_COMPLETED)
        if playing.done():
            await playing
        ready.clear()

    yield under_way
    stop.set()
    await playing


async def test_the_schools_get_their_bells_places_and_enrollments(demo: Demo, database: Database) -> None:
    async with database.session() as session:
        names = (await session.scalars(select(BellPeriod.starts_at))).all()
        kinds = set((await session.scalars(select(Location.kind))).all())
        enrolled = await session.scalar(select(func.count()).select_from(Enrollment))
        run = (await session.scalars(select(RosterImport).order_by(RosterImport.started_at.desc()).limit(1))).one()
    assert sorted(names) == sorted(period.starts_at for period in (*HIGH_SCHOOL, *MIDDLE_SCHOOL))
    assert {"classroom", "restroom", "nurse", "fountain", "locker"} <= kinds
    assert enrolled == 11942
    assert run.status == "applied"
    assert (run.report["rejected_total"], run.report["warnings_total"]) == (0, 0)


async def test_a_second_start_imports_nothing_and_keeps_the_accounts(
    demo: Demo, database: Database, settings: Settings, real: FixedClock
) -> None:
    async with database.session() as session:
        before = [(row.id, row.person_id) for row in await session.scalars(select(Account).order_by(Account.id))]
        imports = await session.scalar(select(func.count()).select_from(RosterImport))
    again = await prepare(database, settings, on_new_schools=[add_defaults], real=real)
    async with database.session() as session:
        after = [(row.id, row.person_id) for row in await session.scalars(select(Account).order_by(Account.id))]
        assert await session.scalar(select(func.count()).select_from(RosterImport)) == imports
    assert after == before
    assert again.accounts == demo.accounts


async def test_at_another_time_of_day_the_accounts_are_of_a_section_under_way(
    demo: Demo, database: Database, settings: Settings
) -> None:
    noon = FixedClock(datetime(2026, 11, 25, 12, 10, tzinfo=ZONE).astimezone(UTC))
    later = await prepare(database, settings, on_new_schools=[add_defaults], real=noon)
    names = {account.username: account.name for account in later.accounts}
    async with database.session() as session:
        student = (await session.scalars(select(Account).where(Account.username == "student"))).one()
    assert str(student.person_id) in later.players.left_alone - demo.players.left_alone
    assert names["teacher"] == {account.username: account.name for account in demo.accounts}["teacher"]
    assert later.clock.running_now() == noon.now()


async def test_a_new_school_year_is_imported_over_the_old_one(
    demo: Demo, database: Database, settings: Settings
) -> None:
    next_year = FixedClock(datetime(2027, 10, 5, 11, 0, tzinfo=ZONE).astimezone(UTC))
    later = await prepare(database, settings, on_new_schools=[add_defaults], real=next_year)
    assert later.clock.running_now() == next_year.now()
    async with database.session() as session:
        ends = await session.scalar(select(func.max(Enrollment.ends_on)).where(Enrollment.active))
    assert ends == datetime(2028, 6, 16, tzinfo=ZONE).date()


async def test_tokens_of_demos_long_over_are_removed(
    demo: Demo, database: Database, settings: Settings, real: FixedClock
) -> None:
    real.advance(timedelta(days=1))
    await prepare(database, settings, on_new_schools=[add_defaults], real=real)
    async with database.session() as session:
        tokens = (await session.scalars(select(ApiToken))).all()
    assert sum(token.role == Role.INTEGRATION for token in tokens) == 1
    assert sum(token.role == Role.STUDENT for token in tokens) == len(demo.players.tokens)


async def test_the_zone_stays_that_of_the_schools(
    demo: Demo, database: Database, settings: Settings, real: FixedClock
) -> None:
    elsewhere = msgspec.structs.replace(settings, time_zone="Asia/Tokyo")
    again = await prepare(database, elsewhere, on_new_schools=[add_defaults], real=real)
    assert again.clock.running_now() == demo.clock.running_now()


async def test_the_board_is_lively_at_once_and_requests_wait_for_the_demo_teacher(
    demo: Demo, database: Database, settings: Settings
) -> None:
    assert demo.clock.local().time().isoformat("minutes") == "09:41"
    async with served(demo, database, settings) as server, played(server) as under_way:
        await under_way()
        assert demo.clock.local() == datetime(2026, 11, 24, 10, 6, tzinfo=ZONE)
        boards = await server.boards()
    high = boards["Quillwater High School"]
    assert 30 <= len(high) <= 70
    # There a period has just begun: most are back in class.
    assert 2 <= len(boards["Ember Lake Middle School"]) <= 35
    assert any(pass_["overdue"] for pass_ in high)
    assert {pass_["leg"] for pass_ in high} >= {"outbound", "at_destination"}
    assert not {pass_["student_id"] for pass_ in high} & demo.players.left_alone
    waiting = [pass_ for pass_ in high if pass_["status"] == "requested" and pass_["student_id"] in demo.first_to_ask]
    assert len(waiting) >= 2
    assert any(pass_["status"] == "waiting" for pass_ in high), "nobody stands in line"


async def test_when_the_shown_day_is_over_the_next_one_begins(
    demo: Demo, database: Database, settings: Settings, real: FixedClock
) -> None:
    async with served(demo, database, settings) as server, played(server) as under_way:
        await under_way()
        real.advance(timedelta(hours=6))
        await under_way()
        assert demo.clock.local() == datetime(2026, 11, 25, 10, 6, tzinfo=ZONE)
        boards = await server.boards()
    assert len(boards["Quillwater High School"]) > 20


async def test_every_school_has_rules_groups_and_a_day_of_appointments(
    demo: Demo, database: Database, settings: Settings
) -> None:
    async with served(demo, database, settings) as server, played(server) as under_way:
        await under_way()
        for school in (await server.get("/schools"))["items"]:
            path = f"/schools/{school['id']}"
            rules = [rule["kind"] for rule in (await server.get(f"{path}/rules"))["items"]]
            assert {"no_fly", "separation", "hallway_cap", "closed_hours"} <= set(rules)
            zones = (await server.get(f"{path}/zones"))["items"]
            assert [zone["name"] for zone in zones] == ["North wing", "South wing"]
            assert len((await server.get(f"{path}/accommodations", demo.tokens.set_up))["items"]) == 1
            assert len((await server.get(f"{path}/absences", demo.tokens.set_up))["items"]) == 1
            assert rules.count("limit") == 2
            groups = await server.get(f"{path}/groups", demo.tokens.set_up)
            assert [group["name"] for group in groups["items"]] == ["Choir", "Kept apart", "Peer tutors"]
            planned = (await server.get(f"{path}/agenda?days=7"))["items"]
            assert len([entry for entry in planned if entry["group_id"] is None]) >= 6
            closures = (await server.get(f"{path}/closures"))["items"]
            assert len(closures) == 1


async def test_a_second_start_decides_nothing_twice(
    demo: Demo, database: Database, settings: Settings, real: FixedClock
) -> None:
    async with served(demo, database, settings) as server, played(server) as under_way:
        await under_way()
        school = (await server.get("/schools"))["items"][0]["id"]
        before = await server.get(f"/schools/{school}/rules")
    again = await prepare(database, settings, on_new_schools=[add_defaults], real=real)
    async with served(again, database, settings) as server, played(server) as under_way:
        await under_way()
        after = await server.get(f"/schools/{school}/rules")
    assert [rule["id"] for rule in after["items"]] == [rule["id"] for rule in before["items"]]
