"""Which rows of a school a principal's right reaches: the students of their classes, their place, everyone. Pure."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from corridor.base.errors import NotFound
from corridor.campus.timetable import current_of, local
from corridor.day.policy import Privacy
from corridor.day.state import Pass, SchoolState
from corridor.identity.permissions import Action, Scope, require
from corridor.identity.principal import Principal, Role
from corridor.policy.standing import delegations_on, stood_in_for

_READING = frozenset(
    {
        Action.STUDENT_VIEW,
        Action.SECTION_VIEW,
        Action.PASS_VIEW,
        Action.BOARD_VIEW,
        Action.STREAM_VIEW,
        Action.APPOINTMENT_VIEW,
    }
)
"""What a school that is open to its staff lets every teacher do with every student."""


class Sight(msgspec.Struct, frozen=True):
    """What a right reaches: `everyone`, else these `students`, `sections`, and passes that begin at or lead to these
    `places`."""

    everyone: bool = False
    students: frozenset[UUID] = frozenset()
    sections: frozenset[UUID] = frozenset()
    places: frozenset[UUID] = frozenset()

    @property
    def only(self) -> frozenset[UUID] | None:
        """The students it is limited to, None for no limit."""
        return None if self.everyone else self.students

    def has_student(self, student_id: UUID) -> bool:
        return self.everyone or student_id in self.students

    def has_section(self, section_id: UUID) -> bool:
        return self.everyone or section_id in self.sections

    def has_place(self, location_id: UUID | None) -> bool:
        return self.everyone or location_id in self.places

    def has_pass(self, pass_: Pass) -> bool:
        return self.has_trip(pass_.student_id, pass_.origin_id, pass_.destination_id)

    def has_trip(self, student_id: UUID, origin_id: UUID | None, destination_id: UUID) -> bool:
        return self.has_student(student_id) or bool(self.places & {origin_id, destination_id})


EVERYONE = Sight(everyone=True)
NOBODY = Sight()


def sight_of(state: SchoolState, principal: Principal, action: Action, now: datetime) -> Sight:
    """What of this school the principal's right to `action` reaches.

    Raises `NotPermitted` without the right and `NotFound` for a school out of reach.
    """
    scope = require(principal, action, school_id=state.campus.school.id)
    if scope in (Scope.SCHOOL, Scope.DISTRICT):
        return _all_but_restricted(state, NOBODY) if principal.role is Role.INTEGRATION else EVERYONE
    if scope is Scope.OWN:
        return Sight(students=principal.own_ids)
    if scope is Scope.LOCATION:
        return Sight(places=places_of(state, principal))
    is_open = action in _READING and privacy_of(state).open_to_staff
    if is_open and not state.restrictions:
        return EVERYONE
    classes = _of_classes(state, principal, now)
    return _all_but_restricted(state, classes) if is_open else classes


def places_of(state: SchoolState, principal: Principal) -> frozenset[UUID]:
    """The locations where the principal receives students: those they are posted to, and the room of a device."""
    ids = {principal.person_id, principal.id}
    posted = (post.id for post in state.posts.values() if not ids.isdisjoint(post.staff_ids))
    return frozenset([*posted, *([principal.location_id] if principal.location_id else [])])


def privacy_of(state: SchoolState) -> Privacy:
    return state.privacy or Privacy(state.campus.school.id)


def must_see_student(sight: Sight, student_id: UUID) -> None:
    """Raises the `NotFound` of a student who is not there, so that an answer does not tell the two apart."""
    if not sight.has_student(student_id):
        raise NotFound("There is no such student, or the record is not yours to see.")


def _of_classes(state: SchoolState, principal: Principal, now: datetime) -> Sight:
    """The classes of somebody who teaches or stands in, who is in them, and the rooms in which they meet."""
    campus = state.campus
    if principal.person_id is None:
        return NOBODY
    today = delegations_on(state.delegations, local(campus, now).date())
    _, for_others = stood_in_for(campus, today, principal.person_id)
    sections = current_of(campus, {*campus.taught_by.get(principal.person_id, ()), *for_others}, now)
    return Sight(
        students=frozenset(id for section in sections for id in campus.sections[section].student_ids),
        sections=frozenset(sections),
        places=_rooms(state, sections),
    )


def _all_but_restricted(state: SchoolState, mine: Sight) -> Sight:
    """Everyone but those of whom a family was granted that only who needs to know sees the record; `mine` stays.

    A class with one of them in it is left out whole: its list would tell who is in it.
    """
    hidden = frozenset(state.restrictions) - mine.students
    if not hidden:
        return EVERYONE
    sections = state.campus.sections.values()
    return Sight(
        students=frozenset(state.campus.students) - hidden,
        sections=mine.sections | {each.id for each in sections if hidden.isdisjoint(each.student_ids)},
        places=mine.places,
    )


def _rooms(state: SchoolState, sections: Collection[UUID]) -> frozenset[UUID]:
    meetings = (meeting for id in sections for meeting in state.campus.sections[id].meetings)
    return frozenset(meeting.location_id for meeting in meetings if meeting.location_id)
