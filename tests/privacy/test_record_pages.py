"""A student's record, the access log, disclosures and holds as pages."""

import io
from uuid import UUID

import pypdf
import pytest

from corridor.identity.principal import Role
from tests.privacy.test_records_api import EMERGENCY, send_out
from tests.school import make_school
from tests.web.visitor import Visitor, student, visitor, words
from tests.world import World


@pytest.fixture
async def principal(world: World) -> Visitor:
    return await visitor(world, Role.SCHOOL_ADMIN, school_id=world.school.id)


@pytest.fixture
async def teacher(world: World) -> Visitor:
    return await visitor(world, Role.TEACHER, person_id=world.school.teachers[0])


async def looks(world: World) -> list[tuple[str, str, int, list[UUID]]]:
    async with world.database.raw() as connection:
        cursor = await connection.execute(
            "SELECT what, look, number, ARRAY(SELECT student_id FROM access_entry_student AS whose "
            "WHERE whose.school_id = entry.school_id AND whose.seq = entry.seq ORDER BY student_id) "
            "FROM access_entry AS entry ORDER BY seq"
        )
        return list(await cursor.fetchall())


async def test_the_record_says_where_the_student_is_and_what_the_day_holds(world: World, principal: Visitor) -> None:
    office = await world.caller(Role.FRONT_OFFICE, school_id=world.school.id)
    await send_out(world, office, 0, world.school.nurse)
    page = words(await principal.get(f"/students/{world.school.students[0]}"))
    assert "Student00 Example should be in 204 (Algebra), is on the way from 204 to Nurse since 08:30." in page
    assert "Algebra period 1, 204" in page
    assert "Art period 2, 110" in page
    assert "Who looked" in page
    assert (await looks(world))[-1] == ("record", "record", 1, [world.school.students[0]])


async def test_a_health_place_is_masked_for_whom_it_does_not_concern(world: World) -> None:
    office = await world.caller(Role.FRONT_OFFICE, school_id=world.school.id)
    await send_out(world, office, 0, world.school.nurse)
    monitor = await visitor(world, Role.HALL_MONITOR, school_id=world.school.id)
    page = words(await monitor.get(f"/students/{world.school.students[0]}"))
    assert "to Appointment since 08:30" in page
    assert "Nurse" not in page
    for hidden in ("Who looked", "Accommodations"):
        assert hidden not in page


async def test_a_teacher_reads_the_records_of_their_own_students_only(world: World, teacher: Visitor) -> None:
    other = await make_school(world.database, name="Other", district_id=world.school.district_id)
    assert (await teacher.get(f"/students/{world.school.students[0]}")).status_code == 200
    before = await looks(world)
    for student_id in (other.students[0], world.school.teachers[1], world.school.id):
        answer = await teacher.get(f"/students/{student_id}")
        assert answer.status_code == 404
    async with world.database.session() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(f"DELETE FROM enrollment WHERE person_id = '{world.school.students[1]}'")
        head = f"UPDATE ledger_head SET config_version = config_version + 1 WHERE school_id = '{world.school.id}'"
        await connection.exec_driver_sql(head)
    await world.services.ledger.refresh(world.school.id)
    assert (await teacher.get(f"/students/{world.school.students[1]}")).status_code == 404
    assert "Student01" not in words(await teacher.get("/students", query="Student0"))
    assert "Student00" in words(await teacher.get("/students", query="Student0"))
    assert (await looks(world))[: len(before)] == before


async def test_students_have_no_way_in(world: World) -> None:
    own = await student(world)
    for path in ("/students", f"/students/{world.school.students[0]}", f"/students/{world.school.students[1]}"):
        assert (await own.get(path)).status_code == 404
    for path in ("/admin/access-log", "/admin/access-log.csv", "/admin/disclosures", "/admin/legal-holds"):
        assert (await own.get(path)).status_code == 403
    assert await looks(world) == []


async def test_a_search_is_a_look_at_those_it_finds(world: World, principal: Visitor) -> None:
    page = words(await principal.get("/students", query="Student02"))
    assert "Student02 Example" in page
    assert "should be in 204 (Algebra)" in page
    await principal.get("/students", query="nobody of this name")
    await principal.get("/students")
    assert await looks(world) == [("search", "list", 1, [world.school.students[2]])]


