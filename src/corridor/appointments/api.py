"""Appointments, slots and summonses over HTTP."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from corridor.appointments import commands
from corridor.appointments.agenda import MOST_DAYS, agenda
from corridor.appointments.shown import ShownAppointment, ShownEntry, reaches, shown_appointment, shown_entry
from corridor.appointments.slots import Slot, slots_on, students_of
from corridor.base.errors import InvalidInput, NotFound
from corridor.campus.timetable import local
from corridor.day.policy import Appointment, SlotPlan
from corridor.day.state import SchoolState
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, person_limit, require, scope_of
from corridor.passes.api import (
    Override,
    PassRequest,
    actor_id,
    answered,
    command_id_of,
    eyes_for,
    id_for,
    lift_of,
    must_issue,
    must_reach_place,
    services_of,
    told,
)
from corridor.passes.masking import ShownPass
from corridor.passes.wish import MOST_MINUTES, location, type_for
from corridor.policy.commands import Drop, Keep
from corridor.policy.sight import must_see_student

Note = Annotated[str, msgspec.Meta(max_length=200)]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=MOST_MINUTES)]


class AppointmentInput(msgspec.Struct, forbid_unknown_fields=True):
    """`begins` is the first time; without a zone it is the school's. `recurrence` is an RFC 5545 RRULE by the school's
    clock. `by_itself`: the pass begins without anyone's doing. For `student_ids`, or for a group. A student gives
    `destination_id`, `begins` and `note` only, and asks for themself."""

    destination_id: UUID
    begins: datetime
    minutes: Minutes | None = None
    student_ids: list[UUID] = []
    group_id: UUID | None = None
    recurrence: Annotated[str, msgspec.Meta(max_length=400)] | None = None
    by_itself: bool = True
    declinable: bool = False
    pass_type_id: UUID | None = None
    note: Note | None = None


class SkipInput(msgspec.Struct, forbid_unknown_fields=True):
    on: date


class SummonsInput(msgspec.Struct, forbid_unknown_fields=True):
    """`at_once`: the pass begins now; without it, whoever has the student sends them."""

    student_id: UUID
    destination_id: UUID
    minutes: Minutes | None = None
    reason: Note | None = None
    at_once: bool = False
    override: Override | None = None


class AppointmentPage(msgspec.Struct):
    items: list[ShownAppointment]
    next: None = None


class AgendaPage(msgspec.Struct):
    """In order of time."""

    items: list[ShownEntry]
    next: None = None


class SlotPage(msgspec.Struct):
    items: list[Slot]
    next: None = None


_APPOINTMENTS = "/schools/{school_id:uuid}/appointments"
_ONE = _APPOINTMENTS + "/{appointment_id:uuid}"
_SLOTS = "/schools/{school_id:uuid}/locations/{location_id:uuid}"


@get(_APPOINTMENTS, tags=["Appointments"], summary="Appointments", opt={"permission": Action.APPOINTMENT_VIEW})
async def index_appointments(
    request: PassRequest,
    school_id: FromPath[UUID],
    student_id: FromQuery[UUID | None] = None,
    location_id: FromQuery[UUID | None] = None,
) -> AppointmentPage:
    """Those that are still to come, by when they come next. A student sees their own."""
    eyes = await eyes_for(request, school_id, Action.APPOINTMENT_VIEW)
    if student_id:
        must_see_student(eyes.sight, student_id)
    state = await services_of(request).ledger.state(school_id)
    found = [
        shown
        for each in state.appointments.values()
        if student_id is None or student_id in students_of(state, each.group_id, each.student_ids)
        if (shown := shown_appointment(state, eyes, each)) and location_id in (None, shown.destination_id)
    ]
    await _looked(request, school_id, student_id, found)
    return AppointmentPage(sorted(found, key=lambda each: (each.next_at or each.begins, each.id)))


@get(
    "/schools/{school_id:uuid}/agenda",
    tags=["Appointments"],
    summary="What is planned",
    opt={"permission": Action.APPOINTMENT_VIEW},
)
async def show_agenda(
    request: PassRequest,
    school_id: FromPath[UUID],
    starts: Annotated[date | None, QueryParameter(name="from")] = None,
    days: Annotated[int, QueryParameter(ge=1, le=MOST_DAYS)] = 7,
    location_id: FromQuery[UUID | None] = None,
    student_id: FromQuery[UUID | None] = None,
) -> AgendaPage:
    """Every time of every appointment on so many days from `from` (today) on, and what is scheduled for today."""
    eyes = await eyes_for(request, school_id, Action.APPOINTMENT_VIEW)
    if student_id:
        must_see_student(eyes.sight, student_id)
    state = await services_of(request).ledger.state(school_id)
    first = starts or local(state.campus, services_of(request).clock.now()).date()
    if first.year > _LAST_YEAR:
        raise InvalidInput("This date is too far away.", field="from")
    entries = [
        shown for entry in agenda(state, first, days, student_id=student_id) if (shown := shown_entry(eyes, entry))
    ]
    await _looked(request, school_id, student_id, entries)
    return AgendaPage([entry for entry in entries if location_id in (None, entry.destination_id)])


@post(
    _APPOINTMENTS,
    tags=["Appointments"],
    summary="Make an appointment, or ask for one",
    opt={"permission": (Action.APPOINTMENT_MAKE, Action.APPOINTMENT_ASK)},
)
async def create_appointment(
    request: PassRequest, school_id: FromPath[UUID], data: JSONBody[AppointmentInput]
) -> Response[Appointment]:
    """Staff make appointments. A student asks for a free slot of a place that plans its time; staff then accept it."""
    command_id = command_id_of(request)
    appointment_id = id_for(command_id, school_id)
    ledger = services_of(request).ledger
    if scope_of(request.user, Action.APPOINTMENT_MAKE):
        state = await _state(request, school_id, Action.APPOINTMENT_MAKE)
        made: Any = await make_command(request, state, _appointment(request, state, appointment_id, data))
    else:
        student_id = person_limit(request.user, Action.APPOINTMENT_ASK)
        state = await _state(request, school_id, Action.APPOINTMENT_ASK)
        assert student_id is not None
        made = commands.AskForAppointment(
            appointment_id, student_id, data.destination_id, at_school(state, data.begins), data.note
        )
    return answered(await ledger.submit(school_id, made, command_id), 201)


@put(_ONE, tags=["Appointments"], summary="Change an appointment", opt={"permission": Action.APPOINTMENT_MAKE})
async def change_appointment(
    request: PassRequest,
    school_id: FromPath[UUID],
    appointment_id: FromPath[UUID],
    data: JSONBody[AppointmentInput],
) -> Response[Appointment]:
    """Today's part is made anew, but for whoever has gone already."""
    state = await _state(request, school_id, Action.APPOINTMENT_MAKE)
    await must_reach(request, state, appointment_id)
    value = _appointment(request, state, appointment_id, data)
    return await _submit(request, school_id, await make_command(request, state, value))


