"""What holds today: whether passes go, who is not on campus, what is closed, and who stands in for whom."""

from contextlib import suppress
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import InvalidInput, NotFound
from corridor.campus.model import Campus, Student
from corridor.campus.queries import search_students
from corridor.campus.starters import natural_order
from corridor.campus.timetable import at_clock, local
from corridor.day.policy import Absence
from corridor.day.state import SchoolState, Status
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, scope_of
from corridor.ledger.words import Command
from corridor.passes.api import PassRequest, actor_id, answered, services_of
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.policy.commands import Drop, HoldPasses, MarkAbsent
from corridor.policy.standing import absences_now, closures_now, delegations_on
from corridor.rules.absent import absent_until
from corridor.web.admin_frame import SchoolForm, frame

HOME = "/admin/today"
_MOST_FOUND = 12
_ANY = {"permission": (Action.ABSENCE_CHANGE, Action.FREEZE_CHANGE)}
_ABSENCE = {"permission": Action.ABSENCE_CHANGE}
_FREEZE = {"permission": Action.FREEZE_CHANGE}


class HoldForm(SchoolForm):
    note: str = ""


class AbsenceForm(SchoolForm):
    """Times of day, such as 10:15. Without `since` from now on; without `back_at` for the rest of the day `back_on`,
    without that too for the rest of today."""

    since: str = ""
    back_on: str = ""
    back_at: str = ""
    note: str = ""


class AwayRow(msgspec.Struct, frozen=True):
    """A student who is away now, or will be later today or another day. `when` says it in words."""

    student_id: UUID
    name: str
    grade: str | None
    away: bool
    when: str
    note: str | None


@get(HOME, include_in_schema=False, opt=_ANY)
async def show_today(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    find: FromQuery[str] = "",
    student: FromQuery[UUID | None] = None,
) -> Template:
    """`find` searches for a student to mark; `student` is the one to mark with times."""
    return await _page(request, await _choose(request, school), find=find, student_id=student)


@post(HOME + "/absences/{student_id:uuid}", include_in_schema=False, opt=_ABSENCE)
async def mark_away(
    request: PassRequest, student_id: FromPath[UUID], data: URLEncodedBody[AbsenceForm]
) -> Response[Any]:
    choice = await choose_school(request, Action.ABSENCE_CHANGE, uuid_in(data.school))
    campus = (await services_of(request).ledger.state(choice.school.id)).campus
    try:
        since, until = _times(campus, data, services_of(request).clock.now())
        command = MarkAbsent(actor_id(request.user), student_id, since, until, data.note)
        await _submit(request, choice, command)
    except InvalidInput as error:
        return await _page(request, choice, student_id=student_id, typed=data, error=error)
    return _home(choice)


@post(HOME + "/absences/{student_id:uuid}/back", include_in_schema=False, opt=_ABSENCE)
async def mark_back(request: PassRequest, student_id: FromPath[UUID], data: URLEncodedBody[SchoolForm]) -> Redirect:
    choice = await choose_school(request, Action.ABSENCE_CHANGE, uuid_in(data.school))
    return await _drop(request, choice, "absence", student_id)


@post(HOME + "/hold", include_in_schema=False, opt=_FREEZE)
async def hold(request: PassRequest, data: URLEncodedBody[HoldForm]) -> Response[Any]:
    choice = await choose_school(request, Action.FREEZE_CHANGE, uuid_in(data.school))
    try:
        await _submit(request, choice, HoldPasses(actor_id(request.user), data.note))
    except InvalidInput as error:
        return await _page(request, choice, error=error)
    return _home(choice)


@post(HOME + "/release", include_in_schema=False, opt=_FREEZE)
async def release(request: PassRequest, data: URLEncodedBody[SchoolForm]) -> Redirect:
    choice = await choose_school(request, Action.FREEZE_CHANGE, uuid_in(data.school))
    return await _drop(request, choice, "freeze", choice.school.id)


PAGE_ROUTES: list[Any] = [show_today, mark_away, mark_back, hold, release]


async def _choose(request: PassRequest, school_id: UUID | None) -> SchoolChoice:
    action = next((each for each in _ANY["permission"] if scope_of(request.user, each)), Action.ABSENCE_CHANGE)
    return await choose_school(request, action, school_id)


