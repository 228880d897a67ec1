"""Exports as found in the wild: read with a warning where the meaning is clear, refused row by row where not."""

from datetime import date
from pathlib import Path

import pytest

from corridor.campus.roster.errors import RosterUnreadable
from corridor.campus.roster.records import EnrollmentRecord, GoneRecord, Kind, Mode, PersonRecord, TermRecord
from corridor.campus.words import PersonRole
from tests.integrations.sis.exports import (
    CLASSES,
    COURSES,
    ENROLLMENTS,
    EXPORT,
    EXPORT_1_2,
    MANIFEST,
    ORGS,
    SESSIONS,
    USERS,
    USERS_1_2,
    pull,
    pull_files,
    write,
)


async def test_true_false_roles_and_dates_in_other_spellings_are_read_with_a_warning(tmp_path: Path) -> None:
    enrollments = ENROLLMENTS.replace("teacher,true,2026-08-20", "Teacher,TRUE,8/20/2026")
    pulled = await pull_files(tmp_path, {"enrollments.csv": enrollments})

    seat = pulled.record("c1-t1")
    assert isinstance(seat, EnrollmentRecord)
    assert (seat.role, seat.is_primary, seat.begins_on) == (PersonRole.TEACHER, True, date(2026, 8, 20))
    assert pulled.codes() == {"role_spelling", "flag_spelling", "date_format"}
    warning = pulled.problem("date_format")
    assert (warning.file, warning.line, warning.field, warning.value) == (
        *("enrollments.csv", 2),
        *("beginDate", "8/20/2026"),
    )


@pytest.mark.parametrize("written", ["1", "TRUE", "yes", "Y"])
async def test_true_is_told_in_many_ways(tmp_path: Path, written: str) -> None:
    pulled = await pull_files(tmp_path, {"users.csv": USERS.replace("p2,,,false", f"p2,,,{written}")})

    person = pulled.record("p2")
    assert isinstance(person, PersonRecord)
    assert person.may_sign_in is True


@pytest.mark.parametrize("status", ["tobedeleted", "toBeDeleted", "inactive", "INACTIVE"])
async def test_who_is_marked_as_gone_has_left_also_in_a_complete_list(tmp_path: Path, status: str) -> None:
    pulled = await pull_files(tmp_path, {"users.csv": USERS.replace("p2,,,", f"p2,{status},,")})

    assert isinstance(pulled.record("p2"), GoneRecord)
    assert "status_in_bulk" in pulled.codes()


@pytest.mark.parametrize(
    ("file", "content", "code", "field", "value"),
    [
        ("users.csv", USERS.replace("p2,,,false", "p2,,,maybe"), "bad_flag", "enabledUser", "maybe"),
        ("users.csv", USERS.replace("s1,student,cho", "s1,cho,student"), "unknown_role", "role", "cho"),
        ("users.csv", USERS.replace("p2,,,", "p2,paused,,"), "bad_status", "status", "paused"),
        ("users.csv", USERS.replace("桜,田中", ","), "missing_value", "familyName", None),
        ("users.csv", USERS.replace("p2,,,false", ",,,false"), "missing_value", "sourcedId", None),
        ("users.csv", USERS.replace("桜", "桜\0"), "null_character", None, None),
        ("users.csv", USERS.replace("桜", "x" * 1001), "too_long", None, None),
        ("classes.csv", CLASSES.replace(",s1,", ",,"), "missing_value", "schoolSourcedId", None),
        ("enrollments.csv", ENROLLMENTS.replace("2026-08-20", "20/8/2026"), "bad_date", "beginDate", "20/8/2026"),
        ("enrollments.csv", ENROLLMENTS.replace("2026-08-20", "2026-02-30"), "bad_date", "beginDate", "2026-02-30"),
        ("academicSessions.csv", SESSIONS.replace("2027-06-15", "2025-06-15"), "dates_reversed", "endDate", None),
        ("orgs.csv", ORGS.replace("school", ""), "missing_value", "type", None),
    ],
)
async def test_a_row_whose_meaning_is_unclear_is_refused_with_its_place_and_what_to_do(
    tmp_path: Path, file: str, content: str, code: str, field: str | None, value: str | None
) -> None:
    pulled = await pull_files(tmp_path, {file: content})

    refused = pulled.problem(code)
    assert refused.rejected
    assert refused.file == file
    assert refused.line is not None
    assert refused.line > 1
    assert refused.field == field
    assert value is None or refused.value == value
    assert refused.why
    assert refused.advice


