"""Deciding with forty rules, beside the cheapest request with authentication that the same server answers, and with a
long history beside a short one."""

from collections.abc import Iterator
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from bench import client
from bench.installation import Installation
from bench.load.jobs import ReadJob, Target
from bench.passes import Length
from bench.report import Aim, Cell, Table
from bench.schools import add_schools
from corridor.app import make_decider
from corridor.base.clock import SystemClock
from corridor.base.ids import derived_id, new_id
from corridor.campus.model import Zone
from corridor.day.policy import Group, RuleText, Scope
from corridor.day.state import SchoolState
from corridor.day.words import SELF_SERVICE, Channel, Effect
from corridor.ledger.words import Command, Recorded
from corridor.passes.commands import RequestPass
from corridor.passes.load import load_state
from corridor.rules.kinds import KINDS, default_rules, in_order, read_rule

STUDENTS = 3000
OUT = 150
RULES = 40
_ME = "/api/v1/me"
_TRIALS = 400
_ROUNDS = 7
_COLUMNS = ("what", "µs", "to an empty authenticated request")
_ABOUT = (
    f"Deciding a student's request in a school of {STUDENTS:,} with {OUT} out under {RULES} rules, one decision at a "
    f"time, as the ledger's writer does it; beside a request GET {_ME} with a bearer token, in the server's processor "
    "time. The history is of passes of this term, which limits a week and a term count."
)
# Passes of the last sixty days, as the ledger would have written them.
_HISTORY = """
    INSERT INTO pass (id, school_id, seq, student_id, destination_id, pass_type_id, status, minutes, channel,
        requested_at, overdue, started_at, due_at, ended_at, ended_how, lifted, noted, misses, by_itself, declinable)
    SELECT gen_random_uuid(), %(school)s, -n, (%(students)s::uuid[])[1 + n %% %(number)s],
        (%(places)s::uuid[])[1 + n %% cardinality(%(places)s::uuid[])], %(type)s, 'ended', 6, 'student',
        at, false, at, at + interval '6 minutes', at + interval '5 minutes', 'returned', '{}', '{}', 0, false, true
    FROM generate_series(%(first)s::int, %(last)s::int) AS n,
        LATERAL (SELECT %(now)s::timestamptz - interval '1 day' - (n %% 86400) * interval '1 minute' AS at) AS times"""


async def measure(made: Installation, length: Length, histories: tuple[int, int]) -> tuple[Table, list[Aim]]:
    """`histories` are how many passes a short and a long one have."""
    target = (await add_schools(made.database, made.settings, [STUDENTS], first=900))[0]
    with made.serving() as server:
        job = ReadJob(
            port=server.port,
            path=_ME,
            token=target.token,
            encoding="identity",
            connections=8,
            warm_up=length.warm_up,
            seconds=length.seconds,
            watched={"server": server.pid},
        )
        result = client.loop(job)
    empty = result.cores["server"] / result.per_second * 1e6
    rows: list[list[Cell]] = [[f"GET {_ME}", empty, 1.0]]
    took: dict[tuple[int, str], float] = {}
    states = {}
    written = 0
    for size in histories:
        await _write_history(made, target, written, size)
        written = size
        began = perf_counter()
        async with made.database.raw() as connection:
            states[size] = await load_state(connection, UUID(target.school_id), SystemClock().now())
        loading = perf_counter() - began
        rows.append([f"loading the state, {size:,} passes of history, seconds", loading, None])
    prepared = {size: _busy(state) for size, state in states.items()}
    for _ in range(_ROUNDS):
        for size, state in prepared.items():
            for name, channel in (("allowed", Channel.STUDENT), ("refused", Channel.KIOSK)):
                one = _decide(state, channel)
                took[size, name] = min(one, took.get((size, name), one))
    for (size, name), microseconds in took.items():
        rows.append([f"deciding, {name}, {size:,} passes of history", microseconds, microseconds / empty])
    short, long = histories
    aims = [
        Aim("deciding with 40 rules, to an empty authenticated request", 1.0, took[long, "allowed"] / empty, most=True),
        Aim(
            f"deciding with {long:,} passes of history, to {short:,}",
            1.25,
            took[long, "allowed"] / took[short, "allowed"],
            most=True,
        ),
    ]
    return Table("Deciding with forty rules", _ABOUT, _COLUMNS, rows), aims


async def _write_history(made: Installation, target: Target, first: int, last: int) -> None:
    async with made.database.raw() as connection:
        row = await (
            await connection.execute(
                "SELECT id FROM pass_type WHERE school_id = %s ORDER BY position", [target.school_id]
            )
        ).fetchone()
        assert row is not None
        values = {
            "school": target.school_id,
            "students": target.students,
            "number": len(target.students),
            "places": target.places,
            "type": row[0],
            "first": first + 1,
            "last": last,
            "now": SystemClock().now(),
        }
        await connection.execute(_HISTORY, values)
        await connection.commit()
        await connection.execute("ANALYZE pass")
        await connection.commit()


