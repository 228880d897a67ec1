"""What a new school starts with: places, and a bell schedule that fits the periods of its sections."""

from datetime import time

import pytest

from corridor.base.database import Database
from corridor.campus.roster.records import Kind
from corridor.campus.starters import natural_order, starter_periods
from tests.campus.listed import fetch, load, org, person, section


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ([], "1 2 3 4 5 6 7"),
        (["8", "1", "3"], "1 2 3 4 5 6 7 8"),
        (["0", "2"], "0 1 2"),
        (["1", "2", "HR"], "1 2"),
        (["P10", "P2", "P1"], "P1 P2 P10"),
        (["B1", "A2", "A1"], "A1 A2 B1"),
        (["01", "02"], "01 02"),
        (["1", "40"], "1 40"),
    ],
)
def test_periods_are_named_as_the_sections_name_them(named: list[str], expected: str) -> None:
    assert [period.name for period in starter_periods(named)] == expected.split()


def test_periods_are_equal_and_five_minutes_apart_from_eight_to_three() -> None:
    periods = starter_periods([])

    assert periods[0].starts_at == time(8)
    assert (periods[0].ends_at, periods[1].starts_at) == (time(8, 55), time(9))
    assert time(14, 50) <= periods[-1].ends_at <= time(15)


def test_of_very_many_periods_the_most_used_are_taken() -> None:
    names = [f"X{number}" for number in range(40)]

    assert [period.name for period in starter_periods(names)] == names[:12]


def test_numbers_sort_as_numbers() -> None:
    assert sorted(["10", "2", "P3", "P20", "1a"], key=natural_order) == ["1a", "2", "10", "P3", "P20"]


async def test_a_new_school_gets_places_and_bell_times_and_the_report_says_so(database: Database) -> None:
    report = await load(database, [org("s1"), section("c1", "1 3", "204")])

    places = dict(await fetch(database, "SELECT name, kind || ' ' || made_by FROM location"))
    assert places == {
        "Restroom A": "restroom starter",
        "Restroom B": "restroom starter",
        "Nurse": "nurse starter",
        "Main office": "office starter",
        "Library": "library starter",
        "Counselor": "counselor starter",
        "204": "classroom roster",
    }
    assert await fetch(database, "SELECT capacity FROM location WHERE name = 'Restroom A'") == [(4,)]
    assert await fetch(database, "SELECT name, days, assumed FROM bell_schedule") == [
        ("Regular day", [1, 2, 3, 4, 5], True)
    ]
    assert {note.code for note in report.notes} >= {"assumed_bell_times", "starter_locations", "time_zone"}


async def test_what_an_administrator_made_of_it_is_never_overwritten(database: Database) -> None:
    await load(database, [org("s1"), section("c1", "1", "204")])
    async with database.raw() as connection:
        await connection.execute(
            "UPDATE location SET name = 'Boys', capacity = 1, active = false WHERE name = 'Restroom A'"
        )
        await connection.execute("UPDATE location SET kind = 'gym', active = false WHERE name = '204'")
        await connection.execute("UPDATE bell_schedule SET name = 'Ours', assumed = false")
        await connection.commit()
    before = await fetch(database, "SELECT * FROM location ORDER BY id")

    report = await load(database, [org("s1"), section("c1", "1", "204"), section("c2", "2", "204")])

    assert report.kinds[Kind.LOCATIONS].added == 0
    assert await fetch(database, "SELECT * FROM location ORDER BY id") == before
    assert await fetch(database, "SELECT name FROM bell_schedule") == [("Ours",)]


async def test_a_room_is_the_same_in_any_letter_case_and_may_be_a_starter(database: Database) -> None:
    await load(
        database, [org("s1"), section("c1", "1", "Room 5"), section("c2", "2", "ROOM 5"), section("c3", "3", "library")]
    )

    rooms = await fetch(
        database,
        """SELECT l.name, l.kind, count(*) FROM section_meeting m JOIN location l ON l.id = m.location_id
           GROUP BY l.id ORDER BY l.name""",
    )
    assert rooms == [("Library", "library", 1), ("Room 5", "classroom", 2)]


async def test_the_report_tells_of_sections_that_nobody_can_be_known_to_be_in(database: Database) -> None:
    await load(database, [org("s1"), section("c1", "1")])

    report = await load(database, [org("s1", "Washington"), section("c1", "1"), section("c2", "A7"), section("c3", "")])

    notes = {note.code: note.text for note in report.notes}
    assert "Washington: A7" in notes["unscheduled_periods"]
    assert "1 of Washington" in notes["sections_without_period"]


async def test_a_school_without_sections_has_seven_periods(database: Database) -> None:
    await load(database, [org("s1"), person("p1")])

    assert await fetch(database, "SELECT count(*) FROM bell_period") == [(7,)]
