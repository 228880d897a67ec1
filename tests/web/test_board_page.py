"""The board as a page."""

from sqlalchemy import text

from corridor.appointments.commands import SummonStudent
from corridor.base.ids import new_id
from corridor.identity.principal import Role
from corridor.passes.masking import eyes_of
from tests.day_state import viewer
from tests.school import make_school
from tests.web.visitor import visitor, words
from tests.world import World


async def issue(world: World, number: int = 0) -> str:
    body = {"student_id": str(world.school.students[number]), "destination_id": str(world.school.restroom)}
    answer = await (await world.teacher()).post(f"/schools/{world.school.id}/passes", body)
    return str(answer.json()["id"])


async def test_an_empty_board_says_that_everyone_is_in_class(world: World) -> None:
    monitor = await visitor(world, Role.HALL_MONITOR, person_id=world.school.teachers[0])
    page = await monitor.get("/board")
    assert "Everyone is in class" in words(page)
    # So that the style sheet sees the list as empty.
    assert 'id="board-out" data-live-list></ul>' in page.text


async def test_the_board_shows_who_is_out_from_where_to_where_since_when(world: World) -> None:
    await issue(world)
    monitor = await visitor(world, Role.HALL_MONITOR, person_id=world.school.teachers[0])
    page = words(await monitor.get("/board"))
    assert "Student00 Example 204 Restroom A since 08:30" in page


async def test_the_overdue_are_marked_and_come_first(world: World) -> None:
    await issue(world, 0)
    await world.tick(minutes=3)
    await issue(world, 1)
    await world.tick(minutes=4)
    monitor = await visitor(world, Role.HALL_MONITOR, person_id=world.school.teachers[0])
    page = await monitor.get("/board")
    said = words(page)
    assert said.index("Student00") < said.index("Student01")
    assert page.text.count("out-over") == 1
    assert "over time 1" in said


async def test_those_who_ask_stand_apart(world: World) -> None:
    pupil = await world.student(2)
    await pupil.post(f"/schools/{world.school.id}/passes", {"destination_id": str(world.school.nurse)})
    monitor = await visitor(world, Role.HALL_MONITOR, person_id=world.school.teachers[0])
    page = await monitor.get("/board")
    assert "Student02 Example 204 Appointment asked 08:30" in words(page), "a monitor need not know of health"
    assert 'class="asks"' in page.text.split('id="board-asking"')[1]


async def test_those_in_line_stand_apart_and_do_not_count_as_out(world: World) -> None:
    await issue(world, 0)
    await issue(world, 1)
    teacher = await world.teacher()
    body = {"student_id": str(world.school.students[2]), "destination_id": str(world.school.restroom), "wait": True}
    assert (await teacher.post(f"/schools/{world.school.id}/passes", body)).status_code == 201
    monitor = await visitor(world, Role.HALL_MONITOR, person_id=world.school.teachers[0])
    page = await monitor.get("/board")
    assert "out 2 over time 0 asking 0 in line 1" in words(page)
    assert "Student02 Example 204 Restroom A 1st in line" in words(page)
    assert "Student02" in page.text.split('id="board-waiting"')[1]
    assert "Student02" not in words(await monitor.get("/board", wall="1"))
    rows = (await teacher.get(f"/schools/{world.school.id}/board")).json()["items"]
    assert [(row["status"], row["place"]) for row in rows] == [("active", None), ("active", None), ("waiting", 1)]


async def test_what_staff_overrode_is_on_the_board_but_not_on_a_wall(world: World) -> None:
    for number in (0, 1):
        await issue(world, number)
    teacher = await world.teacher()
    override = {"codes": ["full"], "reason": "ill"}
    place = str(world.school.restroom)
    body = {"student_id": str(world.school.students[2]), "destination_id": place, "override": override}
    assert (await teacher.post(f"/schools/{world.school.id}/passes", body)).status_code == 201
    monitor = await visitor(world, Role.HALL_MONITOR, person_id=world.school.teachers[0])
    assert "Overridden: Restroom A full" in words(await monitor.get("/board"))
    assert "Overridden" not in words(await monitor.get("/board", wall="1"))


async def test_passes_for_later_are_not_on_the_board(world: World) -> None:
    summons = SummonStudent(new_id(), world.school.teachers[1], world.school.students[0], world.school.nurse)
    await world.services.ledger.submit(world.school.id, summons)
    monitor = await visitor(world, Role.HALL_MONITOR, person_id=world.school.teachers[0])
    assert "Student00" not in words(await monitor.get("/board"))
    assert (await (await world.teacher()).get(f"/schools/{world.school.id}/board")).json()["items"] == []


async def test_a_wall_shortens_names_and_keeps_requests_to_itself(world: World) -> None:
    await issue(world, 0)
    pupil = await world.student(1)
    await pupil.post(f"/schools/{world.school.id}/passes", {"destination_id": str(world.school.nurse)})
    monitor = await visitor(world, Role.HALL_MONITOR, person_id=world.school.teachers[0])
    page = words(await monitor.get("/board", wall="1"))
    assert "Student00 E." in page
    assert "Student00 Example" not in page
    assert "Student01" not in page
    assert "asking 1" in page


async def test_a_chooser_is_there_when_there_are_several_schools(world: World) -> None:
    other = await make_school(world.database, name="Adams High School", district_id=world.school.district_id)
    boss = await visitor(world, Role.DISTRICT_ADMIN)
    page = await boss.get("/board")
    assert "Adams High School Desk Board" in words(page)
    assert f"/board?school={world.school.id}" in page.text
    assert "Washington Middle School Desk Board" in words(await boss.get("/board", school=world.school.id))
    teacher = await visitor(world, Role.TEACHER, person_id=world.school.teachers[0])
    assert "Adams" not in words(await teacher.get("/board"))
    assert (await teacher.get("/board", school=other.id)).status_code == 404
    assert (await teacher.get(f"/live/board/{other.id}")).status_code == 404


async def test_names_are_text(world: World) -> None:
    async with world.database.session() as session:
        await session.execute(
            text("UPDATE person SET given_name = '<img src=x>' WHERE id = :id"), {"id": world.school.students[0]}
        )
        await session.execute(text("UPDATE ledger_head SET config_version = config_version + 1"))
    await world.services.ledger.refresh(world.school.id)
    await issue(world)
    monitor = await visitor(world, Role.HALL_MONITOR, person_id=world.school.teachers[0])
    page = (await monitor.get("/board")).text
    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;" in page


async def test_one_rendering_serves_all_who_look(world: World) -> None:
    await issue(world)
    monitor = await visitor(world, Role.HALL_MONITOR, person_id=world.school.teachers[0])
    await monitor.get("/board")
    state = await world.services.ledger.state(world.school.id)
    eyes = eyes_of(state, viewer(Role.HALL_MONITOR, school_ids=frozenset({world.school.id})), world.clock.now())
    board = world.services.boards.of(world.school.id, eyes, wall=False)
    before = board(state, world.clock.now())
    await issue(world, 1)
    later = board(await world.services.ledger.state(world.school.id), world.clock.now())
    shared = [id for id in before if id.startswith("pass-")]
    assert all(later[id] is before[id] for id in shared)
