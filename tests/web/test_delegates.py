"""Who stands in for a teacher: over HTTP, on the teacher's own page, on the office's, and what it leads to."""

from datetime import timedelta
from typing import Any

from corridor.identity.principal import Role
from tests.school import make_school
from tests.web.visitor import Visitor, visitor, words
from tests.world import Api, World


def path(world: World) -> str:
    return f"/schools/{world.school.id}/delegations"


async def office(world: World) -> Api:
    return await world.caller(Role.FRONT_OFFICE, school_id=world.school.id)


async def teacher_page(world: World, number: int = 0) -> Visitor:
    return await visitor(world, Role.TEACHER, person_id=world.school.teachers[number])


def body(world: World, **what: Any) -> dict[str, Any]:
    """The second teacher in place of the first, today."""
    return {
        "teacher_id": str(world.school.teachers[0]),
        "to_id": str(world.school.teachers[1]),
        "starts_on": "2026-10-06",
        "ends_on": "2026-10-06",
        "substitute": True,
    } | what


async def name(world: World, **what: Any) -> Any:
    answer = await (await office(world)).post(path(world), body(world, **what))
    assert answer.status_code == 201, answer.text
    return answer.json()


def form(world: World, **what: Any) -> dict[str, Any]:
    return {
        "school": str(world.school.id),
        "starts_on": "2026-10-06",
        "ends_on": "2026-10-08",
        "to_id": str(world.school.teachers[1]),
        "what": "requests",
    } | what


async def ask(world: World, number: int = 0) -> None:
    student = await world.student(number)
    await student.post(f"/schools/{world.school.id}/passes", {"destination_id": str(world.school.library)})


async def test_it_is_named_changed_and_taken_back(world: World) -> None:
    someone = await office(world)
    made = await name(world, section_ids=[str(world.school.algebra)])
    assert (made["today"], made["substitute"]) == (True, True)
    later = body(world, starts_on="2026-10-12", ends_on="2026-10-13", substitute=False)
    changed = (await someone.put(f"{path(world)}/{made['id']}", later)).json()
    assert (changed["today"], changed["substitute"], changed["section_ids"]) == (False, False, [])
    assert [item["id"] for item in (await someone.get(path(world))).json()["items"]] == [made["id"]]
    assert (await someone.delete(f"{path(world)}/{made['id']}")).status_code == 204
    assert (await someone.get(path(world))).json()["items"] == []


async def test_what_makes_no_sense_is_refused(world: World) -> None:
    someone = await office(world)
    for what in (
        {"to_id": str(world.school.teachers[0])},
        {"ends_on": "2026-10-05"},
        {"section_ids": [str(world.school.art)]},
        {"to_id": str(world.school.students[0])},
    ):
        assert (await someone.post(path(world), body(world, **what))).status_code == 422


async def test_a_teacher_names_someone_for_themself_alone(world: World) -> None:
    mine = await world.teacher()
    answer = await mine.post(path(world), {key: value for key, value in body(world).items() if key != "teacher_id"})
    assert (answer.status_code, answer.json()["teacher_id"]) == (201, str(world.school.teachers[0]))
    of_another = body(world, teacher_id=str(world.school.teachers[1]), to_id=str(world.school.teachers[0]))
    assert (await mine.post(path(world), of_another)).status_code == 404
    made = await name(world, **of_another)
    assert (await mine.put(f"{path(world)}/{made['id']}", of_another)).status_code == 404
    assert (await mine.delete(f"{path(world)}/{made['id']}")).status_code == 404
    assert len((await mine.get(path(world))).json()["items"]) == 2


async def test_students_and_monitors_name_nobody(world: World) -> None:
    for role, person_id in ((Role.STUDENT, world.school.students[0]), (Role.HALL_MONITOR, world.school.teachers[0])):
        someone = await world.caller(role, person_id=person_id)
        assert (await someone.post(path(world), body(world))).status_code == 403
        page = await visitor(world, role, person_id=person_id)
        assert (await page.get("/admin/delegates")).status_code == 403
        assert (await page.get("/teacher/away")).status_code == 403