@delete(
    _ONE,
    tags=["Appointments"],
    summary="Call an appointment off",
    status_code=200,
    opt={"permission": (Action.APPOINTMENT_MAKE, Action.APPOINTMENT_ASK)},
)
async def cancel_appointment(
    request: PassRequest, school_id: FromPath[UUID], appointment_id: FromPath[UUID]
) -> Response[Appointment | None]:
    """With what is scheduled of it for today. A student may where it is theirs alone and may be declined."""
    action = _make_or_ask(request)
    state = await _state(request, school_id, action)
    student_id = person_limit(request.user, action)
    if student_id is None:
        await must_reach(request, state, appointment_id)
    return await _submit(
        request, school_id, commands.CancelAppointment(actor_id(request.user), appointment_id, student_id)
    )


@post(
    _ONE + "/accept",
    tags=["Appointments"],
    summary="Accept a student's wish",
    status_code=200,
    opt={"permission": Action.APPOINTMENT_MAKE},
)
async def accept_appointment(
    request: PassRequest, school_id: FromPath[UUID], appointment_id: FromPath[UUID]
) -> Response[Appointment]:
    await must_reach(request, await _state(request, school_id, Action.APPOINTMENT_MAKE), appointment_id)
    return await _submit(request, school_id, commands.AcceptAppointment(actor_id(request.user), appointment_id))


