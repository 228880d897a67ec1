"""What has been kept long enough goes, wherever it stands; what must stay does; and the ledger still verifies."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from corridor.app import make_decider, make_rebuild
from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.errors import CorridorError, InvalidInput
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.campus.timetable import local
from corridor.day.state import SchoolState
from corridor.day.words import Channel
from corridor.identity import audit
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from corridor.ledger.engine import Ledger
from corridor.ledger.store import read_heads
from corridor.ledger.verify import Finding, Rebuilds, verify
from corridor.ledger.words import Command
from corridor.passes.commands import DenyPass, RequestPass, ReturnPass
from corridor.passes.load import load_state
from corridor.privacy.access_log import RecordsLedger
from corridor.privacy.commands import PlaceHold
from corridor.privacy.retention import Retention
from corridor.privacy.retention_kinds import Kind, checked
from corridor.privacy.retention_people import CREDENTIALS, naming
from corridor.privacy.retention_report import Run
from corridor.privacy.retention_steps import SCHOOL_STEPS
from tests.passes.histories import STARTS, Step, Waits, command_of, histories, instant_after, rushes
from tests.school import MORNING, TestSchool, make_school

_REPEATABLE = settings(derandomize=True, deadline=None, database=None, phases=(Phase.generate,))
_ROSTER = frozenset({"person", "membership", "enrollment", "guardianship", "leaver"})


class Kept:
    """A school with a ledger, and what is known of it in the database."""

    def __init__(self, database: Database, school: TestSchool, clock: FixedClock, ledger: Ledger[SchoolState]) -> None:
        self.database = database
        self.school = school
        self.clock = clock
        self.ledger = ledger
        self.records = RecordsLedger(database, clock)
        self.retention = Retention(database, clock, most_at_once=3)
        self.pass_ids: list[UUID] = []

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        async with self.database.raw() as connection:
            return await (await connection.execute(sql, values)).fetchall()

    async def change(self, sql: str, *values: Any) -> None:
        connection = await self.database.connect()
        async with connection:
            await connection.execute(sql, values)

    async def submit(self, command: Command) -> None:
        try:
            answer = await self.ledger.submit(self.school.id, command)
        except CorridorError:
            return
        if isinstance(command, RequestPass) and not answer.refused:
            self.pass_ids.append(command.pass_id)

    async def live(self, history: Sequence[Step]) -> None:
        for step in history:
            state = await self.ledger.state(self.school.id)
            if isinstance(step, Waits):
                self.clock.instant = instant_after(step, state, self.clock.instant)
            if (command := command_of(step, state, self.pass_ids, self.clock.instant)) is not None:
                await self.submit(command)

    async def out_and_back(self, number: int, *, reason: str | None = None) -> UUID:
        """A student asks with a reason, goes, and comes back."""
        student_id, pass_id = self.school.students[number], new_id()
        await self.submit(
            RequestPass(
                pass_id=pass_id,
                by=self.school.teachers[0],
                student_id=student_id,
                destination_id=self.school.library,
                channel=Channel.STAFF,
                reason=reason,
            )
        )
        self.clock.advance(timedelta(minutes=4))
        await self.submit(ReturnPass(pass_id, student_id))
        self.clock.advance(timedelta(minutes=30))
        return pass_id

    async def hold(self, student_id: UUID | None) -> None:
        await self.records.start()
        placed = PlaceHold(hold_id=new_id(), by=new_id(), student_id=student_id, reason="A lawsuit")
        await self.records.record(self.school.id, placed)
        await self.records.stop()
        self.records = RecordsLedger(self.database, self.clock)

    async def found(self, *words: str) -> dict[str, int]:
        """In how many rows of which tables, but for the roster's, one of the words stands."""
        tables = await self.rows(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'procrastinate%%'"
        )
        counts = {}
        for (table,) in tables:
            hits = await self.rows(
                f"SELECT count(*) FROM {table} AS row WHERE row::text ILIKE ANY(%s)", [f"%{word}%" for word in words]
            )
            counts[table] = hits[0][0]
        return {table: count for table, count in counts.items() if count}

    async def verified(self) -> Finding:
        finding = await verify(self.database, make_decider().kinds, make_rebuild(), self.school.id)
        assert finding.clean, finding
        if await self.rows("SELECT FROM ledger_head WHERE school_id = %s", audit.STREAM):
            kinds = {audit.AdminChanged.kind: audit.AdminChanged}
            told = await verify(self.database, kinds, Rebuilds(), audit.STREAM)
            assert told.clean, told
        return finding

    async def counts(self) -> list[Any]:
        """How often what happened where, and for how long."""
        return await self.rows(
            """
            SELECT requested_at::date, origin_id, destination_id, pass_type_id, channel, status, ended_how, count(*),
                sum(minutes), sum(ended_at - started_at), count(*) FILTER (WHERE overdue) FROM pass
            WHERE school_id = %s GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7""",
            self.school.id,
        )

    async def refusal_counts(self) -> list[Any]:
        return await self.rows(
            """
            SELECT at::date, destination_id, channel, codes, rule_ids, count(*) FROM refusal
            WHERE school_id = %s GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5""",
            self.school.id,
        )


