"""Appointments as staff see them: the agenda of a week, a new appointment, and the slots of a place."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.appointments import commands
from corridor.appointments.agenda import agenda
from corridor.appointments.api import SlotPlanInput, at_school, make_command, must_reach, slot_plan
from corridor.appointments.shown import ShownEntry, reaches, shown_entry
from corridor.base.errors import Conflict, CorridorError, InvalidInput, NotFound, NotPermitted
from corridor.base.ids import new_id
from corridor.campus.model import Location
from corridor.campus.queries import search_students
from corridor.campus.timetable import local, school_day
from corridor.day.policy import Appointment, SlotPlan
from corridor.day.state import SchoolState
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, require, scope_of
from corridor.passes.api import (
    PassRequest,
    actor_id,
    answered,
    eyes_for,
    must_reach_place,
    services_of,
    sight_for,
)
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.student_view import STAFFED
from corridor.passes.teacher_desk import uuid_in
from corridor.passes.wish import MOST_MINUTES, location, type_for
from corridor.policy.commands import Drop, Keep
from corridor.policy.sight import must_see_student

F = TypeVar("F", bound=msgspec.Struct)

HOME = "/appointments"
_MOST_FOUND = 8
REPEATS = {
    "": "once",
    "FREQ=DAILY": "every school day",
    "FREQ=WEEKLY": "every week",
    "FREQ=WEEKLY;INTERVAL=2": "every other week",
    "FREQ=MONTHLY": "every month",
}


class AppointmentForm(msgspec.Struct):
    """An appointment as it was typed. `student` are those who were picked; `repeats` is one of `REPEATS`."""

    school: str = ""
    destination: str = ""
    on: str = ""
    at: str = ""
    minutes: str = ""
    group: str = ""
    repeats: str = ""
    until: str = ""
    starts: str = "itself"
    declinable: str = ""
    note: str = ""
    student: list[str] = []


class PlanForm(msgspec.Struct):
    """A slot plan as it was typed."""

    school: str = ""
    day: list[str] = []
    starts_at: str = ""
    ends_at: str = ""
    minutes: str = ""
    places: str = "1"
    self_service: str = ""


class OneForm(msgspec.Struct):
    """`on` is a date to skip, `back` the date that the agenda showed first."""

    school: str = ""
    on: str = ""
    back: str = ""


class DayEntries(msgspec.Struct, frozen=True):
    """A date of the agenda."""

    day: date
    school: bool
    entries: tuple[ShownEntry, ...]


@get(HOME, include_in_schema=False, opt={"permission": Action.APPOINTMENT_MAKE})
async def show_agenda(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    place: FromQuery[UUID | None] = None,
    day: FromQuery[date | None] = None,
) -> Template:
    """A week of what is planned, for one place or for all."""
    choice = await choose_school(request, Action.APPOINTMENT_MAKE, school)
    state = await services_of(request).ledger.state(choice.school.id)
    today = local(state.campus, services_of(request).clock.now()).date()
    first = _reached(day or today)
    eyes = await eyes_for(request, choice.school.id, Action.APPOINTMENT_VIEW)
    entries = [
        shown
        for each in agenda(state, first, 7)
        if (shown := shown_entry(eyes, each)) and place in (None, shown.destination_id)
    ]
    makes = await eyes_for(request, choice.school.id, Action.APPOINTMENT_MAKE)
    whom = {id for entry in entries for id in entry.student_ids}
    await looked(request, choice.school.id, "appointments", Look.LIST, student_ids=whom)
    days = [first + timedelta(days=ahead) for ahead in range(7)]
    context = _frame(request, choice, state) | {
        "days": [
            DayEntries(
                each,
                school_day(state.campus, each) is not None,
                tuple(entry for entry in entries if local(state.campus, entry.at).date() == each),
            )
            for each in days
        ],
        "waiting": [
            each
            for each in state.appointments.values()
            if each.awaits_staff and place in (None, each.destination_id) and reaches(state, makes, each)
        ],
        "mine": {each.id for each in state.appointments.values() if reaches(state, makes, each)},
        "today": today,
        "first": first,
        "place": state.campus.locations.get(place) if place else None,
        "places": [each for each in _staffed(state) if eyes.knows_place(each.id)],
        "may_plan": place is not None and await _may_plan(request, choice.school.id, place),
    }
    return Template("appointments.html", context=context)


@get(HOME + "/new", include_in_schema=False, opt={"permission": Action.APPOINTMENT_MAKE})
async def show_new(
    request: PassRequest, school: FromQuery[UUID | None] = None, place: FromQuery[UUID | None] = None
) -> Template:
    choice = await choose_school(request, Action.APPOINTMENT_MAKE, school)
    typed = AppointmentForm(destination=str(place) if place else "")
    return await _form(request, choice, typed)


@post(HOME, include_in_schema=False, opt={"permission": Action.APPOINTMENT_MAKE})
async def make(request: PassRequest) -> Response[Any]:
    data = _typed(AppointmentForm, await request.form())
    choice = await choose_school(request, Action.APPOINTMENT_MAKE, uuid_in(data.school))
    ledger = services_of(request).ledger
    state = await ledger.state(choice.school.id)
    try:
        value = _appointment(request, state, data)
        answered(await ledger.submit(choice.school.id, await make_command(request, state, value)), 201)
    except (InvalidInput, Conflict, NotPermitted) as error:
        return await _form(request, choice, data, error)
    day = local(state.campus, value.begins).date()
    return Redirect(f"{HOME}?school={choice.school.id}&place={value.destination_id}&day={day}", status_code=303)


@get(HOME + "/students", include_in_schema=False, opt={"permission": Action.STUDENT_VIEW})
async def find_students(
    request: PassRequest, school: FromQuery[UUID], text: Annotated[str, QueryParameter(name="query")] = ""
) -> Template:
    """Students to pick from."""
    require(request.user, Action.APPOINTMENT_MAKE, school_id=school)
    sight = await sight_for(request, Action.STUDENT_VIEW, school)
    found = await search_students(services_of(request).database, school, text, _MOST_FOUND, least=2, among=sight.only)
    await looked(request, school, "search", Look.LIST, student_ids=[each.id for each in found])
    return Template("appointment_found.html", context={"found": found, "school_id": school, "query": text})


@get(HOME + "/students/{student_id:uuid}", include_in_schema=False, opt={"permission": Action.STUDENT_VIEW})
async def pick_student(request: PassRequest, student_id: FromPath[UUID], school: FromQuery[UUID]) -> Template:
    """A student as picked."""
    require(request.user, Action.APPOINTMENT_MAKE, school_id=school)
    state = await services_of(request).ledger.state(school)
    must_see_student(await sight_for(request, Action.STUDENT_VIEW, school), student_id)
    student = state.campus.students.get(student_id)
    if student is None:
        raise NotFound("There is no such student at this school.")
    return Template("appointment_picked.html", context={"student": student})


@post(HOME + "/{appointment_id:uuid}/{verb:str}", include_in_schema=False, opt={"permission": Action.APPOINTMENT_MAKE})
async def act(
    request: PassRequest, appointment_id: FromPath[UUID], verb: FromPath[str], data: URLEncodedBody[OneForm]
) -> Redirect:
    """Say yes to a wish, call an appointment off, or skip one date of it."""
    choice = await choose_school(request, Action.APPOINTMENT_MAKE, uuid_in(data.school))
    by = actor_id(request.user)
    await must_reach(request, await services_of(request).ledger.state(choice.school.id), appointment_id)
    command: Any
    if verb == "accept":
        command = commands.AcceptAppointment(by, appointment_id)
    elif verb == "cancel":
        command = commands.CancelAppointment(by, appointment_id)
    elif verb == "skip":
        command = commands.SkipAppointment(by, appointment_id, _date(data.on, "on"))
    else:
        raise NotFound(f"There is no '{verb}' here.")
    answered(await services_of(request).ledger.submit(choice.school.id, command), 200)
    back = f"&day={_date(data.back, 'back')}" if data.back else ""
    return Redirect(f"{HOME}?school={choice.school.id}{back}", status_code=303)


@get(HOME + "/slots/{place_id:uuid}", include_in_schema=False, opt={"permission": Action.SLOT_PLAN_CHANGE})
async def show_plan(request: PassRequest, place_id: FromPath[UUID], school: FromQuery[UUID]) -> Template:
    """When a place gives appointments."""
    choice = await choose_school(request, Action.SLOT_PLAN_CHANGE, school)
    await must_reach_place(request, Action.SLOT_PLAN_CHANGE, choice.school.id, place_id)
    return await _plan(request, choice, place_id, None, None)


@post(HOME + "/slots/{place_id:uuid}", include_in_schema=False, opt={"permission": Action.SLOT_PLAN_CHANGE})
async def set_plan(request: PassRequest, place_id: FromPath[UUID]) -> Response[Any]:
    data = _typed(PlanForm, await request.form())
    choice = await choose_school(request, Action.SLOT_PLAN_CHANGE, uuid_in(data.school))
    ledger = services_of(request).ledger
    location(await ledger.state(choice.school.id), place_id, "place")
    await must_reach_place(request, Action.SLOT_PLAN_CHANGE, choice.school.id, place_id)
    try:
        wanted = SlotPlanInput(
            days=[int(day) for day in data.day if day.isdigit()],
            starts_at=data.starts_at,
            ends_at=data.ends_at,
            minutes=_number(data.minutes, "minutes", 240),
            places=_number(data.places, "places", 50),
            self_service=data.self_service == "on",
        )
        command = Keep(actor_id(request.user), slot_plan(place_id, wanted))
        answered(await ledger.submit(choice.school.id, command), 200)
    except InvalidInput as error:
        return await _plan(request, choice, place_id, data, error)
    return Redirect(f"{HOME}?school={choice.school.id}&place={place_id}", status_code=303)


@post(HOME + "/slots/{place_id:uuid}/remove", include_in_schema=False, opt={"permission": Action.SLOT_PLAN_CHANGE})
async def drop_plan(request: PassRequest, place_id: FromPath[UUID], data: URLEncodedBody[OneForm]) -> Redirect:
    choice = await choose_school(request, Action.SLOT_PLAN_CHANGE, uuid_in(data.school))
    await must_reach_place(request, Action.SLOT_PLAN_CHANGE, choice.school.id, place_id)
    command = Drop(actor_id(request.user), "slot_plan", place_id)
    answered(await services_of(request).ledger.submit(choice.school.id, command), 200)
    return Redirect(f"{HOME}?school={choice.school.id}&place={place_id}", status_code=303)


PAGE_ROUTES: list[Any] = [
    show_agenda,
    show_new,
    make,
    find_students,
    pick_student,
    act,
    show_plan,
    set_plan,
    drop_plan,
]


def _typed(form: type[F], sent: Any) -> F:
    """What was typed; a box that may be ticked several times gives a list."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(form):
        values = [str(value) for value in sent.getall(field.name, [])]
        if field.type is str:
            found |= {field.name: values[-1]} if values else {}
        else:
            found[field.name] = values
    return form(**found)


