"""The administration's pages over HTTP: overview, locations, bell times."""

import re
from typing import Any

import pytest
from sqlalchemy import text

from corridor.identity.principal import Role
from tests.school import make_school
from tests.web.visitor import Visitor, visitor, words
from tests.world import World


async def admin(world: World) -> Visitor:
    return await visitor(world, Role.SCHOOL_ADMIN, school_id=world.school.id)


async def locations(world: World) -> dict[str, Any]:
    items = (await (await world.teacher()).get(f"/schools/{world.school.id}/locations")).json()["items"]
    return {item["name"]: item for item in items}


def restroom_form(**changes: str) -> dict[str, Any]:
    return {"name": "Restroom A", "kind": "restroom", "capacity": "2", "out_capacity": "", "active": "on"} | changes


async def bells(world: World) -> list[tuple[Any, ...]]:
    async with world.database.session() as session:
        rows = await session.execute(
            text(
                "SELECT b.name, b.days, b.assumed, p.name, p.starts_at::text, p.ends_at::text FROM bell_schedule b "
                "JOIN bell_period p ON p.bell_schedule_id = b.id ORDER BY b.name, p.starts_at"
            )
        )
        return [tuple(row) for row in rows]


async def schedule_id(world: World) -> str:
    async with world.database.session() as session:
        return str(await session.scalar(text("SELECT id FROM bell_schedule ORDER BY name LIMIT 1")))


def schedule_form(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "school": str(world.school.id),
        "name": "Regular",
        "day": ["1", "2", "3", "4", "5"],
        "period": ["1", "2", ""],
        "starts_at": ["08:05", "09:00", ""],
        "ends_at": ["08:55", "09:50", ""],
    } | changes


async def test_the_overview_says_what_each_school_is(world: World) -> None:
    page = words(await (await admin(world)).get("/admin"))
    assert "Washington Middle School" in page
    assert "6 students in 2 classes, 5 locations. Nobody is out right now." in page
    assert "School runs from 08:00 to 11:00." in page


async def test_the_overview_warns_of_bell_times_that_nobody_has_set(world: World) -> None:
    async with world.database.session() as session:
        await session.execute(text("UPDATE bell_schedule SET assumed = true"))
    page = words(await (await admin(world)).get("/admin"))
    assert "Corridor assumes equal periods from 08:00 to 11:00" in page


async def test_a_school_s_administrator_sees_only_their_own_school(world: World) -> None:
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    mine = await admin(world)
    assert "Lincoln" not in words(await mine.get("/admin"))
    for path in ("/admin/locations", "/admin/bells"):
        assert (await mine.get(path, school=str(other.id))).status_code == 404
    changed = await mine.post(f"/admin/locations/{other.restroom}", **restroom_form(capacity="9"))
    assert changed.status_code == 404
    assert (await mine.post("/admin/locations", school=str(other.id), name="Attic", kind="other")).status_code == 404
    assert (await mine.post("/admin/bells", **schedule_form(world, school=str(other.id)))).status_code == 404


async def test_the_district_s_administrator_sees_every_school(world: World) -> None:
    await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    page = words(await (await visitor(world, Role.DISTRICT_ADMIN)).get("/admin"))
    assert "Lincoln" in page
    assert "Washington Middle School" in page
    assert "Nothing has been imported yet." in page


@pytest.mark.parametrize("path", ["/admin", "/admin/locations", "/admin/bells", "/admin/import"])
async def test_teachers_and_students_have_no_administration(world: World, path: str) -> None:
    for role, person_id in ((Role.TEACHER, world.school.teachers[0]), (Role.STUDENT, world.school.students[0])):
        someone = await visitor(world, role, person_id=person_id)
        assert (await someone.get(path)).status_code == 403
    assert (await Visitor(world.client).get(path)).status_code == 303


async def test_the_locations_are_listed_with_whom_a_change_concerns(world: World) -> None:
    staff = await world.teacher()
    body = {"student_id": str(world.school.students[0]), "destination_id": str(world.school.restroom)}
    await staff.post(f"/schools/{world.school.id}/passes", body)
    page = await (await admin(world)).get("/admin/locations")
    assert "This concerns: 1 there or on the way." in words(page)
    assert "This concerns: 1 class meets here, 1 out of it." in words(page)
    assert re.findall(r'name="name" value="([^"]+)" required maxlength="80" autocomplete="off" aria', page.text) == [
        "Restroom A",
        "Nurse",
        "Library",
        "110",
        "204",
    ]


