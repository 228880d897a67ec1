"""The pages on which staff pair kiosks and register programs."""

import re
from typing import Any

import pytest

from corridor.base.ids import new_id
from corridor.identity.principal import Role
from tests.school import make_school
from tests.web.kiosks import code_on, kiosk
from tests.web.visitor import Visitor, browser, visitor, words
from tests.world import World

DEVICES = "/admin/devices"
PROGRAMS = "/admin/tokens"


async def office(world: World) -> Visitor:
    return await visitor(world, Role.FRONT_OFFICE, school_id=world.school.id)


def pairing(world: World, code: str, **more: Any) -> dict[str, Any]:
    return {"school": str(world.school.id), "code": code, "location": str(world.school.room_204), **more}


async def test_staff_pair_rename_move_and_revoke_a_kiosk(world: World) -> None:
    staff = await office(world)
    assert "No kiosk yet" in words(await staff.get(DEVICES))
    async with browser(world) as device:
        code = code_on(await device.get("/kiosk"))
        answer = await staff.post(DEVICES, **pairing(world, code))
        assert answer.status_code == 303, answer.text
        page = await staff.get(DEVICES)
        assert "waits for its browser" in words(page)
        await device.get("/kiosk")
        await device.get("/kiosk")
        page = await staff.get(DEVICES)
        assert "seen just now" in words(page)
        device_id = re.findall(r"/admin/devices/([0-9a-f-]{36})/revoke", page.text)[0]
        form: dict[str, Any] = {
            "school": str(world.school.id),
            "name": "By the door",
            "location": str(world.school.library),
        }
        assert (await staff.post(f"{DEVICES}/{device_id}", **form)).status_code == 303
        assert "By the door" in (await staff.get(DEVICES)).text
        assert "Library" in words(await device.get("/kiosk"))
        await staff.post(f"{DEVICES}/{device_id}/revoke", school=str(world.school.id))
        assert "1 revoked" in words(await staff.get(DEVICES))
        assert "Pair this kiosk" in words(await device.get("/kiosk"))


async def test_what_is_wrong_is_said_on_the_page(world: World) -> None:
    staff = await office(world)
    wrong = await staff.post(DEVICES, **pairing(world, "BCDF-GHJK"))
    assert wrong.status_code == 404
    assert "No kiosk shows this code now" in words(wrong)
    assert 'value="BCDF-GHJK"' in wrong.text, "what was typed is still there"
    nowhere = await staff.post(DEVICES, school=str(world.school.id), code="BCDF-GHJK")
    assert (nowhere.status_code, "Choose the room" in words(nowhere)) == (422, True)


async def test_another_schools_kiosks_are_not_there(world: World) -> None:
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    stranger = await visitor(world, Role.SCHOOL_ADMIN, school_id=other.id)
    async with kiosk(world) as device:
        page = await (await office(world)).get(DEVICES)
        device_id = re.findall(r"/admin/devices/([0-9a-f-]{36})/revoke", page.text)[0]
        for path in (f"{DEVICES}/{device_id}/revoke", f"{DEVICES}/{device_id}"):
            assert (await stranger.post(path, school=str(other.id), name="x")).status_code == 404
            assert (await stranger.post(path, school=str(world.school.id), name="x")).status_code == 404
        assert (await stranger.get(DEVICES, school=str(world.school.id))).status_code == 404
        assert "Who are you?" in words(await device.get("/kiosk"))


@pytest.mark.parametrize("role", [Role.TEACHER, Role.HALL_MONITOR, Role.DESTINATION_STAFF])
async def test_pairing_is_for_those_who_manage_devices(world: World, role: Role) -> None:
    somebody = await visitor(world, role, school_id=world.school.id)
    assert (await somebody.get(DEVICES)).status_code == 403
    assert (await somebody.post(DEVICES, **pairing(world, "BCDF-GHJK"))).status_code == 403
    assert (await somebody.get(PROGRAMS)).status_code == 403