async def test_a_refused_row_says_whose_it_was(tmp_path: Path) -> None:
    bad_role = EXPORT_1_2["roles.csv"].replace("r3,,,p1,primary,student", "r3,,,p1,primary,pupil")
    in_1_2 = await pull_files(tmp_path / "a", {"roles.csv": bad_role}, EXPORT_1_2)
    in_1_1 = await pull_files(tmp_path / "b", {"users.csv": USERS.replace("p2,,,false", "p2,,,maybe")})

    assert in_1_2.problem("unknown_role").keeps == "p1", "a role is the person's"
    assert in_1_1.problem("bad_flag").keeps == "p2"


async def test_a_row_with_too_many_cells_is_refused_and_with_blank_ones_read(tmp_path: Path) -> None:
    too_many = ENROLLMENTS.replace("c1-p1,,,c1", "c1-p1,,,Maths, 7,c1").replace("p2,student,,,", "p2,student,,,,,")
    pulled = await pull_files(tmp_path, {"enrollments.csv": too_many})

    refused, read = (problem for problem in pulled.problems if problem.code == "extra_cells")
    assert (refused.rejected, refused.line, refused.keeps) == (True, 3, "c1-p1")
    assert (read.rejected, read.line) == (False, 4)


async def test_missing_cells_at_the_end_are_blank(tmp_path: Path) -> None:
    pulled = await pull_files(tmp_path, {"enrollments.csv": ENROLLMENTS.replace("p2,student,,,", "p2,student")})

    seat = pulled.record("c1-p2")
    assert isinstance(seat, EnrollmentRecord)
    assert (seat.is_primary, seat.begins_on) == (False, None)
    assert pulled.codes() == {"short_row"}


@pytest.mark.parametrize(
    ("header", "written", "code"),
    [
        ("preferredGivenName", "prefferedGivenName", "misspelt_column"),
        ("preferredGivenName", "preferredFirstName", "misspelt_column"),
        ("givenName", "GIVENNAME", "misspelt_column"),
        ("primaryOrgSourcedId", "primaryOrgSourceId", "misspelt_column"),
        ("givenName", " givenName ", None),
    ],
)
async def test_a_misspelt_column_is_recognised(tmp_path: Path, header: str, written: str, code: str | None) -> None:
    users = USERS_1_2.replace(f",{header},", f",{written},", 1)
    pulled = await pull_files(tmp_path, {"users.csv": users}, EXPORT_1_2)

    student = pulled.record("p1")
    assert isinstance(student, PersonRecord)
    assert (student.given_name, student.preferred_given_name) == ("Benedict", "Ben")
    assert pulled.codes() == ({code} if code else set())


async def test_columns_that_oneroster_does_not_have_are_passed_over(tmp_path: Path) -> None:
    courses = "sourcedId,title,metadata.note,colour,,title,orgSourcedId\nm,Maths,x,red,,Other,d\n"
    pulled = await pull_files(tmp_path, {"courses.csv": courses})

    assert pulled.codes() == {"unknown_columns", "nameless_columns", "repeated_column", "missing_columns"}
    assert pulled.problem("unknown_columns").value == "colour"
    assert pulled.problem("missing_columns").value == "status, dateLastModified, courseCode"


async def test_a_header_that_stands_between_the_rows_again_is_passed_over(tmp_path: Path) -> None:
    pulled = await pull_files(
        tmp_path, {"courses.csv": COURSES + COURSES.splitlines(keepends=True)[0] + "n,,,y,Art,,,d,,\n"}
    )

    assert pulled.codes() == {"repeated_header"}
    assert pulled.record("n").line == 4