async def _may_plan(request: PassRequest, school_id: UUID, place_id: UUID) -> bool:
    if scope_of(request.user, Action.SLOT_PLAN_CHANGE) is None:
        return False
    return (await sight_for(request, Action.SLOT_PLAN_CHANGE, school_id)).has_place(place_id)


def _frame(request: PassRequest, choice: SchoolChoice, state: SchoolState) -> dict[str, Any]:
    return {
        "school": choice.school,
        "all_schools": choice.all,
        "locations": state.campus.locations,
        "students": state.campus.students,
        "groups": state.groups,
        "plans": state.slot_plans,
    }


async def _form(
    request: PassRequest, choice: SchoolChoice, typed: AppointmentForm, error: CorridorError | None = None
) -> Template:
    state = await services_of(request).ledger.state(choice.school.id)
    today = local(state.campus, services_of(request).clock.now()).date()
    ids = [id for text in typed.student if (id := uuid_in(text))]
    sight = await sight_for(request, Action.STUDENT_VIEW, choice.school.id)
    picked = [state.campus.students[id] for id in ids if id in state.campus.students and sight.has_student(id)]
    places = [place for place in state.campus.locations.values() if place.active]
    context = _frame(request, choice, state) | {
        "typed": typed,
        "groups": {
            id: group
            for id, group in state.groups.items()
            if all(sight.has_student(each) for each in group.student_ids)
        },
        "picked": picked,
        "error": error,
        "today": today,
        "repeats": REPEATS,
        "places": sorted(places, key=lambda place: (place.kind not in STAFFED, place.name.casefold())),
    }
    return Template("appointment_new.html", context=context, status_code=error.status if error else 200)