async def test_devices_over_the_api(world: World) -> None:
    caller = await world.caller(Role.FRONT_OFFICE, school_id=world.school.id)
    path = f"/schools/{world.school.id}/devices"
    async with browser(world) as device:
        code = code_on(await device.get("/kiosk"))
        body = {"code": code, "name": "Door", "location_id": str(world.school.room_204)}
        made = await caller.post(path, body)
        assert made.status_code == 201, made.text
        assert (await caller.post(path, body)).status_code == 409
        listed = (await caller.get(path)).json()["items"]
        assert [(item["name"], item["waits"]) for item in listed] == [("Door", True)]
        changed = await caller.patch(f"/devices/{made.json()['id']}", {"location_id": str(world.school.library)})
        assert changed.json()["location_id"] == str(world.school.library)
        assert (await caller.delete(f"/devices/{made.json()['id']}")).status_code == 204
        assert (await caller.delete(f"/devices/{new_id()}")).status_code == 404


def secret_on(page: Any) -> list[str]:
    return re.findall(r'<code class="secret">([^<]+)</code>', page.text)


async def test_a_token_is_made_shown_once_and_revoked(world: World) -> None:
    admin = await visitor(world, Role.DISTRICT_ADMIN)
    page = await admin.get(PROGRAMS, new="token")
    assert "pass.view" in words(page)
    form: dict[str, Any] = {"kind": "token", "role": "integration", "name": "Wall", "days": "30", "which": "some"}
    made = await admin.post(PROGRAMS, **form, scopes=["board.view", "school.view"])
    (secret,) = secret_on(made)
    assert made.headers["cache-control"] == "no-store"
    principal = await world.services.identity.by_bearer(secret)
    assert principal is not None
    assert set(principal.actions or ()) == {"board.view", "school.view"}
    page = await admin.get(PROGRAMS)
    assert secret not in page.text
    assert "school.view, board.view" in words(page)
    token_id = str(principal.id)
    assert (await admin.post(f"{PROGRAMS}/{token_id}/revoke")).status_code == 303
    assert await world.services.identity.by_bearer(secret) is None


async def test_a_client_is_registered_renewed_and_disabled(world: World) -> None:
    admin = await visitor(world, Role.SCHOOL_ADMIN, school_id=world.school.id)
    form: dict[str, Any] = {
        "kind": "client",
        "role": "integration",
        "name": "Timetable",
        "school": str(world.school.id),
    }
    wide = await admin.post(PROGRAMS, **form, which="all")
    assert wide.status_code == 403, "an integration reaches the roster, which a school's administrator does not"
    made = await admin.post(PROGRAMS, **form, which="some", scopes=["pass.view"])
    client_id, secret, address = secret_on(made)
    assert address == "http://test/oauth/token"
    token = {"grant_type": "client_credentials", "client_id": client_id}
    assert (await world.client.post("/oauth/token", data={**token, "client_secret": secret})).status_code == 200
    renewed = await admin.post(f"{PROGRAMS}/clients/{client_id}/secret")
    assert secret_on(renewed)[1] != secret
    assert (await world.client.post("/oauth/token", data={**token, "client_secret": secret})).status_code == 401
    assert (await admin.post(f"{PROGRAMS}/clients/{client_id}/disable")).status_code == 303
    assert "1 disabled" in words(await admin.get(PROGRAMS))


@pytest.mark.parametrize(
    "change",
    [{"name": ""}, {"days": "soon"}, {"days": "99999"}, {"role": "student"}, {"which": "some"}, {"role": "kiosk"}],
)
async def test_a_program_that_cannot_be_is_refused_in_place(world: World, change: dict[str, Any]) -> None:
    admin = await visitor(world, Role.DISTRICT_ADMIN)
    form: dict[str, Any] = {
        "kind": "token",
        "role": "integration",
        "name": "Wall",
        "days": "30",
        "which": "all",
    } | change
    answer = await admin.post(PROGRAMS, **form)
    assert answer.status_code == 422
    assert not secret_on(answer)