async def test_a_location_is_changed_in_its_row_which_says_what_changed(world: World) -> None:
    answer = await (await admin(world)).post(
        f"/admin/locations/{world.school.restroom}", part=True, **restroom_form(capacity="5", name="Restroom East")
    )
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<li")
    assert "Saved: name Restroom A → Restroom East, most there at once 2 → 5." in words(answer)
    assert (await locations(world))["Restroom East"]["capacity"] == 5
    events = (await (await world.caller(Role.DISTRICT_ADMIN)).get(f"/schools/{world.school.id}/events")).json()["items"]
    assert [event["kind"] for event in events] == ["location_changed"]


async def test_an_emptied_limit_is_no_limit_and_a_cleared_box_takes_the_location_out_of_use(world: World) -> None:
    form = restroom_form(capacity="")
    del form["active"]
    answer = await (await admin(world)).post(f"/admin/locations/{world.school.restroom}", **form)
    assert answer.headers["location"] == f"/admin/locations?school={world.school.id}#location-{world.school.restroom}"
    after = (await locations(world))["Restroom A"]
    assert (after["capacity"], after["active"]) == (None, False)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"capacity": "many"}, "A limit is a whole number; leave it empty for none."),
        ({"out_capacity": "99999"}, "A limit is a number from 0 to 10000"),
        ({"name": "nurse"}, "There is already a location named Nurse."),
        ({"name": "  "}, "Give the location a name of 1 to 80 characters."),
        ({"kind": "lair"}, "Choose what kind of location it is."),
    ],
)
@pytest.mark.parametrize("part", [True, False])
async def test_what_cannot_be_saved_is_said_in_the_row_and_what_was_typed_stays(
    world: World, changes: dict[str, str], said: str, part: bool
) -> None:
    form = restroom_form(**changes)
    answer = await (await admin(world)).post(f"/admin/locations/{world.school.restroom}", part=part, **form)
    assert answer.status_code in (409, 422)
    assert said in words(answer)
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{form["capacity"]}"' in answer.text
    assert (await locations(world))["Restroom A"]["capacity"] == 2


async def test_a_location_is_added(world: World) -> None:
    mine = await admin(world)
    form: dict[str, Any] = {
        "school": str(world.school.id),
        "name": "Pool",
        "kind": "gym",
        "capacity": "12",
        "out_capacity": "",
    }
    answer = await mine.post("/admin/locations", **form)
    assert answer.status_code == 303
    page = await mine.client.get(answer.headers["location"], headers=mine._headers)
    assert "Pool is added: passes may lead there from now on." in words(page)
    pool = (await locations(world))["Pool"]
    assert (pool["kind"], pool["capacity"]) == ("gym", 12)


async def test_a_location_that_cannot_be_added_keeps_what_was_typed(world: World) -> None:
    form: dict[str, Any] = {
        "school": str(world.school.id),
        "name": "Library",
        "kind": "gym",
        "capacity": "12",
        "out_capacity": "",
    }
    answer = await (await admin(world)).post("/admin/locations", **form)
    assert answer.status_code == 409
    assert "There is already a location named Library." in words(answer)
    assert 'id="new-name-error"' in answer.text


async def test_names_of_locations_are_shown_as_they_are_written(world: World) -> None:
    mine = await admin(world)
    form = restroom_form(name='<script>alert("x")</script>')
    answer = await mine.post(f"/admin/locations/{world.school.restroom}", part=True, **form)
    assert answer.status_code == 200
    for page in (answer, await mine.get("/admin/locations")):
        assert '<script>alert("x")' not in page.text


async def test_the_bell_times_are_shown_with_how_many_classes_meet(world: World) -> None:
    page = await (await admin(world)).get("/admin/bells")
    assert 'value="Regular"' in page.text
    assert 'value="10:00"' in page.text
    assert "1 class" in words(page)
    assert "assumed" not in words(page)


async def test_assumed_bell_times_are_marked_as_such(world: World) -> None:
    async with world.database.session() as session:
        await session.execute(text("UPDATE bell_schedule SET assumed = true"))
    assert "These times are assumed" in words(await (await admin(world)).get("/admin/bells"))


