"""The access log: every look is there, once, on a chain that shows when somebody tampers with it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.errors import Unavailable
from corridor.base.ids import new_id
from corridor.identity.access import Look
from corridor.identity.principal import Principal, Role
from corridor.ledger.verify import Finding, verify
from corridor.privacy.access_log import LedgerAccessLog, RecordsLedger, shortened
from corridor.privacy.decide import MOST_NAMED
from corridor.privacy.load import load_records
from corridor.privacy.room import make_records_decider, make_records_rebuild
from corridor.privacy.state import SAME_LOOK, stream_of
from tests.school import MORNING, TestSchool, make_school


class Log:
    """The access log of one school, and those who look."""

    def __init__(self, database: Database, school: TestSchool, clock: FixedClock) -> None:
        self.database = database
        self.school = school
        self.clock = clock
        self.records = RecordsLedger(database, clock)
        self.access = LedgerAccessLog(self.records)
        self.teacher = self.viewer()

    def viewer(self, role: Role = Role.TEACHER) -> Principal:
        return Principal(
            id=new_id(),
            kind="account",
            role=role,
            name="Lee Cho",
            person_id=self.school.teachers[0],
            school_ids=frozenset({self.school.id}),
        )

    async def look(self, what: str = "record", look: Look = Look.RECORD, **rest: Any) -> None:
        viewer = rest.pop("viewer", self.teacher)
        ids = rest.pop("student_ids", self.school.students[:1])
        await self.access.looked(viewer, self.school.id, what, look, student_ids=ids, **rest)

    async def rows(self, sql: str) -> list[Any]:
        async with self.database.raw() as connection:
            return await (await connection.execute(sql)).fetchall()

    async def entries(self) -> int:
        return int((await self.rows("SELECT count(*) FROM access_entry"))[0][0])

    async def change(self, sql: str) -> None:
        async with self.database.session() as session:
            await (await session.connection()).exec_driver_sql(sql)

    async def verify(self) -> Finding:
        kinds = make_records_decider().kinds
        rebuild = make_records_rebuild(self.school.id)
        return await verify(self.database, kinds, rebuild, stream_of(self.school.id), rows_of=self.school.id)


@pytest.fixture
async def log(database: Database) -> AsyncIterator[Log]:
    log = Log(database, await make_school(database), FixedClock(MORNING))
    await log.records.start()
    yield log
    await log.records.stop()


async def test_a_look_says_who_whose_when_from_where_and_why(log: Log) -> None:
    await log.look("pass", address="203.0.113.77", why="He asked for his times")
    (row,) = await log.rows(
        "SELECT viewer_id, viewer_kind, viewer_role, person_id, what, look, number, why, address, at, student_id "
        "FROM access_entry JOIN access_entry_student USING (school_id, seq)"
    )
    assert row == (
        log.teacher.id, "account", "teacher", log.school.teachers[0], "pass", "record", 1, "He asked for his times",
        "203.0.113.0/24", MORNING, log.school.students[0],
    )  # fmt: skip
    assert (await log.verify()).clean


async def test_the_same_look_within_ten_minutes_is_one_look(log: Log) -> None:
    await log.look()
    log.clock.advance(SAME_LOOK - timedelta(seconds=1))
    await log.look()
    assert await log.entries() == 1
    log.clock.advance(timedelta(seconds=1))
    await log.look()
    assert await log.entries() == 2
    assert (await log.verify()).clean


@pytest.mark.parametrize(
    "other",
    [{"what": "pass"}, {"look": Look.LIST}, {"why": "A parent called"}, {"student_ids": [new_id()]}],
)
async def test_any_other_look_is_another_look(log: Log, other: dict[str, Any]) -> None:
    await log.look()
    await log.look(**other)
    assert await log.entries() == 2


async def test_another_viewers_look_is_another_look(log: Log) -> None:
    await log.look()
    await log.look(viewer=log.viewer())
    assert await log.entries() == 2


async def test_every_copy_that_is_taken_away_is_recorded(log: Log) -> None:
    for _ in range(2):
        await log.look("passes", Look.EXPORT, student_ids=log.school.students)
    assert await log.entries() == 2


async def test_a_list_that_grew_names_only_the_new_ones_and_how_many_were_on_it(log: Log) -> None:
    students = log.school.students
    await log.look("board", Look.LIST, student_ids=students[:2])
    await log.look("board", Look.LIST, student_ids=students[:3])
    await log.look("board", Look.LIST, student_ids=students[1:3])
    rows = await log.rows(
        "SELECT number, student_id FROM access_entry JOIN access_entry_student USING (school_id, seq) ORDER BY seq"
    )
    assert sorted(rows) == sorted([(2, students[0]), (2, students[1]), (3, students[2])])


async def test_a_long_list_is_a_number_and_its_copy_names_everyone(log: Log) -> None:
    ids = [new_id() for _ in range(MOST_NAMED + 1)]
    await log.look("students", Look.LIST, student_ids=ids)
    await log.look("students", Look.LIST, student_ids=ids)
    assert await log.rows("SELECT number FROM access_entry") == [(MOST_NAMED + 1,)]
    assert await log.rows("SELECT student_id FROM access_entry_student") == []
    await log.look("students", Look.EXPORT, student_ids=ids)
    assert len(await log.rows("SELECT student_id FROM access_entry_student")) == MOST_NAMED + 1


async def test_an_empty_list_is_no_look_and_an_empty_copy_is_one(log: Log) -> None:
    await log.look("board", Look.LIST, student_ids=(), number=0)
    assert await log.entries() == 0
    await log.look("passes", Look.EXPORT, student_ids=(), number=0)
    assert await log.entries() == 1


async def test_a_list_that_nobody_counted_is_a_look(log: Log) -> None:
    await log.look("events", Look.LIST, student_ids=())
    assert await log.rows("SELECT what, number FROM access_entry") == [("events", 0)]


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE ledger_event SET body = replace(body::text, 'record', 'board')::json WHERE kind = 'record_looked'",
        "DELETE FROM ledger_event WHERE kind = 'record_looked' AND seq = 2",
        "UPDATE ledger_event SET recorded_at = recorded_at - interval '1 day' WHERE kind = 'record_looked'",
        "DELETE FROM access_entry WHERE seq = 2",
        "DELETE FROM access_entry_student WHERE seq = 2",
        "UPDATE access_entry SET viewer_id = school_id WHERE seq = 1",
        "INSERT INTO access_entry_student SELECT school_id, 1, viewer_id FROM access_entry WHERE seq = 1",
    ],
)
async def test_tampering_shows(log: Log, tampering: str) -> None:
    for number in range(3):
        await log.look(student_ids=[log.school.students[number]])
    assert (await log.verify()).clean
    await log.change(tampering)
    assert not (await log.verify()).clean


async def test_a_redacted_look_leaves_a_whole_chain(log: Log) -> None:
    for number in range(3):
        await log.look(student_ids=[log.school.students[number]])
    await log.change("UPDATE ledger_event SET body = NULL, salt = NULL WHERE kind = 'record_looked' AND seq = 2")
    await log.change("DELETE FROM access_entry_student WHERE seq = 2")
    assert (await log.verify()).clean
    await log.change("DELETE FROM access_entry WHERE seq = 2")
    finding = await log.verify()
    assert (finding.clean, finding.redacted) == (True, 1)


async def test_two_ledgers_at_once_lose_nothing_and_record_the_same_look_once(log: Log) -> None:
    other = RecordsLedger(log.database, log.clock)
    await other.start()
    logs = [log.access, LedgerAccessLog(other)]
    ids = [new_id() for _ in range(40)]
    await asyncio.gather(
        *(
            access.looked(log.teacher, log.school.id, "record", Look.RECORD, student_ids=[id])
            for id in ids
            for access in logs
        )
    )
    await other.stop()
    assert await log.entries() == len(ids)
    assert (await log.verify()).clean


async def test_nothing_is_said_to_be_recorded_that_is_not(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    await log.look(student_ids=[log.school.students[1]])

    async def lost(*_: Any) -> None:
        raise Unavailable("The database did not answer.")

    with monkeypatch.context() as broken:
        broken.setattr(RecordsLedger, "_write", lost)
        with pytest.raises(Unavailable):
            await log.look()
    assert await log.entries() == 1
    await log.look()
    assert await log.entries() == 2
    assert (await log.verify()).clean


async def test_looks_do_not_touch_the_days_ledger_and_cost_no_write_when_repeated(log: Log) -> None:
    await log.look()
    before = await log.rows("SELECT school_id, seq FROM ledger_head ORDER BY school_id")
    assert dict(before)[log.school.id] == 0
    for _ in range(20):
        await log.look()
    assert await log.rows("SELECT school_id, seq FROM ledger_head ORDER BY school_id") == before


_LOOKS = st.lists(
    st.tuples(
        st.sampled_from(list(Look)),
        st.sets(st.integers(0, 3)),
        st.sampled_from(["record", "board"]),
        st.sampled_from([None, "A call"]),
        st.integers(0, 7),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(looks=_LOOKS)
async def test_the_state_by_events_is_the_state_from_the_tables(log: Log, looks: Any) -> None:
    for look, students, what, why, minutes, long in looks:
        log.clock.advance(timedelta(minutes=minutes))
        ids = [log.school.students[number] for number in students]
        if long and look is Look.LIST:
            ids = [*ids, *(new_id() for _ in range(MOST_NAMED))]
        await log.look(what, look, student_ids=ids, why=why)
    state = await log.records.now_of(log.school.id)
    async with log.database.raw() as connection:
        fresh = await load_records(connection, stream_of(log.school.id), state.as_of)
    assert (fresh, list(fresh.recent.values())) == (state, list(state.recent.values()))
    assert (await log.verify()).clean


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1234:5678::1", "2001:db8:1234::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_addresses_are_shortened(address: str, kept: str) -> None:
    assert shortened(address) == kept
