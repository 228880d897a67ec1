"""Accommodations: what they do over HTTP and on their page, and that nobody else ever hears of them."""

from typing import Any

import pytest

from corridor.identity.principal import Role
from corridor.live.api import event_frames
from corridor.policy import events
from tests.day_state import SEES_ALL
from tests.school import make_school
from tests.web.visitor import Visitor, visitor, words
from tests.world import Api, World

NOTE = "physio note 4711"


async def admin(world: World) -> Api:
    return await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)


async def admin_page(world: World) -> Visitor:
    return await visitor(world, Role.SCHOOL_ADMIN, school_id=world.school.id)


def path(world: World) -> str:
    return f"/schools/{world.school.id}/accommodations"


async def give(world: World, number: int = 0, **what: Any) -> Any:
    body = {"student_id": str(world.school.students[number]), "note": NOTE, "time_percent": 150} | what
    answer = await (await admin(world)).post(path(world), body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def send(world: World, number: int) -> Any:
    body = {"student_id": str(world.school.students[number]), "destination_id": str(world.school.restroom)}
    return await (await world.teacher()).post(f"/schools/{world.school.id}/passes", body)


async def test_it_is_added_changed_and_removed(world: World) -> None:
    someone = await admin(world)
    made = await give(world)
    assert (made["standing"], made["starts_on"], made["time_percent"]) == ("current", "2026-10-06", 150)
    changes = {"starts_on": "2026-10-12", "exempt": ["cooldown"], "no_line": True}
    changed = (await someone.put(f"{path(world)}/{made['id']}", changes)).json()
    assert (changed["standing"], changed["exempt"], changed["student_id"]) == (
        "coming",
        ["cooldown"],
        str(world.school.students[0]),
    )
    past = {"starts_on": "2026-09-01", "ends_on": "2026-10-05", "no_line": True}
    assert (await someone.put(f"{path(world)}/{made['id']}", past)).json()["standing"] == "past"
    assert len((await someone.get(path(world), student_id=str(world.school.students[0]))).json()["items"]) == 1
    assert (await someone.get(path(world), student_id=str(world.school.students[1]))).json()["items"] == []
    assert (await someone.delete(f"{path(world)}/{made['id']}")).status_code == 204
    assert (await someone.get(path(world))).json()["items"] == []


@pytest.mark.parametrize(
    ("what", "field"),
    [
        ({"exempt": ["one_open_pass"]}, "exempt"),
        ({"exempt": ["nothing"]}, "exempt"),
        ({"time_percent": 1000}, "time_percent"),
        ({"time_percent": 100}, "exempt"),
        ({"starts_on": "2026-10-06", "ends_on": "2026-10-05"}, "ends_on"),
    ],
)
async def test_what_makes_no_sense_is_refused(world: World, what: dict[str, Any], field: str) -> None:
    body = {"student_id": str(world.school.students[0]), "time_percent": 150} | what
    answer = await (await admin(world)).post(path(world), body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_it_counts_from_the_next_pass(world: World) -> None:
    assert (await send(world, 0)).json()["minutes"] == 6
    await give(world, 1)
    assert (await send(world, 1)).json()["minutes"] == 9


@pytest.mark.parametrize(
    "role",
    [
        Role.STUDENT,
        Role.TEACHER,
        Role.SUBSTITUTE,
        Role.DESTINATION_STAFF,
        Role.HALL_MONITOR,
        Role.FRONT_OFFICE,
        Role.INTEGRATION,
        Role.KIOSK,
    ],
)
async def test_nobody_but_administrators_may_look(world: World, role: Role) -> None:
    made = await give(world)
    limits = {"person_id": world.school.students[0]} if role is Role.STUDENT else {"school_id": world.school.id}
    someone = await world.caller(role, **limits)
    assert (await someone.get(path(world))).status_code == 403
    assert (await someone.put(f"{path(world)}/{made['id']}", {"time_percent": 200})).status_code == 403
    page = await visitor(world, role, **limits)
    assert (await page.get("/admin/accommodations")).status_code == 403
    assert (await page.get(f"/admin/accommodations/{made['id']}")).status_code == 403


async def test_another_school_s_are_out_of_reach(world: World) -> None:
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    someone = await admin(world)
    assert (await someone.get(f"/schools/{other.id}/accommodations")).status_code == 404
    answer = await someone.post(path(world), {"student_id": str(other.students[0]), "time_percent": 150})
    assert answer.status_code == 422


async def test_the_ledger_shows_that_there_was_something_and_not_what(world: World) -> None:
    await give(world)
    program = await world.caller(Role.INTEGRATION, school_id=world.school.id)
    answer = await program.get(f"/schools/{world.school.id}/events")
    hidden = next(item for item in answer.json()["items"] if item["kind"] == "accommodation_set")
    assert hidden["body"] is None
    assert hidden["seq"] > 0
    assert NOTE not in answer.text
    assert str(world.school.students[0]) not in answer.text
    seen = await (await admin(world)).get(f"/schools/{world.school.id}/events")
    assert NOTE in seen.text


async def test_no_live_stream_tells_of_it_not_even_afterwards(world: World) -> None:
    services: Any = world.services
    await world.services.ledger.state(world.school.id)
    live = event_frames(services, world.school.id, None, SEES_ALL)
    assert await anext(live)
    await give(world)
    await send(world, 1)
    heard = (await anext(live)).decode()
    while "pass_issued" not in heard:
        heard += (await anext(live)).decode()
    await live.aclose()
    resumed = event_frames(services, world.school.id, 0, SEES_ALL)
    await anext(resumed)
    missed = (await anext(resumed)).decode()
    await resumed.aclose()
    for told in (heard, missed):
        assert "pass_issued" in told
        assert "accommodation" not in told
        assert NOTE not in told
        assert str(world.school.students[0]) not in told


async def test_no_pass_board_or_refusal_shows_it(world: World) -> None:
    await give(world, 0, exempt=["cooldown"], no_line=True, always_approved=True)
    student = await world.student()
    body = {"destination_id": str(world.school.restroom)}
    passes = [(await student.post(f"/schools/{world.school.id}/passes", body)).text]
    passes.append((await student.post(f"/schools/{world.school.id}/passes", body)).text)
    teacher = await world.teacher()
    passes.append((await teacher.get(f"/schools/{world.school.id}/board")).text)
    passes.append((await teacher.get(f"/schools/{world.school.id}/passes")).text)
    page = await visitor(world, Role.TEACHER, person_id=world.school.teachers[0])
    passes.append((await page.get("/board")).text)
    passes.append((await page.get("/teacher")).text)
    passes.append((await (await visitor(world, Role.STUDENT, person_id=world.school.students[0])).get("/student")).text)
    for said in passes:
        assert "accommodat" not in said.lower()
        assert NOTE not in said
        assert "exempt" not in said


async def test_the_doorbell_rings_without_saying_who_or_what(world: World) -> None:
    rung: list[Any] = []
    world.services.ledger.on_ring = lambda *rings: rung.append(rings)
    await give(world)
    assert rung
    assert all(school_id == world.school.id and isinstance(seq, int) for school_id, seq in rung)


async def test_a_group_s_members_are_told_to_no_stream(world: World) -> None:
    someone = await admin(world)
    await someone.post(
        f"/schools/{world.school.id}/groups", {"name": "Quiet group", "students": [str(world.school.students[0])]}
    )
    live = event_frames(world.services, world.school.id, 0, SEES_ALL)
    await anext(live)
    assert b"Quiet group" not in await anext(live)
    await live.aclose()
    assert "Quiet group" in (await someone.get(f"/schools/{world.school.id}/events")).text


async def test_the_page_shows_current_coming_and_past_in_words(world: World) -> None:
    await give(world, 0, no_line=True, exempt=["cooldown"])
    await give(world, 1, starts_on="2026-11-01")
    await give(world, 2, starts_on="2026-09-01", ends_on="2026-09-30")
    said = words(await (await admin_page(world)).get("/admin/accommodations"))
    assert "Now Student00 Example 150% of the usual time, does not wait in line" in said
    assert "free of the rules Pause between passes" in said
    assert f"since October 6, 2026. {NOTE}" in said
    assert "Coming Student01 Example" in said
    assert "Past Student02 Example" in said


async def test_one_is_added_on_the_page_for_a_student_that_was_searched_for(world: World) -> None:
    page = await admin_page(world)
    found = await page.get("/admin/accommodations", find="Student03")
    assert f"student={world.school.students[3]}" in found.text
    form = await page.get("/admin/accommodations/new", student=str(world.school.students[3]))
    assert 'value="2026-10-06"' in form.text
    assert 'value="one_open_pass"' not in form.text
    answer = await page.post(
        "/admin/accommodations",
        school=str(world.school.id),
        student_id=str(world.school.students[3]),
        starts_on="2026-10-06",
        time_percent="200",
        exempt=["limit", "cooldown"],
        no_line="on",
    )
    assert answer.status_code == 303, words(answer)
    state = await world.services.ledger.state(world.school.id)
    kept = state.accommodations[world.school.students[3]][0]
    assert (kept.time_percent, kept.exempt, kept.no_line, kept.always_approved) == (
        200,
        frozenset({"limit", "cooldown"}),
        True,
        False,
    )
    shown = await page.get(f"/admin/accommodations/{kept.id}")
    assert shown.text.count("checked") == 3


async def test_what_does_not_fit_is_said_in_place_and_nothing_typed_is_lost(world: World) -> None:
    answer = await (await admin_page(world)).post(
        "/admin/accommodations",
        school=str(world.school.id),
        student_id=str(world.school.students[3]),
        starts_on="2026-10-06",
        time_percent="much",
        note="typed already",
    )
    assert answer.status_code == 422
    assert "Give the time as a whole number of percent" in words(answer)
    assert 'value="typed already"' in answer.text


async def test_the_page_removes_one(world: World) -> None:
    made = await give(world)
    page = await admin_page(world)
    answer = await page.post(f"/admin/accommodations/{made['id']}/remove", school=str(world.school.id))
    assert answer.status_code == 303
    assert "No student has an accommodation" in words(await page.get("/admin/accommodations"))


def test_what_is_private_is_marked_so_in_the_ledger() -> None:
    private = {
        event.kind
        for event in vars(events).values()
        if isinstance(event, type) and issubclass(event, events.Set) and event is not events.Set and event.private
    }
    assert private == {"absence_set", "accommodation_set", "group_set", "restriction_set"}