async def test_saved_bell_times_are_true_and_count_at_once(world: World) -> None:
    async with world.database.session() as session:
        await session.execute(text("UPDATE bell_schedule SET assumed = true"))
    mine = await admin(world)
    form = schedule_form(world, starts_at=["08:05", "08:20", ""], ends_at=["08:15", "09:50", ""])
    answer = await mine.post(f"/admin/bells/{await schedule_id(world)}", **form)
    assert answer.status_code == 303, words(answer)
    assert await bells(world) == [
        ("Regular", [1, 2, 3, 4, 5], False, "1", "08:05:00", "08:15:00"),
        ("Regular", [1, 2, 3, 4, 5], False, "2", "08:20:00", "09:50:00"),
    ]
    teacher = await visitor(world, Role.TEACHER, person_id=world.school.teachers[1])
    assert "Period 2, until 09:50 110" in words(await teacher.get("/teacher"))


async def test_a_period_that_classes_meet_in_but_no_schedule_has_is_told(world: World) -> None:
    mine = await admin(world)
    form = schedule_form(world, period=["1"], starts_at=["08:00"], ends_at=["09:00"])
    await mine.post(f"/admin/bells/{await schedule_id(world)}", **form)
    page = words(await mine.get("/admin/bells"))
    assert "Classes meet in periods that no schedule has: 2." in page


async def test_bell_times_that_do_not_fit_are_not_saved_and_stay_as_typed(world: World) -> None:
    before = await bells(world)
    form = schedule_form(world, name="", ends_at=["08:55", "08:30", ""])
    answer = await (await admin(world)).post(f"/admin/bells/{await schedule_id(world)}", **form)
    assert answer.status_code == 422
    said = words(answer)
    assert "Give the schedule a name of 1 to 80 characters." in said
    assert "This is not after the start." in said
    assert 'value="08:30"' in answer.text
    assert await bells(world) == before


async def test_a_second_schedule_takes_days_that_no_other_has(world: World) -> None:
    mine = await admin(world)
    assert 'id="schedule-new"' in (await mine.get("/admin/bells", new="true")).text
    form = schedule_form(world, name="Early release", day=["5"])
    refused = await mine.post("/admin/bells", **form)
    assert refused.status_code == 422
    assert "Friday already has the schedule Regular." in words(refused)
    assert (await mine.post("/admin/bells", **form | {"day": ["6"]})).status_code == 303
    assert {row[0] for row in await bells(world)} == {"Regular", "Early release"}


async def test_a_schedule_is_removed_but_not_the_last_one(world: World) -> None:
    mine = await admin(world)
    await mine.post("/admin/bells", **schedule_form(world, name="Early release", day=["6"]))
    school: dict[str, Any] = {"school": str(world.school.id)}
    assert (await mine.post(f"/admin/bells/{await schedule_id(world)}/remove", **school)).status_code == 303
    assert {row[0] for row in await bells(world)} == {"Regular"}
    assert (await mine.post(f"/admin/bells/{await schedule_id(world)}/remove", **school)).status_code == 409


async def test_a_school_s_time_zone_is_set_and_counts_at_once(world: World) -> None:
    principal = await admin(world)
    page = await principal.get("/admin/bells")
    assert 'value="America/New_York"' in page.text
    saved = await principal.post("/admin/bells/time-zone", school=str(world.school.id), zone="America/Chicago")
    assert saved.status_code == 303
    state = await world.services.ledger.state(world.school.id)
    assert state.campus.school.time_zone == "America/Chicago"


async def test_a_time_zone_that_is_none_is_refused(world: World) -> None:
    principal = await admin(world)
    refused = await principal.post("/admin/bells/time-zone", school=str(world.school.id), zone="Mars/Base")
    assert refused.status_code == 422
    assert "no time zone" in refused.text


async def test_control_characters_in_bell_times_are_left_out(world: World) -> None:
    form = schedule_form(world, name="Regular\0 day", period=["1\0", "2", ""])
    saved = await (await admin(world)).post(f"/admin/bells/{await schedule_id(world)}", **form)
    assert saved.status_code == 303
    assert [(row[0], row[3]) for row in await bells(world)] == [("Regular day", "1"), ("Regular day", "2")]
