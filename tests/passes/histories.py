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
from corridor.day.state import SchoolState
from corridor.day.words import Channel
from corridor.ledger.words import Command, Tick
from corridor.passes import commands as ask
from tests.day_state import clock
from tests.passes.policies import Decides, decision_of, decisions

ALL_CODES = (
    *("one_open_pass", "freeze", "absent", "separation", "no_travel", "closed", "closed_hours", "staff_away"),
    *("members_only", "restricted_zone", "no_fly", "limit", "cooldown"),
    *("hallways_full", "zone_full", "too_many_out", "full"),
)
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
    """Someone does something to the pass of this number, counted from the newest: staff, the student or, `stranger`,
    the first of all students."""

    command: type[ask.OnPass]
    which: int
    by: str = "staff"
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


Step = Asks | Acts | Changes | Adds | Waits | Ticks | Decides

_number = st.integers(0, 5)
_asks = st.builds(
    Asks,
    student=_number,
    place=_number,
    origin=st.none() | _number,
    pass_type=st.one_of(*[st.none()] * 3, st.integers(0, 7)),
    minutes=st.none() | st.integers(1, 12),
    channel=st.sampled_from([Channel.STUDENT, Channel.STAFF, Channel.KIOSK]),
    lifts=st.sampled_from([False, False, False, True]),
    may_wait=st.sampled_from([True, True, True, False]),
)
_acts = st.builds(
    Acts,
    command=st.sampled_from(
        [
            *(ask.ReturnPass, ask.ReturnPass, ask.ReturnPass, ask.ArriveOnPass, ask.ArriveOnPass, ask.DepartOnPass),
            *(ask.DenyPass, ask.CancelPass, ask.EndPass),
        ]
    ),
    which=st.integers(0, 3),
    by=st.sampled_from(["staff", "staff", "student", "stranger"]),
)
_starts = st.builds(
    Acts,
    command=st.just(ask.StartPass),
    which=st.integers(0, 3),
    by=st.sampled_from(["staff", "student", "student"]),
    fields=st.sampled_from([{}, {}, {"lift": ALL_CODES, "lift_reason": "It is urgent"}]),
)
_moves = st.builds(
    Acts,
    command=st.just(ask.MoveInLine),
    which=st.integers(0, 3),
    fields=st.integers(1, 3).map(lambda place: {"place": place}),
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
    *[st.builds(Waits, st.integers(1, 40).map(lambda seconds: timedelta(seconds=seconds)))] * 3,
    st.builds(Waits, st.integers(1, 25).map(lambda minutes: timedelta(minutes=minutes))),
    st.builds(Waits, st.integers(1, 3).map(lambda days: timedelta(days=days))),
    st.builds(Waits, st.integers(-1, 1).map(lambda seconds: timedelta(seconds=seconds)), midnight=st.just(True)),
)
_ticks = st.just(Ticks())
# How often each kind comes.
_LIFE = (
    *((_asks, 9), (_acts, 4), (_approves, 2), (_starts, 3), (_moves, 1), (_extends, 1), (_changes, 1)),
    *((_waits, 3), (_ticks, 3)),
)


def _steps(more: int) -> st.SearchStrategy[Any]:
    """What people and time do, and so often what a school decides."""
    weighted = [kind for kind, weight in (*_LIFE, (decisions, more)) for _ in range(weight)]
    return st.sampled_from(weighted).flatmap(lambda kind: kind)


def histories(most: int, *, decided: int = 5) -> st.SearchStrategy[list[Step]]:
    """Up to `most` steps, and short histories no likelier than long ones. `decided`: how often a school decides
    something, beside some 27 other steps."""
    steps = _steps(decided)
    return st.integers(1, most).flatmap(lambda size: st.lists(steps, min_size=size, max_size=size))


_hurries = st.builds(
    Asks,
    student=_number,
    place=st.integers(0, 1),
    origin=st.none(),
    pass_type=st.none(),
    minutes=st.none(),
    channel=st.sampled_from([Channel.STUDENT, Channel.KIOSK, Channel.STAFF]),
    lifts=st.just(False),
    may_wait=st.just(True),
)
_leaves = st.builds(
    Acts,
    command=st.sampled_from([ask.ReturnPass, ask.ReturnPass, ask.DepartOnPass, ask.CancelPass, ask.ApprovePass]),
    which=st.integers(0, 5),
)
_turns = st.builds(Acts, command=st.just(ask.StartPass), which=st.integers(0, 5), by=st.just("student"))
_seconds = st.builds(Waits, st.integers(1, 40).map(lambda seconds: timedelta(seconds=seconds)))
_RUSH = (
    *((_hurries, 6), (_leaves, 6), (_turns, 6), (_starts, 1), (_moves, 1), (_seconds, 3), (_ticks, 7)),
    *((_changes, 1), (decisions, 1)),
)


def rushes(most: int) -> st.SearchStrategy[list[Step]]:
    """Everyone wants to go to the same two places, within minutes: up to `most` steps of it."""
    steps = st.sampled_from([kind for kind, weight in _RUSH for _ in range(weight)]).flatmap(lambda kind: kind)
    return st.integers(10, most).flatmap(lambda size: st.lists(steps, min_size=size, max_size=size))


def instant_after(step: Waits, state: SchoolState, now: datetime) -> datetime:
    if not step.midnight:
        return now + step.delta
    here = local(state.campus, now)
    midnight = datetime.combine(here.date() + timedelta(days=1), time(), tzinfo=here.tzinfo)
    return max(now, (midnight + step.delta).astimezone(now.tzinfo))


def command_of(step: Step, state: SchoolState, pass_ids: Sequence[UUID], now: datetime) -> Command | None:
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
            pass_ = state.passes.get(pass_id)
            own = pass_.student_id if pass_ else students[0]
            student_only = {"staff": None, "student": own, "stranger": students[0]}[step.by]
            return step.command(pass_id=pass_id, by=student_only or teacher, student_only=student_only, **step.fields)
        case Changes():
            return ChangeLocation(places[step.place % len(places)], teacher, step.changes)
        case Adds():
            location_id = new_id()
            name = f"Corner {location_id.hex}"
            return AddLocation(location_id, state.campus.school.id, teacher, name, LocationKind.OTHER, step.capacity)
        case Ticks():
            return Tick()
        case Acts() | Waits():
            return None
        case _:
            return decision_of(step, state, now)
