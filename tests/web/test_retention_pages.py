"""What is kept how long, and who changed what, as administrators see it."""

from datetime import timedelta
from typing import Any

import pytest

from corridor.base.ids import new_id
from corridor.identity.principal import Role
from tests.web.visitor import visitor, words
from tests.world import World


async def _admin(world: World) -> Any:
    return await visitor(world, Role.DISTRICT_ADMIN)


async def test_the_page_says_what_goes_when_and_how_much_that_is_now(world: World) -> None:
    teacher = await world.teacher()
    made = await teacher.post(
        f"/schools/{world.school.id}/passes",
        {"student_id": str(world.school.students[0]), "destination_id": str(world.school.library), "reason": "To read"},
    )
    assert made.status_code == 201, made.text
    await teacher.post(f"/passes/{made.json()['id']}/return")
    world.clock.advance(timedelta(days=100))
    page = await (await _admin(world)).get("/admin/retention")
    said = words(page)
    assert page.status_code == 200
    assert "the reasons that students and staff wrote are forgotten" in said
    assert "1 passes with a reason will go tonight" in said
    assert "Nothing has gone yet" in said


async def test_a_change_is_shown_before_it_is_saved_and_then_stands(world: World) -> None:
    admin = await _admin(world)
    shown = await admin.post("/admin/retention/preview", reason="30")
    assert "Not saved yet. With these times, nothing would be destroyed tonight." in words(shown)
    assert 'value="30"' in shown.text
    assert 'value="90"' in (await admin.get("/admin/retention")).text
    assert (await admin.post("/admin/retention", reason="30")).status_code == 303
    assert 'name="reason" value="30"' in (await admin.get("/admin/retention")).text


@pytest.mark.parametrize("typed", ["", "-1", "30.5", "٣٠", "999999", "soon"])
async def test_what_is_no_number_of_days_is_refused_in_place(world: World, typed: str) -> None:
    answer = await (await _admin(world)).post("/admin/retention", reason=typed)
    assert answer.status_code == 422
    assert "keeping-wrong" in answer.text


@pytest.mark.parametrize("role", [Role.SCHOOL_ADMIN, Role.TEACHER, Role.FRONT_OFFICE])
async def test_only_the_district_decides_how_long_what_is_kept(world: World, role: Role) -> None:
    limits: dict[str, Any] = {"school_id": world.school.id}
    if role is Role.TEACHER:
        limits = {"person_id": world.school.teachers[0]}
    someone = await visitor(world, role, **limits)
    assert (await someone.get("/admin/retention")).status_code == 403
    assert (await someone.post("/admin/retention", reason="1")).status_code == 403
    caller = await world.caller(role, **limits)
    assert (await caller.get("/retention")).status_code == 403
    assert (await caller.put("/retention", {"days": {"reason": 1}})).status_code == 403


async def test_an_administrator_of_one_school_cannot_change_the_districts_settings(world: World) -> None:
    limited = await world.caller(Role.DISTRICT_ADMIN, school_id=world.school.id)
    assert (await limited.put("/retention", {"days": {"reason": 1}})).status_code == 403


async def test_the_api_reads_changes_and_plans(world: World) -> None:
    admin = await world.caller(Role.DISTRICT_ADMIN)
    answer = await admin.put("/retention", {"days": {"reason": 20}})
    days = {item["kind"]: item["days"] for item in answer.json()["items"]}
    assert days["reason"] == 20
    refused = await admin.put("/retention", {"days": {"pass": 1}})
    assert refused.status_code == 422
    assert refused.json()["field"] == "pass"
    assert (await admin.put("/retention", {"days": {"nonsense": 1}})).status_code == 400
    assert (await admin.get("/retention/plan")).json()["counts"]["pass"] == 0
    await world.services.retention.run()
    runs = (await admin.get("/retention/runs")).json()["items"]
    assert [run["ordered_by"] for run in runs] == ["night"]


