"""A guardian's letter: their own children, in plain sentences, in both languages, and nobody else's."""

from typing import Any

import pytest

from corridor.base.ids import new_id
from corridor.identity.access import Look
from corridor.identity.principal import Principal, Role
from tests.privacy.catalogue import texts
from tests.privacy.family import add_guardian, guardian, pass_taken
from tests.web.visitor import student, visitor, words
from tests.world import World


async def test_the_letter_tells_of_today_and_of_every_pass(world: World) -> None:
    await pass_taken(world, 0, minutes=7)
    await pass_taken(world, 1, minutes=3)
    maria = await guardian(world, 0)

    page = words(await maria.get(f"/family/{world.school.students[0]}"))

    assert "Student00 left class on a pass once today, for 7 minutes in all." in page
    assert "This week : One pass, 7 minutes out of class." in page
    assert "Tuesday, October 6 08:30 Library, 7 minutes, back in class." in page
    assert "3 minutes" not in page


async def test_the_letter_tells_where_a_child_is_now(world: World) -> None:
    teacher = await world.teacher()
    body = {"student_id": str(world.school.students[0]), "destination_id": str(world.school.restroom)}
    assert (await teacher.post(f"/schools/{world.school.id}/passes", body)).status_code == 201
    maria = await guardian(world, 0)
    page = words(await maria.get("/family"))
    assert "Student00 is out at this moment: to Restroom A since 08:30, back by 08:36." in page


async def test_places_that_tell_of_health_are_shown_of_ones_own_child(world: World) -> None:
    await pass_taken(world, 0, place=world.school.nurse)
    maria = await guardian(world, 0)
    assert "08:30 Nurse, 7 minutes" in words(await maria.get(f"/family/{world.school.students[0]}"))


async def test_all_children_are_on_the_first_page(world: World) -> None:
    maria = await guardian(world, 0, 2)
    page = words(await maria.get("/family"))
    assert "Student00 Example" in page
    assert "Student02 Example" in page
    assert "Student01" not in page


async def test_a_guardian_of_nobody_sees_nobody(world: World) -> None:
    nobody = await visitor(world, Role.GUARDIAN, person_id=await add_guardian(world))
    assert "No child of yours" in words(await nobody.get("/family"))
    assert (await nobody.get(f"/family/{world.school.students[0]}")).status_code == 404


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/family/{other}", {}),
        ("/family/{other}", {"school": "{school}"}),
        ("/family/{other}/who-looked", {}),
        ("/family/{other}/requests/new", {}),
        ("/family/{other}/requests/new", {"kind": "amend", "about": "{others_pass}"}),
        ("/family/{mine}/requests/new", {"kind": "amend", "about": "{others_pass}"}),
        ("/family/{mine}", {"school": "{elsewhere}"}),
        ("/family/{nobody}", {}),
        ("/family/{mine}/requests/{nobody}/record.pdf", {}),
        ("/family/{other}/requests/{nobody}/record.json", {}),
    ],
)
async def test_no_id_leads_to_another_s_child(world: World, path: str, query: dict[str, str]) -> None:
    others_pass = await pass_taken(world, 1)
    maria = await guardian(world, 0)
    ids = {
        "mine": world.school.students[0],
        "other": world.school.students[1],
        "school": world.school.id,
        "others_pass": others_pass,
        "elsewhere": new_id(),
        "nobody": new_id(),
    }
    asked: dict[str, Any] = {name: value.format(**ids) for name, value in query.items()}
    answer = await maria.get(path.format(**ids), **asked)
    assert answer.status_code == 404
    assert "Student01" not in answer.text


async def test_nobody_but_guardians_has_the_page(world: World) -> None:
    for other in (
        await student(world),
        await visitor(world, Role.TEACHER, person_id=world.school.teachers[0]),
        await visitor(world, Role.SCHOOL_ADMIN, school_id=world.school.id),
        await visitor(world, Role.DISTRICT_ADMIN),
    ):
        for path in ("/family", f"/family/{world.school.students[0]}", "/family/add"):
            assert (await other.get(path)).status_code == 403, path


async def test_a_guardian_has_none_of_the_pages_of_staff(world: World) -> None:
    maria = await guardian(world, 0)
    for path in ("/board", "/teacher", "/desk", "/admin", "/admin/families", "/admin/records-requests", "/student"):
        assert (await maria.get(path)).status_code == 403, path


async def test_a_guardian_is_at_home_on_their_page(world: World) -> None:
    maria = await guardian(world, 0)
    answer = await maria.get("/")
    assert answer.headers["location"] == "/family"


async def test_families_see_who_looked_but_not_from_where(world: World) -> None:
    viewer = Principal(
        id=new_id(),
        kind="account",
        role=Role.TEACHER,
        name="Teacher0 Example",
        person_id=world.school.teachers[0],
        school_ids=frozenset({world.school.id}),
    )
    access = world.services.access
    one, two = world.school.students[:2]
    await access.looked(viewer, world.school.id, "record", Look.RECORD, student_ids=[one], address="203.0.113.9")
    await access.looked(viewer, world.school.id, "class", Look.LIST, student_ids=[one, two], address="203.0.113.9")
    maria = await guardian(world, 0)

    for path in (f"/family/{one}", f"/family/{one}/who-looked"):
        page = words(await maria.get(path))
        assert "Teacher0 Example (teacher) saw the record." in page
        assert "Teacher0 Example (teacher) saw a list of 2 students, with this one on it." in page
        assert "203.0.113" not in page


async def test_the_letter_is_there_in_spanish_with_no_english_left(world: World) -> None:
    await pass_taken(world, 0, minutes=7)
    maria = await guardian(world, 0)
    english = [text for text in texts() if "%" not in text and len(text.split()) > 2]
    for path in ("/family", f"/family/{world.school.students[0]}", "/family/add", f"/privacy/{world.school.id}"):
        answer = await maria.get(path, language="es")
        assert '<html lang="es"' in answer.text
        page = words(answer)
        assert [text for text in english if text in page] == [], path
    letter = words(await maria.get(f"/family/{world.school.students[0]}", language="es"))
    assert "Hoy Student00 salió de clase una vez con un pase, en total 7 minutos." in letter
    assert "martes 6 de octubre 08:30 Library, 7 minutos, de vuelta en clase." in letter