def _busy(state: SchoolState) -> SchoolState:
    """The school with its rules and with so many students out."""
    decider = make_decider()
    state = decider.draft(_ruled(state))
    now = SystemClock().now()
    students = sorted(state.campus.students)
    places = [place.id for place in state.campus.locations.values() if place.kind != "classroom"]
    for number in range(OUT):
        student = students[number]
        command = RequestPass(
            new_id(),
            student,
            student,
            places[number % len(places)],
            Channel.STAFF,
            lift=("separation", "closed_hours", "members_only"),
            lift_reason="-",
        )
        decision = decider.decide(state, command, now)
        assert not decision.refused, decision.about
        for event in decision.events:
            state = decider.evolve(state, Recorded(state.campus.school.id, number, now, event.kind, event, new_id()))
    return state


def _decide(state: SchoolState, channel: Channel) -> float:
    """The median of what one decision takes, in microseconds. On the kiosk's channel it is refused."""
    decider = make_decider()
    now = SystemClock().now()
    students = sorted(state.campus.students)[OUT : OUT + _TRIALS]
    place = next(place.id for place in state.campus.locations.values() if place.kind == "restroom")
    times = []
    for student in students:
        command: Command = RequestPass(new_id(), student, student, place, channel, may_wait=True)
        began = perf_counter()
        decision = decider.decide(state, command, now)
        times.append(perf_counter() - began)
        assert decision.refused is (channel is Channel.KIOSK), decision.about
    return median(times) * 1e6


def _ruled(state: SchoolState) -> SchoolState:
    """The school with two zones, groups, and forty rules of all kinds."""
    campus = state.campus
    school_id = campus.school.id
    students = sorted(campus.students)
    zones = {id: Zone(id, school_id, name) for name in ("North", "South") for id in [derived_id("zone", name)]}
    locations = {
        id: replace(place, capacity=40, zone_id=list(zones)[number % 2])
        for number, (id, place) in enumerate(campus.locations.items())
    }
    groups = {
        id: Group(id, f"Group {number}", frozenset(students[number * 5 : number * 5 + 5]))
        for number in range(12)
        for id in [derived_id("group", number)]
    }
    rules = in_order(read_rule(text) for text in _rules(state, list(groups), list(zones)))
    assert len(rules) == RULES, len(rules)
    campus = replace(campus, zones=zones, locations=locations)
    return replace(state, campus=campus, groups=groups, all_rules=rules, rules=rules)


def _rules(state: SchoolState, groups: list[UUID], zones: list[UUID]) -> Iterator[RuleText]:
    usual = default_rules(new_id() for _ in range(20))
    yield from usual
    library = next(id for id, place in state.campus.locations.items() if place.kind == "library")
    types = [frozenset({id}) for id in state.pass_types]
    own = Scope(channels=SELF_SERVICE)
    for number in range(4):
        yield _rule("limit", Effect.NEEDS_STAFF, replace(own, pass_type_ids=types[number]), most=300, per="week")
        yield _rule(
            "limit", Effect.NEEDS_STAFF, replace(own, group_ids=frozenset(groups[number : number + 1])), most=999
        )
    yield _rule("limit", Effect.NEEDS_STAFF, own, most=9999, per="term")
    yield _rule("limit", Effect.NEEDS_STAFF, own, most=9999, per="week", unit="minutes")
    yield _rule("no_fly", Effect.REFUSE, own, windows=[{"starts_at": "00:00:00", "ends_at": "00:05:00"}])
    yield _rule("no_fly", Effect.REFUSE, Scope(channels=frozenset({Channel.KIOSK})), whole_day=True)
    for number in range(3):
        yield _rule("no_fly", Effect.REFUSE, replace(own, periods=frozenset({f"Late {number}"})), first_minutes=10)
    for number in range(6):
        yield _rule("separation", Effect.REFUSE, Scope(), group_ids=groups[2 * number : 2 * number + 2])
    yield _rule("hallway_cap", Effect.REFUSE, own, most=2000)
    for zone in zones:
        yield _rule("zone_cap", Effect.REFUSE, replace(own, zone_ids=frozenset({zone})), most=2000)
    yield _rule("closed_hours", Effect.REFUSE, Scope(location_ids=frozenset({library})))
    yield _rule("members_only", Effect.REFUSE, Scope(location_ids=frozenset({library})), group_ids=groups[:1])
    for number in range(RULES - len(usual) - 26):
        yield _rule("no_travel", Effect.REFUSE, Scope(grades=frozenset({str(number)})))


def _rule(kind: str, effect: Effect, scope: Scope, **params: Any) -> RuleText:
    full = msgspec.to_builtins(msgspec.convert(params, KINDS[kind].params))
    return RuleText(new_id(), kind, full, effect, scope)
