"""Whatever is put on record, the state by events is the state from the tables, and the ledger is whole."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.errors import Conflict, NotFound
from corridor.base.ids import derived_id, new_id
from corridor.identity.access import Look
from corridor.privacy.commands import Form, LiftHold, MakeDisclosure, PlaceHold
from corridor.privacy.load import load_records
from corridor.privacy.state import stream_of
from tests.privacy.test_access_log import Log
from tests.school import MORNING, make_school


@pytest.fixture
async def log(database: Database) -> AsyncIterator[Log]:
    log = Log(database, await make_school(database), FixedClock(MORNING))
    await log.records.start()
    yield log
    await log.records.stop()


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["look", "file", "link", "place", "lift"]),
        st.sets(st.integers(0, 2)),
        st.integers(0, 6),
    ),
    max_size=14,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
async def test_the_state_by_events_is_the_state_from_the_tables(log: Log, steps: Any) -> None:
    for kind, numbers, minutes in steps:
        log.clock.advance(timedelta(minutes=minutes))
        ids = tuple(log.school.students[number] for number in sorted(numbers))
        with suppress(Conflict, NotFound):
            await _step(log, kind, ids)
    state = await log.records.now_of(log.school.id)
    async with log.database.raw() as connection:
        fresh = await load_records(connection, stream_of(log.school.id), state.as_of)
    assert fresh == state
    assert list(fresh.recent.values()) == list(state.recent.values())
    assert list(fresh.holds) == list(state.holds)
    found = await log.verify()
    assert found.clean, found


async def _step(log: Log, kind: str, ids: Any) -> None:
    student_id = ids[0] if ids else None
    if kind == "look":
        await log.look(look=Look.LIST, student_ids=ids)
    elif kind == "place":
        hold = PlaceHold(hold_id=new_id(), by=log.teacher.id, student_id=student_id, reason="Case")
        await log.records.record(log.school.id, hold)
    elif kind == "lift":
        holds = (await log.records.now_of(log.school.id)).holds
        hold_id = next((id for id, hold in holds.items() if hold.student_id == student_id), new_id())
        await log.records.record(log.school.id, LiftHold(hold_id=hold_id, by=log.teacher.id, reason="Over"))
    else:
        made = MakeDisclosure(
            disclosure_id=new_id(),
            by=log.teacher.id,
            by_kind="account",
            by_role="front_office",
            person_id=None,
            form=Form.LINK if kind == "link" else Form.CSV,
            threat="Smoke",
            parties="Engine 2",
            student_ids=ids,
            unmasked=False,
            link_id=derived_id("a link") if kind == "link" else None,
        )
        await log.records.record(log.school.id, made)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE disclosure SET parties = 'Nobody'",
        "DELETE FROM disclosure_student",
        "DELETE FROM disclosure",
        "UPDATE legal_hold SET lifted_at = now()",
        "DELETE FROM legal_hold",
        "DELETE FROM ledger_event WHERE kind = 'hold_placed'",
        "UPDATE ledger_event SET body = replace(body::text, 'Smoke', 'Fire')::json WHERE kind = 'disclosure_made'",
    ],
)
async def test_tampering_with_disclosures_and_holds_shows(log: Log, tampering: str) -> None:
    for kind in ("file", "place"):
        await _step(log, kind, tuple(log.school.students[:1]))
    assert (await log.verify()).clean
    await log.change(tampering)
    assert not (await log.verify()).clean