@pytest.mark.parametrize("column", ["sourcedId", "familyName", "role"])
async def test_a_missing_necessary_column_is_named_with_its_file(tmp_path: Path, column: str) -> None:
    with pytest.raises(RosterUnreadable, match=rf"users\.csv has no column {column}\b") as failed:
        await pull_files(tmp_path, {"users.csv": USERS.replace(column, "nickname_x", 1)})

    assert (failed.value.file, failed.value.line) == ("users.csv", 1)


async def test_a_file_without_a_header_does_not_spill_its_first_row_into_the_error(tmp_path: Path) -> None:
    headless = "\n".join(USERS.splitlines()[2:])
    with pytest.raises(RosterUnreadable) as failed:
        await pull_files(tmp_path, {"users.csv": headless})

    assert "Ben" not in failed.value.detail
    assert "tell-no-one" not in failed.value.detail


async def test_latin_1_is_refused_with_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(RosterUnreadable, match=r"users\.csv, line 3 is not UTF-8") as failed:
        await pull_files(
            tmp_path, {"users.csv": USERS.replace("桜,田中", "x,y").replace("Ben", "Bén").encode("latin-1")}
        )

    assert (failed.value.file, failed.value.line) == ("users.csv", 3)


async def test_utf_16_is_recognised(tmp_path: Path) -> None:
    with pytest.raises(RosterUnreadable, match="UTF-16"):
        await pull_files(tmp_path, {"users.csv": USERS.encode("utf-16")})


@pytest.mark.parametrize(
    ("spoilt", "line", "words"),
    [
        (USERS + 'p9,,,true,s1,student,x,,"Unclosed', 6, "never closed"),
        (USERS + 'p9,,,true,s1,student,x,,"Rob "Bob" Roy",Y', 6, "inside a value"),
        (USERS.replace("\n", "\r"), 1, "carriage return"),
    ],
)
async def test_a_file_that_cannot_be_divided_into_rows_is_refused(
    tmp_path: Path, spoilt: str, line: int, words: str
) -> None:
    with pytest.raises(RosterUnreadable, match=words) as failed:
        await pull_files(tmp_path, {"users.csv": spoilt})

    assert failed.value.line == line


async def test_empty_files_are_absent_and_header_only_ones_complete(tmp_path: Path) -> None:
    pulled = await pull_files(tmp_path, {"courses.csv": "", "enrollments.csv": ENROLLMENTS.splitlines()[0]})

    assert Kind.COURSES not in pulled.scopes
    assert pulled.scopes[Kind.ENROLLMENTS].mode is Mode.BULK
    assert pulled.codes() == {"empty_file", "no_rows"}


async def test_one_name_is_enough(tmp_path: Path) -> None:
    pulled = await pull_files(tmp_path, {"users.csv": USERS.replace("桜,田中", "Prince,")})

    person = pulled.record("p2")
    assert isinstance(person, PersonRecord)
    assert (person.given_name, person.family_name) == ("Prince", "")
    assert pulled.codes() == {"one_name"}


async def test_sessions_and_classes_of_unknown_types_are_read_as_the_usual_ones(tmp_path: Path) -> None:
    pulled = await pull_files(
        tmp_path,
        {
            "academicSessions.csv": SESSIONS.replace("schoolYear,2026", "trimester,2026"),
            "classes.csv": CLASSES.replace("scheduled", "club"),
        },
    )

    term = pulled.record("y")
    assert isinstance(term, TermRecord)
    assert term.kind == "term"
    assert pulled.codes() == {"session_type", "class_type"}


async def test_the_password_is_never_passed_on(tmp_path: Path) -> None:
    """Not even from rows whose cells have moved, where it stands under another column."""
    secret = "tell-no-one"
    rows = USERS.splitlines()
    moved = [
        rows[2],
        rows[2].replace("p1,,,true", "p3,,,true").replace(",g1,07,", ",07,"),
        rows[2].replace("p1,,,true", "p4,,,true").replace(",g1,07,", ",g1,"),
        rows[2].replace("p1,,,true", "p5,,,true").replace(",g1,07,", ",g1,07,,"),
        rows[2].replace("p1,,,true", f"p6,,,{secret}"),
        rows[2].replace("p1,,,true", f"p7,,,true,s1,{secret}"),
        rows[2].replace("p1,,,true", "p8,,,true").replace("ben@school.org", secret),
        rows[2].replace("p1,,,true", "p9,,,true").replace(",07,", f",{secret},"),
    ]
    pulled = await pull_files(tmp_path, {"users.csv": "\n".join([rows[0], *moved])})

    assert secret not in repr(pulled.records)
    assert secret not in repr(pulled.problems)
    assert len(pulled.problems) >= 6


