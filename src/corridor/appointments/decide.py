"""What becomes of a command about an appointment, and what time makes of appointments. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from corridor.appointments import commands as ask
from corridor.appointments.recurrence import checked, next_at
from corridor.appointments.slots import slots_on, students_of
from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import derived_id
from corridor.campus.model import Campus
from corridor.campus.timetable import local, midnight, place_of, school_day
from corridor.day.policy import Appointment
from corridor.day.state import Pass, SchoolState, Status
from corridor.day.words import Channel, Effect
from corridor.ledger.words import Command, Decision, Event
from corridor.passes import events as happened
from corridor.passes.commands import RequestPass
from corridor.passes.refusal import refuse
from corridor.passes.wish import MOST_MINUTES, Wish, location, short_text, think_through, type_for
from corridor.policy.events import AppointmentSet

MOST_STUDENTS = 500
LATE = timedelta(minutes=30)
"""An appointment whose time is longer past, because nothing ran then, is let go."""


def decide_make(state: SchoolState, command: ask.MakeAppointment, now: datetime) -> Decision:
    wanted = command.appointment
    before = state.appointments.get(wanted.id)
    place = location(state, wanted.destination_id, "destination_id")
    _check_students(state, wanted)
    if not 1 <= wanted.minutes <= MOST_MINUTES:
        raise InvalidInput(f"Give between 1 and {MOST_MINUTES} minutes.", field="minutes")
    if wanted.pass_type_id not in state.pass_types:
        raise InvalidInput("There is no such pass type at this school.", field="pass_type_id")
    value = replace(
        wanted,
        pass_type_id=type_for(state, wanted.pass_type_id, place).id,
        recurrence=checked(wanted.recurrence, local(state.campus, wanted.begins)) if wanted.recurrence else None,
        note=short_text(wanted.note, "note"),
        awaits_staff=False,
    )
    return _set(state, command.by, before, value, now)


def decide_ask(state: SchoolState, command: ask.AskForAppointment, now: datetime) -> Decision:
    place = location(state, command.destination_id, "destination_id")
    if command.student_id not in state.campus.students:
        raise NotFound("There is no such student at this school.")
    plan = state.slot_plans.get(place.id)
    if plan is None or not plan.self_service:
        raise Conflict(f"{place.name} gives no appointments to ask for. Talk to the staff there.", code="no_slots")
    day = local(state.campus, command.begins).date()
    slot = next((slot for slot in slots_on(state, place.id, day) if slot.starts == command.begins), None)
    if slot is None or command.begins <= now:
        raise InvalidInput("There is no such slot. Choose one of those shown.", field="begins")
    if slot.free < 1:
        raise Conflict("Someone was quicker: this slot is taken. Choose another.", code="slot_taken")
    if any(
        command.student_id in each.student_ids and each.begins == command.begins for each in state.appointments.values()
    ):
        raise Conflict("You already have an appointment at this time.", code="slot_taken")
    value = Appointment(
        id=command.appointment_id,
        destination_id=place.id,
        begins=command.begins,
        minutes=plan.minutes,
        pass_type_id=type_for(state, None, place).id,
        made_by=command.student_id,
        student_ids=frozenset({command.student_id}),
        by_itself=False,
        declinable=True,
        awaits_staff=True,
        note=short_text(command.note, "note"),
    )
    return _set(state, command.student_id, None, value, now)


def decide_accept(state: SchoolState, command: ask.AcceptAppointment, now: datetime) -> Decision:
    before = _find(state, command.appointment_id)
    if not before.awaits_staff:
        return Decision([], about=before)
    return _set(state, command.by, before, replace(before, awaits_staff=False), now)


def decide_cancel(state: SchoolState, command: ask.CancelAppointment, now: datetime) -> Decision:
    passes = _unfolded(state, command.appointment_id)
    before = state.appointments.get(command.appointment_id)
    if before is None and not passes:
        raise NotFound("There is no such appointment, or it is over.")
    if command.student_only is not None and not _may_decline(before, passes, command.student_only):
        raise Conflict("You can't call this one off. Talk to whoever made it.", code="not_declinable")
    events: list[Event] = [happened.PassCancelled(pass_.id, command.by) for pass_ in passes]
    if before:
        events.append(AppointmentSet(command.by, before.id, before, None))
    return Decision(events, about=before)


def decide_skip(state: SchoolState, command: ask.SkipAppointment, now: datetime) -> Decision:
    before = _find(state, command.appointment_id)
    after = replace(before, skipped=before.skipped | {command.on})
    passes = [
        pass_
        for pass_ in _unfolded(state, before.id)
        if pass_.planned_at and local(state.campus, pass_.planned_at).date() == command.on
    ]
    events: list[Event] = [happened.PassCancelled(pass_.id, command.by) for pass_ in passes]
    follows = before.next_at
    if follows and local(state.campus, follows).date() == command.on:
        follows = next_at(state.campus, after, follows)
    after = replace(after, next_at=follows)
    if after != before:
        events.append(AppointmentSet(command.by, before.id, before, after if follows else None))
    return Decision(events, about=after)


def decide_summon(state: SchoolState, command: ask.SummonStudent, now: datetime) -> Decision:
    request = RequestPass(
        pass_id=command.pass_id,
        by=command.by,
        student_id=command.student_id,
        destination_id=command.destination_id,
        channel=Channel.SUMMONS,
        minutes=command.minutes,
        reason=command.reason,
        lift=command.lift,
        lift_reason=command.lift_reason,
    )
    wish = think_through(state, request, now)
    lift_reason = short_text(command.lift_reason, "override.reason")
    if command.lift and not lift_reason:
        raise InvalidInput("Say why you override a rule.", field="override.reason")
    # Whoever is out when called comes once they are back.
    waits = not command.at_once
    against = [reason for reason in wish.judgement.against if not (waits and reason.code == "one_open_pass")]
    if any(reason.effect in (Effect.REFUSE, Effect.WAIT) for reason in against):
        return refuse(state, command.pass_id, command.by, wish.ask, wish.judgement, now, at_approval=False)
    fields = _fields(wish, command.pass_id, command.by)
    fields |= {"reason": short_text(command.reason, "reason"), "lift_reason": lift_reason}
    if command.at_once:
        return Decision([happened.PassIssued(**fields)], about=command.pass_id)
    event = happened.PassScheduled(**fields, planned_at=now, appointment_id=None, by_itself=False, declinable=False)
    return Decision([event], about=command.pass_id)


DECIDE: dict[type[Command], Callable[..., Decision]] = {
    ask.MakeAppointment: decide_make,
    ask.AskForAppointment: decide_ask,
    ask.AcceptAppointment: decide_accept,
    ask.CancelAppointment: decide_cancel,
    ask.SkipAppointment: decide_skip,
    ask.SummonStudent: decide_summon,
}


def tick(state: SchoolState, now: datetime) -> list[Event]:
    """The day's appointments become passes as the day begins, and what is over is put away."""
    return [event for each in state.appointments.values() for event in _unfold(state, each, now)]


