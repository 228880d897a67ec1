"""Whose PINs and badges somebody may see to, and by which class or name they are found."""

from typing import NamedTuple
from uuid import UUID

from corridor.base.errors import NotFound, NotPermitted
from corridor.campus.model import School, Section, Student
from corridor.day.state import SchoolState
from corridor.identity.api import identity_of
from corridor.identity.credentials import Credentials
from corridor.identity.permissions import Action, Scope, require
from corridor.passes.api import PassRequest, services_of
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.policy.sight import Sight, must_see_student, sight_of


class CredentialDesk(NamedTuple):
    """A school and which of its students are in reach."""

    choice: SchoolChoice
    state: SchoolState
    sight: Sight

    @property
    def school(self) -> School:
        return self.choice.school

    def student(self, student_id: UUID) -> Student:
        """Raises `NotFound` for one out of reach."""
        must_see_student(self.sight, student_id)
        student = self.state.campus.students.get(student_id)
        if student is None:
            raise NotFound("There is no such student, or the record is not yours to see.")
        return student

    def section(self, section_id: UUID) -> Section:
        """Raises `NotFound` for one out of reach."""
        section = self.state.campus.sections.get(section_id)
        if section is None or not self.sight.has_section(section_id):
            raise NotFound("There is no such class, or it is not one of yours.")
        return section

    def students_of(self, section: Section) -> list[Student]:
        students = self.state.campus.students
        found = (students[id] for id in section.student_ids if id in students)
        return sorted(found, key=lambda student: (student.sort_name.casefold(), student.id))

    def classes(self) -> list[tuple[UUID, str]]:
        """The classes in reach with students in them, each as its title, period and teacher."""
        campus = self.state.campus
        found = (section for section in campus.sections.values() if section.student_ids)
        named = [(section.id, self.class_words(section)) for section in found if self.sight.has_section(section.id)]
        return sorted(named, key=lambda entry: (entry[1].casefold(), entry[0]))

    def class_words(self, section: Section) -> str:
        periods = sorted({meeting.period for meeting in section.meetings if meeting.period})
        teachers = [self.state.campus.staff[id] for id in section.teacher_ids if id in self.state.campus.staff]
        when = f"period {', '.join(periods)}" if periods else ""
        return ", ".join(part for part in (section.title, when, *teachers[:1]) if part)


async def credential_desk(request: PassRequest, school_id: UUID | None) -> CredentialDesk:
    """Raises `NotPermitted` for a student, who has a page of their own, and `NotFound` for a school out of reach."""
    if require(request.user, Action.CREDENTIAL_CHANGE) is Scope.OWN:
        raise NotPermitted("PINs and badges of others are for staff. Your own PIN you set at /me/pin.")
    choice = await choose_school(request, Action.CREDENTIAL_CHANGE, school_id)
    services = services_of(request)
    state = await services.ledger.state(choice.school.id)
    sight = sight_of(state, request.user, Action.CREDENTIAL_CHANGE, services.clock.now())
    return CredentialDesk(choice, state, sight)


async def credentials_of(request: PassRequest, students: list[Student]) -> list[tuple[Student, Credentials]]:
    known = await identity_of(request).credentials.of([student.id for student in students])
    return [(student, known[student.id]) for student in students]
