"""Whatever people and time do to passes, these things hold: in memory, and through the ledger on the real database."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from corridor.app import make_decider, make_rebuild
from corridor.base.clock import Clock, FixedClock
from corridor.base.database import Database
from corridor.base.errors import CorridorError, InvalidInput, Unavailable
from corridor.base.ids import new_id
from corridor.campus.model import Term
from corridor.campus.timetable import local, midnight, school_day
from corridor.day.policy import Rule
from corridor.day.state import Approval, SchoolState, Status
from corridor.day.words import Channel, Effect
from corridor.ledger.engine import Committed, Ledger
from corridor.ledger.store import read_heads
from corridor.ledger.verify import verify
from corridor.ledger.words import Command, Recorded
from corridor.passes.commands import RequestPass, ReturnPass
from corridor.passes.events import PassApproved, PassIssued, PassRefused, PassStarted
from corridor.passes.load import load_state
from corridor.passes.refusal import Refused
from corridor.rules.judge import earliest, judge
from corridor.rules.verdict import Ask
from tests.day_state import (
    DECIDER,
    LIBRARY,
    NORTH_WING,
    NURSE,
    RESTROOM,
    ROOM_110,
    ROOM_204,
    STUDENTS,
    Day,
    ask_for,
    changed,
    everything,
    loaded_afresh,
    make_state,
    rule,
    usual_rules,
)
from tests.passes.histories import ALL_CODES, STARTS, Step, Waits, command_of, histories, instant_after, rushes
from tests.passes.oracle import check_begun
from tests.passes.policies import rivals, timed_decisions
from tests.school import make_school

# The same histories in every run; to look for new ones, set `derandomize` to False and `max_examples` high.
_REPEATABLE = settings(derandomize=True, deadline=None, database=None)


USUAL = usual_rules()
STRICT = (
    *(each for each in changed(USUAL, "limit", most=1, effect=Effect.REFUSE) if each.text.kind != "cooldown"),
    rule("hallway_cap", most=2),
    rule("zone_cap", most=1),
    rule("separation", student_ids=set(sorted(STUDENTS)[:3])),
)
"""Rules that are soon reached, and refuse."""


def _school(rules: Sequence[Rule] = USUAL) -> SchoolState:
    """The usual rules or others, three grades, small places, and a zone in which the library and the nurse lie."""
    small = {"capacity": 1}
    state = make_state(
        rules=rules,
        locations=dict.fromkeys((ROOM_110, ROOM_204, RESTROOM), small)
        | dict.fromkeys((LIBRARY, NURSE), small | {"zone_id": NORTH_WING}),
        grades=dict(zip(sorted(STUDENTS), "778899", strict=True)),
        approval=dict.fromkeys(("Restroom", "Library", "Nurse", "Another place"), Approval.NONE),
    )
    # Weekends as well, for the starts on the nights in which clocks are changed.
    bells = tuple(replace(each, days=frozenset(range(1, 8))) for each in state.campus.bell_schedules)
    state.campus = replace(state.campus, bell_schedules=bells, terms=_TERMS)
    return state


_TERMS = (
    Term(date(2026, 10, 9), date(2026, 10, 31)),
    Term(date(2026, 9, 1), date(2026, 10, 7)),
    Term(date(2026, 8, 1), date(2027, 6, 30)),
)


@settings(_REPEATABLE, max_examples=300)
@given(st.sampled_from(STARTS), st.sampled_from([USUAL, STRICT]), histories(60) | rushes(60))
def test_any_history_keeps_the_state_true_and_the_rules_kept(
    start: datetime, rules: Sequence[Rule], history: list[Step]
) -> None:
    day = Day(_school(rules), start)
    for added in _live(day, history):
        fresh = loaded_afresh(day.state, day.events)
        assert day.state == fresh
        _check_rules_kept(day, added)


def _check_rules_kept(day: Day, added: Sequence[Recorded]) -> None:
    for recorded in added:
        if isinstance(recorded.event, PassIssued | PassApproved | PassStarted):
            begun = day[recorded.event.pass_id]
            if begun.status is Status.ACTIVE:
                check_begun(day.state, begun, everything(day.events), day.now)


FIRST = min(STUDENTS)
Outing = tuple[int, Channel, int, int]
"""Where the first student goes, how they ask, for how many seconds they are out, and for how many minutes then in."""
_outings = st.tuples(
    st.integers(0, 4),
    st.sampled_from([Channel.STUDENT, Channel.KIOSK, Channel.STAFF]),
    st.integers(0, 3000),
    st.integers(0, 90),
)


@settings(_REPEATABLE, max_examples=250)
@given(
    start=st.sampled_from(STARTS),
    outings=st.lists(_outings, min_size=1, max_size=3),
    steps=timed_decisions | rivals,
    lift=st.sampled_from([(), (), ("no_fly", "limit"), ALL_CODES]),
    later=st.lists(st.integers(1, 6 * 24 * 3600), min_size=8, max_size=8),
)
def test_what_is_said_of_when_a_pass_is_allowed_is_true(
    start: datetime, outings: list[Outing], steps: list[Step], lift: tuple[str, ...], later: list[int]
) -> None:
    """Not a second sooner, at that instant surely, and where time alone won't bring it, never."""
    day = Day(replace(_school(), rules=(), all_rules=()), start)
    for place, channel, out, between in outings:
        begun = day.request(FIRST, sorted(day.state.campus.locations)[place], channel=channel)
        if isinstance(begun.about, UUID) and day[begun.about].status is Status.ACTIVE:
            day.now += timedelta(seconds=out)
            day.submit(ReturnPass(begun.about, FIRST))
        day.now += timedelta(minutes=between)
    for _ in _live(day, steps):
        pass
    instants = [at for at in (*_edges(day), *(day.now + timedelta(seconds=each) for each in later)) if at > day.now]
    for student_id in sorted(STUDENTS)[:2]:
        for place_id in sorted(day.state.campus.locations)[:3]:
            wish = ask_for(day.state, place_id, student_id=student_id, origin_id=None)
            _check_times(day, wish, lift, instants)