async def _plan(
    request: PassRequest, choice: SchoolChoice, place_id: UUID, typed: PlanForm | None, error: InvalidInput | None
) -> Template:
    state = await services_of(request).ledger.state(choice.school.id)
    place = location(state, place_id, "place")
    plan: SlotPlan | None = state.slot_plans.get(place_id)
    form = typed or (
        PlanForm(
            day=[str(day) for day in sorted(plan.days)],
            starts_at=f"{plan.starts_at:%H:%M}",
            ends_at=f"{plan.ends_at:%H:%M}",
            minutes=str(plan.minutes),
            places=str(plan.places),
            self_service="on" if plan.self_service else "",
        )
        if plan
        else PlanForm(day=list("12345"), starts_at="09:00", ends_at="14:00", minutes="20", self_service="on")
    )
    context = _frame(request, choice, state) | {"place": place, "plan": plan, "form": form, "error": error}
    return Template("appointment_slots.html", context=context, status_code=error.status if error else 200)


def _staffed(state: SchoolState) -> list[Location]:
    """Where somebody receives students, and whatever else has appointments."""
    used = {each.destination_id for each in state.appointments.values()}
    places = [
        place
        for place in state.campus.locations.values()
        if place.active and (place.kind in STAFFED or place.id in used)
    ]
    return sorted(places, key=lambda place: place.name.casefold())


