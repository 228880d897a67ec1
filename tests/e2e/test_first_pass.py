"""The whole way through the house: a roster is imported, a pass is asked for, approved, seen and returned, and the
ledger proves it. With a roster of our own, and with the sample export of a vendor where it is at hand."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from corridor.base.clock import SystemClock
from corridor.demo.oneroster import write_district
from corridor.demo.plan import DistrictSpec
from tests.browser import Pages
from tests.running import Installation

PASSWORD = "a quiet corridor at noon"
CLASSLINK = Path(__file__).parents[3] / "shared" / "data" / "classlink-oneroster-1.1"


async def sign_in(page: Page, username: str) -> None:
    await page.goto("/sign-in")
    await page.get_by_label("Username").fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()


def student_and_teacher(roster: Path) -> tuple[str, str]:
    """Source ids of a student and the teacher of one of the student's sections that meets in a known period."""
    with (roster / "classes.csv").open(encoding="utf-8-sig", newline="") as file:
        timed = {row["sourcedId"] for row in csv.DictReader(file) if row["periods"].strip() and row["location"].strip()}
    with (roster / "enrollments.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["classSourcedId"] in timed]
    teachers = {row["classSourcedId"]: row["userSourcedId"] for row in rows if row["role"] == "teacher"}
    student = next(row for row in rows if row["role"] == "student" and row["classSourcedId"] in teachers)
    return student["userSourcedId"], teachers[student["classSourcedId"]]


@pytest.fixture(params=["our own roster", "a vendor's export"])
def roster(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "our own roster":
        folder = tmp_path / "roster"
        write_district(DistrictSpec(on=SystemClock().now().date(), students=120, schools=1), folder)
        return folder
    if not CLASSLINK.is_dir():
        pytest.skip(f"{CLASSLINK} is not here")
    return CLASSLINK


async def test_a_pass_from_the_roster_to_the_return(
    roster: Path, database_url: str, tmp_path: Path, new_page: Pages
) -> None:
    corridor = Installation(tmp_path / "data", database_url)
    # An evening at the school: a request then comes to all the student's teachers, whatever time it is here.
    corridor.environment["CORRIDOR_TIME_ZONE"] = f"Etc/GMT{(datetime.now(UTC).hour - 8) % 24 - 12:+d}"
    student_id, teacher_id = student_and_teacher(roster)
    corridor.run("init")
    corridor.run("import", "oneroster", str(roster))
    for role, person in (("student", student_id), ("teacher", teacher_id)):
        arguments = ("user", "add", "--role", role, "--person", person, "--username", role, "--password-stdin")
        corridor.run(*arguments, stdin=PASSWORD + "\n")

    with corridor.serving() as url:
        student = await new_page(url)
        teacher = await new_page(url)
        board = await new_page(url)
        await sign_in(student, "student")
        await sign_in(teacher, "teacher")
        await sign_in(board, "teacher")
        await board.goto("/board")
        await expect(board.get_by_text("Everyone is in class")).to_be_visible()

        await student.get_by_role("link", name="Restroom A").click()
        await student.get_by_role("button", name="Ask to go").click()
        await teacher.get_by_role("button", name="Approve").first.click()

        await expect(student.get_by_text("Back by")).to_be_visible()
        row = board.get_by_text("Restroom A")
        await expect(row.first).to_be_visible()

        await student.get_by_role("button", name="I'm back").click()
        await expect(student.get_by_text("Where to?")).to_be_visible()
        await expect(board.get_by_text("Everyone is in class")).to_be_visible()

    assert "ok" in corridor.run("ledger", "verify")
