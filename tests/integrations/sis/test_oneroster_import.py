"""OneRoster exports all the way into the campus: our own small ones, and real ones where they are at hand."""

import asyncio
from pathlib import Path

import pytest

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.campus.roster import RosterReport, RosterUnreadable, import_roster
from corridor.campus.roster.records import Kind
from corridor.integrations.sis.oneroster_csv import OneRosterCsv
from tests.campus.listed import NOW, ZONE, active_roster, fetch
from tests.integrations.sis.exports import EXPORT, EXPORT_1_2, USERS, write, write_zip

DATA = Path(__file__).parents[4] / "shared" / "data"
CLASSLINK = DATA / "classlink-oneroster-1.1"
SYNCS = DATA / "successive-syncs-oneroster-1.1"


async def run(database: Database, path: Path) -> RosterReport:
    return await import_roster(database, OneRosterCsv(path), clock=FixedClock(NOW), time_zone=ZONE)


@pytest.mark.parametrize(("export", "rows"), [(EXPORT, 12), (EXPORT_1_2, 12)], ids=["1.1", "1.2"])
async def test_an_export_is_imported_and_again_without_a_change(
    database: Database, tmp_path: Path, export: dict[str, str], rows: int
) -> None:
    first = await run(database, write(tmp_path / "export", export))

    assert (first.rejected_total, first.warnings_total, first.rows_read) == (0, 0, rows)
    again = await run(database, write_zip(tmp_path / "export.zip", export))
    assert not again.differs


async def test_1_2_brings_roles_and_preferred_names(database: Database, tmp_path: Path) -> None:
    await run(database, write(tmp_path, EXPORT_1_2))

    assert (await active_roster(database))["memberships"] == [
        ("p1", "s1", "student", True),
        ("t1", "s1", "other", False),
        ("t1", "s1", "teacher", True),
    ]
    assert await fetch(database, "SELECT preferred_given_name, pronouns FROM person WHERE source_id = 'p1'") == [
        ("Ben", "they/them")
    ]


async def test_guardian_and_student_find_each_other(database: Database, tmp_path: Path) -> None:
    await run(database, write(tmp_path, EXPORT))

    assert (await active_roster(database))["guardians"] == [("g1", "p1")]


async def test_rejections_after_reading_name_the_column_of_the_file(database: Database, tmp_path: Path) -> None:
    classes = EXPORT["classes.csv"].replace(",s1,", ",nowhere,")
    report = await run(database, write(tmp_path, EXPORT | {"classes.csv": classes}))

    assert [(row.file, row.line, row.field, row.value) for row in report.rejected] == [
        ("classes.csv", 2, "schoolSourcedId", "nowhere"),
        ("enrollments.csv", 2, "classSourcedId", "c1"),
        ("enrollments.csv", 3, "classSourcedId", "c1"),
        ("enrollments.csv", 4, "classSourcedId", "c1"),
    ]


async def test_a_half_readable_export_changes_nothing(database: Database, tmp_path: Path) -> None:
    await run(database, write(tmp_path, EXPORT))
    before = await active_roster(database)
    spoilt: dict[str, str | bytes] = {
        "orgs.csv": EXPORT["orgs.csv"].replace("Washington", "Lincoln"),
        "enrollments.csv": EXPORT["enrollments.csv"].encode() + b"c1-x,,,c1,s1,\xe9,student,,,\n",
    }

    with pytest.raises(RosterUnreadable, match=r"enrollments\.csv, line 5"):
        await run(database, write(tmp_path, spoilt))

    assert await active_roster(database) == before
    [(error,)] = await fetch(database, "SELECT report->>'error' FROM roster_import WHERE status = 'failed'")
    assert "enrollments.csv, line 5" in error


async def test_no_password_reaches_the_database(database: Database, tmp_path: Path) -> None:
    moved = USERS + "p9,,,tell-no-one,s1,student,x,,A,B,,,,,,,07,tell-no-one\n"
    report = await run(database, write(tmp_path, EXPORT | {"users.csv": moved}))

    assert report.rejected_total == 1
    for table in ("person", "roster_import"):
        rows = await fetch(database, f"SELECT * FROM {table}")
        assert "tell-no-one" not in repr(rows)


async def test_a_cancelled_import_leaves_the_lock_and_the_tables_free(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path, EXPORT)
    reading = asyncio.Event()

    def progress(stage: str, done: int, total: int | None) -> None:
        reading.set()

    task = asyncio.create_task(
        import_roster(database, OneRosterCsv(path), clock=FixedClock(NOW), time_zone=ZONE, progress=progress)
    )
    await reading.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    report = await run(database, path)
    assert report.kinds[Kind.PEOPLE].added == 4


@pytest.mark.skipif(not CLASSLINK.exists(), reason="the ClassLink sample export is not on this machine")
class TestClassLink:
    async def test_it_is_imported_whole(self, database: Database) -> None:
        report = await run(database, CLASSLINK.with_suffix(".1.zip"))

        assert (report.rejected_total, report.warnings_total) == (0, 0)
        added = {kind: counts.added for kind, counts in report.kinds.items()}
        assert added[Kind.SCHOOLS] == 3
        assert added[Kind.PEOPLE] == added[Kind.MEMBERSHIPS] == 180
        assert added[Kind.SECTIONS] == 72
        assert added[Kind.ENROLLMENTS] == 305
        notes = {note.code: note.text for note in report.notes}
        assert set(notes) == {
            *("terms_over", "assumed_bell_times", "sections_without_period", "time_zone", "starter_locations")
        }
        assert "36 of ClassLink Elementary School" in notes["sections_without_period"]

    async def test_folder_and_zip_say_the_same(self, database: Database) -> None:
        await run(database, CLASSLINK)

        assert not (await run(database, CLASSLINK.with_suffix(".1.zip"))).differs

    async def test_periods_that_no_section_names_are_filled_in(self, database: Database) -> None:
        await run(database, CLASSLINK)

        periods = await fetch(
            database,
            """SELECT s.name, count(*) FROM bell_period p JOIN bell_schedule b ON b.id = p.bell_schedule_id
               JOIN school s ON s.id = b.school_id GROUP BY s.name ORDER BY s.name""",
        )
        assert periods == [("ClassLink Elementary School", 7), ("ClassLink HS", 8), ("ClassLink MS", 9)]


@pytest.mark.skipif(not SYNCS.exists(), reason="the successive sample exports are not on this machine")
async def test_successive_exports_without_a_manifest_are_complete_lists(database: Database) -> None:
    courses = []
    rejected: set[tuple[str, str | None]] = set()
    for folder in (".", "Step1-UpdateCourse", "Step2-AddCourse", "Step3-DeleteCourse", "Step4-AddClass"):
        report = await run(database, SYNCS / folder)
        counts = report.kinds[Kind.COURSES]
        courses.append((counts.added, counts.removed, counts.active_after))
        assert "no_manifest" in {quirk.code for quirk in report.warnings}
        rejected = {(row.code, row.value) for row in report.rejected}
        assert ("unknown_school", "Sch_000002") in rejected

    assert courses == [(4, 0, 4), (0, 0, 4), (1, 0, 5), (0, 1, 4), (0, 0, 4)]
    assert ("not_a_school", "Summit") in rejected