def _check_times(day: Day, wish: Ask, lift: tuple[str, ...], instants: Sequence[datetime]) -> None:
    state, now = day.state, day.now

    def stands(at: datetime, rule_id: UUID | None = None) -> bool:
        """Whether something would stand against it, or whether this rule would object."""
        judgement = judge(state, wish, at, lift)
        said = (*judgement.reasons, *judgement.lifted)
        return bool(judgement.against) if rule_id is None else any(each.rule_id == rule_id for each in said)

    found = judge(state, wish, now, lift)
    promises = [(each.allowed_at, each.rule_id) for each in (*found.reasons, *found.lifted)]
    for at, rule_id in [(earliest(state, wish, now, lift), None), *promises]:
        if at == now:
            assert rule_id is None
            assert not stands(now), "it was to be allowed at once"
            continue
        assert at is None or at > now, "it is allowed in the past"
        if at is not None:
            assert not stands(at, rule_id), f"it still stands at {at}"
            assert stands(max(now, at - timedelta(seconds=1)), rule_id), f"it would have been allowed before {at}"
        for instant in instants:
            if at is None or instant < at:
                assert stands(instant, rule_id), f"it is allowed at {instant} already, not only at {at}"


def _edges(day: Day) -> list[datetime]:
    """The instants of the next week at which something may change, and those just before."""
    campus = day.state.campus
    today = local(campus, day.now).date()
    edges = []
    for ahead in range(7):
        date_ = today + timedelta(days=ahead)
        edges.append(midnight(campus, date_))
        found = school_day(campus, date_)
        edges += [bell for span in (found.spans if found else ()) for bell in (span.starts, span.ends)]
    return [at - before for at in edges for before in (timedelta(0), timedelta(seconds=1))]


@settings(_REPEATABLE, max_examples=200)
@given(st.sampled_from(STARTS), histories(40) | rushes(40))
def test_a_refused_request_is_allowed_when_the_refusal_said_so_and_no_sooner(
    start: datetime, history: list[Step]
) -> None:
    day = Day(_school(STRICT), start)
    for added in _live(day, history):
        for recorded in added:
            if isinstance(recorded.event, PassRefused) and not recorded.event.at_approval:
                for may_wait in (False, True):
                    _check_refusal(day, recorded.event, may_wait=may_wait)


def _check_refusal(day: Day, refused: PassRefused, *, may_wait: bool) -> None:
    wish = RequestPass(
        pass_id=new_id(),
        by=refused.by,
        student_id=refused.student_id,
        destination_id=refused.destination_id,
        channel=refused.channel,
        # Without one, the timetable would choose another origin later.
        origin_id=refused.origin_id or next(id for id in day.state.campus.locations if id != refused.destination_id),
        pass_type_id=refused.pass_type_id,
        may_wait=may_wait,
    )
    try:
        about = day.decide(wish).about
    except InvalidInput:  # the origin is out of use
        return
    if not isinstance(about, Refused) or about.allowed_at is None:
        return
    assert about.allowed_at > day.now
    before, then = (Day(day.state, day.now) for _ in range(2))
    before.now = max(day.now, about.allowed_at - timedelta(seconds=1))
    assert before.decide(wish).refused, "it would have been allowed sooner"
    then.now = about.allowed_at
    assert not then.decide(wish).refused, "it is still refused"


