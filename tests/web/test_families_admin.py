"""The pages on which staff write letters to families, end guardians' access and answer requests about records."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from corridor.base.ids import new_id
from corridor.identity.principal import Role
from corridor.privacy.family_tables import Invitation
from corridor.privacy.requests_commands import AskAboutRecord
from corridor.privacy.requests_decide import LONGEST
from corridor.privacy.requests_state import RequestKind, RequestStatus
from corridor.privacy.who_looked import LookFilter, who_looked
from tests.privacy.family import add_guardian, guardian, pass_taken
from tests.school import make_school
from tests.web.visitor import Visitor, visitor, words
from tests.world import World

_CODE = re.compile(r'class="letter-code">([A-Z0-9-]+)<')


async def office(world: World) -> Visitor:
    return await visitor(world, Role.FRONT_OFFICE, school_id=world.school.id)


async def principal(world: World) -> Visitor:
    return await visitor(world, Role.SCHOOL_ADMIN, school_id=world.school.id)


async def letters(world: World, visitor: Visitor, whom: str, **form: Any) -> list[str]:
    answer = await visitor.post("/admin/families/letters", school=str(world.school.id), whom=whom, **form)
    assert answer.status_code == 200, words(answer)
    assert answer.headers["cache-control"] == "no-store"
    return _CODE.findall(answer.text)


async def test_a_letter_for_one_student_in_both_languages(world: World) -> None:
    visitor = await office(world)
    student = world.school.students[0]
    page = words(await visitor.get("/admin/families", student=str(student)))
    assert "Student00 Example" in page

    answer = await visitor.post("/admin/families/letters", school=str(world.school.id), whom=f"student:{student}")

    page = words(answer)
    assert "To the family of Student00 Example" in page
    assert "A la familia de Student00 Example" in page
    assert len(set(_CODE.findall(answer.text))) == 1
    assert "Student00 Example good until" in words(await visitor.get("/admin/families"))


async def test_a_letter_each_for_a_class_and_a_grade(world: World) -> None:
    visitor = await office(world)
    codes = await letters(world, visitor, f"class:{world.school.algebra}", speaks="en")
    assert len(set(codes)) == len(codes) == len(world.school.students)
    assert len(await letters(world, visitor, "grade:7", speaks="es", copies="2")) == 2 * len(world.school.students)


async def test_a_letter_to_a_guardian_of_the_roster(world: World) -> None:
    maria = await add_guardian(world, 0)
    visitor = await office(world)
    assert "Maria Example, from the roster" in words(
        await visitor.get("/admin/families", student=str(world.school.students[0]))
    )
    whom = f"student:{world.school.students[0]}"
    assert len(set(await letters(world, visitor, whom, guardian=str(maria)))) == 1
    refused = await visitor.post(
        "/admin/families/letters",
        school=str(world.school.id),
        whom=f"student:{world.school.students[1]}",
        guardian=str(maria),
    )
    assert refused.status_code == 404


@pytest.mark.parametrize(
    "form", [{"whom": ""}, {"whom": "grade:99"}, {"whom": "class:x"}, {"days": "0"}, {"copies": "9"}]
)
async def test_what_makes_no_letter_says_so(world: World, form: dict[str, Any]) -> None:
    visitor = await office(world)
    typed: dict[str, Any] = {"school": str(world.school.id), "whom": "grade:7"} | form
    assert (await visitor.post("/admin/families/letters", **typed)).status_code == 422
    async with world.database.session() as session:
        assert await session.scalar(select(func.count()).select_from(Invitation)) == 0


async def test_letters_are_revoked_one_by_one_and_all_together(world: World) -> None:
    visitor = await office(world)
    await letters(world, visitor, f"class:{world.school.algebra}")
    async with world.database.session() as session:
        one = await session.scalar(select(Invitation.id).limit(1))
    school = str(world.school.id)
    assert (await visitor.post(f"/admin/families/letters/{one}/revoke", school=school)).status_code == 303
    assert (await visitor.post("/admin/families/letters/revoke", school=school)).status_code == 303
    assert "Letters that nobody has used yet" not in words(await visitor.get("/admin/families"))


async def test_a_guardian_is_found_ended_and_allowed_again(world: World) -> None:
    maria = await add_guardian(world, 0)
    guardian_page = await visitor_of(world, maria)
    visitor = await office(world)
    assert "Maria Example of Student00 Example" in words(await visitor.get("/admin/families", find="mari"))
    assert "No guardian of this name" in words(await visitor.get("/admin/families", find="nobody"))
    form: dict[str, Any] = {
        "school": str(world.school.id),
        "guardian": str(maria),
        "student": str(world.school.students[0]),
    }
    assert (await visitor.post("/admin/families/end", **form)).status_code == 303
    assert "access ended by the school" in words(await visitor.get("/admin/families"))
    world.clock.advance(timedelta(seconds=3))
    assert (await guardian_page.get(f"/family/{world.school.students[0]}")).status_code == 404
    assert (await visitor.post("/admin/families/allow", **form)).status_code == 303
    world.clock.advance(timedelta(seconds=3))
    assert (await guardian_page.get(f"/family/{world.school.students[0]}")).status_code == 200


async def visitor_of(world: World, guardian_id: UUID) -> Visitor:
    return await visitor(world, Role.GUARDIAN, person_id=guardian_id)


async def test_staff_of_one_school_do_nothing_at_another(world: World) -> None:
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    maria = await add_guardian(world, 0)
    stranger = await visitor(world, Role.FRONT_OFFICE, school_id=other.id)
    for school in (str(world.school.id), str(other.id)):
        student = str(world.school.students[0])
        forms: dict[str, dict[str, Any]] = {
            "letters": {"whom": f"student:{student}"},
            "end": {"guardian": str(maria), "student": student},
        }
        for path, form in forms.items():
            assert (await stranger.post(f"/admin/families/{path}", school=school, **form)).status_code == 404
    assert (await stranger.get("/admin/families", school=str(world.school.id))).status_code == 404
    assert "Maria" not in words(await stranger.get("/admin/families"))


async def test_who_may_not_invite_or_answer_has_no_page(world: World) -> None:
    teacher = await visitor(world, Role.TEACHER, person_id=world.school.teachers[0])
    monitor = await visitor(world, Role.HALL_MONITOR, school_id=world.school.id)
    for one in (teacher, monitor, await guardian(world, 0)):
        assert (await one.get("/admin/families")).status_code == 403
        assert (await one.get("/admin/records-requests")).status_code == 403
    assert (await (await office(world)).get("/admin/records-requests")).status_code == 403


async def ask(world: World, kind: RequestKind, by: UUID, **changes: Any) -> UUID:
    command = AskAboutRecord(
        request_id=new_id(),
        by=by,
        student_id=world.school.students[0],
        kind=kind,
        words="Please change the time.",
        **changes,
    )
    await world.services.records.record(world.school.id, command)
    return command.request_id


async def test_requests_are_listed_by_when_they_are_due_and_overdue_in_words(world: World) -> None:
    maria = await add_guardian(world, 0)
    await ask(world, RequestKind.AMEND, maria)
    staff = await principal(world)
    assert "Due Friday, November 20" in words(await staff.get("/admin/records-requests"))
    world.clock.advance(timedelta(days=40))
    assert "5 days left" in words(await staff.get("/admin/records-requests"))
    world.clock.advance(timedelta(days=6))
    page = await staff.get("/admin/records-requests")
    assert "Overdue since Friday, November 20" in words(page)
    assert "chip-over" in page.text


async def test_staff_note_answer_and_the_family_reads_it(world: World) -> None:
    maria_id = await add_guardian(world, 0)
    maria = await visitor_of(world, maria_id)
    pass_id = await pass_taken(world, 0)
    id = await ask(world, RequestKind.AMEND, maria_id, about_id=UUID(pass_id))
    staff, school = await principal(world), str(world.school.id)
    here = f"/admin/records-requests/{id}"
    page = words(await staff.get(here))
    assert "About the pass at 08:30 to Library, 7 minutes, back in class." in page
    assert "Please change the time." in page
    assert (await staff.post(f"{here}/note", school=school, words="Asked the teacher.")).status_code == 303
    refused = await staff.post(f"{here}/answer", school=school, status="declined", answer=" ")
    assert refused.status_code == 422
    assert "Write why" in words(refused)
    assert (await staff.post(f"{here}/answer", school=school, status="no", answer="x")).status_code == 422
    answered = await staff.post(f"{here}/answer", school=school, status="declined", answer="The clock was right.")
    assert answered.status_code == 303
    page = words(await staff.get(here))
    assert "Asked the teacher." in page
    assert "Declined by" in page
    letter = words(await maria.get(f"/family/{world.school.students[0]}"))
    assert "The school writes: The clock was right." in letter
    assert "The family's statement: Please change the time." in letter
    assert "Asked the teacher." not in letter


async def test_the_pass_that_a_request_is_about_is_corrected(world: World) -> None:
    maria_id = await add_guardian(world, 0)
    pass_id = await pass_taken(world, 0, minutes=7)
    id = await ask(world, RequestKind.AMEND, maria_id, about_id=UUID(pass_id))
    staff, here = await principal(world), f"/admin/records-requests/{id}"
    assert "Correct this pass" in words(await staff.get(here))
    typed: dict[str, Any] = {
        "school": str(world.school.id),
        "started_at": "08:30",
        "arrived_at": "08:32",
        "departed_at": "",
        "ended_at": "08:35",
        "ended_how": "returned",
        "destination": str(world.school.library),
        "note": "The bell had rung.",
    }
    for wrong in ({"note": ""}, {"ended_at": "8 o'clock"}, {"ended_at": "08:29"}):
        assert (await staff.post(f"{here}/correct", **(typed | wrong))).status_code == 422

    assert (await staff.post(f"{here}/correct", **typed)).status_code == 303

    assert "The bell had rung." in words(await staff.get(here))
    maria = await visitor_of(world, maria_id)
    assert "08:30 Library, 5 minutes, back in class." in words(await maria.get(f"/family/{world.school.students[0]}"))
    record = (await staff.get(f"{here}/record.json")).json()
    [correction] = record["corrections"]
    assert (correction["request_id"], correction["note"]) == (str(id), "The bell had rung.")
    assert set(correction["after"]) == {"arrived_at", "ended_at"}
    await staff.post(f"{here}/answer", school=str(world.school.id), status="accepted", answer="Done.")
    assert (await staff.post(f"{here}/correct", **typed)).status_code == 404


async def test_a_request_about_no_pass_corrects_none(world: World) -> None:
    id = await ask(world, RequestKind.AMEND, await add_guardian(world, 0))
    staff = await principal(world)
    assert "Correct this pass" not in words(await staff.get(f"/admin/records-requests/{id}"))
    answer = await staff.post(f"/admin/records-requests/{id}/correct", school=str(world.school.id), note="x")
    assert answer.status_code == 404


async def test_statements_and_limits_are_shown_where_staff_read_the_record(world: World) -> None:
    maria = await add_guardian(world, 0)
    await ask(world, RequestKind.AMEND, maria)
    limit = await ask(world, RequestKind.RESTRICT, maria)
    staff = await principal(world)
    record = words(await staff.get(f"/students/{world.school.students[0]}"))
    assert "The family's statement" in record
    assert record.count("Please change the time.") == 1
    await staff.post(
        f"/admin/records-requests/{limit}/answer", school=str(world.school.id), status="accepted", answer="Yes."
    )
    record = words(await staff.get(f"/students/{world.school.students[0]}"))
    assert record.count("Please change the time.") == 2


async def test_a_limit_that_is_granted_holds_until_it_is_lifted(world: World) -> None:
    id = await ask(world, RequestKind.RESTRICT, await add_guardian(world, 0))
    school, student = str(world.school.id), world.school.students[0]
    staff, record = await principal(world), f"/students/{student}"
    program = await world.caller(Role.INTEGRATION, school_id=world.school.id)

    async def names() -> list[str]:
        found = (await program.get(f"/schools/{school}/students", limit=200)).json()["items"]
        return sorted(each["given_name"] for each in found)[:2]

    assert "Once you grant it" in words(await staff.get(f"/admin/records-requests/{id}"))
    assert await names() == ["Student00", "Student01"]
    for words_back, status in (("x" * (LONGEST + 1), 422), ("Yes.", 303)):
        answer = await staff.post(
            f"/admin/records-requests/{id}/answer", school=school, status="accepted", answer=words_back
        )
        assert answer.status_code == status

    assert await names() == ["Student01", "Student02"]
    assert "Few may see this record" in words(await staff.get(record))
    assert "Student00" in words(await staff.get("/admin/sharing"))
    lifted = await staff.post(f"/admin/sharing/restrictions/{student}/lift", school=school)
    assert lifted.status_code == 303
    assert await names() == ["Student00", "Student01"]
    assert "Few may see this record" not in words(await staff.get(record))


async def test_a_limit_that_is_declined_changes_nothing(world: World) -> None:
    id = await ask(world, RequestKind.RESTRICT, await add_guardian(world, 0))
    staff = await principal(world)
    await staff.post(
        f"/admin/records-requests/{id}/answer", school=str(world.school.id), status="declined", answer="No."
    )
    assert not (await world.services.ledger.state(world.school.id)).restrictions


async def test_that_staff_take_a_copy_is_on_record(world: World) -> None:
    maria = await add_guardian(world, 0)
    id = await ask(world, RequestKind.INSPECT, maria)
    staff = await principal(world)
    for name, kind in (("record.pdf", "application/pdf"), ("record.json", "application/json")):
        answer = await staff.get(f"/admin/records-requests/{id}/{name}")
        assert answer.headers["content-type"] == kind
        assert answer.headers["content-disposition"].startswith("attachment")
    async with world.database.raw() as connection:
        wanted = LookFilter(student_id=world.school.students[0], kind="export")
        looks = await who_looked(connection, [world.school.id], wanted, 10, addresses=False)
    assert [(each.viewer_role, each.why) for each in looks.items] == [("school_admin", "A family's request")] * 2


async def test_requests_of_one_school_are_not_another_s(world: World) -> None:
    id = await ask(world, RequestKind.INSPECT, await add_guardian(world, 0))
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    stranger = await visitor(world, Role.SCHOOL_ADMIN, school_id=other.id)
    assert "No request is open" in words(await stranger.get("/admin/records-requests"))
    for path in ("", "/record.pdf", "/record.json"):
        assert (await stranger.get(f"/admin/records-requests/{id}{path}")).status_code == 404
        there = await stranger.get(f"/admin/records-requests/{id}{path}", school=str(world.school.id))
        assert there.status_code == 404
    for school in (world.school.id, other.id):
        form: dict[str, Any] = {"school": str(school), "status": "delivered"}
        assert (await stranger.post(f"/admin/records-requests/{id}/answer", **form)).status_code == 404
    state = await world.services.records.now_of(world.school.id)
    assert state.requests[id].status is RequestStatus.OPEN
