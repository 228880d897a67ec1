"""Random histories of a school: what people and time do there, drawn by Hypothesis and read against the state of the
moment."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from corridor.base.ids import new_id
from corridor.campus.commands import AddLocation, ChangeLocation, LocationChanges
from corridor.campus.timetable import local
from corridor.campus.words import LocationKind
from corridor.day.state import HELD, SchoolState, Status
from corridor.day.words import Channel
from corridor.ledger.words import Command, Recorded, Tick
from corridor.passes import commands as ask
from corridor.passes.events import PassApproved, PassIssued
from tests.day_state import clock

ALL_CODES = ("one_open_pass", "full", "too_many_out", "limit", "cooldown")
# An ordinary morning; shortly before the end of a Friday; late at night; the nights in which the clocks are changed.
STARTS = (
    clock(8, 30),
    clock(10, 50, day=datetime(2026, 10, 9).date()),  # noqa: DTZ001 - a date
    clock(23, 55),
    clock(0, 30, day=datetime(2026, 11, 1).date()),  # noqa: DTZ001 - a date
    clock(1, 30, day=datetime(2027, 3, 14).date()),  # noqa: DTZ001 - a date
)


class Asks(msgspec.Struct, frozen=True):
    """Someone asks for a pass. Numbers choose among what there is; None leaves the choice to the decider."""

    student: int
    place: int
    origin: int | None
    pass_type: int | None
    minutes: int | None
    channel: Channel
    lifts: bool
    may_wait: bool


class Acts(msgspec.Struct, frozen=True):
    """Someone does something to the pass of this number, counted from the newest."""

    command: type[ask.OnPass]
    which: int
    as_student: bool = False
    fields: Any = {}


class Changes(msgspec.Struct, frozen=True):
    """An administrator changes a location."""

    place: int
    changes: LocationChanges


class Adds(msgspec.Struct, frozen=True):
    """An administrator adds a location."""

    capacity: int | None


class Waits(msgspec.Struct, frozen=True):
    """Time goes by: so much, or until so long after the next midnight."""

    delta: timedelta
    midnight: bool = False


class Ticks(msgspec.Struct, frozen=True):
    """What is due happens."""


Step = Asks | Acts | Changes | Adds | Waits | Ticks

_number = st.integers(0, 5)
_asks = st.builds(
    Asks,
    student=_number,
    place=_number,
    origin=st.none() | _number,
    pass_type=st.none() | st.integers(0, 7),
    minutes=st.none() | st.integers(1, 12),
    channel=st.sampled_from(Channel),
    lifts=st.booleans(),
    may_wait=st.booleans(),
)
_acts = st.builds(
    Acts,
    command=st.sampled_from(
        [
            *(ask.ReturnPass, ask.ReturnPass, ask.ReturnPass, ask.ArriveOnPass, ask.ArriveOnPass, ask.DepartOnPass),
            *(ask.DenyPass, ask.CancelPass, ask.EndPass, ask.StartPass, ask.StartPass),
        ]
    ),
    which=st.integers(0, 3),
    as_student=st.sampled_from([False, False, False, True]),
)
_approves = st.builds(
    Acts,
    command=st.just(ask.ApprovePass),
    which=st.integers(0, 3),
    fields=st.sampled_from([{}, {"lift": ALL_CODES, "lift_reason": "It is urgent"}]),
)
_extends = st.builds(
    Acts,
    command=st.just(ask.ExtendPass),
    which=st.integers(0, 3),
    fields=st.integers(0, 40).map(lambda minutes: {"minutes": minutes}),
)
_limits = st.none() | st.integers(0, 2)
_changes = st.one_of(
    st.builds(
        Changes,
        place=_number,
        changes=st.one_of(
            st.builds(LocationChanges, capacity=_limits),
            st.builds(LocationChanges, out_capacity=_limits),
            st.builds(LocationChanges, active=st.booleans(), name=st.sampled_from(["Annex", "204", "Attic"])),
            st.builds(LocationChanges, kind=st.sampled_from(LocationKind)),
        ),
    ),
    st.builds(Adds, _limits),
)
_waits = st.one_of(
    st.builds(Waits, st.integers(1, 90).map(lambda seconds: timedelta(seconds=seconds))),
    st.builds(Waits, st.integers(1, 25).map(lambda minutes: timedelta(minutes=minutes))),
    st.builds(Waits, st.integers(1, 3).map(lambda days: timedelta(days=days))),
    st.builds(Waits, st.integers(-1, 1).map(lambda seconds: timedelta(seconds=seconds)), midnight=st.just(True)),
)
# How often each kind comes, out of twenty.
_WEIGHTS = ((_asks, 6), (_acts, 5), (_approves, 3), (_extends, 1), (_changes, 1), (_waits, 3), (st.just(Ticks()), 1))
_steps: st.SearchStrategy[Step] = st.sampled_from([kind for kind, weight in _WEIGHTS for _ in range(weight)]).flatmap(
    lambda kind: kind
)


def histories(most: int) -> st.SearchStrategy[list[Step]]:
    """Up to `most` steps, and short histories no likelier than long ones."""
    return st.integers(1, most).flatmap(lambda size: st.lists(_steps, min_size=size, max_size=size))


def instant_after(step: Waits, state: SchoolState, now: datetime) -> datetime:
    if not step.midnight:
        return now + step.delta
    here = local(state.campus, now)
    midnight = datetime.combine(here.date() + timedelta(days=1), time(), tzinfo=here.tzinfo)
    return max(now, (midnight + step.delta).astimezone(now.tzinfo))


def command_of(step: Step, state: SchoolState, pass_ids: Sequence[UUID]) -> Command | None:
    """The step as a command; None when there is nothing it could be about. `pass_ids` are all passes so far."""
    students, places = sorted(state.campus.students), sorted(state.campus.locations)
    teacher = min(state.campus.staff)
    match step:
        case Asks():
            student = students[step.student % len(students)]
            return ask.RequestPass(
                pass_id=new_id(),
                by=teacher if step.channel is Channel.STAFF else student,
                student_id=student,
                destination_id=places[step.place % len(places)],
                channel=step.channel,
                origin_id=None if step.origin is None else places[step.origin % len(places)],
                pass_type_id=None if step.pass_type is None else list(state.pass_types)[step.pass_type],
                minutes=step.minutes,
                lift=ALL_CODES if step.lifts else (),
                lift_reason="It is urgent" if step.lifts else None,
                may_wait=step.may_wait,
            )
        case Acts() if pass_ids:
            pass_id = pass_ids[-1 - step.which % len(pass_ids)]
            student_only = students[0] if step.as_student else None
            return step.command(pass_id=pass_id, by=teacher, student_only=student_only, **step.fields)
        case Changes():
            return ChangeLocation(places[step.place % len(places)], teacher, step.changes)
        case Adds():
            location_id = new_id()
            name = f"Corner {location_id.hex}"
            return AddLocation(location_id, state.campus.school.id, teacher, name, LocationKind.OTHER, step.capacity)
        case Ticks():
            return Tick()
    return None


def check_limits(state: SchoolState, added: Sequence[Recorded]) -> None:
    """Raise unless one student has one pass, and whatever began just now began within the limits or against them with
    a reason."""
    holders = [pass_.student_id for pass_ in state.passes.values() if pass_.status in HELD]
    assert len(holders) == len(set(holders)), "a student has two open passes"
    for recorded in added:
        event = recorded.event
        if isinstance(event, PassIssued | PassApproved) and event.pass_id in state.passes:
            pass_ = state.passes[event.pass_id]
            place = state.campus.locations[pass_.destination_id]
            if place.capacity is not None and "full" not in event.lifted:
                assert pass_.status is Status.WAITING or state.going_to[place.id] <= place.capacity, (
                    f"{place.name} is too full"
                )
            room = state.campus.locations.get(pass_.origin_id) if pass_.origin_id else None
            if room and room.out_capacity is not None and "too_many_out" not in event.lifted:
                assert state.out_of[room.id] <= room.out_capacity, f"too many are out of {room.name}"
            if event.lifted:
                assert pass_.lift_reason, "a rule was lifted without a reason"
