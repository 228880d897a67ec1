"""What a teacher's page is about: which school, which class, and what its templates need of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from corridor.base.errors import InvalidInput, NotFound
from corridor.day.state import Pass, SchoolState
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, services_of
from corridor.passes.classroom import Hour, Lookout, classroom, look_at_class
from corridor.passes.masking import Eyes, eyes_of
from corridor.passes.pages import choose_school
from corridor.policy.sight import sight_of

HOME = "/teacher"


class Desk(msgspec.Struct, frozen=True):
    """Who looks at what, and what they see. `section_id` is the class that the page's address names, if it does."""

    school_id: UUID
    state: SchoolState
    seq: int
    section_id: UUID | None
    lookout: Lookout
    eyes: Eyes

    @property
    def hour(self) -> Hour | None:
        return self.lookout.hour

    @property
    def path(self) -> str:
        """The page's address."""
        if self.section_id:
            return f"{HOME}?section={self.section_id}"
        return HOME if self.lookout.own else f"{HOME}?school={self.school_id}"


async def find_desk(
    request: PassRequest,
    section_id: UUID | None,
    school_id: UUID | None = None,
    student_id: UUID | None = None,
) -> Desk:
    """The desk for this section, else for this school, else where this student is, else for the asker's own classes.

    Raises `NotFound` for a class, school or student that is out of the asker's reach.
    """
    services = services_of(request)
    require(request.user, Action.SECTION_VIEW, school_id=school_id)
    now = services.clock.now()
    desks = []
    for id in [school_id] if school_id else await _schools(request, section_id):
        await services.ledger.state(id)
        known = services.ledger.known(id)
        assert known is not None
        state = known[0]
        campus = state.campus
        if section_id in (None, *campus.sections) and student_id in (None, *campus.students):
            sight = sight_of(state, request.user, Action.SECTION_VIEW, now)
            if section_id and not sight.has_section(section_id):
                continue
            if student_id and not sight_of(state, request.user, Action.STUDENT_VIEW, now).has_student(student_id):
                continue
            lookout = look_at_class(campus, request.user.person_id, section_id, now, state.delegations, sight)
            desks.append(Desk(id, *known, section_id, lookout, eyes_of(state, request.user, now)))
    if not desks:
        what = "class" if section_id else "student"
        raise NotFound(f"There is no such {what} at your school, or the roster no longer has it.")
    return max(desks, key=lambda desk: (desk.hour is not None and desk.hour.now, bool(desk.lookout.own)))


async def desk_of_pass(request: PassRequest, pass_id: UUID, section_id: UUID | None) -> tuple[Desk, Pass]:
    """The desk from which a pass that the asker may see was acted on, and the pass as it now is."""
    ledger = services_of(request).ledger
    for school_id in ledger.known_schools():
        known = ledger.known(school_id)
        pass_ = known and (known[0].passes.get(pass_id) or known[0].closed.get(pass_id))
        if pass_:
            return await find_desk(request, section_id, None if section_id else school_id), pass_
    raise NotFound("There is no such pass open today.")


def class_context(
    state: SchoolState, lookout: Lookout, section_id: UUID | None, form_token: str, now: datetime, eyes: Eyes
) -> dict[str, Any]:
    """What the templates of the page and of its parts need. `form_token` makes the forms in them the browser's own."""
    return {
        "school": state.campus.school,
        "locations": eyes.places(state),
        "sections": state.campus.sections,
        "lookout": lookout,
        "hour": lookout.hour,
        "room": classroom(state, lookout, now, eyes),
        "section": section_id or "",
        "form_token": form_token,
    }


def uuid_in(text: str) -> UUID | None:
    """The identifier in a form's field, None for an empty one."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise InvalidInput("This page's form is incomplete. Load the page again and repeat the last step.") from None


async def _schools(request: PassRequest, section_id: UUID | None) -> list[UUID]:
    """Where to look: in the section's school, else in the teacher's schools, else in the first that is reached."""
    principal = request.user
    if section_id is None:
        if principal.school_ids and principal.person_id:
            return sorted(principal.school_ids)
        return [(await choose_school(request, Action.SECTION_VIEW, None)).school.id]
    async with services_of(request).database.raw() as connection:
        cursor = await connection.execute("SELECT school_id FROM section WHERE id = %s", [section_id])
        row = await cursor.fetchone()
    return [row[0]] if row and principal.reaches(row[0]) else []
