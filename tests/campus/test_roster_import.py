"""What an import does to the campus: adds, changes, takes away, brings back, and tells."""

from corridor.base.database import Database
from corridor.campus.roster import Status
from corridor.campus.roster.records import Kind, Mode, Problem
from tests.campus.listed import (
    NOW,
    ZONE,
    Listed,
    active_roster,
    course,
    enrollment,
    fetch,
    load,
    org,
    person,
    role,
    section,
    small_roster,
    term,
)


async def test_a_first_import_makes_the_campus(database: Database) -> None:
    report = await load(database, small_roster())

    assert report.status is Status.APPLIED
    added = {kind: counts.added for kind, counts in report.kinds.items()}
    assert added[Kind.SCHOOLS] == 1
    assert added[Kind.PEOPLE] == added[Kind.MEMBERSHIPS] == 3
    assert added[Kind.ENROLLMENTS] == 3
    roster = await active_roster(database)
    assert roster["meetings"] == [("c1", "1", None, "204")]
    assert roster["section terms"] == [("c1", "y")]
    assert roster["courses"] == [("m", "Maths", None, None)], "a district's course belongs to no one school"
    assert await fetch(database, "SELECT name, source_id FROM district") == [("Our district", "d")]
    assert await fetch(database, "SELECT time_zone FROM school") == [(ZONE,)]


async def test_an_identical_second_import_changes_nothing(database: Database) -> None:
    await load(database, small_roster())
    before = await fetch(database, "SELECT school_id, config_version FROM ledger_head")

    report = await load(database, small_roster())

    assert not report.differs
    assert report.kinds[Kind.ENROLLMENTS].unchanged == 3
    assert await fetch(database, "SELECT school_id, config_version FROM ledger_head") == before


async def test_what_is_no_longer_listed_is_made_inactive_and_comes_back_as_itself(database: Database) -> None:
    await load(database, small_roster())
    [(person_id,)] = await fetch(database, "SELECT id FROM person WHERE source_id = 'p2'")
    without = [record for record in small_roster() if "p2" not in record.source_id]

    left = await load(database, without)

    assert (left.kinds[Kind.PEOPLE].removed, left.kinds[Kind.ENROLLMENTS].removed) == (1, 1)
    assert await fetch(database, "SELECT active FROM person WHERE source_id = 'p2'") == [(False,)]

    returned = await load(database, small_roster())

    assert (returned.kinds[Kind.PEOPLE].reactivated, returned.kinds[Kind.ENROLLMENTS].reactivated) == (1, 1)
    assert await fetch(database, "SELECT id, active FROM person WHERE source_id = 'p2'") == [(person_id, True)]


async def test_changed_rows_are_updated_in_place_and_counted(database: Database) -> None:
    await load(database, small_roster())
    changed = [
        person("p1", identifier="1001", given_name="Another", may_sign_in=False) if record.source_id == "p1" else record
        for record in small_roster()
    ]

    report = await load(database, changed)

    assert report.kinds[Kind.PEOPLE].changed == 1
    assert report.kinds[Kind.PEOPLE].unchanged == 2
    assert await fetch(database, "SELECT given_name, may_sign_in FROM person WHERE source_id = 'p1'") == [
        ("Another", False)
    ]


async def test_a_term_may_get_a_parent_that_is_new(database: Database) -> None:
    await load(database, [org("s1"), term("half")])

    await load(database, [org("s1"), term("half", parent="year"), term("year", "Another")])

    assert (await active_roster(database))["terms"][0][-1] == "year"


async def test_a_section_has_changed_when_only_its_meetings_have(database: Database) -> None:
    await load(database, [org("s1"), section("c1", "1 3", "204")])

    report = await load(database, [org("s1"), section("c1", "1 4", "204")])

    assert report.kinds[Kind.SECTIONS].changed == 1
    assert report.kinds[Kind.SECTIONS].unchanged == 0
    assert (await active_roster(database))["meetings"] == [("c1", "1", None, "204"), ("c1", "4", None, "204")]


