"""Roster imports over HTTP: the page that tries a file out first, and the API."""

import asyncio
import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from corridor.base.database import Database
from corridor.campus.roster import importer
from corridor.demo.oneroster import write_district
from corridor.demo.plan import DistrictSpec
from corridor.identity.principal import Role
from tests.school import make_school
from tests.web.visitor import Visitor, visitor, words
from tests.world import Api, World, running

Rows = list[list[str]]
PATIENCE = 60.0


@pytest.fixture(scope="module")
def roster(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """A district of 40 students, as the rows of its files."""
    folder = tmp_path_factory.mktemp("roster")
    write_district(DistrictSpec(on=date(2026, 10, 6), students=40, schools=1), folder)
    return {file.name: list(csv.reader(file.read_text(encoding="utf-8").splitlines())) for file in folder.glob("*.csv")}


@pytest.fixture
async def empty(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """An installation into which nothing was imported yet; `school` is only made to be another one."""
    async with running(database, await make_school(database, students=2), tmp_path) as world:
        yield world


def packed(roster: dict[str, Rows], change: Callable[[str, Rows], Rows] = lambda name, rows: rows) -> bytes:
    """The roster as a zip, each file's rows changed by `change`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, rows in roster.items():
            text = io.StringIO()
            csv.writer(text, lineterminator="\r\n").writerows(change(name, [list(row) for row in rows]))
            archive.writestr(name, text.getvalue())
    return file.getvalue()


def with_a_stray_enrollment(name: str, rows: Rows) -> Rows:
    if name == "enrollments.csv":
        rows[7][rows[0].index("userSourcedId")] = "<b>nobody</b>"
    return rows


def with_half_of_the_people(name: str, rows: Rows) -> Rows:
    return rows[:1] + rows[1::2] if name in ("users.csv", "roles.csv") else rows


async def district(world: World) -> Visitor:
    return await visitor(world, Role.DISTRICT_ADMIN)


async def upload(mine: Visitor, content: bytes, name: str = "roster.zip") -> httpx.Response:
    return await mine.client.post(
        "/admin/import", files={"file": (name, content, "application/zip")}, headers=mine._headers
    )


async def report_of(mine: Visitor, started: httpx.Response) -> httpx.Response:
    """The import's page once it has ended."""
    assert started.status_code == 303, words(started)
    async with asyncio.timeout(PATIENCE):
        while True:
            page = await mine.get(started.headers["location"], part=True)
            if "hx-trigger" not in page.text:
                return page
            await asyncio.sleep(0.02)


async def count(world: World, table: str) -> int:
    async with world.database.raw() as connection:
        row = await (await connection.execute(f"SELECT count(*) FROM {table} WHERE active")).fetchone()
    assert row is not None
    return int(row[0])


def uploads(world: World) -> list[Path]:
    return list((world.services.settings.data_dir / "uploads").glob("*"))


async def send(api: Api, content: bytes, kind: str = "application/zip", **query: Any) -> httpx.Response:
    headers = api.headers | {"content-type": kind}
    return await api._client.post("/api/v1/roster-imports", content=content, params=query, headers=headers)


async def test_an_upload_is_tried_out_first_and_then_imported(empty: World, roster: dict[str, Rows]) -> None:
    mine, people = await district(empty), await count(empty, "person")
    started = await upload(mine, packed(roster), "C:\\secret\\Spring <1>.zip")
    tried = await report_of(mine, started)
    assert "Tried out: Spring <1>.zip" in words(tried)
    assert "Nothing was changed yet." in words(tried)
    assert await count(empty, "person") == people
    done = await report_of(mine, await mine.post(f"{started.headers['location']}/apply"))
    assert "Imported: Spring <1>.zip" in words(done)
    assert await count(empty, "person") > people
    assert uploads(empty) == []


async def test_new_schools_have_what_passes_need(empty: World, roster: dict[str, Rows]) -> None:
    admin = await empty.caller(Role.DISTRICT_ADMIN)
    assert (await send(admin, packed(roster))).status_code == 201
    schools = (await admin.get("/schools")).json()["items"]
    (new,) = [school for school in schools if school["id"] != str(empty.school.id)]
    assert (await admin.get(f"/schools/{new['id']}/pass-types")).json()["items"]
    assert (await admin.get(f"/schools/{new['id']}/board")).json()["items"] == []


async def test_rejected_rows_are_listed_with_line_field_why_and_what_to_do(
    empty: World, roster: dict[str, Rows]
) -> None:
    mine = await district(empty)
    page = await report_of(mine, await upload(mine, packed(roster, with_a_stray_enrollment)))
    said = words(page)
    assert "1 row was left out" in said
    assert "enrollments.csv : No person of the roster has this identifier" in said
    assert "Add or correct the person, or remove the enrollment." in said
    assert "8 userSourcedId <b>nobody</b>" in said
    assert "<b>nobody" not in page.text
    assert re.search(r"Enrollments( [\d,]+){5} 1 ", said)


async def test_many_removals_are_explained_and_can_be_allowed(empty: World, roster: dict[str, Rows]) -> None:
    await send(await empty.caller(Role.DISTRICT_ADMIN), packed(roster))
    before = await count(empty, "person")
    mine = await district(empty)
    started = await upload(mine, packed(roster, with_half_of_the_people))
    page = await report_of(mine, started)
    assert "so many at once are taken for a mistake" in words(page)
    assert "people would leave" in words(page)
    needed = re.search(r'name="allow_removals"[^>]*value="(\d+)"', page.text)
    assert needed is not None
    assert await count(empty, "person") == before
    answer = await mine.post(f"{started.headers['location']}/apply", allow_removals=needed.group(1))
    assert "Imported" in words(await report_of(mine, answer))
    assert await count(empty, "person") < before


async def test_what_is_no_zip_is_refused_in_words(empty: World) -> None:
    mine = await district(empty)
    page = await report_of(mine, await upload(mine, b"sourcedId,status\r\n"))
    assert "Not imported: roster.zip" in words(page)
    assert "zip" in words(page)
    assert uploads(empty) == []


@pytest.mark.parametrize("files", [{}, {"file": ("empty.zip", b"", "application/zip")}])
async def test_a_form_without_a_file_is_answered_beside_the_form(empty: World, files: dict[str, Any]) -> None:
    mine = await district(empty)
    answer = await mine.client.post(
        "/admin/import", files=files or {"other": ("", b"", "text/plain")}, headers=mine._headers
    )
    assert answer.status_code == 422
    assert "file" in words(answer)
    assert uploads(empty) == []


async def test_one_import_runs_at_a_time(
    empty: World, roster: dict[str, Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()
    plan = importer._plan

    async def held(*arguments: Any) -> None:
        reached.set()
        await go_on.wait()
        await plan(*arguments)

    monkeypatch.setattr(importer, "_plan", held)
    mine = await district(empty)
    started = await upload(mine, packed(roster))
    await reached.wait()
    waiting = await mine.get(started.headers["location"])
    assert "Trying out roster.zip" in words(waiting)
    assert (await upload(mine, packed(roster))).status_code == 409
    assert (await send(await empty.caller(Role.DISTRICT_ADMIN), packed(roster))).json()["code"] == "import_running"
    go_on.set()
    assert "Tried out" in words(await report_of(mine, started))
    assert len(uploads(empty)) == 1


async def test_a_tried_file_can_be_thrown_away(empty: World, roster: dict[str, Rows]) -> None:
    mine = await district(empty)
    started = await upload(mine, packed(roster))
    await report_of(mine, started)
    address = started.headers["location"]
    assert (await mine.post(f"{address}/discard")).headers["location"] == "/admin/import"
    assert uploads(empty) == []
    assert "Upload it again" in words(await mine.get(address))
    assert (await mine.post(f"{address}/apply")).status_code == 404


async def test_past_imports_are_listed_and_kept(empty: World, roster: dict[str, Rows]) -> None:
    api = await empty.caller(Role.DISTRICT_ADMIN)
    first = (await send(api, packed(roster), dry_run="true")).json()
    second = (await send(api, packed(roster))).json()
    listed = (await api.get("/roster-imports", limit=1)).json()
    assert [(item["id"], item["status"]) for item in listed["items"]] == [(second["id"], "applied")]
    older = (await api.get("/roster-imports", after=listed["next"])).json()
    assert [(item["id"], item["status"]) for item in older["items"]] == [(first["id"], "dry_run")]
    assert older["next"] is None
    assert (await api.get(f"/roster-imports/{second['id']}")).json() == second
    mine = await district(empty)
    assert "Imported" in words(await mine.get("/admin/import"))
    assert "Imported: roster.zip" in words(await mine.get(f"/admin/import/{second['id']}"))


async def test_the_api_takes_a_form_as_well(empty: World, roster: dict[str, Rows]) -> None:
    api = await empty.caller(Role.DISTRICT_ADMIN)
    answer = await api._client.post(
        "/api/v1/roster-imports",
        files={"file": ("../../etc/passwd", packed(roster), "application/zip")},
        params={"dry_run": "true"},
        headers=api.headers,
    )
    assert (answer.status_code, answer.json()["source"], answer.json()["status"]) == (201, "passwd", "dry_run")
    assert uploads(empty) == []


async def test_the_api_says_how_many_removals_it_would_take(empty: World, roster: dict[str, Rows]) -> None:
    api = await empty.caller(Role.DISTRICT_ADMIN)
    await send(api, packed(roster))
    refused = await send(api, packed(roster, with_half_of_the_people))
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "too_many_removals")
    assert problem["report"]["removals_needed"] == problem["needed_percent"]
    allowed = await send(api, packed(roster, with_half_of_the_people), allow_removals=problem["needed_percent"])
    assert allowed.json()["status"] == "applied"


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("application/zip", b"no zip at all", "roster_unreadable"),
        ("application/zip", b"", "invalid_input"),
        ("application/json", b"{}", "unsupported_media"),
    ],
)
async def test_the_api_refuses_what_it_cannot_read(empty: World, kind: str, content: bytes, code: str) -> None:
    answer = await send(await empty.caller(Role.DISTRICT_ADMIN), content, kind)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert uploads(empty) == []


@pytest.mark.parametrize("role", [Role.SCHOOL_ADMIN, Role.TEACHER, Role.DISTRICT_ADMIN])
async def test_whoever_does_not_reach_the_whole_district_imports_nothing(empty: World, role: Role) -> None:
    limited = await empty.caller(role, school_id=empty.school.id)
    assert (await send(limited, b"PK")).status_code == 403
    assert (await limited.get("/roster-imports")).status_code == 403
    someone = await visitor(empty, role, school_id=empty.school.id)
    assert (await upload(someone, b"PK")).status_code == 403
    assert (await someone.get("/admin/import")).status_code == 403
    assert uploads(empty) == []


async def test_an_upload_that_is_too_large_is_refused(database: Database, tmp_path: Path) -> None:
    async with running(database, await make_school(database), tmp_path) as world:
        api = await world.caller(Role.DISTRICT_ADMIN)
        headers = api.headers | {"content-type": "application/zip", "content-length": str(2**40)}
        answer = await api._client.post("/api/v1/roster-imports", content=b"PK", headers=headers)
        assert answer.status_code == 413
        assert uploads(world) == []
