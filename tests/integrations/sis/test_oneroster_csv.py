"""A correct OneRoster export, 1.1 and 1.2, as roster records."""

from datetime import date
from pathlib import Path

from corridor.campus.roster.records import (
    CourseRecord,
    EnrollmentRecord,
    GoneRecord,
    Kind,
    Meeting,
    Mode,
    OrgRecord,
    PersonRecord,
    Role,
    RoleRecord,
    SectionRecord,
)
from corridor.campus.words import PersonRole
from tests.integrations.sis.exports import (
    CLASSES,
    ENROLLMENTS,
    EXPORT,
    EXPORT_1_2,
    MANIFEST,
    USERS,
    pull,
    pull_files,
    write,
    write_zip,
)


async def test_a_correct_export_is_read_without_a_single_problem(tmp_path: Path) -> None:
    pulled = await pull_files(tmp_path, {})

    assert pulled.problems == []
    assert {scope.mode for scope in pulled.scopes.values()} == {Mode.BULK}
    assert set(pulled.scopes) == set(Kind) - {Kind.MEMBERSHIPS, Kind.GUARDIANSHIPS, Kind.LOCATIONS}
    assert len(pulled.records) == 2 + 1 + 1 + 4 + 1 + 3


async def test_rows_become_records_with_their_place(tmp_path: Path) -> None:
    pulled = await pull_files(tmp_path, {})

    school, course = pulled.record("s1"), pulled.record("m")
    assert isinstance(school, OrgRecord)
    assert (school.name, school.type, school.identifier, school.file, school.line) == (
        *("Washington", "school", "0042"),
        *("orgs.csv", 3),
    )
    assert isinstance(course, CourseRecord)
    assert (course.title, course.code, course.org) == ("Maths", "M1", "d")
    section, seat = pulled.record("c1"), pulled.record("c1-t1")
    assert isinstance(section, SectionRecord)
    assert section.meetings == (Meeting("1", "204"), Meeting("3", "204"))
    assert (section.terms, section.kind, section.code) == (("y",), "scheduled", "M1-1")
    assert isinstance(seat, EnrollmentRecord)
    assert (seat.role, seat.is_primary, seat.begins_on) == (PersonRole.TEACHER, True, date(2026, 8, 20))


async def test_people_of_1_1_bring_their_roles_and_agents(tmp_path: Path) -> None:
    pulled = await pull_files(tmp_path, {"users.csv": USERS.replace(",s1,teacher", ',"s1, d",teacher')})

    teacher, student, other = pulled.record("t1"), pulled.record("p1"), pulled.record("p2")
    assert isinstance(teacher, PersonRecord)
    assert isinstance(student, PersonRecord)
    assert isinstance(other, PersonRecord)
    assert teacher.roles == (Role("s1", PersonRole.TEACHER, True), Role("d", PersonRole.TEACHER, False))
    assert (student.agents, student.grade, student.may_sign_in) == (("g1",), "07", True)
    assert (other.given_name, other.family_name, other.may_sign_in) == ("桜", "田中", False)
    guardian = pulled.record("g1")
    assert isinstance(guardian, PersonRecord)
    assert guardian.phone == "555-1", "the number for messages stands in for a missing one"
    assert pulled.scopes[Kind.PEOPLE].silent >= {"pronouns", "preferred_given_name"}


async def test_people_of_1_2_have_their_roles_in_a_file_of_its_own(tmp_path: Path) -> None:
    pulled = await pull_files(tmp_path, {}, EXPORT_1_2)

    assert pulled.problems == []
    student = pulled.record("p1")
    assert isinstance(student, PersonRecord)
    assert (student.given_name, student.preferred_given_name, student.pronouns) == ("Benedict", "Ben", "they/them")
    assert student.roles is None
    roles = [record for record in pulled.records if isinstance(record, RoleRecord)]
    assert [(role.person, role.role, role.is_primary) for role in roles] == [
        ("t1", PersonRole.TEACHER, True),
        ("t1", PersonRole.OTHER, False),
        ("p1", PersonRole.STUDENT, True),
    ]
    assert pulled.scopes[Kind.MEMBERSHIPS].mode is Mode.BULK


async def test_delta_files_say_who_left(tmp_path: Path) -> None:
    enrollments = ENROLLMENTS.splitlines(keepends=True)
    delta = enrollments[0] + (
        "c1-p1,tobedeleted,2026-10-01T06:00:00Z,c1,s1,p1,student,,,\n"
        "c1-p3,active,2026-10-01T06:00:00Z,c1,s1,p3,student,,,\n"
    )
    manifest = MANIFEST.replace("bulk", "absent").replace("enrollments,absent", "enrollments,delta")
    pulled = await pull(write(tmp_path, {"manifest.csv": manifest, "enrollments.csv": delta}))

    assert {kind: scope.mode for kind, scope in pulled.scopes.items()} == {Kind.ENROLLMENTS: Mode.DELTA}
    assert isinstance(pulled.record("c1-p1"), GoneRecord)
    assert isinstance(pulled.record("c1-p3"), EnrollmentRecord)
    assert pulled.problems == []


async def test_a_zip_reads_like_its_folder_also_with_one_folder_inside(tmp_path: Path) -> None:
    folder = await pull(write(tmp_path / "folder", EXPORT))
    flat = await pull(write_zip(tmp_path / "flat.zip", EXPORT))
    nested = await pull(write_zip(tmp_path / "nested.zip", EXPORT, inside="export 2026/"))
    nested_folder = await pull(write(tmp_path / "outer" / "inner", EXPORT).parent)

    assert folder.records == flat.records == nested.records == nested_folder.records


async def test_a_byte_order_mark_and_either_line_end_are_no_matter(tmp_path: Path) -> None:
    plain = await pull_files(tmp_path / "a", {})
    marked = await pull_files(
        tmp_path / "b", {name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for name, text in EXPORT.items()}
    )

    assert marked.records == plain.records
    assert marked.problems == []


async def test_quoted_values_may_hold_commas_quotation_marks_and_line_breaks(tmp_path: Path) -> None:
    title = '"Maths, ""advanced""\nsecond line"'
    pulled = await pull_files(
        tmp_path, {"classes.csv": CLASSES.replace("Maths 7", title) + "c2,,,Next,,m,,,,s1,y,,,\n"}
    )

    section = pulled.record("c1")
    assert isinstance(section, SectionRecord)
    assert section.title == 'Maths, "advanced"\nsecond line'
    assert pulled.record("c2").line == 4, "lines are those of the file"


async def test_periods_in_brackets_stay_together(tmp_path: Path) -> None:
    pulled = await pull_files(tmp_path, {"classes.csv": CLASSES.replace('"1,3"', '"1(A,C), P2;HR"')})

    section = pulled.record("c1")
    assert isinstance(section, SectionRecord)
    assert [meeting.period for meeting in section.meetings] == ["1(A,C)", "P2", "HR"]


async def test_a_room_without_a_period_is_kept(tmp_path: Path) -> None:
    pulled = await pull_files(tmp_path, {"classes.csv": CLASSES.replace('"1,3"', "")})

    section = pulled.record("c1")
    assert isinstance(section, SectionRecord)
    assert section.meetings == (Meeting(None, "204"),)