class TestManifest:
    async def test_it_may_be_missing(self, tmp_path: Path) -> None:
        files = {name: text for name, text in EXPORT.items() if name != "manifest.csv"}
        pulled = await pull(write(tmp_path, files))

        assert {scope.mode for scope in pulled.scopes.values()} == {Mode.BULK}
        assert pulled.codes() == {"no_manifest"}

    async def test_a_list_with_its_status_filled_in_is_complete_unless_somebody_says_otherwise(
        self, tmp_path: Path
    ) -> None:
        files = {"users.csv": USERS.replace("t1,,,", "t1,active,,"), "orgs.csv": ORGS}
        pulled = await pull(write(tmp_path, files))
        told = await pull(tmp_path, mode=Mode.DELTA)

        assert pulled.scopes[Kind.PEOPLE].mode is Mode.BULK
        assert pulled.codes() == {"no_manifest", "status_in_bulk"}
        assert told.scopes[Kind.PEOPLE].mode is Mode.DELTA
        assert "no_status_in_delta" in told.codes()

    async def test_misspelt_and_strange_properties_are_told(self, tmp_path: Path) -> None:
        manifest = MANIFEST.replace("file.users,bulk", "file.user,BULK").replace(
            "file.classes,bulk", "file.classes,full"
        )
        pulled = await pull_files(tmp_path, {"manifest.csv": manifest})

        assert pulled.codes() == {"misspelt_property", "bad_mode", "unsaid_mode"}
        assert pulled.scopes[Kind.PEOPLE].mode is Mode.BULK
        assert pulled.scopes[Kind.SECTIONS].mode is Mode.BULK

    @pytest.mark.parametrize("blank", ["", "propertyName,value\n", "propertyName,value\nfile.users,\n"])
    async def test_a_blank_one_says_nothing(self, tmp_path: Path, blank: str) -> None:
        pulled = await pull_files(tmp_path, {"manifest.csv": blank})

        assert pulled.codes() == {"no_manifest"}
        assert len(pulled.scopes) == 6

    async def test_what_it_calls_absent_is_not_read(self, tmp_path: Path) -> None:
        manifest = MANIFEST.replace("file.users,bulk", "file.users,absent")
        pulled = await pull_files(tmp_path, {"manifest.csv": manifest, "users.csv": "no table at all"})

        assert Kind.PEOPLE not in pulled.scopes
        assert pulled.codes() == {"unpromised_file"}

    async def test_a_file_it_promises_but_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        files = {name: text for name, text in EXPORT.items() if name != "courses.csv"}
        pulled = await pull(write(tmp_path, files))

        assert Kind.COURSES not in pulled.scopes
        assert pulled.problem("promised_file").value == "courses.csv"

    async def test_a_delta_needs_its_status_column(self, tmp_path: Path) -> None:
        manifest = MANIFEST.replace("file.courses,bulk", "file.courses,delta")
        with pytest.raises(RosterUnreadable, match=r"courses\.csv has no column status"):
            await pull_files(tmp_path, {"manifest.csv": manifest, "courses.csv": "sourcedId,title\nm,Maths\n"})

    async def test_1_2_without_roles_says_nothing_of_roles(self, tmp_path: Path) -> None:
        files = {name: text for name, text in EXPORT_1_2.items() if name != "roles.csv"}
        files["manifest.csv"] = files["manifest.csv"].replace("file.roles,bulk\n", "")
        pulled = await pull(write(tmp_path, files))

        assert pulled.codes() == {"no_roles"}
        assert Kind.MEMBERSHIPS not in pulled.scopes
