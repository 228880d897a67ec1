"""Whatever people and time do to passes, these things hold: in memory, and through the ledger on the real database."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corridor.app import make_decider, make_rebuild
from corridor.base.clock import Clock, FixedClock
from corridor.base.database import Database
from corridor.base.errors import CorridorError, InvalidInput, Unavailable
from corridor.base.ids import new_id
from corridor.day.policy import Rule
from corridor.day.state import SchoolState
from corridor.day.words import Effect
from corridor.ledger.engine import Committed, Ledger
from corridor.ledger.store import read_heads
from corridor.ledger.verify import verify
from corridor.ledger.words import Command, Recorded
from corridor.passes.commands import RequestPass
from corridor.passes.events import PassRefused
from corridor.passes.load import load_state
from corridor.passes.refusal import Refused
from tests.day_state import DECIDER, Day, changed, loaded_afresh, make_state, usual_rules
from tests.passes.histories import STARTS, Step, Waits, check_limits, command_of, histories, instant_after
from tests.school import make_school

# The same histories in every run; to look for new ones, set `derandomize` to False and `max_examples` high.
_REPEATABLE = settings(derandomize=True, deadline=None, database=None)


def _strict() -> tuple[Rule, ...]:
    """The default rules with a daily limit that is soon reached and refuses."""
    return changed(usual_rules(), "limit", most=1, effect=Effect.REFUSE)


@settings(_REPEATABLE, max_examples=300)
@given(st.sampled_from(STARTS), st.sampled_from([usual_rules(), _strict()]), histories(60))
def test_any_history_keeps_the_state_true_and_the_limits_kept(
    start: datetime, rules: Sequence[Rule], history: list[Step]
) -> None:
    day = Day(make_state(rules=rules), start)
    for added in _live(day, history):
        check_limits(day.state, added)
        assert day.state == loaded_afresh(day.state, day.events)


@settings(_REPEATABLE, max_examples=200)
@given(st.sampled_from(STARTS), histories(40))
def test_a_refused_request_is_allowed_when_the_refusal_said_so_and_no_sooner(
    start: datetime, history: list[Step]
) -> None:
    day = Day(make_state(rules=_strict()), start)
    for added in _live(day, history):
        for recorded in added:
            if isinstance(recorded.event, PassRefused) and not recorded.event.at_approval:
                _check_allowed_at(day, recorded.event)


def _check_allowed_at(day: Day, refused: PassRefused) -> None:
    wish = RequestPass(
        pass_id=new_id(),
        by=refused.by,
        student_id=refused.student_id,
        destination_id=refused.destination_id,
        channel=refused.channel,
        # Without one, the timetable would choose another origin later.
        origin_id=refused.origin_id or next(id for id in day.state.campus.locations if id != refused.destination_id),
        pass_type_id=refused.pass_type_id,
    )
    try:
        about = day.decide(wish).about
    except InvalidInput:  # the origin is out of use
        return
    if not isinstance(about, Refused) or any(reason.allowed_at is None for reason in about.reasons):
        return
    allowed_at = max(reason.allowed_at for reason in about.reasons if reason.allowed_at)
    before, then = (Day(DECIDER.draft(day.state), day.now) for _ in range(2))
    before.later(seconds=(allowed_at - day.now).total_seconds() - 1)
    if before.now >= day.now:
        assert before.decide(wish).refused, "it would have been allowed sooner"
    then.later(seconds=(allowed_at - day.now).total_seconds())
    assert not then.decide(wish).refused, "it is still refused"


def _live(day: Day, history: list[Step]) -> Iterator[list[Recorded]]:
    """Live through the history; gives, after each command, what it added."""
    pass_ids: list[UUID] = []
    for step in history:
        if isinstance(step, Waits):
            day.now = instant_after(step, day.state, day.now)
        command = command_of(step, day.state, pass_ids)
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
@given(st.sampled_from(STARTS), histories(25))
def test_what_is_due_happens_once_and_when_it_is_due(start: datetime, history: list[Step]) -> None:
    day = Day(now=start)
    for _ in _live(day, [step for step in history if not isinstance(step, Waits)]):
        pass
    while (at := DECIDER.due(day.state)) is not None:
        day.now = max(day.now, at)
        assert day.later(), "something was due, and nothing happened"
        assert not day.later(), "it happened twice"
    assert not day.state.passes


@settings(_REPEATABLE, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_history_through_the_ledger_leaves_tables_that_say_the_same(database_url: str, data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(STARTS))
    history = data.draw(histories(25))
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
            if (command := command_of(step, state, pass_ids)) is not None:
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
