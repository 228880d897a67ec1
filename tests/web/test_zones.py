"""Zones over HTTP and on the page of locations."""

from corridor.base.ids import new_id
from corridor.campus.load import load_campus
from corridor.identity.principal import Role
from tests.web.visitor import visitor, words
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


async def test_a_zone_is_chosen_or_typed_beside_a_location(world: World) -> None:
    admin = await visitor(world, Role.SCHOOL_ADMIN, school_id=world.school.id)
    form = {"name": "Restroom A", "kind": "restroom", "capacity": "2", "active": "on", "zone": "North wing"}
    changed = await admin.post(f"/admin/locations/{world.school.restroom}", part=True, **form)
    assert "Saved: zone none → North wing." in words(changed)
    added = await admin.post("/admin/locations", school=str(world.school.id), name="Gym", kind="gym", zone="north wing")
    assert added.status_code == 303
    page = await admin.get("/admin/locations")
    assert "2 locations" in words(page)
    assert page.text.count('value="North wing"') == 3
    taken = await admin.post(f"/admin/locations/{world.school.restroom}", part=True, **form | {"zone": ""})
    assert "Saved: zone North wing → none." in words(taken)


async def test_a_zone_s_name_that_is_too_long_is_said_in_its_row(world: World) -> None:
    admin = await visitor(world, Role.SCHOOL_ADMIN, school_id=world.school.id)
    form = {"name": "Restroom A", "kind": "restroom", "active": "on", "zone": "z" * 81}
    answer = await admin.post(f"/admin/locations/{world.school.restroom}", part=True, **form)
    assert (answer.status_code, "Give the zone a name of 1 to 80 characters." in words(answer)) == (422, True)


async def test_zones_are_renamed_and_removed_at_the_foot_of_the_page(world: World) -> None:
    api = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    path = f"/schools/{world.school.id}/zones"
    north, south = [(await api.post(path, {"name": name})).json()["id"] for name in ("North", "South")]
    await api.patch(f"/locations/{world.school.restroom}", {"zone_id": north})
    admin = await visitor(world, Role.SCHOOL_ADMIN, school_id=world.school.id)
    school = str(world.school.id)
    assert (await admin.post(f"/admin/zones/{north}", school=school, name="North wing")).status_code == 303
    taken = await admin.post(f"/admin/zones/{south}", school=school, name="north wing")
    assert (taken.status_code, "already a zone named North wing" in words(taken)) == (409, True)
    used = await admin.post(f"/admin/zones/{north}", school=school, retire="1")
    assert (used.status_code, "Restroom A lies in North wing" in words(used)) == (409, True)
    assert (await admin.post(f"/admin/zones/{south}", school=school, retire="1")).status_code == 303
    assert "South" not in words(await admin.get("/admin/locations"))
    assert (await admin.post(f"/admin/zones/{south}", name="South")).status_code == 404
