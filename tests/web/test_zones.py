"""Zones over HTTP and on the page of locations."""

from corridor.base.ids import new_id
from corridor.campus.load import load_campus
from corridor.identity.principal import Role
from tests.world import World


async def test_zones_are_kept_and_changed_over_http(world: World) -> None:
    admin = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    path = f"/schools/{world.school.id}/zones"
    made = await admin.post(path, {"name": "North wing"}, key="n")
    assert (made.status_code, made.json()["name"]) == (201, "North wing")
    assert (await admin.post(path, {"name": "North wing"}, key="n")).json() == made.json()
    zone_id = made.json()["id"]
    renamed = await admin.patch(f"{path}/{zone_id}", {"name": "North"})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "North")
    moved = await admin.patch(f"/locations/{world.school.restroom}", {"zone_name": "South"})
    south = moved.json()["zone_id"]
    created = await admin.post(
        f"/schools/{world.school.id}/locations", {"name": "Gym", "kind": "gym", "zone_id": south}
    )
    assert (created.status_code, created.json()["zone_id"]) == (201, south)
    assert (await admin.patch(f"{path}/{south}", {"active": False})).json()["code"] == "zone_in_use"
    await admin.patch(f"{path}/{zone_id}", {"active": False})
    found = (await (await world.teacher()).get(path)).json()["items"]
    assert [(zone["name"], zone["active"]) for zone in found] == [("North", False), ("South", True)]
    async with world.database.raw() as connection:
        stored = await load_campus(connection, world.school.id)
    assert (await world.services.ledger.state(world.school.id)).campus.zones == stored.zones


async def test_only_those_who_may_change_locations_change_zones(world: World) -> None:
    teacher = await world.teacher()
    path = f"/schools/{world.school.id}/zones"
    assert (await teacher.post(path, {"name": "North"})).status_code == 403
    assert (await teacher.patch(f"{path}/{new_id()}", {"name": "North"})).status_code == 403
    elsewhere = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    assert (await elsewhere.get(f"/schools/{new_id()}/zones")).status_code == 404
