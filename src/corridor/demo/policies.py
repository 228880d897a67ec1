"""What the made-up schools have decided, set over the public API as an administrator's program would: rules, groups,
slots, and what is planned for the day that is shown."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec

from corridor.demo.client import ApiClient

_SELF = ["kiosk", "student"]
_SLOTS = timedelta(minutes=20)
_CHOIR = "Choir"
_ZONES = {"North wing": ("Restroom A", "Restroom B", "Library"), "South wing": ("Restroom C", "Restroom D", "Nurse")}
_GROUP_SIZE = 12
_TODAY = 6
"""How many students the counselor of a school expects on a day."""


class _School(msgspec.Struct, frozen=True):
    """A school as the set-up needs it: the ids of its places and pass types by name, and its students' ids."""

    id: str
    places: dict[str, str]
    pass_types: dict[str, str]
    students: Sequence[str]


Posts = Mapping[str, Mapping[str, Sequence[str]]]
"""By school and place, both by name, the ids of the people who work there."""


class StandIn(msgspec.Struct, frozen=True):
    """Who has a teacher's classes on the day that is shown, at the school of this name."""

    school: str
    teacher_id: str
    to_id: str


async def set_up(
    api: ApiClient,
    now: datetime,
    played: Sequence[str],
    posts: Posts,
    stand_in: StandIn | None = None,
    restricted: str | None = None,
) -> None:
    """Decide what is not decided yet, for every school, and plan the day of `now` (by the schools' clock). `played` are
    the students whom visitors sign in as, `restricted` the one whose record few may see. `api` acts as the
    district's administrator."""
    await _make_district_rule(api)
    async for found in api.every("/schools"):
        school = await _look(api, found["id"])
        random = Random(school.id)
        await _make_groups(api, school, random)
        await _make_rules(api, school)
        await _make_zones(api, school)
        await _spare_someone(api, school, random)
        await _name_staff(api, school, posts.get(found["name"], {}))
        if stand_in and found["name"] == stand_in.school:
            await _name_substitute(api, school, stand_in, now)
        if restricted in school.students:
            await api.write("PUT", f"/schools/{school.id}/students/{restricted}/restriction", {})
        await _close_a_place(api, school)
        await api.write("PATCH", f"/locations/{school.places['Restroom B']}", {"capacity": 2})
        await _plan(api, school, random, now, [id for id in played if id in school.students])


async def _look(api: ApiClient, school_id: str) -> _School:
    path = f"/schools/{school_id}"
    return _School(
        school_id,
        {place["name"]: place["id"] async for place in api.every(f"{path}/locations")},
        {kind["name"]: kind["id"] async for kind in api.every(f"{path}/pass-types")},
        [student["id"] async for student in api.every(f"{path}/students")],
    )


async def _make_groups(api: ApiClient, school: _School, random: Random) -> None:
    path = f"/schools/{school.id}/groups"
    known = {group["name"] async for group in api.every(path)}
    for name, size in ((_CHOIR, _GROUP_SIZE), ("Peer tutors", 8), ("Kept apart", 3)):
        if name not in known:
            await api.write("POST", path, {"name": name, "students": random.sample(school.students, size)})


async def _make_district_rule(api: ApiClient) -> None:
    """No passes around the bells, in all schools."""
    if not [rule async for rule in api.every("/district/rules")]:
        times = {"first_minutes": 5, "last_minutes": 5}
        await api.write("POST", "/district/rules", {"kind": "no_fly", "params": times, "scope": {"channels": _SELF}})


async def _make_zones(api: ApiClient, school: _School) -> None:
    path = f"/schools/{school.id}/zones"
    known = {zone["name"] async for zone in api.every(path)}
    for name, places in _ZONES.items():
        if name not in known:
            zone = await api.write("POST", path, {"name": name})
            for place in places:
                if place in school.places:
                    await api.write("PATCH", f"/locations/{school.places[place]}", {"zone_id": zone["id"]})


async def _spare_someone(api: ApiClient, school: _School, random: Random) -> None:
    """One student has an accommodation, another is away today."""
    path = f"/schools/{school.id}"
    one, other = random.sample(school.students, 2)
    if not (await api.get(f"{path}/accommodations"))["items"]:
        spared = {"student_id": one, "exempt": ["cooldown", "limit"], "time_percent": 150, "note": "Health plan"}
        await api.write("POST", f"{path}/accommodations", spared)
    await api.write("PUT", f"{path}/students/{other}/absence", {"note": "Called in sick"})