async def test_another_school_is_out_of_reach(world: World) -> None:
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    assert (await (await office(world)).get(f"/schools/{other.id}/delegations")).status_code == 404


async def test_a_substitute_s_page_shows_the_class_and_its_requests_until_the_last_day(world: World) -> None:
    page = await teacher_page(world, 1)
    assert "Algebra" not in words(await page.get("/teacher"))
    await name(world)
    await ask(world)
    shown = await page.get("/teacher")
    said = words(shown)
    assert "Algebra" in said
    assert "for Teacher0 Example" in said
    assert "Student00" in said
    assert shown.text.count('class="card ask"') == 1
    world.clock.advance(timedelta(days=1))
    assert "Algebra" not in words(await page.get("/teacher"))


async def test_the_substitute_approves_what_came_to_them(world: World) -> None:
    await name(world)
    await ask(world)
    state = await world.services.ledger.state(world.school.id)
    page = await teacher_page(world, 1)
    answer = await page.post(f"/teacher/passes/{next(iter(state.passes))}/approve")
    assert answer.status_code == 303
    assert "out" in words(await page.get("/teacher"))


async def test_a_teacher_says_when_they_are_away_and_ends_it(world: World) -> None:
    page = await teacher_page(world)
    assert "When I'm away" in words(await page.get("/teacher"))
    answer = await page.post("/teacher/away", **form(world))
    assert answer.status_code == 303
    said = words(await page.get("/teacher/away", saved="true"))
    assert "Today Teacher0 Example is out of office: requests go to Teacher1 Example too." in said
    assert "Tuesday, October 6, 2026 to Thursday, October 8, 2026" in said
    await ask(world)
    other = await teacher_page(world, 1)
    assert "Student00 asks to go to Library" in words(await other.get("/teacher"))
    state = await world.services.ledger.state(world.school.id)
    delegation_id = next(iter(state.delegations))
    strange = await other.post(f"/teacher/away/{delegation_id}/end", school=str(world.school.id))
    assert strange.status_code == 404
    await page.post(f"/teacher/away/{delegation_id}/end", school=str(world.school.id))
    assert "Student00 asks to go to Library" not in words(await other.get("/teacher"))


async def test_what_does_not_fit_is_said_beside_the_field(world: World) -> None:
    page = await teacher_page(world)
    for what, said in (
        ({"to_id": ""}, "Choose who stands in."),
        ({"ends_on": "2026-10-01"}, "The last day is before the first."),
        ({"to_id": str(world.school.teachers[0])}, "Name someone else to stand in."),
    ):
        answer = await page.post("/teacher/away", **form(world, **what))
        assert answer.status_code == 422
        assert said in words(answer)


async def test_the_office_names_a_substitute_for_some_classes(world: World) -> None:
    page = await visitor(world, Role.FRONT_OFFICE, school_id=world.school.id)
    assert "Every teacher is in" in words(await page.get("/admin/delegates"))
    asked = await page.get("/admin/delegates", teacher=str(world.school.teachers[0]))
    assert "In place of Teacher0 Example" in words(asked)
    sent = form(world, teacher_id=str(world.school.teachers[0]), what="substitute", section=[str(world.school.algebra)])
    assert (await page.post("/admin/delegates", **sent)).status_code == 303
    assert "Teacher1 Example stands in for Teacher0 Example in Algebra." in words(await page.get("/admin/delegates"))
    assert "Teacher1 Example runs the classes of Teacher0 Example." in words(await page.get("/admin/today"))
    state = await world.services.ledger.state(world.school.id)
    delegation_id = next(iter(state.delegations))
    await page.post(f"/admin/delegates/{delegation_id}/remove", school=str(world.school.id))
    assert "Every teacher is in" in words(await page.get("/admin/delegates"))


async def test_a_teacher_is_sent_from_the_office_s_page_to_their_own(world: World) -> None:
    answer = await (await teacher_page(world)).get("/admin/delegates")
    assert answer.status_code == 403
    assert "When I'm away" in words(answer)