async def test_a_kind_that_is_absent_touches_nothing(database: Database) -> None:
    await load(database, small_roster())
    before = await active_roster(database)

    report = await load(
        database, Listed(org("d", "Our district", "district"), org("s1", "Washington"), kinds=[Kind.SCHOOLS])
    )

    assert not report.differs
    assert await active_roster(database) == before


async def test_a_delta_changes_what_it_names_and_leaves_the_rest(database: Database) -> None:
    await load(database, small_roster())

    report = await load(
        database,
        Listed(
            person("p1", identifier="1001", grade="9"),
            person("p3"),
            enrollment("c1", "p3"),
            mode=Mode.DELTA,
            gone={Kind.ENROLLMENTS: ["c1-p2"], Kind.PEOPLE: ["nobody"]},
        ),
    )

    assert report.kinds[Kind.PEOPLE].changed == 1
    assert report.kinds[Kind.PEOPLE].added == 1
    assert report.kinds[Kind.ENROLLMENTS].removed == 1
    students = {row[2] for row in (await active_roster(database))["enrollments"] if row[3] == "student"}
    assert students == {"p1", "p3"}


async def test_a_row_that_could_not_be_read_keeps_what_was_known_under_its_identifier(database: Database) -> None:
    await load(database, small_roster())
    unreadable = Problem(
        kind=Kind.PEOPLE, code="x", why="Bad.", advice="Mend it.", file="people", line=3, rejected=True, keeps="p2"
    )
    without = [record for record in small_roster() if record.source_id != "p2"]

    report = await load(database, Listed(*without, problems=[unreadable]))

    assert report.kinds[Kind.PEOPLE].removed == 0
    assert report.kinds[Kind.MEMBERSHIPS].removed == 0
    assert report.kinds[Kind.PEOPLE].rejected == 1
    assert len((await active_roster(database))["enrollments"]) == 3


async def test_rows_that_refer_to_nothing_are_rejected_or_taken_without(database: Database) -> None:
    report = await load(
        database,
        [
            org("s1"),
            term("y", parent="no term"),
            person("p1", schools="s1 elsewhere"),
            section("c1", course="no course", terms=("y", "no term")),
            section("c2", school="elsewhere"),
            section("c3", school="d"),
            org("d", "District", "district"),
            enrollment("c1", "p1"),
            enrollment("c1", "nobody"),
            enrollment("c2", "p1"),
        ],
    )

    rejected = {(row.kind, row.code, row.value) for row in report.rejected}
    assert rejected == {
        (Kind.SECTIONS, "unknown_school", "elsewhere"),
        (Kind.SECTIONS, "not_a_school", "d"),
        (Kind.ENROLLMENTS, "unknown_person", "nobody"),
        (Kind.ENROLLMENTS, "unknown_section", "c2"),
    }
    assert {quirk.code for quirk in report.warnings} == {
        "unknown_parent",
        "unknown_school",
        "unknown_course",
        "unknown_term",
    }
    assert report.rejected_total == 4
    roster = await active_roster(database)
    assert [row[0] for row in roster["enrollments"]] == ["c1-p1"]
    assert roster["memberships"] == [("p1", "s1", "student", True)]


async def test_many_equal_problems_are_one_line_with_their_true_number(database: Database) -> None:
    strangers = [enrollment("c1", f"nobody {number}") for number in range(700)]
    orphans = [section(f"x{number}", course="no course") for number in range(30)]

    report = await load(database, [org("s1"), section("c1"), *orphans, *strangers])

    assert report.rejected_total == report.kinds[Kind.ENROLLMENTS].rejected == 700
    assert len(report.rejected) == 100
    [quirk] = [quirk for quirk in report.warnings if quirk.code == "unknown_course"]
    assert (quirk.count, len(quirk.examples)) == (30, 5)


