"""A guardian in a real browser: from the letter to the request; and what axe says of the pages, in both languages."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.async_playwright import Axe
from sqlalchemy import update

from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.campus.tables import Person
from corridor.identity.principal import Principal, Role
from corridor.privacy.invitations import Letter, Wanted, make_invitations
from corridor.privacy.requests_commands import AnswerRequest, AskAboutRecord
from corridor.privacy.requests_state import RequestKind, RequestStatus
from tests.browser import Pages
from tests.e2e.served import PASSWORD, Served, served

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_ADDRESS = "maria@example.org"


@pytest.fixture
async def school(database: Database, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(database, tmp_path) as running:
        async with database.session() as session:
            for number, id in enumerate(running.school.students):
                await session.execute(update(Person).where(Person.id == id).values(identifier=str(1000 + number)))
        await running.account(Role.SCHOOL_ADMIN, "principal", "teacher-1")
        place = str(running.school.library)
        body = {"student_id": str(running.school.students[0]), "destination_id": place}
        made = await running.as_teacher(f"/schools/{running.school.id}/passes", body)
        await running.later(minutes=7)
        await running.as_teacher(f"/passes/{made['id']}/return", {})
        yield running


async def invite(school: Served) -> Letter:
    office = Principal(
        id=new_id(),
        kind="account",
        role=Role.FRONT_OFFICE,
        name="Office",
        school_ids=frozenset({school.school.id}),
    )
    services = school.services
    letters = await make_invitations(
        services.database,
        services.settings,
        services.clock.now(),
        office,
        school.school.id,
        [Wanted(school.school.students[0])],
        30,
    )
    return letters[0]


async def test_from_the_letter_to_the_request(new_page: Pages, school: Served) -> None:
    letter = await invite(school)
    page = await new_page(school.url)
    await page.goto("/families/join")
    await page.get_by_label("Code").fill(letter.code)
    await page.get_by_label("Your child's student ID").fill("1000")
    await page.get_by_label("Given name").fill("Maria")
    await page.get_by_label("Family name").fill("Example")
    await page.get_by_label("E-mail address or username").fill(_ADDRESS)
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_label("The password again").fill(PASSWORD)
    await page.get_by_role("button", name="Make my account").click()
    await page.get_by_role("link", name="Sign in").click()
    await page.get_by_label("Username").fill(_ADDRESS)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/family")
    await page.get_by_role("link", name="Read all about Student00").click()
    await page.get_by_role("link", name="This is not right").click()
    await page.get_by_label("Your words").fill("It was 5 minutes.")
    await page.get_by_role("button", name="Send to the school").click()
    await page.get_by_text("The family's statement: It was 5 minutes.").wait_for()
    await page.get_by_role("link", name="Español").click()
    await page.get_by_role("heading", name="Pases, semana por semana").wait_for()
    await page.goto("/family")
    await page.get_by_role("heading", name="Su familia").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "es"])
async def test_axe_finds_nothing(new_page: Pages, school: Served, scheme: str, language: str) -> None:
    request_id = await _requests(school)
    child, here = school.school.students[0], school.school.id
    found = []
    for username, paths in (
        ("", (f"/privacy/{here}", "/families/join")),
        (
            "maria",
            (
                "/family",
                f"/family/{child}",
                f"/family/{child}/who-looked",
                f"/family/{child}/requests/new?kind=amend",
                "/family/add",
            ),
        ),
        (
            "principal",
            (
                "/admin/families",
                f"/admin/families?student={child}",
                "/admin/records-requests",
                f"/admin/records-requests/{request_id}",
                f"/students/{child}",
            ),
        ),
    ):
        page = await new_page(school.url, color_scheme=scheme)
        if username:
            await page.goto("/sign-in")
            await page.get_by_label("Username").fill(username)
            await page.get_by_label("Password").fill(PASSWORD)
            await page.get_by_role("button", name="Sign in").click()
            await page.wait_for_load_state()
        for path in paths:
            await page.goto(f"{path}{'&' if '?' in path else '?'}language={language}")
            results = await Axe().run(page, options=_RULES)
            found += [
                f"{path}: {violation['id']}: {violation['help']}: {node['html'][:200]}"
                for violation in results.response["violations"]
                for node in violation["nodes"]
            ]
    assert not found, "\n".join(found)


async def _requests(school: Served) -> UUID:
    """A guardian with a request of every kind; the id of one that is open."""
    person_id = new_id()
    async with school.services.database.session() as session:
        session.add(Person(id=person_id, given_name="Maria", family_name="Example", source_id="g-1"))
    async with school.services.database.raw() as connection:
        await connection.execute(
            "INSERT INTO guardianship (guardian_id, student_id, guardian_says, student_says, invited, barred, active) "
            "VALUES (%s, %s, true, true, false, false, true)",
            [person_id, school.school.students[0]],
        )
        await connection.commit()
    await school.account(Role.GUARDIAN, "maria", "g-1")
    records = school.services.records
    ids = {}
    for kind in RequestKind:
        ids[kind] = new_id()
        about: dict[str, Any] = {"by": person_id, "student_id": school.school.students[0], "kind": kind}
        await records.record(school.school.id, AskAboutRecord(request_id=ids[kind], words="Please.", **about))
    for kind, status in ((RequestKind.INSPECT, RequestStatus.DELIVERED), (RequestKind.AMEND, RequestStatus.DECLINED)):
        answer = AnswerRequest(request_id=ids[kind], by=school.school.teachers[1], status=status, answer="We looked.")
        await records.record(school.school.id, answer)
    return ids[RequestKind.RESTRICT]