async def _name_staff(api: ApiClient, school: _School, posts: Mapping[str, Sequence[str]]) -> None:
    """Say who works at which place."""
    for place, staff_ids in posts.items():
        if place in school.places:
            path = f"/schools/{school.id}/locations/{school.places[place]}/post"
            await api.write("PUT", path, {"staff_ids": list(staff_ids)})


async def _name_substitute(api: ApiClient, school: _School, stand_in: StandIn, now: datetime) -> None:
    path, today = f"/schools/{school.id}/delegations", now.date().isoformat()
    if not [each async for each in api.every(path) if each["to_id"] == stand_in.to_id and each["ends_on"] >= today]:
        body = {"teacher_id": stand_in.teacher_id, "to_id": stand_in.to_id, "substitute": True}
        await api.write("POST", path, body | {"starts_on": today, "ends_on": today})


async def _make_rules(api: ApiClient, school: _School) -> None:
    path = f"/schools/{school.id}"
    known = {rule["kind"] async for rule in api.every(f"{path}/rules")}
    groups = {group["name"]: group["id"] async for group in api.every(f"{path}/groups")}
    wanted: list[dict[str, Any]] = [
        {"kind": "separation", "params": {"group_ids": [groups["Kept apart"]]}},
        {"kind": "hallway_cap", "params": {"most": 90}, "scope": {"channels": _SELF}},
        {
            "kind": "closed_hours",
            "params": {"windows": [{"starts_at": "07:00:00", "ends_at": "10:45:00"}]},
            "scope": {"location_ids": [school.places["Library"]], "channels": _SELF},
        },
    ]
    restroom = {"channels": _SELF, "pass_type_ids": [school.pass_types["Restroom"]]}
    if "separation" not in known:
        limit = {"most": 3, "per": "day"}
        await api.write("POST", f"{path}/rules", {"kind": "limit", "params": limit, "scope": restroom})
    for rule in wanted:
        if rule["kind"] not in known:
            await api.write("POST", f"{path}/rules", rule)


async def _close_a_place(api: ApiClient, school: _School) -> None:
    closed, instead = school.places.get("Restroom C"), school.places.get("Restroom A")
    if closed and instead:
        body = {"minutes": 45, "instead_id": instead, "note": "Being cleaned"}
        await api.write("PUT", f"/locations/{closed}/closure", body)


async def _plan(api: ApiClient, school: _School, random: Random, now: datetime, played: Sequence[str]) -> None:
    """Slots at the counselor's, and who comes there today."""
    path = f"/schools/{school.id}"
    counselor = school.places["Counselor"]
    plan = {"days": [1, 2, 3, 4, 5], "starts_at": "08:00", "ends_at": "15:00", "minutes": 20}
    await api.write("PUT", f"{path}/locations/{counselor}/slot-plan", plan)
    planned = await api.get(f"{path}/agenda", days=1, location_id=counselor)
    if planned["items"]:
        return
    first = now.replace(minute=0, second=0, microsecond=0, tzinfo=None)
    first += -(-(now.replace(tzinfo=None) - first) // _SLOTS) * _SLOTS + _SLOTS
    expected = [*played[:2], *random.sample(school.students, _TODAY)]
    for number, student_id in enumerate(dict.fromkeys(expected)):
        appointment: dict[str, Any] = {
            "destination_id": counselor,
            "begins": (first + number * _SLOTS).isoformat(),
            "student_ids": [student_id],
            "minutes": 20,
            "by_itself": number % 2 == 1,
            "declinable": number % 3 == 0,
            "note": random.choice(("Course selection", "How is it going?", "College application", "")) or None,
        }
        if number == 2:
            appointment["recurrence"] = "FREQ=WEEKLY"
        await api.write("POST", f"{path}/appointments", appointment)
    choir = [group["id"] async for group in api.every(f"{path}/groups") if group["name"] == _CHOIR]
    rehearsal = {
        "destination_id": school.places["Main office"],
        "begins": (first + timedelta(days=1)).isoformat(),
        "group_id": choir[0],
        "minutes": 15,
        "recurrence": "FREQ=WEEKLY",
        "note": "Photo of the choir",
    }
    await api.write("POST", f"{path}/appointments", rehearsal)
