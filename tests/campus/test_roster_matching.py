"""A source that gives everything new identifiers must not make doubles, and never mistake one person for another."""

from corridor.base.database import Database
from corridor.campus.roster.records import Kind, Mode, Record
from tests.campus.listed import (
    Listed,
    active_roster,
    course,
    enrollment,
    fetch,
    load,
    org,
    person,
    section,
    small_roster,
    term,
)


async def ids(database: Database, table: str) -> set[object]:
    return {id for (id,) in await fetch(database, f"SELECT id FROM {table}")}


async def test_everything_rekeyed_is_recognised(database: Database) -> None:
    def roster(mark: str) -> list[Record]:
        return [
            org(f"{mark}s", "Washington", identifier="0042"),
            term(f"{mark}y"),
            course(f"{mark}m", code="M1", org=f"{mark}s"),
            person(f"{mark}t", "teacher", f"{mark}s", given_name="Ada", family_name="Adams", email="ADA@school.org"),
            person(f"{mark}p", "student", f"{mark}s", given_name="Ben", family_name="Brown", identifier="1001"),
            section(f"{mark}c", title="Maths", school=f"{mark}s", course=f"{mark}m", terms=(f"{mark}y",)),
            enrollment(f"{mark}c", f"{mark}t", "teacher"),
            enrollment(f"{mark}c", f"{mark}p"),
        ]

    await load(database, roster("old-"))
    before = [await ids(database, table) for table in ("school", "term", "course", "person", "section", "enrollment")]

    report = await load(database, roster("new-"), allow_removals=0)

    after = [await ids(database, table) for table in ("school", "term", "course", "person", "section", "enrollment")]
    assert after == before
    assert {kind: counts.rekeyed for kind, counts in report.kinds.items() if counts.rekeyed} == {
        Kind.SCHOOLS: 1,
        Kind.TERMS: 1,
        Kind.COURSES: 1,
        Kind.PEOPLE: 2,
        Kind.SECTIONS: 1,
        Kind.ENROLLMENTS: 2,
    }
    assert all(counts.added == counts.removed == 0 for counts in report.kinds.values())


async def test_an_identifier_that_two_people_share_matches_neither_and_is_told(database: Database) -> None:
    await load(database, [org("s1"), person("a", identifier="7"), person("b", identifier="7")])

    report = await load(database, [org("s1"), person("c", identifier="7")])

    assert report.kinds[Kind.PEOPLE].added == 1
    assert report.kinds[Kind.PEOPLE].rekeyed == 0
    assert [(quirk.code, quirk.field) for quirk in report.warnings] == [("ambiguous_match", "identifier")]


async def test_a_person_still_listed_is_not_taken_for_a_newcomer_with_the_same_identifier(database: Database) -> None:
    await load(database, [org("s1"), person("a", identifier="7")])

    report = await load(database, [org("s1"), person("a", identifier="7"), person("b", identifier="7")])

    assert report.kinds[Kind.PEOPLE].added == 1
    assert report.kinds[Kind.PEOPLE].rekeyed == 0


async def test_a_student_is_never_taken_for_a_member_of_staff(database: Database) -> None:
    await load(database, [org("s1"), person("student", "student", identifier="7")])

    report = await load(database, [org("s1"), person("teacher", "teacher", identifier="7")])

    assert report.kinds[Kind.PEOPLE].added == report.kinds[Kind.PEOPLE].removed == 1


async def test_a_family_s_address_does_not_turn_one_sibling_into_the_other(database: Database) -> None:
    await load(database, [org("s1"), person("ann", given_name="Ann", email="family@home.org")])

    report = await load(database, [org("s1"), person("bea", given_name="Bea", email="family@home.org")])

    assert report.kinds[Kind.PEOPLE].added == report.kinds[Kind.PEOPLE].removed == 1


async def test_a_delta_that_removes_the_old_identifier_and_adds_the_new_one_keeps_the_person(
    database: Database,
) -> None:
    await load(database, small_roster())
    before = await ids(database, "person")

    report = await load(
        database, Listed(person("p1-new", identifier="1001"), mode=Mode.DELTA, gone={Kind.PEOPLE: ["p1"]})
    )

    assert await ids(database, "person") == before
    assert report.kinds[Kind.PEOPLE].rekeyed == 1
    assert report.kinds[Kind.PEOPLE].removed == 0
    assert ("p1-new", "Given p1-new") in {row[:2] for row in (await active_roster(database))["people"]}


async def test_sections_that_look_alike_are_not_guessed_at(database: Database) -> None:
    await load(database, [org("s1"), section("a", title="Study hall"), section("b", title="Study hall")])

    report = await load(database, [org("s1"), section("c", title="Study hall"), section("d", title="Study hall")])

    assert report.kinds[Kind.SECTIONS].added == report.kinds[Kind.SECTIONS].removed == 2
    assert [quirk.code for quirk in report.warnings] == ["ambiguous_match"]


async def test_a_person_made_here_is_adopted_by_the_roster(database: Database) -> None:
    async with database.raw() as connection:
        await connection.execute(
            "INSERT INTO person (id, given_name, family_name, email, may_sign_in, active) "
            "VALUES (gen_random_uuid(), 'Ada', 'Adams', 'ada@school.org', true, true)"
        )
        await connection.commit()

    report = await load(database, [org("s1"), person("t1", "teacher", given_name="Ada", email="Ada@school.org")])

    assert report.kinds[Kind.PEOPLE].rekeyed == 1
    assert await fetch(database, "SELECT source_id FROM person") == [("t1",)]


async def test_a_course_that_only_looks_like_a_known_one_is_another_in_a_delta(database: Database) -> None:
    await load(database, [org("s1"), course("k1", code="M1", org="s1")])

    report = await load(database, Listed(course("k2", code="M1", org="s1"), mode=Mode.DELTA))

    assert report.kinds[Kind.COURSES].rekeyed == 0
    assert await fetch(database, "SELECT source_id FROM course WHERE active ORDER BY source_id") == [("k1",), ("k2",)]