async def test_the_log_is_shown_filtered_and_taken_away_on_record(world: World, principal: Visitor) -> None:
    await (await visitor(world, Role.TEACHER, person_id=world.school.teachers[0])).get(
        f"/students/{world.school.students[0]}"
    )
    for by, shown in (("all", True), ("programs", True), ("people", False)):
        page = words(await principal.get("/admin/access-log", by=by))
        assert ("Teacher0 Example saw the record" in page) == shown, "it was a program that looked for the teacher"
    assert "Teacher0" not in words(await principal.get("/admin/access-log")), "people are shown unless asked otherwise"
    assert (await principal.get("/admin/access-log", by="cats")).status_code == 422
    own = words(await principal.get("/admin/access-log", by="all", student=str(world.school.students[1])))
    assert "Teacher0" not in own
    assert "Only Student01 Example" in own
    assert (await principal.get("/admin/access-log", since="yesterday")).status_code == 422
    file = await principal.get("/admin/access-log.csv", viewer="Teacher0", by="all")
    lines = file.text.splitlines()
    assert len(lines) == 2
    assert "Teacher0 Example,teacher,saw the record" in lines[1]
    assert (await looks(world))[-1] == ("access log", "export", 1, [world.school.students[0]])


async def test_the_log_of_another_school_is_not_shown(world: World, principal: Visitor) -> None:
    other = await make_school(world.database, name="Other", district_id=world.school.district_id)
    for path in ("/admin/access-log", "/admin/access-log.csv", "/admin/disclosures", "/admin/legal-holds"):
        assert (await principal.get(path, school=str(other.id))).status_code == 404, path


@pytest.mark.parametrize("form", ["pdf", "csv", "text"])
async def test_an_export_says_who_is_out_why_and_to_whom(world: World, principal: Visitor, form: str) -> None:
    office = await world.caller(Role.FRONT_OFFICE, school_id=world.school.id)
    await send_out(world, office, 0)
    file = await principal.post("/admin/disclosures", school=str(world.school.id), form=form, **EMERGENCY)
    assert file.status_code == 200
    assert file.headers["content-disposition"].startswith('attachment; filename="who-is-out-')
    text = file.text
    if form == "pdf":
        text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file.content)).pages)
    for said in ("Student00 Example", "On the way from 204 to Restroom A", *EMERGENCY.values()):
        assert said in " ".join(text.split())
    page = words(await principal.get("/admin/disclosures"))
    assert EMERGENCY["parties"] in page
    assert "1 student, as" in page


@pytest.mark.parametrize("missing", ["threat", "parties"])
@pytest.mark.parametrize("form", ["pdf", "link"])
async def test_nothing_is_handed_out_without_a_reason(
    world: World, principal: Visitor, missing: str, form: str
) -> None:
    answer = await principal.post(
        "/admin/disclosures", school=str(world.school.id), form=form, **EMERGENCY | {missing: " "}
    )
    assert answer.status_code == 422
    assert "The law wants it on record" in words(answer)
    assert "Nothing was ever handed out" in words(await principal.get("/admin/disclosures"))


async def test_a_link_is_shown_once_and_revoked_on_the_page(world: World, principal: Visitor) -> None:
    made = await principal.post("/admin/disclosures", school=str(world.school.id), form="link", **EMERGENCY)
    assert "/responder/open#" in made.text
    page = await principal.get("/admin/disclosures")
    assert "#" not in page.text.partition("/responder/open")[2][:1]
    link_id = page.text.partition("/admin/disclosures/links/")[2][:36]
    assert (await principal.post(f"/admin/disclosures/links/{link_id}/revoke")).status_code == 303
    assert "Revoked at 08:30" in words(await principal.get("/admin/disclosures"))


async def test_a_hold_is_placed_shown_on_the_record_and_lifted(world: World, principal: Visitor) -> None:
    student_id = str(world.school.students[0])
    assert "Nothing is held" in words(await principal.get("/admin/legal-holds"))
    refused = await principal.post("/admin/legal-holds", school=str(world.school.id), student=student_id, reason="")
    assert refused.status_code == 422
    await principal.post("/admin/legal-holds", school=str(world.school.id), student=student_id, reason="Case 7")
    page = await principal.get("/admin/legal-holds")
    assert "Student00 Example Case 7" in words(page)
    assert "A legal hold stands on this record" in words(await principal.get(f"/students/{student_id}"))
    hold_id = page.text.partition("/admin/legal-holds/")[2][:36]
    await principal.post(f"/admin/legal-holds/{hold_id}/lift", school=str(world.school.id), reason="Settled")
    assert "Settled" in words(await principal.get("/admin/legal-holds"))
    assert "A legal hold" not in words(await principal.get(f"/students/{student_id}"))


async def test_who_is_not_on_campus_is_said_to_be_away(world: World, principal: Visitor) -> None:
    office = await world.caller(Role.FRONT_OFFICE, school_id=world.school.id)
    student_id = world.school.students[0]
    marked = await office.put(f"/schools/{world.school.id}/students/{student_id}/absence", {"note": "Dentist"})
    assert marked.is_success, marked.text
    page = words(await principal.get(f"/students/{student_id}"))
    assert "Student00 Example is marked as away." in page
    assert "Not on campus from Tuesday, October 6, 08:30 until" in page
    assert "Dentist." in page
