"""Asking for what is somebody else's by its number: pass, student, school, export, stream."""

import asyncio
import contextlib
from typing import Any
from uuid import UUID

import pytest

from corridor.base.ids import new_id
from corridor.identity.principal import Role
from tests.school import TestSchool, make_school
from tests.sse import asgi_stream, heard
from tests.world import Api, World

MOVES = ("approve", "deny", "cancel", "start", "arrive", "depart", "return", "extend", "end")


async def _ask(world: World, number: int) -> dict[str, Any]:
    student = await world.student(number)
    destination = {"destination_id": str(world.school.library)}
    asked = await student.post(f"/schools/{world.school.id}/passes", destination)
    assert asked.status_code == 201, asked.text
    found: dict[str, Any] = asked.json()
    return found


async def _other_school(world: World) -> TestSchool:
    return await make_school(world.database, name="Other school", district_id=world.school.district_id)


async def test_another_students_pass_can_neither_be_read_nor_moved(world: World) -> None:
    pass_ = await _ask(world, 0)
    thief = await world.student(1)
    theirs = await thief.get(f"/passes/{pass_['id']}")
    nothing = await thief.get(f"/passes/{new_id()}")
    assert (theirs.status_code, theirs.json()) == (404, nothing.json())
    for move in MOVES:
        answer = await thief.post(f"/passes/{pass_['id']}/{move}", {"minutes": 5} if move == "extend" else None)
        assert answer.status_code in (403, 404), (move, answer.text)
    mine = (await (await world.student(0)).get(f"/passes/{pass_['id']}")).json()
    assert mine["status"] == pass_["status"] == "requested"


async def test_a_student_cannot_approve_their_own_pass_or_make_one_for_another(world: World) -> None:
    pass_ = await _ask(world, 0)
    student = await world.student(0)
    for move in ("approve", "extend", "end"):
        answer = await student.post(f"/passes/{pass_['id']}/{move}", {"minutes": 5} if move == "extend" else None)
        assert answer.status_code == 403, move
    body = {"destination_id": str(world.school.library), "student_id": str(world.school.students[1])}
    answer = await student.post(f"/schools/{world.school.id}/passes", body)
    assert answer.status_code in (403, 404, 422), answer.text


async def test_lists_and_exports_asked_with_anothers_number_hold_nothing_of_theirs(world: World) -> None:
    await _ask(world, 0)
    victim = str(world.school.students[0])
    thief = await world.student(1)
    for path, query in (
        ("/passes", {"student_id": victim}),
        ("/passes", {}),
        ("/refusals", {"student_id": victim}),
        ("/board", {}),
        ("/events", {}),
        ("/appointments", {"student_id": victim}),
        (f"/students/{victim}/record", {}),
        (f"/students/{victim}/accommodations", {}),
        ("/students", {"query": "Student00"}),
        ("/access-log", {"student_id": victim}),
        ("/groups", {}),
        ("/absences", {}),
    ):
        for prefix in (f"/schools/{world.school.id}", ""):
            answer = await thief.get(prefix + path, **query)
            assert answer.status_code < 500, (prefix + path, answer.text)
            assert victim not in answer.text, prefix + path
            assert "Student00" not in answer.text, prefix + path


async def test_a_pass_of_another_school_is_not_there_for_its_staff(world: World) -> None:
    pass_ = await _ask(world, 0)
    other = await _other_school(world)
    stranger = await world.caller(Role.SCHOOL_ADMIN, school_id=other.id)
    assert (await stranger.get(f"/passes/{pass_['id']}")).status_code == 404
    for move in MOVES:
        answer = await stranger.post(f"/passes/{pass_['id']}/{move}", {"minutes": 5} if move == "extend" else None)
        assert answer.status_code == 404, (move, answer.text)
    for path in ("passes", "board", "events", "students", "groups", "stream"):
        answer = await stranger.get(f"/schools/{world.school.id}/{path}")
        assert answer.status_code == 404, (path, answer.text)


async def test_a_students_stream_tells_nothing_of_anothers_pass_whatever_was_heard_last(world: World) -> None:
    thief = await world.student(1)
    for last in ("0", "999999"):
        told = await _listen(world, thief, last)
        await _end_all(world)
        assert str(world.school.students[0]) not in told, last


@pytest.mark.parametrize("last", ["-1", "1e9", "0x10", "' OR 1=1", "9" * 40, "1, 2"])
async def test_a_last_event_that_is_no_number_is_refused(world: World, last: str) -> None:
    student = await world.student(0)
    path = f"/api/v1/schools/{world.school.id}/stream"
    answer = await world.client.get(path, headers=student.headers | {"Last-Event-ID": last})
    assert answer.status_code == 422, answer.text


async def _listen(world: World, listener: Api, last: str) -> str:
    """What the listener hears while another student asks for a pass."""
    app = world.client._transport.app  # type: ignore[attr-defined]
    path = f"/api/v1/schools/{world.school.id}/stream"
    told = []
    async with asgi_stream(app, path, listener.headers | {"Last-Event-ID": last}) as stream:
        asked = asyncio.create_task(_ask(world, 0))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                async for each in heard(stream):
                    told.append(repr(each))  # noqa: PERF401 - what was heard until then counts
        await asked
    return "\n".join(told)


async def _end_all(world: World) -> None:
    student = await world.student(0)
    for pass_id in list((await world.services.ledger.state(world.school.id)).passes):
        await student.post(f"/passes/{pass_id}/cancel")


@pytest.mark.parametrize("path", ["/live/teacher", "/live/desk", "/live/board"])
async def test_a_student_hears_no_page_of_the_staff(world: World, path: str) -> None:
    student = await world.student(0)
    answer = await world.client.get(path, headers=student.headers, params={"after": "0"})
    assert answer.status_code in (400, 403, 404), answer.text


async def test_one_answer_for_what_is_not_there_and_what_is_not_yours(world: World) -> None:
    other = await _other_school(world)
    admin = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    hidden = await admin.get(f"/schools/{other.id}/board")
    missing = await admin.get(f"/schools/{UUID(int=7)}/board")
    assert (hidden.status_code, hidden.json()) == (missing.status_code, missing.json())
