"""Codes that staff approve: by whom, for where, for how long, and once."""

from datetime import timedelta
from uuid import UUID

import pytest

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.errors import Conflict, InvalidInput, NotFound, NotPermitted
from corridor.base.ids import new_id
from corridor.campus.tables import Location
from corridor.identity.limits import TooManyAttempts
from corridor.identity.principal import Principal, Role
from corridor.identity.service import IdentityService
from tests.identity.conftest import Campus
from tests.identity.test_pins import office


@pytest.fixture
async def rooms(database: Database, campus: Campus) -> tuple[UUID, UUID]:
    """A room of each of the two schools."""
    made = [
        Location(id=new_id(), school_id=school, name="204", kind="classroom", made_by="staff")
        for school in (campus.north, campus.south)
    ]
    async with database.session() as session:
        session.add_all(made)
    return made[0].id, made[1].id


async def code_of(identity: IdentityService) -> tuple[str, str]:
    pending = await identity.devices.begin_pairing(address="203.0.113.9", user_agent="Chromebook", browser=None)
    return pending.code, pending.browser


async def approve(identity: IdentityService, by: Principal, code: str, room: UUID, school: UUID) -> UUID:
    device = await identity.devices.approve(by, code=code, name="Kiosk", location_id=room, school_id=school)
    return device.id


async def test_a_code_is_read_however_it_is_typed(
    identity: IdentityService, campus: Campus, rooms: tuple[UUID, UUID]
) -> None:
    code, browser = await code_of(identity)
    await approve(identity, office(campus), f" {code[:4].lower()} - {code[4:].lower()}", rooms[0], campus.north)
    paired = await identity.devices.fetch(browser)
    assert paired is not None
    device = await identity.devices.by_cookie(paired.token)
    assert device is not None
    assert (device.role, device.school_ids, device.location_id) == (Role.KIOSK, frozenset({campus.north}), rooms[0])
    assert await identity.devices.fetch(browser) is None, "the cookie is handed out once"


async def test_a_code_is_approved_once(identity: IdentityService, campus: Campus, rooms: tuple[UUID, UUID]) -> None:
    code, browser = await code_of(identity)
    await approve(identity, office(campus), code, rooms[0], campus.north)
    with pytest.raises(Conflict, match="used"):
        await approve(identity, office(campus), code, rooms[0], campus.north)
    await identity.devices.fetch(browser)
    with pytest.raises(NotFound):
        await approve(identity, office(campus), code, rooms[0], campus.north)
    assert len(await identity.devices.of_school(office(campus), campus.north)) == 1


async def test_a_code_that_ran_out_is_not_approved(
    identity: IdentityService, campus: Campus, rooms: tuple[UUID, UUID], clock: FixedClock
) -> None:
    code, _ = await code_of(identity)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(NotFound, match="ten minutes"):
        await approve(identity, office(campus), code, rooms[0], campus.north)


async def test_nobody_binds_a_kiosk_to_a_school_of_others(
    identity: IdentityService, campus: Campus, rooms: tuple[UUID, UUID]
) -> None:
    code, _ = await code_of(identity)
    for room, school in ((rooms[1], campus.south), (rooms[1], campus.north), (rooms[0], campus.south)):
        with pytest.raises(NotFound):
            await approve(identity, office(campus), code, room, school)
    teacher = Principal(
        id=new_id(), kind="account", role=Role.TEACHER, name="Lee", school_ids=frozenset({campus.north})
    )
    with pytest.raises(NotPermitted):
        await approve(identity, teacher, code, rooms[0], campus.north)
    await approve(identity, office(campus), code, rooms[0], campus.north)


async def test_codes_are_not_found_by_trying(
    identity: IdentityService, campus: Campus, rooms: tuple[UUID, UUID]
) -> None:
    guesser = office(campus)
    for _ in range(10):
        with pytest.raises(NotFound):
            await approve(identity, guesser, "BCDFGHJK", rooms[0], campus.north)
    with pytest.raises(TooManyAttempts):
        await approve(identity, guesser, "BCDFGHJK", rooms[0], campus.north)


async def test_a_device_of_another_school_is_not_there(
    identity: IdentityService, campus: Campus, rooms: tuple[UUID, UUID]
) -> None:
    code, browser = await code_of(identity)
    device_id = await approve(identity, office(campus), code, rooms[0], campus.north)
    paired = await identity.devices.fetch(browser)
    assert paired is not None
    elsewhere = Principal(
        id=new_id(), kind="account", role=Role.SCHOOL_ADMIN, name="South", school_ids=frozenset({campus.south})
    )
    with pytest.raises(NotFound):
        await identity.devices.revoke(elsewhere, device_id)
    with pytest.raises(NotFound):
        await identity.devices.change(elsewhere, device_id, name="Mine")
    with pytest.raises(NotFound):
        await identity.devices.change(office(campus), device_id, location_id=rooms[1])
    with pytest.raises(NotFound):
        await identity.devices.of_school(elsewhere, campus.north)
    assert await identity.devices.by_cookie(paired.token)


async def test_a_revoked_device_has_no_way_back(
    identity: IdentityService, campus: Campus, rooms: tuple[UUID, UUID]
) -> None:
    code, browser = await code_of(identity)
    device_id = await approve(identity, office(campus), code, rooms[0], campus.north)
    await identity.devices.revoke(office(campus), device_id)
    assert await identity.devices.fetch(browser) is None, "revoked before its browser came for the cookie"
    with pytest.raises(Conflict, match="anew"):
        await identity.devices.change(office(campus), device_id, name="Again")
    assert await identity.devices.renew(device_id) is None


async def test_a_kiosk_is_renamed_and_moved(
    identity: IdentityService, campus: Campus, rooms: tuple[UUID, UUID], database: Database
) -> None:
    other = Location(id=new_id(), school_id=campus.north, name="110", kind="classroom", made_by="staff")
    async with database.session() as session:
        session.add(other)
    code, browser = await code_of(identity)
    device_id = await approve(identity, office(campus), code, rooms[0], campus.north)
    paired = await identity.devices.fetch(browser)
    assert paired is not None
    assert await identity.devices.by_cookie(paired.token)
    await identity.devices.change(office(campus), device_id, name=" Door \n", location_id=other.id)
    device = await identity.devices.by_cookie(paired.token)
    assert device is not None
    assert (device.name, device.location_id) == ("Door", other.id)
    with pytest.raises(InvalidInput):
        await identity.devices.change(office(campus), device_id, name=" ")