def due(state: SchoolState) -> datetime | None:
    """When `tick` will next have something to say."""
    return min((_due(state.campus, each) for each in state.appointments.values()), default=None)


def _due(campus: Campus, appointment: Appointment) -> datetime:
    assert appointment.next_at is not None, "one without a next time is put away"
    if appointment.awaits_staff:
        return appointment.next_at
    return midnight(campus, local(campus, appointment.next_at).date())


def _unfold(state: SchoolState, appointment: Appointment, now: datetime) -> Iterator[Event]:
    at, campus = appointment.next_at, state.campus
    while at and _due(campus, replace(appointment, next_at=at)) <= now:
        if not appointment.awaits_staff and now < at + LATE:
            yield from _passes(state, appointment, at, now)
        at = next_at(campus, appointment, at)
    if at != appointment.next_at:
        yield AppointmentSet(None, appointment.id, appointment, replace(appointment, next_at=at) if at else None)


def _passes(state: SchoolState, appointment: Appointment, at: datetime, now: datetime) -> Iterator[Event]:
    """A pass for everyone whom it is for, but for those who have gone already."""
    campus = state.campus
    gone = {
        pass_.student_id
        for pass_ in (*state.passes.values(), *state.closed.values())
        if pass_.appointment_id == appointment.id and pass_.planned_at == at and pass_.started_at
    }
    for student_id in students_of(state, appointment.group_id, appointment.student_ids):
        if student_id in gone:
            continue
        place = place_of(campus, student_id, at)
        origin = campus.locations.get(place.location_id) if place and place.location_id else None
        usable = origin is not None and origin.active and origin.id != appointment.destination_id
        yield happened.PassScheduled(
            pass_id=derived_id("appointment", appointment.id, student_id, at.isoformat(), now.isoformat()),
            by=appointment.made_by,
            student_id=student_id,
            origin_id=origin.id if origin and usable else None,
            destination_id=appointment.destination_id,
            section_id=place.section_id if place else None,
            pass_type_id=appointment.pass_type_id,
            minutes=appointment.minutes,
            channel=Channel.APPOINTMENT,
            reason=appointment.note,
            planned_at=at,
            appointment_id=appointment.id,
            by_itself=appointment.by_itself,
            declinable=appointment.declinable,
        )