@post(
    _ONE + "/skip",
    tags=["Appointments"],
    summary="Skip one date",
    status_code=200,
    opt={"permission": Action.APPOINTMENT_MAKE},
)
async def skip_appointment(
    request: PassRequest, school_id: FromPath[UUID], appointment_id: FromPath[UUID], data: JSONBody[SkipInput]
) -> Response[Appointment]:
    """A repeating appointment does not take place on this date."""
    await must_reach(request, await _state(request, school_id, Action.APPOINTMENT_MAKE), appointment_id)
    return await _submit(request, school_id, commands.SkipAppointment(actor_id(request.user), appointment_id, data.on))


@post(
    "/schools/{school_id:uuid}/summons",
    tags=["Appointments"],
    summary="Call a student",
    opt={"permission": Action.SUMMON},
)
async def summon(request: PassRequest, school_id: FromPath[UUID], data: JSONBody[SummonsInput]) -> Response[ShownPass]:
    """A pass for now, which the student or whoever has them starts. It does not use up limits."""
    await must_issue(request, school_id, [data.student_id], data.destination_id, action=Action.SUMMON)
    lift, lift_reason = lift_of(request.user, data.override)
    command_id = command_id_of(request)
    command = commands.SummonStudent(
        pass_id=id_for(command_id, school_id),
        by=actor_id(request.user),
        student_id=data.student_id,
        destination_id=data.destination_id,
        minutes=data.minutes,
        reason=data.reason,
        at_once=data.at_once,
        lift=lift,
        lift_reason=lift_reason,
    )
    return await told(request, await services_of(request).ledger.submit(school_id, command, command_id), 201)


@get(_SLOTS + "/slots", tags=["Appointments"], summary="Slots", opt={"permission": Action.APPOINTMENT_VIEW})
async def index_slots(
    request: PassRequest, school_id: FromPath[UUID], location_id: FromPath[UUID], on: FromQuery[date | None] = None
) -> SlotPage:
    """The slots of a date (today), with how many places are free in each."""
    state = await _state(request, school_id, Action.APPOINTMENT_VIEW)
    today = local(state.campus, services_of(request).clock.now()).date()
    _place(state, location_id)
    if on and on.year > _LAST_YEAR:
        raise InvalidInput("This date is too far away.", field="on")
    return SlotPage(slots_on(state, location_id, on or today))


@get(
    _SLOTS + "/slot-plan",
    tags=["Appointments"],
    summary="When a place gives appointments",
    opt={"permission": Action.APPOINTMENT_VIEW},
)
async def show_slot_plan(request: PassRequest, school_id: FromPath[UUID], location_id: FromPath[UUID]) -> SlotPlan:
    state = await _state(request, school_id, Action.APPOINTMENT_VIEW)
    plan = state.slot_plans.get(location_id)
    if plan is None:
        raise NotFound("This place has no slot plan.")
    return plan


class SlotPlanInput(msgspec.Struct, forbid_unknown_fields=True):
    """On `days` (1 Monday to 7), from `starts_at` to `ends_at` local time, every `minutes`, `places` students a
    slot. `self_service`: students may ask for a free slot."""

    days: list[Annotated[int, msgspec.Meta(ge=1, le=7)]]
    starts_at: Annotated[str, msgspec.Meta(pattern=r"^[0-2]\d:[0-5]\d$")]
    ends_at: Annotated[str, msgspec.Meta(pattern=r"^[0-2]\d:[0-5]\d$")]
    minutes: Annotated[int, msgspec.Meta(ge=5, le=240)]
    places: Annotated[int, msgspec.Meta(ge=1, le=50)] = 1
    self_service: bool = True


@put(
    _SLOTS + "/slot-plan",
    tags=["Appointments"],
    summary="Set when a place gives appointments",
    opt={"permission": Action.SLOT_PLAN_CHANGE},
)
async def set_slot_plan(
    request: PassRequest, school_id: FromPath[UUID], location_id: FromPath[UUID], data: JSONBody[SlotPlanInput]
) -> Response[SlotPlan]:
    state = await _state(request, school_id, Action.SLOT_PLAN_CHANGE)
    _place(state, location_id)
    await must_reach_place(request, Action.SLOT_PLAN_CHANGE, school_id, location_id)
    return await _submit(request, school_id, Keep(actor_id(request.user), slot_plan(location_id, data)))