def _live(day: Day, history: list[Step]) -> Iterator[list[Recorded]]:
    """Live through the history; gives, after each command, what it added."""
    pass_ids: list[UUID] = []
    for step in history:
        if isinstance(step, Waits):
            day.now = instant_after(step, day.state, day.now)
        command = command_of(step, day.state, pass_ids, day.now)
        if command is None:
            continue
        before = len(day.events)
        try:
            decision = day.submit(command)
        except CorridorError:
            assert len(day.events) == before
            continue
        if isinstance(command, RequestPass) and not decision.refused:
            pass_ids.append(command.pass_id)
        yield day.events[before:]


@settings(_REPEATABLE, max_examples=100)
@given(st.sampled_from(STARTS), histories(25) | rushes(40))
def test_what_is_due_happens_once_and_when_it_is_due(start: datetime, history: list[Step]) -> None:
    day = Day(_school(), start)
    for _ in _live(day, [step for step in history if not isinstance(step, Waits)]):
        pass
    while (at := DECIDER.due(day.state)) is not None:
        assert at >= day.state.as_of, "it was due before"
        day.now = max(day.now, at)
        assert day.later(), "something was due, and nothing happened"
        assert not day.later(), "it happened twice"
        assert day.state == loaded_afresh(day.state, day.events)
    assert not day.state.passes


@settings(_REPEATABLE, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_history_through_the_ledger_leaves_tables_that_say_the_same(database_url: str, data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(STARTS))
    history = data.draw(histories(25) | rushes(25))
    second = data.draw(st.sets(st.integers(0, 24)), label="steps that the second process takes")
    together = data.draw(st.sets(st.integers(0, 24)), label="steps that are sent together with the next one")
    asyncio.run(_live_through(database_url, start, history, second, together))


async def _live_through(url: str, start: datetime, history: list[Step], second: set[int], together: set[int]) -> None:
    database = Database(url)
    school = await make_school(database)
    clock = FixedClock(start.astimezone(UTC))
    heard: list[Committed[SchoolState]] = []
    async with _process(database, clock, school.id) as one, _process(database, clock, school.id) as two:
        one.listen(heard.append)
        pass_ids: list[UUID] = []
        commands: list[Command] = []
        for number, step in enumerate(history):
            ledger = two if number in second else one
            state = await ledger.state(school.id)
            if isinstance(step, Waits):
                clock.instant = instant_after(step, state, clock.instant)
            if (command := command_of(step, state, pass_ids, clock.instant)) is not None:
                commands.append(command)
            if number not in together:
                pass_ids += await _submit(ledger, school.id, commands)
                commands.clear()
                await ledger.refresh(school.id)
                assert await ledger.state(school.id) == await _loaded(database, school.id)
        await one.refresh(school.id)
        events = [recorded for committed in heard for recorded in committed.events]
        assert [recorded.seq for recorded in events] == list(range(1, len(events) + 1))
    finding = await verify(database, make_decider().kinds, make_rebuild(), school.id)
    assert finding.clean, finding
    await database.close()


@asynccontextmanager
async def _process(database: Database, clock: Clock, school_id: UUID) -> AsyncIterator[Ledger[SchoolState]]:
    """What one process of the application has of the ledger."""
    ledger = Ledger(database, make_decider(), clock)
    await ledger.start()
    await ledger.state(school_id)
    yield ledger
    await ledger.stop()


async def _submit(ledger: Ledger[SchoolState], school_id: UUID, commands: list[Command]) -> list[UUID]:
    """Send all at once; gives the passes that came of it."""
    answers = await asyncio.gather(*(ledger.submit(school_id, each) for each in commands), return_exceptions=True)
    made = []
    for command, answer in zip(commands, answers, strict=True):
        if isinstance(answer, BaseException):
            assert isinstance(answer, CorridorError), answer
            assert not isinstance(answer, Unavailable)
        elif isinstance(command, RequestPass) and not answer.refused:
            made.append(command.pass_id)
    return made


async def _loaded(database: Database, school_id: UUID) -> SchoolState:
    """The state as the tables have it."""
    connection = await database.connect()
    async with connection:
        head = (await read_heads(connection, [school_id]))[school_id]
        return await load_state(connection, school_id, head.recorded_at)


@pytest.mark.parametrize("start", STARTS)
def test_a_day_without_anything_has_nothing_due(start: datetime) -> None:
    assert DECIDER.due(Day(now=start).state) is None