def _set(state: SchoolState, by: UUID, before: Appointment | None, value: Appointment, now: datetime) -> Decision:
    """Have this appointment stand, from its next time that is not over. What was unfolded for today goes with it."""
    campus = state.campus
    value = replace(value, next_at=None)
    at = next_at(campus, value, None)
    while at and at <= now:
        at = next_at(campus, value, at)
    if at is None:
        raise InvalidInput("This time is over already. Choose a later one.", field="begins")
    if campus.bell_schedules and school_day(campus, local(campus, at).date()) is None:
        raise InvalidInput("There is no school on that date.", field="begins")
    value = replace(value, next_at=at)
    if before and replace(before, next_at=at) == value:
        return Decision([], about=before)
    events: list[Event] = [happened.PassCancelled(pass_.id, by) for pass_ in _unfolded(state, value.id)]
    events.append(AppointmentSet(by, value.id, before, value))
    return Decision(events, about=value)


def _unfolded(state: SchoolState, appointment_id: UUID) -> list[Pass]:
    """The passes for later that an appointment has become today."""
    scheduled = (pass_ for pass_ in state.passes.values() if pass_.status is Status.SCHEDULED)
    return [pass_ for pass_ in scheduled if pass_.appointment_id == appointment_id]


def _check_students(state: SchoolState, wanted: Appointment) -> None:
    if wanted.group_id:
        if wanted.group_id not in state.groups:
            raise InvalidInput("There is no such group at this school.", field="group_id")
        if wanted.student_ids:
            raise InvalidInput("Name either students or a group.", field="student_ids")
        return
    if not 1 <= len(wanted.student_ids) <= MOST_STUDENTS:
        raise InvalidInput(f"Name 1 to {MOST_STUDENTS} students, or a group.", field="student_ids")
    missing = [id for id in wanted.student_ids if id not in state.campus.students]
    if missing:
        raise InvalidInput(f"There is no such student at this school: {missing[0]}.", field="student_ids")


def _may_decline(appointment: Appointment | None, passes: list[Pass], student_id: UUID) -> bool:
    """Only what is theirs alone, and may be declined."""
    if appointment and (appointment.student_ids != {student_id} or not appointment.declinable):
        return False
    return all(pass_.student_id == student_id and pass_.declinable for pass_ in passes)


def _fields(wish: Wish, pass_id: UUID, by: UUID) -> dict[str, Any]:
    ask_ = wish.ask
    return {
        "pass_id": pass_id,
        "by": by,
        "student_id": ask_.student.id,
        "origin_id": ask_.origin.id if ask_.origin else None,
        "destination_id": ask_.destination.id,
        "section_id": wish.section_id,
        "pass_type_id": ask_.pass_type.id,
        "minutes": ask_.minutes,
        "channel": ask_.channel,
        "lifted": tuple(reason.code for reason in wish.judgement.lifted),
        "noted": wish.judgement.noted,
    }


def _find(state: SchoolState, appointment_id: UUID) -> Appointment:
    found = state.appointments.get(appointment_id)
    if found is None:
        raise NotFound("There is no such appointment, or it is over.")
    return found
