"""Find a student, and read one student's record: where they are, their day, their passes, who looked."""

from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Template

from corridor.base.errors import NotFound
from corridor.campus.queries import search_students
from corridor.campus.timetable import local
from corridor.day.policy import Accommodation
from corridor.day.state import SchoolState
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, Scope, require, scope_of
from corridor.passes.api import PassRequest, eyes_for, sight_for
from corridor.passes.masking import Eyes
from corridor.passes.pages import choose_school
from corridor.passes.queries import PassFilter, list_passes
from corridor.policy.sight import must_see_student
from corridor.privacy.api import schools_of_student, services_of
from corridor.privacy.record import absence_of, days_of, lessons, planned, where_now
from corridor.privacy.state import RecordsState
from corridor.privacy.who_looked import EntryPage, LookFilter, who_looked
from corridor.privacy.wording import ROLE_WORDS, what_was_seen
from corridor.web.admin_accommodations import what_differs
from corridor.web.policy_accommodations_api import Standing, standing_on, today_of

HOME = "/students"
_MOST_FOUND = 25
_MOST_PASSES = 60
_MOST_LOOKS = 8
_VIEW = {"permission": Action.STUDENT_VIEW}


@get(HOME, include_in_schema=False, opt=_VIEW)
async def find_students(
    request: PassRequest,
    search: Annotated[str, QueryParameter(name="query")] = "",
    school: FromQuery[UUID | None] = None,
) -> Template:
    """Search first; nobody is listed before that."""
    _staff_only(request)
    choice = await choose_school(request, Action.STUDENT_VIEW, school)
    sight = await sight_for(request, Action.STUDENT_VIEW, choice.school.id)
    query = search.replace("\0", "").strip()[:80]
    database = services_of(request).database
    found = await search_students(database, choice.school.id, query, _MOST_FOUND, among=sight.only)
    await looked(
        request, choice.school.id, "search", Look.LIST, student_ids=[each.id for each in found], number=len(found)
    )
    state = await services_of(request).ledger.state(choice.school.id)
    context = {
        "school": choice.school,
        "schools": choice.all,
        "query": query,
        "found": found,
        "most": _MOST_FOUND,
        "only_own": not sight.everyone,
        "where": await _where(request, state, [each.id for each in found]),
    }
    return Template("students.html", context=context)


@get(HOME + "/{student_id:uuid}", include_in_schema=False, opt=_VIEW)
async def show_record(request: PassRequest, student_id: FromPath[UUID]) -> Template:
    """Everything that the asker may see of one student, and no more."""
    _staff_only(request)
    state = await _state_of(request, student_id)
    school_id = state.campus.school.id
    must_see_student(await sight_for(request, Action.STUDENT_VIEW, school_id), student_id)
    await looked(request, school_id, "record", Look.RECORD, student_ids=[student_id])
    services = services_of(request)
    now = services.records.clock.now()
    student = state.campus.students[student_id]
    asked = await services.records.now_of(school_id)
    context = {
        "school": state.campus.school,
        "student": student,
        "today": local(state.campus, now).date(),
        "lessons": lessons(state, student_id, now),
        "away": absence_of(state, student_id, now),
        "days": None,
        "planned": (),
        "where": None,
        "accommodations": _accommodations(request, state, student_id),
        "statements": [each for each in asked.statements_on(student_id) if not each.about_id],
        "restrictions": asked.restrictions_on(student_id),
        "restricted": student_id in state.restrictions,
        "held": _held(request, asked, student_id),
        "looks": await _looks(request, school_id, student_id),
        "role_words": ROLE_WORDS,
        "what_was_seen": what_was_seen,
    }
    if scope_of(request.user, Action.PASS_VIEW):
        eyes = await eyes_for(request, school_id)
        passes = await list_passes(
            services.ledger,
            services.database,
            request.user,
            school_id,
            PassFilter(student_id=student_id),
            _MOST_PASSES,
        )
        told = {each.id for each in passes if not each.masked}
        context["statements"] = [each for each in asked.statements_on(student_id) if each.about_id in {None, *told}]
        context |= {"days": days_of(state, passes), "where": where_now(state, eyes, student, now)}
    if scope_of(request.user, Action.APPOINTMENT_VIEW):
        context["planned"] = planned(
            state, await eyes_for(request, school_id, Action.APPOINTMENT_VIEW), student_id, now
        )
    return Template("student_record.html", context=context)


PAGE_ROUTES: list[Any] = [find_students, show_record]


def _staff_only(request: PassRequest) -> None:
    """Students have a page of their own."""
    if require(request.user, Action.STUDENT_VIEW) is Scope.OWN:
        raise NotFound("Students have a page of their own: /student")


async def _state_of(request: PassRequest, student_id: UUID) -> SchoolState:
    """That of the first school in reach where they are a student. Raises the `NotFound` of a student out of reach."""
    for school_id in sorted(await schools_of_student(services_of(request).database, student_id)):
        if request.user.reaches(school_id):
            state = await services_of(request).ledger.state(school_id)
            if student_id in state.campus.students:
                return state
    raise NotFound("There is no such student, or the record is not yours to see.")


async def _where(request: PassRequest, state: SchoolState, student_ids: list[UUID]) -> dict[UUID, Any]:
    """Where those are of whom the asker may know."""
    if not scope_of(request.user, Action.PASS_VIEW):
        return {}
    eyes: Eyes = await eyes_for(request, state.campus.school.id)
    now = services_of(request).records.clock.now()
    students = (state.campus.students.get(id) for id in student_ids)
    return {each.id: where_now(state, eyes, each, now) for each in students if each}


def _accommodations(
    request: PassRequest, state: SchoolState, student_id: UUID
) -> list[tuple[Accommodation, str]] | None:
    """Those that count today, with what is different; None for whoever may not know."""
    if not scope_of(request.user, Action.ACCOMMODATION_VIEW):
        return None
    today = today_of(request, state)
    return [
        (each, what_differs(each, state.pass_types))
        for each in state.accommodations.get(student_id, ())
        if standing_on(each, today) is Standing.CURRENT
    ]


def _held(request: PassRequest, records: RecordsState, student_id: UUID) -> bool:
    """Whether a legal hold stands, if the asker may know."""
    may_know = scope_of(request.user, Action.LEGAL_HOLD_CHANGE) is not None
    return may_know and any(hold.student_id in (None, student_id) for hold in records.holds.values())


async def _looks(request: PassRequest, school_id: UUID, student_id: UUID) -> EntryPage | None:
    """The newest, this one among them; None for whoever may not know."""
    if not scope_of(request.user, Action.ACCESS_LOG_VIEW):
        return None
    async with services_of(request).database.raw() as connection:
        wanted = LookFilter(student_id=student_id)
        return await who_looked(connection, [school_id], wanted, _MOST_LOOKS, addresses=True)
