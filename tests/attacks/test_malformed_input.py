"""Bodies that say more than was asked, or something else than they claim, or nothing that can be read."""

import itertools
from typing import Any

import pytest

from corridor.base.errors import SetupError
from corridor.identity.principal import Role
from tests.web.visitor import visitor
from tests.world import World


def _passes_path(world: World) -> str:
    return f"/api/v1/schools/{world.school.id}/passes"


@pytest.mark.parametrize(
    "extra",
    [
        {"status": "active"},
        {"school_id": "00000000-0000-0000-0000-000000000000"},
        {"requested_by": "00000000-0000-0000-0000-000000000000"},
        {"seq": 1},
        {"id": "00000000-0000-0000-0000-000000000000"},
        {"decided_by": "00000000-0000-0000-0000-000000000000"},
        {"role": "district_admin"},
        {"__class__": "Principal"},
        {"channel": "staff"},
    ],
)
async def test_fields_that_were_not_asked_for_give_nothing(world: World, extra: dict[str, Any]) -> None:
    student = await world.student(0)
    body = {"destination_id": str(world.school.library)} | extra
    answer = await student.post(f"/schools/{world.school.id}/passes", body)
    assert answer.status_code in (201, 400, 403, 422), answer.text
    for pass_ in (await world.services.ledger.state(world.school.id)).passes.values():
        assert pass_.status == "requested"
        assert pass_.channel == "student"
        assert pass_.requested_by == world.school.students[0]
        assert str(pass_.id) != "00000000-0000-0000-0000-000000000000"


BODIES = (
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b'{"destination_id": null}',
    b'{"destination_id": 1}',
    b'{"destination_id": {"$ne": null}}',
    b'{"destination_id": ["a"]}',
    b'{"destination_id": "\' OR 1=1 --"}',
    b'{"destination_id": "\\u0000"}',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 10_000,
    b'{"destination_id": 1e999}',
    b'{"minutes": 99999999999999999999999999}',
    b"destination_id=1",
    b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
)
KINDS = ("application/json", "application/x-www-form-urlencoded", "application/xml", "")


async def test_a_body_of_another_shape_is_refused_in_words(world: World) -> None:
    student = await world.student(0)
    for (number, body), kind in itertools.product(enumerate(BODIES), KINDS):
        headers = student.headers | ({"content-type": kind} if kind else {})
        answer = await world.client.post(_passes_path(world), content=body, headers=headers)
        assert 400 <= answer.status_code < 500, (number, kind, answer.status_code, answer.text[:300])
        _leaks_nothing(answer.text)


def _leaks_nothing(text: str) -> None:
    for word in ("Traceback", "site-packages", "sqlalchemy", "psycopg", "SELECT ", "root:x:", ".py"):
        assert word not in text, text[:300]


REASONS = ("\x00", "a\x00b", "\u202e", "'; DROP TABLE pass; --", "{{7*7}}", "<script>x</script>")


async def test_whatever_is_written_as_a_reason_stays_text(world: World) -> None:
    teacher = await visitor(world, Role.TEACHER, person_id=world.school.teachers[0])
    for number, word in enumerate(REASONS):
        student = await world.student(number)
        body = {"destination_id": str(world.school.library), "reason": word}
        answer = await student.post(f"/schools/{world.school.id}/passes", body)
        assert answer.status_code in (201, 400, 422), answer.text
    page = await teacher.get("/teacher")
    assert page.status_code == 200
    assert "<script>x</script>" not in page.text
    assert ">49<" not in page.text


PATHS = ("/students", "/passes", "/locations", "/events")
NAMES = ("query", "after", "limit", "student_id", "status")
WORDS = ("%00", "'", "%F0%9F%92%A9", "a" * 5000, "%ff", "[]", "..", "-1", "NaN")


async def test_queries_that_make_no_sense_break_nothing(world: World) -> None:
    admin = await world.caller(Role.DISTRICT_ADMIN)
    for path, name, word in itertools.product(PATHS, NAMES, WORDS):
        url = f"/api/v1/schools/{world.school.id}{path}?{name}={word}"
        answer = await world.client.get(url, headers=admin.headers)
        assert answer.status_code < 500, (url, answer.text)
        _leaks_nothing(answer.text)


async def test_a_huge_body_is_refused_before_it_is_read(world: World) -> None:
    student = await world.student(0)
    body = b'{"reason": "' + b"a" * (2 * 1024 * 1024) + b'"}'
    headers = student.headers | {"content-type": "application/json"}
    answer = await world.client.post(_passes_path(world), content=body, headers=headers)
    assert answer.status_code == 413


async def test_a_body_that_lies_about_its_length_or_never_ends_is_refused(world: World) -> None:
    student = await world.student(0)

    async def endless() -> Any:
        for _ in range(64):
            yield b"a" * 65536

    headers = student.headers | {"content-type": "application/json"}
    answer = await world.client.post(_passes_path(world), content=endless(), headers=headers)
    assert answer.status_code == 413


async def test_a_fault_of_ours_tells_a_number_and_nothing_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret words from the inside")

    monkeypatch.setattr(world.services.retention, "days", fail)
    admin = await world.caller(Role.DISTRICT_ADMIN)
    answer = await admin.get("/retention")
    assert answer.status_code == 500
    assert "secret words" not in answer.text
    _leaks_nothing(answer.text)
    assert answer.headers["x-request-id"] in answer.json()["detail"]


def test_a_setting_that_cannot_be_is_told_without_its_neighbours() -> None:
    from corridor.base.settings import Settings

    with pytest.raises(SetupError) as refused:
        Settings(time_zone="Mars/Olympus", secret_key="hush hush")
    assert "hush" not in refused.value.detail
