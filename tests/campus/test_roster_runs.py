"""A run of the import as a whole: its guard, its lock, its record, its progress, and what it seeds."""

import psycopg
import pytest
from sqlalchemy import text

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.errors import Unavailable
from corridor.campus.roster import ImportRunning, Status, TooManyRemovals, import_roster
from corridor.campus.roster import importer as importer_module
from corridor.campus.roster.records import Kind
from tests.campus.listed import (
    NOW,
    ZONE,
    Listed,
    active_roster,
    enrollment,
    fetch,
    load,
    org,
    person,
    section,
    small_roster,
)


async def test_a_dry_run_reports_all_of_it_and_changes_none_of_it(database: Database) -> None:
    report = await load(database, small_roster(), dry_run=True)

    assert report.status is Status.DRY_RUN
    assert report.kinds[Kind.PEOPLE].added == 3
    assert {note.code for note in report.notes} >= {"assumed_bell_times", "time_zone"}
    assert await fetch(database, "SELECT count(*) FROM person") == [(0,)]
    assert await fetch(database, "SELECT count(*) FROM ledger_head") == [(0,)]
    assert await fetch(database, "SELECT status FROM roster_import") == [("dry_run",)]


async def test_a_removal_of_more_than_a_tenth_stops_the_import(database: Database) -> None:
    many = [org("s1"), *(person(f"p{number}") for number in range(40))]
    await load(database, many)
    before = await active_roster(database)

    with pytest.raises(TooManyRemovals) as stopped:
        await load(database, many[:33], allow_removals=10)

    assert "8 of 40 people" in stopped.value.detail
    assert "--allow-removals 20" in stopped.value.detail
    assert stopped.value.report.removals_needed == 20
    assert await active_roster(database) == before
    assert await fetch(database, "SELECT status FROM roster_import ORDER BY started_at DESC, id DESC LIMIT 1") == [
        ("refused",)
    ]

    allowed = await load(database, many[:33], allow_removals=20)
    assert allowed.kinds[Kind.PEOPLE].removed == 8


async def test_a_few_removals_pass_in_a_small_roster(database: Database) -> None:
    await load(database, small_roster())

    report = await load(database, [org("s1"), person("p1", identifier="1001")], allow_removals=10)

    assert report.kinds[Kind.PEOPLE].removed == 2


async def test_schools_touched_by_an_import_are_loaded_anew_and_others_are_not(database: Database) -> None:
    two = [org("s1"), org("s2"), section("c1"), section("c2", school="s2"), person("p1"), person("p2", schools="s2")]
    await load(database, two)
    versions = "SELECT source_id, config_version FROM ledger_head JOIN school ON school.id = school_id"
    before = dict(await fetch(database, versions))

    await load(database, [*two, enrollment("c2", "p1")])

    after = dict(await fetch(database, versions))
    assert (after["s1"], after["s2"]) == (before["s1"], before["s2"] + 1)


async def test_two_imports_never_run_at_once(database: Database) -> None:
    async with database.raw() as other:
        await other.execute("SELECT pg_advisory_lock(%s)", [importer_module._LOCK])

        with pytest.raises(ImportRunning):
            await load(database, small_roster())

        await other.execute("SELECT pg_advisory_unlock(%s)", [importer_module._LOCK])
    assert (await load(database, small_roster())).status is Status.APPLIED


async def test_rooms_above_seed_new_schools_within_the_same_transaction(database: Database) -> None:
    seen: list[int] = []

    async def seed(session: object, school_ids: object) -> None:
        assert isinstance(school_ids, list)
        seen.append(len(school_ids))
        await session.execute(text("UPDATE school SET name = name || ' (seeded)'"))  # type: ignore[attr-defined]

    await load(database, small_roster(), on_new_schools=[seed])
    await load(database, small_roster(), on_new_schools=[seed])

    assert seen == [1]
    assert await fetch(database, "SELECT name FROM school") == [("Washington",)], "the roster's name came back"


async def test_an_error_on_the_way_changes_nothing_and_is_recorded(database: Database) -> None:
    async def fail(session: object, school_ids: object) -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        await load(database, small_roster(), on_new_schools=[fail])

    assert await fetch(database, "SELECT count(*) FROM person") == [(0,)]
    [(status, error)] = await fetch(database, "SELECT status, report->>'error' FROM roster_import")
    assert (status, error) == ("failed", "Unexpected: RuntimeError.")


async def test_a_run_that_went_away_is_marked_by_the_next(database: Database) -> None:
    async with database.raw() as connection:
        await connection.execute(
            "INSERT INTO roster_import (id, started_at, source, status, report) "
            "VALUES (gen_random_uuid(), '2026-01-01', 'x', 'running', '{}')"
        )
        await connection.commit()

    await load(database, small_roster())

    assert await fetch(database, "SELECT status FROM roster_import ORDER BY started_at") == [
        ("interrupted",),
        ("applied",),
    ]


async def test_a_database_that_goes_away_may_be_tried_again(database: Database) -> None:
    async def lose(session: object, school_ids: object) -> None:
        raise psycopg.OperationalError("gone")

    with pytest.raises(Unavailable, match="Try again"):
        await load(database, small_roster(), on_new_schools=[lose])

    assert (await load(database, small_roster())).kinds[Kind.PEOPLE].added == 3


async def test_progress_is_told_stage_by_stage(database: Database) -> None:
    stages: list[str] = []

    def progress(stage: str, done: int, total: int | None) -> None:
        assert total is None or done <= total
        stages.append(stage)

    await import_roster(database, Listed(*small_roster()), clock=FixedClock(NOW), time_zone=ZONE, progress=progress)

    words = [stage.split()[0] for stage in dict.fromkeys(stages)]
    assert list(dict.fromkeys(words)) == ["Reading", "Checking", "Writing"]
