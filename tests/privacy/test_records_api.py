"""The access log, disclosures and holds over HTTP: what they say, and to whom they say nothing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from corridor.base.database import Database
from corridor.base.errors import NotFound
from corridor.base.ids import new_id
from corridor.campus.tables import Guardianship, Person
from corridor.identity.audit import STREAM
from corridor.identity.principal import Role
from corridor.ledger.verify import verify
from corridor.privacy.room import make_records_decider, make_records_rebuild
from corridor.privacy.state import stream_of
from tests.school import make_school
from tests.world import Api, World, running

EMERGENCY: dict[str, Any] = {"threat": "A gas leak in the north wing", "parties": "Fire Department, engine 7"}


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with running(database, await make_school(database), tmp_path) as world:
        yield world


@pytest.fixture
async def principal(world: World) -> Api:
    return await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)


async def send_out(world: World, caller: Api, number: int, place: UUID | None = None) -> dict[str, Any]:
    body = {
        "student_id": str(world.school.students[number]),
        "destination_id": str(place or world.school.restroom),
    }
    made = await caller.post(f"/schools/{world.school.id}/passes", body)
    assert made.status_code == 201, made.text
    pass_: dict[str, Any] = made.json()
    return pass_


async def guardian_of(world: World, student_id: UUID) -> Api:
    guardian = Person(id=new_id(), given_name="Rosa", family_name="Example")
    async with world.database.session() as session:
        session.add(guardian)
        await session.flush()
        session.add(Guardianship(guardian_id=guardian.id, student_id=student_id))
    return await world.caller(Role.GUARDIAN, person_id=guardian.id)


async def check_ledger(world: World) -> None:
    found = await verify(
        world.database,
        make_records_decider().kinds,
        make_records_rebuild(world.school.id),
        stream_of(world.school.id),
        rows_of=world.school.id,
    )
    assert found.clean, found


async def test_a_look_at_a_pass_is_in_its_students_log(world: World, principal: Api) -> None:
    pass_ = await send_out(world, principal, 0)
    teacher = await world.teacher()
    assert (await teacher.get(f"/passes/{pass_['id']}")).status_code == 200
    student_id = world.school.students[0]
    (entry,) = (await principal.get(f"/students/{student_id}/access-log")).json()["items"]
    assert (entry["viewer_name"], entry["viewer_role"], entry["what"]) == ("Teacher0 Example", "teacher", "pass")
    assert entry["student_ids"] == [str(student_id)]
    # To read who looked is a look as well, and one at somebody else's log is not in this one.
    other = (await principal.get(f"/students/{world.school.students[1]}/access-log")).json()["items"]
    assert other == []
    again = (await principal.get(f"/students/{student_id}/access-log")).json()["items"]
    assert [each["what"] for each in again] == ["access log", "pass"]
    await check_ledger(world)


async def test_guardians_see_their_own_childs_log_without_addresses_and_nobody_elses(
    world: World, principal: Api
) -> None:
    pass_ = await send_out(world, principal, 0)
    await (await world.teacher()).get(f"/passes/{pass_['id']}")
    child, other = world.school.students[:2]
    guardian = await guardian_of(world, child)
    page = (await guardian.get(f"/students/{child}/access-log")).json()
    assert [(entry["viewer_name"], entry["address"]) for entry in page["items"]] == [("Teacher0 Example", None)]
    assert (await guardian.get(f"/students/{other}/access-log")).status_code == 404
    assert (await guardian.get(f"/schools/{world.school.id}/access-log")).status_code == 404
    # A family's look at its own record is not somebody's.
    assert len((await guardian.get(f"/students/{child}/access-log")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.TEACHER, 403),
        (Role.STUDENT, 403),
        (Role.HALL_MONITOR, 403),
        (Role.FRONT_OFFICE, 403),
        (Role.INTEGRATION, 403),
        (Role.SCHOOL_ADMIN, 200),
        (Role.DISTRICT_ADMIN, 200),
    ],
)
async def test_who_may_read_the_log(world: World, role: Role, status: int) -> None:
    people = {Role.TEACHER: world.school.teachers[0], Role.STUDENT: world.school.students[0]}
    limits: dict[str, Any] = {"person_id": people[role]} if role in people else {"school_id": world.school.id}
    caller = await world.caller(role, **limits)
    assert (await caller.get(f"/schools/{world.school.id}/access-log")).status_code == status
    assert (await caller.get(f"/students/{world.school.students[0]}/access-log")).status_code == status


async def test_another_schools_log_is_not_there(world: World) -> None:
    other = await make_school(world.database, name="Other", district_id=world.school.district_id)
    stranger = await world.caller(Role.SCHOOL_ADMIN, school_id=other.id)
    for path in (
        f"/schools/{world.school.id}/access-log",
        f"/students/{world.school.students[0]}/access-log",
        f"/schools/{world.school.id}/disclosures",
        f"/schools/{world.school.id}/responder-links",
        f"/schools/{world.school.id}/legal-holds",
    ):
        assert (await stranger.get(path)).status_code == 404, path
    placed = await stranger.post(
        f"/schools/{other.id}/legal-holds", {"reason": "x", "student_id": str(world.school.students[0])}
    )
    assert placed.status_code == 404
    assert (await stranger.post(f"/schools/{world.school.id}/disclosures", EMERGENCY)).status_code == 404


async def test_the_log_is_read_in_pages_and_by_what_one_looks_for(world: World, principal: Api) -> None:
    teacher = await world.teacher()
    passes = [await send_out(world, principal, number, world.school.library) for number in range(3)]
    for pass_ in passes:
        world.clock.advance(timedelta(minutes=1))
        assert (await teacher.get(f"/passes/{pass_['id']}")).status_code == 200
    path = f"/schools/{world.school.id}/access-log"
    first = (await principal.get(path, kind="record", viewer="teacher0", limit=2)).json()
    second = (await principal.get(path, kind="record", viewer="teacher0", limit=2, before=first["next"])).json()
    found = [entry["student_ids"] for entry in first["items"] + second["items"]]
    assert found == [[str(id)] for id in reversed(world.school.students[:3])]
    assert second["next"] is None
    assert (await principal.get(path, viewer="nobody of this name")).json()["items"] == []
    starts = (world.clock.now() - timedelta(seconds=90)).isoformat()
    late = (await principal.get(path, kind="record", starts=starts)).json()["items"]
    assert len(late) == 2
    for nonsense in ({"before": "x"}, {"kind": "secret"}, {"starts": "2026-01-01T00:00:00"}):
        assert (await principal.get(path, **nonsense)).status_code == 422, nonsense


async def test_a_disclosure_says_who_is_out_and_stands_on_each_students_record(world: World, principal: Api) -> None:
    await send_out(world, principal, 0)
    await send_out(world, principal, 1, world.school.nurse)
    made = await principal.post(f"/schools/{world.school.id}/disclosures", EMERGENCY)
    assert made.status_code == 201, made.text
    rows = {row["name"]: row["where"] for row in made.json()["rows"]}
    assert rows == {
        "Student00 Example": "On the way from 204 to Restroom A",
        "Student01 Example": "On the way from 204 to Appointment",
    }
    assert made.json()["masked"]
    assert made.headers["cache-control"] == "no-store"
    (listed,) = (await principal.get(f"/schools/{world.school.id}/disclosures")).json()["items"]
    assert (listed["threat"], listed["parties"], listed["number"]) == (*EMERGENCY.values(), 2)
    for number in (0, 1):
        log = (await principal.get(f"/students/{world.school.students[number]}/access-log")).json()["items"]
        (entry,) = [entry for entry in log if entry["kind"] == "disclosure"]
        assert (entry["why"], entry["parties"]) == tuple(EMERGENCY.values())
    unconcerned = (await principal.get(f"/students/{world.school.students[2]}/access-log")).json()["items"]
    assert unconcerned == []
    guardian = await guardian_of(world, world.school.students[1])
    seen = (await guardian.get(f"/students/{world.school.students[1]}/access-log")).json()["items"]
    assert "disclosure" in {entry["kind"] for entry in seen}
    await check_ledger(world)


async def test_the_nurse_is_named_only_if_the_maker_says_so_and_may(world: World, principal: Api) -> None:
    await send_out(world, principal, 0, world.school.nurse)
    unmasked = await principal.post(f"/schools/{world.school.id}/disclosures", EMERGENCY | {"unmasked": True})
    assert [row["place"] for row in unmasked.json()["rows"]] == ["Nurse"]


@pytest.mark.parametrize("missing", ["threat", "parties"])
async def test_without_the_threat_or_the_parties_nothing_is_handed_out(
    world: World, principal: Api, missing: str
) -> None:
    await send_out(world, principal, 0)
    refused = await principal.post(f"/schools/{world.school.id}/disclosures", EMERGENCY | {missing: "  "})
    assert refused.status_code == 422
    assert "rows" not in refused.json()
    link = await principal.post(f"/schools/{world.school.id}/responder-links", EMERGENCY | {missing: ""})
    assert link.status_code == 422
    assert (await principal.get(f"/schools/{world.school.id}/disclosures")).json()["items"] == []
    assert (await principal.get(f"/schools/{world.school.id}/responder-links")).json()["items"] == []


async def test_a_teacher_hands_nothing_out(world: World) -> None:
    teacher = await world.teacher()
    for path in ("disclosures", "responder-links"):
        assert (await teacher.post(f"/schools/{world.school.id}/{path}", EMERGENCY)).status_code == 403
    assert (await teacher.post(f"/schools/{world.school.id}/legal-holds", {"reason": "x"})).status_code == 403


async def test_a_hold_stands_until_it_is_lifted(world: World, principal: Api) -> None:
    path = f"/schools/{world.school.id}/legal-holds"
    student_id = world.school.students[0]
    placed = await principal.post(path, {"reason": "Case 12-345", "student_id": str(student_id)}, key="once")
    assert placed.status_code == 201, placed.text
    again = await principal.post(path, {"reason": "Case 12-345", "student_id": str(student_id)}, key="once")
    assert again.json() == placed.json()
    assert (await principal.post(path, {"reason": "Other", "student_id": str(student_id)})).status_code == 409
    state = await world.services.records.now_of(world.school.id)
    assert (state.held(student_id), state.held(world.school.students[1])) == (True, False)
    hold_id = placed.json()["id"]
    assert (await principal.post(f"{path}/{hold_id}/lift", {"reason": " "})).status_code == 422
    assert (await principal.post(f"{path}/{hold_id}/lift", {"reason": "Settled"})).status_code == 200
    assert (await principal.post(f"{path}/{hold_id}/lift", {"reason": "Settled"})).status_code == 404
    (listed,) = (await principal.get(path)).json()["items"]
    assert (listed["student_name"], listed["lift_reason"]) == ("Student00 Example", "Settled")
    assert not (await world.services.records.now_of(world.school.id)).held(student_id)
    await check_ledger(world)


async def test_a_hold_on_the_school_holds_everyone(world: World, principal: Api) -> None:
    await principal.post(f"/schools/{world.school.id}/legal-holds", {"reason": "Subpoena"})
    state = await world.services.records.now_of(world.school.id)
    assert all(state.held(id) for id in world.school.students)
    nobody = await principal.post(
        f"/schools/{world.school.id}/legal-holds", {"reason": "x", "student_id": str(new_id())}
    )
    assert nobody.status_code == 404


async def test_a_school_that_is_not_there_gets_no_records(world: World) -> None:
    admin = await world.caller(Role.DISTRICT_ADMIN)
    nowhere = f"/schools/{new_id()}"
    for path in ("access-log", "disclosures", "responder-links", "legal-holds"):
        assert (await admin.get(f"{nowhere}/{path}")).status_code == 404, path
    assert (await admin.post(f"{nowhere}/disclosures", EMERGENCY)).status_code == 404
    assert (await admin.post(f"{nowhere}/responder-links", EMERGENCY)).status_code == 404
    assert (await admin.post(f"{nowhere}/legal-holds", {"reason": "x"})).status_code == 404
    assert (await admin.post(f"{nowhere}/legal-holds/{new_id()}/lift", {"reason": "x"})).status_code == 404
    with pytest.raises(NotFound):
        await world.services.records.now_of(new_id())
    async with world.database.raw() as connection:
        cursor = await connection.execute("SELECT school_id FROM ledger_head")
        heads = {row[0] for row in await cursor.fetchall()}
    assert heads <= {world.school.id, stream_of(world.school.id), STREAM}
