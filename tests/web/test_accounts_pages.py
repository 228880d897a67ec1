"""Accounts, limits and mail as administrators see them: pages and API."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from corridor.base.database import Database
from corridor.identity.principal import Role
from tests.school import make_school
from tests.web.visitor import PASSWORD, Visitor, visitor, words
from tests.world import Api, World, running


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with running(database, await make_school(database), tmp_path) as world:
        await world.services.identity.create_account(role=Role.DISTRICT_ADMIN, username="boss", password=PASSWORD)
        yield world


@pytest.fixture
async def boss(world: World) -> Visitor:
    return await visitor(world, Role.DISTRICT_ADMIN)


@pytest.fixture
async def api(world: World) -> Api:
    return await world.caller(Role.DISTRICT_ADMIN)


def _fields(query: str) -> dict[str, Any]:
    return dict(parse_qsl(query))


async def make_teacher(world: World, api: Api) -> str:
    body = {"role": "teacher", "person_id": str(world.school.teachers[0]), "username": "rivera"}
    made = await api.post("/accounts", body)
    assert made.status_code == 201, made.text
    assert (made.json()["school_ids"], made.json()["has_password"]) == ([str(world.school.id)], False)
    return str(made.json()["id"])


async def test_an_account_is_found_made_and_given_a_way_in(world: World, boss: Visitor) -> None:
    school = str(world.school.id)
    page = await boss.get("/admin/accounts/new", school=school, find="teacher0")
    assert "Teacher0 Example" in words(page)
    answer = await boss.post(
        "/admin/accounts/new",
        school=school,
        person_id=str(world.school.teachers[0]),
        role="teacher",
        username="rivera",
    )
    at, _, query = answer.headers["location"].partition("?")
    assert "The account is made" in words(await boss.get(at, **_fields(query)))
    given = await boss.post(f"{at}/password", school=school, how="password")
    assert "Password for the first time" in words(given)
    assert given.headers["cache-control"] == "no-store"
    link = await boss.post(f"{at}/password", school=school, how="link")
    assert "/sign-in/new-password-link#" in link.text
    listed = await boss.get("/admin/accounts", school=school)
    assert "Teacher0 Example" in words(listed)
    assert "boss" not in words(listed), "administrators of the district belong to no school"
    assert "boss" in words(await boss.get("/admin/accounts", school=school, find="boss"))


async def test_roles_status_and_bulk(world: World, boss: Visitor, api: Api) -> None:
    school, account = str(world.school.id), await make_teacher(world, api)
    changed = await boss.post(f"/admin/accounts/{account}/role", school=school, role="hall_monitor", only="")
    assert changed.status_code == 303
    assert "Hall monitor" in words(await boss.get(f"/admin/accounts/{account}", school=school))
    assert (await boss.post(f"/admin/accounts/{account}/status", school=school, how="disable")).status_code == 303
    assert "Disabled" in words(await boss.get("/admin/accounts", school=school))
    made = await boss.post("/admin/accounts/from-roster", school=school, group="teachers")
    query = _fields(made.headers["location"].partition("?")[2])
    assert "0 accounts made for teachers. 1 had one, 1 have no username" in words(
        await boss.get("/admin/accounts", **query)
    )


async def test_a_school_s_administrator_reaches_no_other_school_s_accounts(world: World, api: Api) -> None:
    account = await make_teacher(world, api)
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    stranger = await world.caller(Role.SCHOOL_ADMIN, school_id=other.id)
    assert (await stranger.get("/accounts")).json()["items"] == []
    for answer in (
        await stranger.get(f"/accounts/{account}"),
        await stranger.patch(f"/accounts/{account}", {"status": "disabled"}),
        await stranger.post(f"/accounts/{account}/password"),
        await stranger.post(f"/accounts/{account}/password-link", {"mail": False}),
        await stranger.delete(f"/accounts/{account}/second-step"),
        await stranger.delete(f"/accounts/{account}/sessions"),
        await stranger.post(f"/schools/{world.school.id}/accounts/from-roster", {"group": "students"}),
    ):
        assert answer.status_code == 404, answer.text
    page = await visitor(world, Role.SCHOOL_ADMIN, school_id=other.id)
    assert (await page.get(f"/admin/accounts/{account}")).status_code == 404
    assert (await page.post(f"/admin/accounts/{account}/password", how="password")).status_code == 404
    assert (await page.get("/admin/sign-in")).status_code == 403
    assert (await page.get("/admin/mail")).status_code == 403


async def test_the_api_says_what_was_done(world: World, api: Api) -> None:
    account = await make_teacher(world, api)
    changed = (await api.patch(f"/accounts/{account}", {"role": "front_office", "status": "disabled"})).json()
    assert (changed["role"], changed["status"]) == ("front_office", "disabled")
    link = (await api.post(f"/accounts/{account}/password-link", {"mail": True})).json()
    assert link["path"].startswith("/sign-in/new-password-link#"), "no mail is sent here"
    assert len((await api.post(f"/accounts/{account}/password")).json()["password"]) == 14
    made = (await api.post(f"/schools/{world.school.id}/accounts/from-roster", {"group": "students"})).json()
    assert made == {"made": 0, "had_one": 0, "nameless": 6, "name_taken": 0}
    last = (await api.get("/accounts", find="boss")).json()["items"][0]["id"]
    refused = await api.patch(f"/accounts/{last}", {"status": "disabled"})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert (await api.patch(f"/accounts/{account}", {"school_id": str(world.school.id)})).status_code == 422


async def test_the_list_is_read_page_by_page(world: World, api: Api) -> None:
    await make_teacher(world, api)
    first = (await api.get("/accounts", limit=1)).json()
    second = (await api.get("/accounts", limit=1, after=first["next"])).json()
    assert [page["items"][0]["username"] for page in (first, second)] == ["boss", "rivera"]
    assert second["next"] is None


async def test_the_district_sets_limits_and_is_told_what_is_wrong(world: World, boss: Visitor) -> None:
    page = await boss.get("/admin/sign-in")
    assert "1 of 1 have none" in words(page)
    form: dict[str, Any] = {
        f"{role}.{name}": value for role in Role for name, value in (("idle", "0.5"), ("longest", "8"), ("stay", ""))
    } | {"district_admin.second_step": "1", "grace_days": "7"}
    assert (await boss.post("/admin/sign-in", **form)).status_code == 303
    policy = await world.services.identity.policy.current()
    assert policy.of(Role.TEACHER).idle_minutes == 30
    assert policy.of(Role.DISTRICT_ADMIN).required_since == world.clock.now()
    assert policy.grace_days == 7
    for name, value in (
        ("teacher.idle", "never"),
        ("student.stay", "1000"),
        ("grace_days", "-1"),
        ("teacher.idle", "nan"),
    ):
        refused = await boss.post("/admin/sign-in", **(form | {name: value}))
        assert refused.status_code == 422, (name, value)
        assert value in refused.text, "what was typed stays"


@pytest.mark.parametrize("role", [Role.TEACHER, Role.FRONT_OFFICE, Role.INTEGRATION])
async def test_others_are_refused(world: World, role: Role) -> None:
    limits = {"person_id": world.school.teachers[0]} if role is Role.TEACHER else {"school_id": world.school.id}
    stranger = await visitor(world, role, **limits)
    for path in ("/admin/accounts", "/admin/accounts/new", "/admin/sign-in", "/admin/mail"):
        assert (await stranger.get(path)).status_code == 403, path
    assert (await (await world.caller(role, **limits)).get("/accounts")).status_code == 403
