"""A correction over HTTP: of today's passes and of old ones, by those who may, and explained by the ledger."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from corridor.app import make_decider, make_rebuild
from corridor.base.ids import new_id
from corridor.identity.principal import Role
from corridor.ledger.verify import verify
from tests.privacy.family import pass_taken
from tests.web.conftest import world
from tests.world import Api, World

__all__ = ["world"]


async def principal(world: World) -> Api:
    return await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)


async def verified(world: World) -> bool:
    return (await verify(world.database, make_decider().kinds, make_rebuild(), world.school.id)).clean


async def correct(api: Api, pass_id: str, **body: Any) -> Any:
    return await api.post(f"/passes/{pass_id}/correct", {"note": "The bell had rung."} | body)


async def test_a_pass_of_today(world: World) -> None:
    pass_id = await pass_taken(world, 0, minutes=7)
    api = await principal(world)
    before = (await api.get(f"/passes/{pass_id}")).json()

    answer = await correct(api, pass_id, ended_at="2026-10-06T12:34:00Z", destination_id=str(world.school.restroom))

    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert after["ended_at"] == "2026-10-06T12:34:00Z" != before["ended_at"]
    assert after["destination_id"] == str(world.school.restroom)
    assert (await api.get(f"/passes/{pass_id}")).json() == after
    assert await verified(world)


async def test_a_pass_of_weeks_ago(world: World) -> None:
    pass_id = await pass_taken(world, 0, minutes=7)
    await world.tick(days=21)
    await pass_taken(world, 1)
    api = await principal(world)

    answer = await correct(api, pass_id, ended_how="auto")

    assert answer.status_code == 200, answer.text
    assert answer.json()["ended_how"] == "auto"
    assert UUID(pass_id) not in (await world.services.ledger.state(world.school.id)).closed
    assert await verified(world)
    again = await correct(api, pass_id, ended_how="auto")
    assert again.status_code == 422
    assert (await correct(api, pass_id, ended_how="staff")).json()["ended_how"] == "staff"
    assert await verified(world)


async def test_the_state_loaded_anew_is_the_one_that_went_on(world: World) -> None:
    old = await pass_taken(world, 0, minutes=7)
    await world.tick(days=1)
    new = await pass_taken(world, 0, minutes=7)
    api = await principal(world)
    for pass_id in (old, new):
        assert (await correct(api, pass_id, destination_id=str(world.school.nurse))).status_code == 200
    went_on = await world.services.ledger.state(world.school.id)
    async with world.database.raw() as connection:
        loaded = await make_decider().load(connection, world.school.id, went_on.as_of)
    assert loaded == went_on


@pytest.mark.parametrize(
    "body",
    [
        {"note": " "},
        {},
        {"ended_at": "2026-10-07T12:34:00Z"},
        {"ended_at": "2026-10-06T12:34:00"},
        {"started_at": "2026-10-06T12:50:00Z"},
        {"started_at": "0001-01-01T00:00:00Z"},
        {"started_at": "9999-12-31T23:59:59Z"},
        {"arrived_at": "9999-12-31T23:59:59-12:00"},
        {"ended_how": "nonsense"},
        {"minutes": 3},
    ],
)
async def test_what_makes_no_sense_is_refused(world: World, body: dict[str, str]) -> None:
    pass_id = await pass_taken(world, 0)
    answer = await correct(await principal(world), pass_id, **body)
    assert answer.status_code in (400, 422), answer.text


async def test_only_who_may_corrects(world: World) -> None:
    pass_id = await pass_taken(world, 0)
    for role, limits in (
        (Role.TEACHER, {"person_id": world.school.teachers[0]}),
        (Role.STUDENT, {"person_id": world.school.students[0]}),
        (Role.FRONT_OFFICE, {"school_id": world.school.id}),
        (Role.INTEGRATION, {"school_id": world.school.id}),
    ):
        api = await world.caller(role, **limits)
        assert (await correct(api, pass_id, ended_how="staff")).status_code == 403
    elsewhere = await world.caller(Role.DISTRICT_ADMIN)
    assert (await correct(elsewhere, str(new_id()), ended_how="staff")).status_code == 404


async def test_a_pass_that_was_forgotten_is_not_corrected(world: World) -> None:
    pass_id = await pass_taken(world, 0)
    await world.tick(days=20)
    await pass_taken(world, 1)
    async with world.database.raw() as connection:
        await connection.execute("UPDATE pass SET requested_by = NULL WHERE id = %s", [pass_id])
        await connection.commit()
    assert (await correct(await principal(world), pass_id, ended_how="staff")).status_code == 404


async def test_retention_forgets_the_corrections_too(world: World) -> None:
    pass_id = await pass_taken(world, 0)
    api = await principal(world)
    world.clock.advance(timedelta(days=30))
    await pass_taken(world, 1)
    assert (await correct(api, pass_id, ended_how="staff")).status_code == 200
    world.clock.advance(timedelta(days=800))
    await pass_taken(world, 1)
    await world.services.retention.nightly()
    async with world.database.raw() as connection:
        cursor = await connection.execute(
            "SELECT count(*) FROM ledger_event WHERE kind LIKE 'pass%%' AND body::text LIKE %s",
            [f"%{world.school.students[0]}%"],
        )
        assert await cursor.fetchone() == (0,)
    assert await verified(world)