async def test_the_list_of_changes_says_who_did_what(world: World) -> None:
    admin = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    made = await admin.post(f"/schools/{world.school.id}/groups", {"name": "Choir"})
    assert made.status_code == 201, made.text
    page = await (await _admin(world)).get("/admin/audit")
    assert page.status_code == 200
    assert "Group added : Choir" in words(page) or "Group added: Choir" in words(page)
    found = (await admin.get("/audit", topic="rules")).json()["items"]
    assert [(each["what"], each["about"], each["by_name"]) for each in found] == [("group.added", "Choir", "test")]


async def test_a_school_sees_its_own_changes_and_no_others(world: World) -> None:
    from tests.school import make_school

    other = await make_school(world.database, name="Other", district_id=world.school.district_id)
    district = await world.caller(Role.DISTRICT_ADMIN)
    assert (await district.post(f"/schools/{other.id}/groups", {"name": "Elsewhere"})).status_code == 201
    await district.put("/retention", {"days": {"reason": 20}})
    admin = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    mine = (await admin.get("/audit")).json()["items"]
    assert not [each for each in mine if each["about"] == "Elsewhere" or each["what"] == "retention.changed"]
    assert (await admin.get("/audit", school_id=str(other.id))).status_code == 404
    everything = {each["what"] for each in (await district.get("/audit")).json()["items"]}
    assert {"group.added", "retention.changed"} <= everything


async def test_changes_come_in_pages_without_gaps_or_doubles(world: World) -> None:
    admin = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    for number in range(7):
        world.clock.advance(timedelta(seconds=1))
        await admin.post(f"/schools/{world.school.id}/groups", {"name": f"Group {number}"})
    names, after = [], None
    while True:
        page = (await admin.get("/audit", limit=3, topic="rules", **({"after": after} if after else {}))).json()
        names += [each["about"] for each in page["items"]]
        if (after := page["next"]) is None:
            break
    assert names == [f"Group {number}" for number in reversed(range(7))]
    assert (await admin.get("/audit", after="rubbish")).status_code == 422


async def test_changes_as_a_file_cannot_start_a_formula(world: World) -> None:
    admin = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    await admin.post(f"/schools/{world.school.id}/groups", {"name": '=HYPERLINK("http://x")'})
    file = await (await _admin(world)).get("/admin/audit/csv")
    assert file.headers["content-type"].startswith("text/csv")
    assert "'=HYPERLINK" in file.text


@pytest.mark.parametrize("role", [Role.TEACHER, Role.STUDENT])
async def test_who_changed_what_is_for_administrators(world: World, role: Role) -> None:
    person = world.school.teachers[0] if role is Role.TEACHER else world.school.students[0]
    caller = await world.caller(role, person_id=person)
    assert (await caller.get("/audit")).status_code == 403
    someone = await visitor(world, role, person_id=person)
    assert (await someone.get("/admin/audit")).status_code == 403
    assert (await someone.get("/admin/audit/csv")).status_code == 403


async def test_filters_of_the_page_hold_together_with_anything_typed(world: World) -> None:
    admin = await _admin(world)
    for query in ({"topic": "nonsense"}, {"who": str(new_id())}, {"days": "7"}, {"days": "x"}):
        assert (await admin.get("/admin/audit", **query)).status_code == 200, query
    assert (await admin.get("/admin/audit", school="x")).status_code == 422


async def test_what_is_alike_takes_one_row_and_no_change_is_lost_between_pages(world: World) -> None:
    admin = await world.caller(Role.DISTRICT_ADMIN)
    for days in (20, 21, 22):
        world.clock.advance(timedelta(seconds=1))
        await admin.put("/retention", {"days": {"reason": days}})
    page = words(await (await _admin(world)).get("/admin/audit", topic="records"))
    assert page.count("Retention changed") == 1
    assert "and 2 more like it before" in page
