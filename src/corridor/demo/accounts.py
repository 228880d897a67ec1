"""The demo's accounts: who of the made-up people signs in as what.

The students and the teacher meet in one section in the period under way, so that a request can be made in one browser
and approved in another.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from corridor.campus.model import Period
from corridor.demo.bells import bells_of
from corridor.demo.courses import PERIODS
from corridor.demo.plan import Person, SchoolPlan, Section
from corridor.demo.year import school_year
from corridor.identity.accounts import DemoAccount
from corridor.identity.principal import Role

PASSWORD = "corridor-demo"
_LEAST_LEFT = timedelta(minutes=10)


class CastMember(msgspec.Struct, frozen=True):
    """An account and the roster's id of the person behind it."""

    account: DemoAccount
    person_id: str


class Cast(msgspec.Struct, frozen=True):
    """`section` is where the students and the teacher meet, `taught` are all the teacher's sections of the semester.
    `away_id` is the teacher whose classes the substitute has."""

    members: tuple[CastMember, ...]
    section: Section
    taught: tuple[Section, ...]
    away_id: str

    def person_ids(self, role: Role) -> frozenset[str]:
        return frozenset(member.person_id for member in self.members if member.account.role is role)


def choose_cast(school: SchoolPlan, office: Sequence[Person], at: datetime) -> Cast:
    """The demo accounts for a demo that opens at the local time `at`, one for each role at least.

    The teacher is always the same; the students are from the section that the teacher has in this period, or in the
    next that they teach when this one is nearly over or free.
    """
    term = "s1" if at.date() <= school_year(at.date()).first_semester_ends_on else "s2"
    sections = [section for period in PERIODS for section in school.sections_in(period, term)]
    by_teacher: dict[str, list[Section]] = {}
    for section in sections:
        by_teacher.setdefault(section.teacher_id, []).append(section)
    teacher_id, taught = max(by_teacher.items(), key=lambda entry: len(entry[1]))
    section = _meeting_now(taught, bells_of(school.name), at)
    people = school.people()
    teacher = people[teacher_id]
    away = people[max((id for id in by_teacher if id != teacher_id), key=lambda id: len(by_teacher[id]))]
    place = f"{section.course.title}, period {section.period}, room {section.room}"
    first, second = (people[student_id] for student_id in section.student_ids[:2])
    staff = {member.role: member for member in reversed(school.staff)}
    members = (
        _member("student", first, Role.STUDENT, f"{place}: ask for a pass"),
        _member("student2", second, Role.STUDENT, f"{place}: a second student of the same section"),
        _member("teacher", teacher, Role.TEACHER, f"{place}: approve requests, see who is out"),
        _member("substitute", staff["aide"], Role.SUBSTITUTE, f"the classes of {away.name.family.text}, today alone"),
        _member("monitor", staff["proctor"], Role.HALL_MONITOR, "everyone who is out, and until when"),
        _member("nurse", staff["ext:nurse"], Role.DESTINATION_STAFF, "who is coming and who is here"),
        _member("counselor", staff["counselor"], Role.DESTINATION_STAFF, "who is coming and who is here"),
        _member("office", staff["ext:office"], Role.FRONT_OFFICE, "find any student, issue any pass"),
        _member("principal", staff["principal"], Role.SCHOOL_ADMIN, f"all of {school.name}"),
        _member("guardian", _guardian_of(school, first), Role.GUARDIAN, "both students: passes, who looked, requests"),
        _member("district", office[0], Role.DISTRICT_ADMIN, "every school, and the roster import"),
    )
    return Cast(members, section, tuple(taught), away.id)


def _member(username: str, person: Person, role: Role, about: str) -> CastMember:
    given = person.name.preferred_given or person.name.given.text
    name = f"{given} {person.name.family.text}"
    return CastMember(DemoAccount(username, PASSWORD, name, role, about), person.id)


def _guardian_of(school: SchoolPlan, student: Person) -> Person:
    """A guardian of the student by the roster, else another family's, who gets to be one."""
    return next((each for each in school.guardians if each.id in student.agent_ids), school.guardians[0])


def _meeting_now(taught: Sequence[Section], bells: Sequence[Period], at: datetime) -> Section:
    by_period = {section.period: section for section in taught}
    ahead = [
        by_period[period.name]
        for period in bells
        if period.name in by_period and at + _LEAST_LEFT <= datetime.combine(at.date(), period.ends_at, at.tzinfo)
    ]
    return ahead[0] if ahead else taught[-1]
