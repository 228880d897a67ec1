"""What a roster's texts for periods say, and what stays as it is because it could mean two things."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from corridor.base.database import Database
from corridor.campus.roster.meeting_text import Reading, dialect_of, read_meeting
from corridor.campus.roster.records import EnrollmentRecord, Meeting, Mode, Record, SectionRecord
from tests.campus.listed import Listed, fetch, load, section, small_roster


def read(text: str, *others: str, periods: Sequence[str] = (), cycles: Sequence[str] = ()) -> list[Reading] | None:
    """`others` are further texts of the same school."""
    return read_meeting(text, dialect_of([text, *others], periods, cycles))


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("3(A)", Reading("3", cycles=("A",))),
        ("1(A-B)", Reading("1", cycles=("A", "B"))),
        ("2(A,C)", Reading("2", cycles=("A", "C"))),
        ("2 (a, c)", Reading("2", cycles=("A", "C"))),
        ("HR(A-F)", Reading("HR", cycles=("A", "B", "C", "D", "E", "F"))),
        ("3(M-F)", Reading("3", days=(1, 2, 3, 4, 5))),
        ("4(MWF)", Reading("4", days=(1, 3, 5))),
        ("4(TTh)", Reading("4", days=(2, 4))),
        ("4(TR)", Reading("4", days=(2, 4))),
        ("4(Mon,Wed)", Reading("4", days=(1, 3))),
        ("4(Tue-Thu)", Reading("4", days=(2, 3, 4))),
        ("4(M,W,F)", Reading("4", days=(1, 3, 5))),
        ("Block 1(A)", Reading("Block 1", cycles=("A",))),
    ],
)
def test_a_clear_text_is_a_period_and_its_days(text: str, reading: Reading) -> None:
    assert read(text) == [reading]


def test_several_periods_of_one_text_are_several_meetings() -> None:
    assert read("1(A) 2(B)") == [Reading("1", cycles=("A",)), Reading("2", cycles=("B",))]
    assert read("1(A,B), 3(C)") == [Reading("1", cycles=("A", "B")), Reading("3", cycles=("C",))]
    assert read("1(A)1(A)") == [Reading("1", cycles=("A",))]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "3",
            "P2",
            "HR",
            "A1",
            "1-2(A)",
            "1(1)",
            "1(1-6)",
            "1()",
            "1(A",
            "(A)",
            "1(A)x",
            "1(AB)",
            "1(B-A)",
            "1(A,MWF)",
        ),
        *("1(F)", "1(M)", "1(W,R)", "1(Z)", "1(Red)", "1(A,Z)", "Lunch (late)", "1(A-Z)"),
    ],
)
def test_what_could_mean_two_things_or_nothing_stays_as_it_is(text: str) -> None:
    assert read(text) is None


def test_a_letter_is_understood_by_the_others_of_the_school() -> None:
    assert read("1(F)", "1(A)", "2(E)") == [Reading("1", cycles=("F",))]
    assert read("1(F)", "1(M)", "2(T)") == [Reading("1", days=(5,))]
    assert read("1(W)", "1(A)") is None, "A and W: neither a rotation nor a week"
    assert read("1(A)", "1(W)") is None
    assert read("1(MWF)", "1(W)") == [Reading("1", days=(1, 3, 5))]


def test_days_that_the_calendar_knows_are_days_of_the_rotation() -> None:
    assert read("1(Red)", cycles=["Red", "White"]) == [Reading("1", cycles=("Red",))]
    assert read("1(R)", "2(W)", cycles=["R", "W"]) == [Reading("1", cycles=("R",))]
    assert read("1(a-b)", cycles=["a", "b"]) == [Reading("1", cycles=("a", "b"))]
    assert read("1(1,2)", cycles=["1", "2"]) == [Reading("1", cycles=("1", "2"))]


def test_a_text_that_a_bell_schedule_names_is_never_taken_apart() -> None:
    assert read("3(A)", periods=["3(A)", "3"]) is None
    assert read("P2", periods=["P2", "2"]) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("P2", "2"),
        ("Period 2", "2"),
        ("02", "2"),
        ("Per. 2", "2"),
        ("2", "Period 2"),
        ("hr", "HR"),
        ("P02", "Period 2"),
    ],
)
def test_a_period_is_called_as_the_bell_schedules_call_it(text: str, name: str) -> None:
    assert read(text, periods=[name, "7"]) == [Reading(name)]


def test_a_period_that_two_names_fit_stays_as_it_is() -> None:
    assert read("02", periods=["2", "P2"]) is None
    assert read("P2(A)", periods=["2"]) == [Reading("2", cycles=("A",))]


# In an import


def roster(**periods: str) -> list[Record]:
    """The small roster, with these sections instead of its own, each with its text for periods."""
    others = [record for record in small_roster() if not isinstance(record, SectionRecord | EnrollmentRecord)]
    return [*others, *(section(id, meetings=(Meeting(said, "204"),)) for id, said in periods.items())]


async def change(database: Database, sql: str) -> None:
    async with database.session() as session:
        await session.execute(text(sql))


async def meetings(database: Database) -> list[tuple[Any, ...]]:
    return await fetch(
        database,
        "SELECT s.source_id, m.period, m.days, m.cycles FROM section_meeting m JOIN section s ON s.id = m.section_id "
        "ORDER BY 1, 2, 4",
    )


async def test_an_import_takes_clear_texts_apart(database: Database) -> None:
    report = await load(database, roster(c1="1(A) 2(B)", c2="3(MWF)", c3="4(odd days)", c4="5"))
    assert await meetings(database) == [
        ("c1", "1", None, ["A"]),
        ("c1", "2", None, ["B"]),
        ("c2", "3", [1, 3, 5], None),
        ("c3", "4(odd days)", None, None),
        ("c4", "5", None, None),
    ]
    [periods] = await fetch(database, "SELECT array_agg(name ORDER BY starts_at) FROM bell_period")
    assert periods == (["1", "2", "3", "4", "5"],), "the assumed schedule has periods, not texts"
    said = next(note.text for note in report.notes if note.code == "missing_rotation")
    assert "Washington: A, B" in said


async def test_an_identical_second_import_changes_nothing(database: Database) -> None:
    records = roster(c1="1(A) 2(B)", c2="3(MWF)", c3="4(odd days)", c4="P5")
    await load(database, records)
    assert not (await load(database, records)).differs


async def test_sections_that_meet_on_other_days_are_told_apart_when_their_identifiers_change(
    database: Database,
) -> None:
    records = roster(c1="1(A)", c2="1(B)")
    await load(
        database,
        [msgspec.structs.replace(each, title="Band") if each.source_id in "c1 c2" else each for each in records],
    )
    [ids] = await fetch(database, "SELECT array_agg(id ORDER BY source_id) FROM section")
    renamed = [
        msgspec.structs.replace(each, title="Band", source_id=f"new-{each.source_id}")
        if each.source_id in "c1 c2"
        else each
        for each in records
    ]
    await load(database, renamed)
    assert await fetch(database, "SELECT array_agg(id ORDER BY source_id) FROM section") == [ids]


async def test_bell_schedules_and_the_calendar_decide_how_texts_are_read(database: Database) -> None:
    await load(database, roster(c1="P1", c2="2(Red)"))
    assert [row[1] for row in await meetings(database)] == ["P1", "2(Red)"]
    await change(database, "UPDATE bell_schedule SET assumed = false")
    await change(database, "UPDATE bell_period SET name = CASE name WHEN 'P1' THEN '1' ELSE '2' END")
    of_school = "SELECT id, '2026-10-06', 'Red', true FROM school"
    await change(database, f"INSERT INTO calendar_day (school_id, on_date, cycle, as_usual) {of_school}")
    report = await load(database, roster(c1="P1", c2="2(Red)"))
    assert await meetings(database) == [("c1", "1", None, None), ("c2", "2", None, ["Red"])]
    assert "missing_rotation" not in [note.code for note in report.notes]


async def test_a_text_that_a_bell_schedule_names_stays_whole_in_an_import(database: Database) -> None:
    await load(database, roster(c1="1(odd)"))
    await change(database, "UPDATE bell_schedule SET assumed = false")
    await change(database, "UPDATE bell_period SET name = '1(A)'")
    await load(database, roster(c1="1(A)"))
    assert await meetings(database) == [("c1", "1(A)", None, None)]


async def test_what_a_delta_brings_is_understood_by_what_is_known_already(database: Database) -> None:
    await load(database, roster(c1="1(A)", c2="1(B)"))
    delta = [each for each in roster(c3="2(F)") if isinstance(each, SectionRecord)]
    await load(database, Listed(*delta, mode=Mode.DELTA))
    assert ("c3", "2", None, ["F"]) in await meetings(database)