@asynccontextmanager
async def living(database: Database, start: datetime = MORNING) -> AsyncIterator[Kept]:
    school = await make_school(database)
    clock = FixedClock(start.astimezone(UTC))
    ledger = Ledger(database, make_decider(), clock)
    await ledger.start()
    try:
        yield Kept(database, school, clock, ledger)
    finally:
        await ledger.stop()


@pytest.fixture
async def kept(database: Database) -> AsyncIterator[Kept]:
    async with living(database) as living_school:
        await living_school.change("UPDATE term SET ends_on = '2026-12-31'")
        yield living_school


async def _loaded(database: Database, school_id: UUID) -> SchoolState:
    connection = await database.connect()
    async with connection:
        head = (await read_heads(connection, [school_id]))[school_id]
        return await load_state(connection, school_id, head.recorded_at)


def _days(number: int) -> dict[Kind, int]:
    """So many for whatever may be kept as short as that, and no longer than it for the rest of it."""
    some = dict.fromkeys((Kind.APPOINTMENT, Kind.AWAY), number)
    return some | {
        Kind.PASS: max(number, 30),
        Kind.REASON: number,
        Kind.REFUSAL: number,
        Kind.DECISION: max(number, 30),
        Kind.ANSWER: number,
    }


@settings(_REPEATABLE, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happened_and_whatever_is_kept_how_long(database_url: str, data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(STARTS))
    before = data.draw(histories(25) | rushes(25), label="what happened long ago")
    after = data.draw(histories(12), label="what happened since")
    then = data.draw(histories(8), label="what happens later")
    gap = data.draw(st.sampled_from([0, 1, 20, 31, 60, 400]), label="days between")
    number = data.draw(st.sampled_from([1, 2, 30, 40]), label="days that are kept")
    held = data.draw(st.sets(st.integers(0, 5), max_size=3), label="students on hold")
    whole = data.draw(st.sampled_from([False] * 5 + [True]), label="the whole school is on hold")
    term_ends = data.draw(st.sampled_from([date(2026, 10, 7), date(2026, 10, 31), date(2027, 6, 30)]))

    async def work() -> None:
        database = Database(database_url)
        async with living(database, start) as kept:
            await kept.change("UPDATE term SET ends_on = %s", term_ends)
            await kept.live(before)
            kept.clock.advance(timedelta(days=gap))
            await kept.live(after)
            students = sorted(kept.school.students)
            for index in held:
                await kept.hold(students[index])
            if whole:
                await kept.hold(None)
            await _check_a_run(kept, {students[index] for index in held}, whole, number, then)
        await database.close()

    asyncio.run(work())


async def _check_a_run(kept: Kept, held: set[UUID], whole: bool, number: int, then: Sequence[Step]) -> None:
    school_id = kept.school.id
    await kept.ledger.refresh(school_id)
    await kept.retention.change(None, _days(number))
    known, counts, refusals = await _loaded(kept.database, school_id), await kept.counts(), await kept.refusal_counts()
    events, passes = await _events(kept), await _passes(kept)
    planned = await kept.retention.plan()

    run = await kept.retention.run()

    for kind in SCHOOL_STEPS:
        assert run.report.total(kind) == planned.total(kind), kind
    await kept.verified()
    assert await kept.counts() == counts
    assert await kept.refusal_counts() == refusals
    await _check_kept_back(kept, held, whole, events, passes)
    if not whole:
        await _check_gone(kept, held, run)
    again = await kept.retention.run()
    assert again.report.everything == 0, again.sentence

    now = await _loaded(kept.database, school_id)
    today = now.day == local(now.campus, kept.clock.instant).date()
    for field in (
        "passes",
        "lines",
        "going_to",
        "out_of",
        *(("closed", "of_student", "week", "term") if today else ()),
    ):
        assert getattr(now, field) == getattr(known, field), field
    await kept.ledger.refresh(school_id)
    assert await kept.ledger.state(school_id) == now
    await kept.live(then)
    await kept.ledger.refresh(school_id)
    assert await kept.ledger.state(school_id) == await _loaded(kept.database, school_id)
    await kept.verified()


async def _events(kept: Kept) -> dict[int, str | None]:
    return dict(await kept.rows("SELECT seq, body::text FROM ledger_event WHERE school_id = %s", kept.school.id))


async def _passes(kept: Kept) -> dict[UUID, Any]:
    return {
        row[0]: row
        for row in await kept.rows("SELECT id, student_id, pass::text FROM pass WHERE school_id = %s", kept.school.id)
    }


async def _check_kept_back(
    kept: Kept, held: set[UUID], whole: bool, events: dict[int, str | None], passes: dict[UUID, Any]
) -> None:
    """Of those on hold everything is as it was."""
    now, rows = await _events(kept), await _passes(kept)
    theirs = {str(pass_id) for pass_id, row in passes.items() if row[1] in held} | {str(id) for id in held}
    for seq, body in events.items():
        if whole or any(word in (body or "") for word in theirs):
            assert now[seq] == body, f"event {seq} of somebody on hold is gone"
    for pass_id, row in passes.items():
        if whole or row[1] in held:
            assert rows[pass_id] == row


async def _check_gone(kept: Kept, held: set[UUID], run: Run) -> None:
    """Nothing older than its limit names anybody who is not on hold."""
    part = next(each for each in run.report.schools if each.school_id == kept.school.id)
    others = [str(id) for id in kept.school.students if id not in held]
    passes = await kept.rows(
        """SELECT id FROM pass WHERE ended_at < %s AND status NOT IN ('requested', 'waiting', 'scheduled', 'active')
        AND student_id::text = ANY(%s)""",
        part.until[Kind.PASS],
        others,
    )
    assert not passes
    refused = await kept.rows(
        "SELECT id FROM refusal WHERE at < %s AND student_id::text = ANY(%s)", part.until[Kind.REFUSAL], others
    )
    assert not refused
    written = await kept.rows(
        """SELECT id FROM pass WHERE ended_at < %s AND student_id::text = ANY(%s)
        AND coalesce(reason, lift_reason, deny_reason) IS NOT NULL""",
        part.until[Kind.REASON],
        others,
    )
    assert not written
    still = {str(row[0]) for row in await kept.rows("SELECT id FROM pass WHERE student_id::text = ANY(%s)", others)}
    standing = {
        row[0] for row in await kept.rows("SELECT seq FROM policy WHERE active AND school_id = %s", kept.school.id)
    }
    told = await kept.rows(
        "SELECT seq, kind, body FROM ledger_event WHERE school_id = %s AND recorded_at < %s AND body IS NOT NULL",
        kept.school.id,
        min(part.until.values()),
    )
    for seq, kind, body in told:
        text = msgspec.json.encode(body).decode()
        if any(id in text for id in map(str, held)) or not any(id in text for id in others):
            continue
        assert seq in standing or body.get("pass_id") in still, (kind, body)


async def test_a_pass_goes_with_all_that_tells_of_it_and_its_place_and_time_stay(kept: Kept) -> None:
    pass_id = await kept.out_and_back(0, reason="A note to the nurse")
    await kept.out_and_back(1, reason="Another note")
    kept.clock.advance(timedelta(days=500))
    await kept.hold(kept.school.students[1])
    run = await kept.retention.run("command")
    assert (run.report.total(Kind.PASS), run.report.total(Kind.REASON)) == (1, 1)
    assert run.report.schools[0].kept_back == 1
    student = str(kept.school.students[0])
    assert set(await kept.found(student)) <= _ROSTER
    assert await kept.found("A note to the nurse") == {}
    row = (await kept.rows("SELECT destination_id, status, ended_how, requested_by FROM pass WHERE id = %s", pass_id))[
        0
    ]
    assert row == (kept.school.library, "ended", "returned", None)
    assert "Another note" in str(await kept.rows("SELECT reason FROM pass"))
    assert (await kept.verified()).redacted == 2


async def test_what_rules_count_in_this_term_stays_however_short_the_time(kept: Kept) -> None:
    await kept.change("UPDATE term SET ends_on = '2027-06-30'")
    await kept.out_and_back(0, reason="A book")
    await kept.retention.change(None, _days(1))
    kept.clock.advance(timedelta(days=150))
    run = await kept.retention.run()
    assert (run.report.total(Kind.PASS), run.report.total(Kind.REASON)) == (0, 1)
    state = await _loaded(kept.database, kept.school.id)
    assert sum(tally.passes for tally in state.term[kept.school.students[0]].values()) == 1


async def test_a_denial_with_a_reason_loses_the_reason_and_stays_denied(kept: Kept) -> None:
    pass_id = new_id()
    student = kept.school.students[0]
    await kept.submit(
        RequestPass(
            pass_id=pass_id,
            by=student,
            student_id=student,
            destination_id=kept.school.library,
            channel=Channel.STUDENT,
            reason="To read",
        )
    )
    await kept.submit(DenyPass(pass_id, kept.school.teachers[0], reason="You read enough"))
    kept.clock.advance(timedelta(days=100))
    await kept.retention.run()
    row = (await kept.rows("SELECT status, student_id, reason, deny_reason FROM pass WHERE id = %s", pass_id))[0]
    assert row == ("denied", student, None, None)
    assert await kept.found("You read enough", "To read") == {}
    await kept.verified()


async def test_somebody_who_left_can_sign_in_no_more_then_loses_the_account_then_the_name(
    kept: Kept, tmp_path: Any
) -> None:
    student = kept.school.students[0]
    await kept.out_and_back(0)
    await kept.change("UPDATE person SET source_id = 's-1', given_name = 'Zaphod' WHERE id = %s", student)
    identity = IdentityService(kept.database, kept.clock, Settings(data_dir=tmp_path))
    password = "a quiet corridor at noon"
    await identity.create_account(role=Role.STUDENT, username="zaphod", password=password, person="s-1")
    await identity.sign_in("zaphod", password, address="1.2.3.4")
    await kept.change("UPDATE person SET active = false WHERE id = %s", student)

    kept.clock.advance(timedelta(days=1))
    assert (await kept.retention.run()).report.disabled == 1
    assert await kept.rows("SELECT status FROM account") == [("disabled",)]
    assert not await kept.rows("SELECT id FROM login_session")

    kept.clock.advance(timedelta(days=61))
    assert (await kept.retention.run()).report.total(Kind.ACCOUNT) == 1
    assert await kept.rows("SELECT given_name FROM person WHERE id = %s", student) == [("Zaphod",)]

    kept.clock.advance(timedelta(days=400))
    run = await kept.retention.run()
    assert run.report.total(Kind.PERSON) == 1
    assert await kept.found("Zaphod", str(student)) == {}
    await kept.verified()


async def test_somebody_who_left_and_is_on_hold_keeps_name_and_account(kept: Kept, tmp_path: Any) -> None:
    student = kept.school.students[0]
    await kept.change("UPDATE person SET active = false, source_id = 's-1' WHERE id = %s", student)
    await kept.hold(student)
    await kept.retention.run()
    kept.clock.advance(timedelta(days=1000))
    assert (await kept.retention.run()).report.total(Kind.PERSON) == 0
    assert await kept.rows("SELECT id FROM person WHERE id = %s", student)


async def test_somebody_who_came_back_has_not_left(kept: Kept) -> None:
    student = kept.school.students[0]
    await kept.change("UPDATE person SET active = false WHERE id = %s", student)
    await kept.retention.run()
    await kept.change("UPDATE person SET active = true WHERE id = %s", student)
    kept.clock.advance(timedelta(days=1000))
    await kept.retention.run()
    assert await kept.rows("SELECT id FROM person WHERE id = %s", student)


async def test_what_was_destroyed_is_on_record_without_naming_anybody(kept: Kept) -> None:
    await kept.out_and_back(0)
    kept.clock.advance(timedelta(days=500))
    await kept.retention.run()
    bodies = [row[0] for row in await kept.rows("SELECT body FROM ledger_event WHERE school_id = %s", audit.STREAM)]
    told = [body["details"] for body in bodies if body["what"] == "retention.destroyed"]
    assert {key: told[0][key] for key in ("kind", "number", "days")} == {"kind": "pass", "number": 1, "days": 365}


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({Kind.PASS: 29}, "pass"),
        ({Kind.REASON: 366}, "reason"),
        ({Kind.ACCESS_LOG: 364}, "access_log"),
        ({Kind.PASS: 500}, "person"),
        ({Kind.ANSWER: 0}, "answer"),
    ],
)
def test_times_that_do_not_hang_together_are_refused(days: dict[Kind, int], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked(days)
    assert refused.value.extra["field"] == field


async def test_a_change_of_the_times_is_on_record(kept: Kept) -> None:
    await kept.retention.change(None, {Kind.REASON: 30})
    await kept.retention.change(None, {Kind.REASON: 30})
    assert (await kept.retention.days())[Kind.REASON] == 30
    changes = await kept.rows("SELECT body FROM ledger_event WHERE school_id = %s", audit.STREAM)
    assert [row[0]["details"] for row in changes] == [{"days": {"reason": {"before": 90, "after": 30}}}]


def test_every_table_that_names_a_person_or_an_account_is_thought_of() -> None:
    """A new one: does its row go with them, as a required name says, or is it only emptied? Then add it here."""
    found = _names_of("person") | _names_of("account")
    unknown = found - _THOUGHT_OF
    assert not unknown, "see corridor.privacy.retention_people"
    assert {name.split(".")[0] for name in found} >= CREDENTIALS


def _names_of(table: str) -> set[str]:
    from corridor.schema import metadata

    return {f"{theirs.name}.{column.name}" for theirs, column in naming(metadata.tables[table])}


_THOUGHT_OF = frozenset(
    """
    account.person_id account_link.account_id api_token.person_id badge.student_id enrollment.person_id
    family_invitation.guardian_id family_invitation.student_id family_invitation.used_by first_step.account_id
    guardianship.guardian_id guardianship.student_id leaver.person_id login_session.account_id membership.person_id
    passkey.account_id passkey_challenge.account_id password_link.account_id recovery_code.account_id
    student_pin.student_id totp.account_id
    """.split()
)