async def test_repeated_rows_are_put_together_when_equal_and_refused_when_not(database: Database) -> None:
    report = await load(
        database,
        [
            org("s1"),
            org("s2"),
            person("p1", schools="s1"),
            person("p1", schools="s2"),
            person("p2", given_name="Old"),
            person("p2", given_name="New"),
            section("c1", "1", "204"),
            section("c1", "2", "110"),
        ],
    )

    roster = await active_roster(database)
    assert {row[:2] for row in roster["memberships"]} == {("p1", "s1"), ("p1", "s2"), ("p2", "s1")}
    assert roster["meetings"] == [("c1", "1", None, "204"), ("c1", "2", None, "110")]
    assert [row[1] for row in roster["people"]] == ["Given p1", "New"]
    assert [(row.code, row.value) for row in report.rejected] == [("repeated_identifier", "p2")]
    assert [(quirk.code, quirk.file, quirk.count) for quirk in report.warnings] == [
        ("repeated_row", "people", 1),
        ("repeated_row", "sections", 1),
    ]


async def test_of_repeated_rows_the_one_modified_last_counts(database: Database) -> None:
    newer = person("p1", given_name="Newer", modified_at=NOW)
    await load(database, [org("s1"), newer, person("p1", given_name="Older")])

    assert (await active_roster(database))["people"][0][1] == "Newer"


async def test_an_attribute_that_the_source_cannot_express_stays(database: Database) -> None:
    await load(database, [org("s1"), person("p1", pronouns="they/them")])

    silent = Listed(org("s1"), person("p1"), silent={Kind.PEOPLE: frozenset({"pronouns"})})
    report = await load(database, silent)

    assert not report.differs
    assert await fetch(database, "SELECT pronouns FROM person") == [("they/them",)]


async def test_roles_may_come_as_rows_of_their_own(database: Database) -> None:
    kinds = (Kind.SCHOOLS, Kind.PEOPLE, Kind.MEMBERSHIPS)
    people = [
        org("d", "District", "district"),
        org("s1"),
        org("s2"),
        person("t1", None, primary_org="s2"),
        person("a1", None),
    ]
    roles = [
        role("r1", "t1", "teacher", "s1"),
        role("r2", "t1", "teacher", "s2"),
        role("r3", "a1", "administrator", "d"),
    ]
    await load(database, Listed(*people, *roles, kinds=kinds))

    assert (await active_roster(database))["memberships"] == [
        ("a1", None, "administrator", True),
        ("t1", "s1", "teacher", False),
        ("t1", "s2", "teacher", True),
    ]

    ended = role("r1", "t1", "teacher", "s1", gone=True)
    stranger = role("r9", "nobody", "teacher", "s1")
    report = await load(database, Listed(ended, stranger, mode=Mode.DELTA, kinds=[Kind.MEMBERSHIPS]))

    assert report.kinds[Kind.MEMBERSHIPS].removed == 1
    assert [row.code for row in report.rejected] == ["unknown_person"]
    assert len((await active_roster(database))["memberships"]) == 2


async def test_a_role_counts_only_between_its_dates(database: Database) -> None:
    today = NOW.date()
    kinds = (Kind.SCHOOLS, Kind.PEOPLE, Kind.MEMBERSHIPS)
    report = await load(
        database,
        Listed(
            org("s1"),
            *(person(id, None) for id in ("now", "past", "future")),
            role("r1", "now", begins_on=today, ends_on=today),
            role("r2", "past", ends_on=today.replace(day=5)),
            role("r3", "future", begins_on=today.replace(day=7)),
            kinds=kinds,
        ),
    )

    assert [row[0] for row in (await active_roster(database))["memberships"]] == ["now"]
    assert [(quirk.code, quirk.count) for quirk in report.warnings] == [("role_not_current", 2)]


async def test_organisations_that_are_neither_school_nor_district_are_left_out_with_a_note(database: Database) -> None:
    report = await load(database, [org("st", "The state", "state"), org("s1"), course("m", org="st")])

    assert report.kinds[Kind.SCHOOLS].added == 1
    assert any("1 of type state" in note.text for note in report.notes)
    assert [quirk.code for quirk in report.warnings] == ["unknown_school"]
    assert await fetch(database, "SELECT name FROM district") == [("District",)]