@delete(
    _SLOTS + "/slot-plan",
    tags=["Appointments"],
    summary="Give no more appointments",
    status_code=200,
    opt={"permission": Action.SLOT_PLAN_CHANGE},
)
async def drop_slot_plan(
    request: PassRequest, school_id: FromPath[UUID], location_id: FromPath[UUID]
) -> Response[SlotPlan]:
    await must_reach_place(request, Action.SLOT_PLAN_CHANGE, school_id, location_id)
    return await _submit(request, school_id, Drop(actor_id(request.user), "slot_plan", location_id))


API_ROUTES: list[Any] = [
    index_appointments,
    show_agenda,
    create_appointment,
    change_appointment,
    cancel_appointment,
    accept_appointment,
    skip_appointment,
    summon,
    index_slots,
    show_slot_plan,
    set_slot_plan,
    drop_slot_plan,
]

_LAST_YEAR = 2200


def slot_plan(location_id: UUID, data: SlotPlanInput) -> SlotPlan:
    """Raises `InvalidInput` for hours that no clock shows."""
    return SlotPlan(
        location_id,
        frozenset(data.days),
        _clock_time(data.starts_at, "starts_at"),
        _clock_time(data.ends_at, "ends_at"),
        data.minutes,
        data.places,
        data.self_service,
    )


def at_school(state: SchoolState, at: datetime) -> datetime:
    """An instant; without a zone it is by the school's clock."""
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise InvalidInput("This date is too far away.", field="begins")
    if at.tzinfo is None:
        at = at.replace(tzinfo=local(state.campus, state.as_of).tzinfo)
    return at.astimezone(UTC)


_FIRST_YEAR = 2000


async def must_reach(request: PassRequest, state: SchoolState, appointment_id: UUID) -> None:
    """Raises the `NotFound` of an appointment that is not there for one that the sender may not change."""
    appointment = state.appointments.get(appointment_id)
    eyes = await eyes_for(request, state.campus.school.id, Action.APPOINTMENT_MAKE)
    if appointment is None or not reaches(state, eyes, appointment):
        raise NotFound("There is no such appointment, or it is over.")


async def make_command(request: PassRequest, state: SchoolState, value: Appointment) -> commands.MakeAppointment:
    """The command that makes an appointment, when its place or all whom it is for are the sender's."""
    student_ids = students_of(state, value.group_id, value.student_ids)
    await must_issue(request, state.campus.school.id, student_ids, value.destination_id, action=Action.APPOINTMENT_MAKE)
    return commands.MakeAppointment(actor_id(request.user), value)


def _clock_time(text: str, field: str) -> Any:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a clock time has no zone
    except ValueError:
        raise InvalidInput(f"'{text}' is no time. Write it like 08:30.", field=field) from None


def _appointment(request: PassRequest, state: SchoolState, appointment_id: UUID, data: AppointmentInput) -> Appointment:
    pass_type = type_for(state, data.pass_type_id, _place(state, data.destination_id))
    return Appointment(
        id=appointment_id,
        destination_id=data.destination_id,
        begins=at_school(state, data.begins),
        minutes=data.minutes or pass_type.minutes,
        pass_type_id=pass_type.id,
        made_by=actor_id(request.user),
        student_ids=frozenset(data.student_ids),
        group_id=data.group_id,
        recurrence=data.recurrence or None,
        by_itself=data.by_itself,
        declinable=data.declinable,
        note=data.note,
    )


def _place(state: SchoolState, location_id: UUID) -> Any:
    return location(state, location_id, "destination_id")


def _make_or_ask(request: PassRequest) -> Action:
    staff = scope_of(request.user, Action.APPOINTMENT_MAKE) is not None
    return Action.APPOINTMENT_MAKE if staff else Action.APPOINTMENT_ASK


async def _state(request: PassRequest, school_id: UUID, action: Action) -> SchoolState:
    require(request.user, action, school_id=school_id)
    return await services_of(request).ledger.state(school_id)


async def _looked(
    request: PassRequest, school_id: UUID, student_id: UUID | None, shown: Sequence[ShownAppointment | ShownEntry]
) -> None:
    if student_id:
        await looked(request, school_id, "appointments", Look.RECORD, student_ids=[student_id])
    else:
        whom = {id for each in shown for id in each.student_ids}
        await looked(request, school_id, "appointments", Look.LIST, student_ids=whom)


async def _submit(request: PassRequest, school_id: UUID, command: Any) -> Response[Any]:
    return answered(await services_of(request).ledger.submit(school_id, command, command_id_of(request)), 200)