async def _page(
    request: PassRequest,
    choice: SchoolChoice,
    *,
    find: str = "",
    student_id: UUID | None = None,
    typed: AbsenceForm | None = None,
    error: InvalidInput | None = None,
) -> Template:
    services = services_of(request)
    state = await services.ledger.state(choice.school.id)
    now = services.clock.now()
    may_mark = scope_of(request.user, Action.ABSENCE_CHANGE) is not None
    find = find.replace("\0", "").strip()[:80]
    found = await search_students(services.database, choice.school.id, find, _MOST_FOUND) if may_mark else []
    away = [_row(state, absence, now) for absence in absences_now(state, now)] if may_mark else []
    await looked(request, choice.school.id, "absences", Look.LIST, student_ids=set(state.absences) if may_mark else ())
    today = local(state.campus, now).date()
    staff = state.campus.staff
    context = frame(request, choice, HOME) | {
        "freeze": state.freeze,
        "out": sum(pass_.status is Status.ACTIVE for pass_ in state.passes.values()),
        "away": sorted(away, key=lambda row: (not row.away, row.name.casefold())),
        "find": find,
        "found": found,
        "student": _student(state, student_id) if may_mark and student_id else None,
        "typed": typed or AbsenceForm(),
        "closures": closures_now(state, now),
        "open_places": [
            place
            for place in sorted(state.campus.locations.values(), key=lambda place: natural_order(place.name))
            if place.active
        ],
        "locations": state.campus.locations,
        "stand_ins": [
            (staff.get(each.teacher_id, "A former teacher"), staff.get(each.to_id, "someone who left"), each.substitute)
            for each in delegations_on(state.delegations, today)
        ],
        "may_mark": may_mark,
        "may_hold": scope_of(request.user, Action.FREEZE_CHANGE) is not None,
        "may_close": scope_of(request.user, Action.CLOSURE_CHANGE) is not None,
        "may_name": scope_of(request.user, Action.DELEGATION_CHANGE) is not None,
        "error": error,
    }
    return Template("admin_today.html", context=context, status_code=error.status if error else 200)


def _student(state: SchoolState, student_id: UUID) -> Student:
    student = state.campus.students.get(student_id)
    if student is None:
        raise NotFound("There is no such student at this school.")
    return student


def _row(state: SchoolState, absence: Absence, now: datetime) -> AwayRow:
    campus = state.campus
    student = campus.students.get(absence.id)
    since, until = local(campus, absence.since), local(campus, absent_until(campus, absence))
    today = local(campus, now).date()
    begins = f"{since:%H:%M}" if since.date() == today else f"{since:%A, %B} {since.day}"
    if absence.until is None:
        ends = "for the rest of the day"
    else:
        ends = f"until {until:%H:%M}" if until.date() == today else f"until {until:%A, %B} {until.day}, {until:%H:%M}"
    away = absence.since <= now
    return AwayRow(
        absence.id,
        student.name if student else "A former student",
        student.grade if student else None,
        away,
        f"{'since' if away else 'from'} {begins}, {ends}",
        absence.note,
    )


def _times(campus: Campus, form: AbsenceForm, now: datetime) -> tuple[datetime | None, datetime | None]:
    today = local(campus, now).date()
    since = at_clock(campus, today, _clock(form.since, "since")) if form.since.strip() else None
    if not form.back_on.strip() and not form.back_at.strip():
        return since, None
    day = _day(form.back_on) if form.back_on.strip() else today
    clock = _clock(form.back_at, "until") if form.back_at.strip() else time()
    return since, at_clock(campus, day, clock)


def _clock(text: str, field: str) -> time:
    try:
        return time.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        raise InvalidInput("Give the time as 10:15.", field=field) from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput("Give the day as 2026-11-24.", field="until") from None


async def _submit(request: PassRequest, choice: SchoolChoice, command: Command) -> None:
    answered(await services_of(request).ledger.submit(choice.school.id, command), 200)


async def _drop(request: PassRequest, choice: SchoolChoice, kind: str, id: UUID) -> Redirect:
    """Have it stand no more, if somebody else was not quicker."""
    with suppress(NotFound):
        await _submit(request, choice, Drop(actor_id(request.user), kind, id))
    return _home(choice)


def _home(choice: SchoolChoice) -> Redirect:
    return Redirect(f"{HOME}?school={choice.school.id}", status_code=303)
