"""Writes the made-up district as a OneRoster CSV 1.2 folder (IMS OneRoster 1.2 CSV binding), bulk files only."""

import csv
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from corridor.demo.district import central_office, draw_schools
from corridor.demo.plan import DISTRICT_ID, DISTRICT_NAME, DistrictSpec, Person, SchoolPlan, Section
from corridor.demo.year import SchoolYear, school_year

# Changes with the generator, so that data made by an older one is noticed.
GENERATION = 1

_HEADERS = {
    "academicSessions": "title,type,startDate,endDate,parentSourcedId,schoolYear",
    "orgs": "name,type,identifier,parentSourcedId",
    "courses": "schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes",
    "classes": "title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,"
    "subjectCodes,periods",
    "users": "enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,"
    "grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,preferredFamilyName,"
    "primaryOrgSourcedId,pronouns",
    "roles": "userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId",
    "enrollments": "classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
}
_ABSENT = (
    "categories,classResources,courseResources,demographics,lineItemLearningObjectiveIds,lineItems,lineItemScoreScales,"
    "resources,resultLearningObjectiveIds,results,resultScoreScales,scoreScales,userProfiles,userResources"
).split(",")


class Written(msgspec.Struct, frozen=True):
    """How many rows each file got, besides its header."""

    rows: dict[str, int]

    @property
    def users(self) -> int:
        return self.rows["users"]

    @property
    def enrollments(self) -> int:
        return self.rows["enrollments"]


def session_id(year: SchoolYear, key: str) -> str:
    """The sourcedId of a session of the year; it carries the generation."""
    return f"{DISTRICT_ID}-{year.label}-{key}-g{GENERATION}"


def write_district(
    spec: DistrictSpec, folder: Path, *, progress: Callable[[int, int], None] = lambda done, total: None
) -> Written:
    """Draw the district and write its files into `folder`, made if need be. `progress` hears of schools: done, all."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as files:
        writer = _Writer(folder, files, school_year(spec.on))
        writer.district(central_office(spec))
        for done, school in enumerate(draw_schools(spec), start=1):
            writer.school(school)
            progress(done, spec.schools)
        writer.manifest()
    return Written(writer.rows)


class _Writer:
    def __init__(self, folder: Path, files: ExitStack, year: SchoolYear) -> None:
        self._folder = folder
        self._year = year
        self._terms = {
            "year": ",".join(session_id(year, key) for key in ("s1", "s2")),
            "s1": session_id(year, "s1"),
            "s2": session_id(year, "s2"),
        }
        self._dates = {session.key: (session.starts_on, session.ends_on) for session in year.sessions()}
        self.rows = dict.fromkeys(_HEADERS, 0)
        self._files = {}
        for name, header in _HEADERS.items():
            opened = files.enter_context((folder / f"{name}.csv").open("w", encoding="utf-8", newline=""))
            self._files[name] = csv.writer(opened, lineterminator="\r\n")
            self._files[name].writerow(["sourcedId", "status", "dateLastModified", *header.split(",")])

    def district(self, office: Sequence[Person]) -> None:
        for session in self._year.sessions():
            parent = session_id(self._year, session.parent) if session.parent else ""
            row = session.title, session.kind, session.starts_on, session.ends_on, parent, self._year.autumn + 1
            self._row("academicSessions", session_id(self._year, session.key), row)
        self._row("orgs", DISTRICT_ID, (DISTRICT_NAME, "district", "1000", ""))
        for member in office:
            self._user(member, DISTRICT_ID)

    def school(self, school: SchoolPlan) -> None:
        self._row("orgs", school.id, (school.name, "school", school.identifier, DISTRICT_ID))
        for course in school.courses:
            year = session_id(self._year, "year")
            row = year, course.title, course.code, course.grade, school.id, course.subject, ""
            self._row("courses", course.id, row)
        for person in school.people().values():
            self._user(person, school.id)
        for section in school.sections:
            self._section(section, school.id)

    def manifest(self) -> None:
        lines = [("propertyName", "value"), ("manifest.version", "1.0"), ("oneroster.version", "1.2")]
        modes = dict.fromkeys(_HEADERS, "bulk") | dict.fromkeys(_ABSENT, "absent")
        lines += [(f"file.{name}", mode) for name, mode in sorted(modes.items())]
        lines += [("source.systemName", "Corridor's made-up district"), ("source.systemCode", DISTRICT_ID)]
        with (self._folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\r\n").writerows(lines)

    def _section(self, section: Section, school_id: str) -> None:
        course = section.course
        row = (
            course.title,
            course.grade,
            course.id,
            section.code,
            section.kind,
            section.room,
            school_id,
            self._terms[section.term],
            course.subject,
            "",
            section.period,
        )
        self._row("classes", section.id, row)
        begins, ends = self._dates[section.term]
        teacher = section.id, school_id, section.teacher_id, "teacher", "true", begins, ends
        self._row("enrollments", f"{section.id}:{section.teacher_id}", teacher)
        for student_id in section.student_ids:
            student = section.id, school_id, student_id, "student", "false", begins, ends
            self._row("enrollments", f"{section.id}:{student_id}", student)

    def _user(self, person: Person, org_id: str) -> None:
        name = person.name
        row = (
            "true",
            person.user_name,
            f"{{LDAP:{person.user_name}}}",
            name.given.text,
            name.family.text,
            name.middle,
            person.number,
            person.email,
            "",
            person.phone,
            ",".join(person.agent_ids),
            person.grade,
            "",
            person.number,
            name.preferred_given,
            "",
            "",
            org_id,
            name.pronouns,
        )
        self._row("users", person.id, row)
        begins, ends = self._dates["year"]
        role_row = person.id, "primary", person.role, begins, ends, org_id, ""
        self._row("roles", f"{person.id}:{org_id}", role_row)

    def _row(self, name: str, sourced_id: str, values: Iterable[object]) -> None:
        self._files[name].writerow([sourced_id, "", "", *values])
        self.rows[name] += 1