def _appointment(request: PassRequest, state: SchoolState, data: AppointmentForm) -> Appointment:
    place_id = uuid_in(data.destination)
    if place_id is None:
        raise InvalidInput("Choose where to.", field="destination_id")
    place = location(state, place_id, "destination_id")
    pass_type = type_for(state, None, place)
    try:
        begins = at_school(state, datetime.fromisoformat(f"{data.on.strip()}T{data.at.strip()}"))
    except ValueError:
        raise InvalidInput("Give a date and a time.", field="begins") from None
    if data.repeats not in REPEATS:
        raise InvalidInput("Choose how it repeats from the list.", field="recurrence")
    until = f";UNTIL={_date(data.until, 'recurrence'):%Y%m%d}" if data.repeats and data.until else ""
    group_id = uuid_in(data.group)
    return Appointment(
        id=new_id(),
        destination_id=place.id,
        begins=begins,
        minutes=_number(data.minutes, "minutes", MOST_MINUTES) if data.minutes.strip() else pass_type.minutes,
        pass_type_id=pass_type.id,
        made_by=actor_id(request.user),
        student_ids=frozenset(id for text in data.student if (id := uuid_in(text))),
        group_id=group_id,
        recurrence=(data.repeats + until) or None,
        by_itself=data.starts == "itself",
        declinable=data.declinable == "on",
        note=data.note or None,
    )


def _date(text: str, field: str) -> date:
    try:
        return _reached(date.fromisoformat(text.strip()))
    except ValueError:
        raise InvalidInput("Give the date like 2026-11-24.", field=field) from None


def _reached(day: date) -> date:
    if not date(2000, 1, 1) <= day <= date(2200, 1, 1):
        raise InvalidInput("This date is too far away.", field="day")
    return day


def _number(text: str, field: str, most: int) -> int:
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 4 or not 1 <= int(text) <= most:
        raise InvalidInput(f"Give a number from 1 to {most}.", field=field)
    return int(text)
