"""The ledger's engine, with a toy domain on it."""

import asyncio
from uuid import UUID

import msgspec
import psycopg
import pytest

from corridor.base.clock import SystemClock
from corridor.base.database import Database
from corridor.base.errors import InvalidInput, NotFound, Unavailable
from corridor.base.ids import new_id
from corridor.ledger.engine import Committed, Ledger
from corridor.ledger.verify import Finding, verify
from tests.ledger.toy import MOST, AddCoin, CoinAdded, Explode, Jars, ToyDecider, ToyRebuild


async def check(database: Database, school: UUID) -> Finding:
    return await verify(database, ToyDecider.kinds, ToyRebuild(), school)


async def test_an_accepted_command_is_answered_and_recorded(
    database: Database, ledger: Ledger[Jars], school: UUID
) -> None:
    jar = new_id()
    answer = await ledger.submit(school, AddCoin(jar))
    assert msgspec.json.decode(answer.body) == {"coins": 1}
    assert (await ledger.state(school)).coins == {jar: 1}
    finding = await check(database, school)
    assert finding.clean
    assert finding.events == 1


async def test_a_refusal_is_answered_and_recorded_and_disturbs_no_neighbour(
    database: Database, ledger: Ledger[Jars], school: UUID
) -> None:
    jar, other = new_id(), new_id()
    jars = [jar] * (MOST + 1) + [other]
    answers = await asyncio.gather(*(ledger.submit(school, AddCoin(each)) for each in jars))
    assert [answer.refused for answer in answers] == [False] * MOST + [True, False]
    assert (await check(database, school)).events == MOST + 2


async def test_a_senseless_command_records_nothing(database: Database, ledger: Ledger[Jars], school: UUID) -> None:
    good, bad = await asyncio.gather(
        ledger.submit(school, AddCoin(new_id())),
        ledger.submit(school, AddCoin(new_id(), "nonsense")),
        return_exceptions=True,
    )
    assert not isinstance(good, BaseException)
    assert isinstance(bad, InvalidInput)
    assert (await check(database, school)).events == 1


async def test_a_broken_decision_fails_alone(database: Database, ledger: Ledger[Jars], school: UUID) -> None:
    results = await asyncio.gather(
        ledger.submit(school, AddCoin(new_id())),
        ledger.submit(school, Explode()),
        ledger.submit(school, AddCoin(new_id())),
        return_exceptions=True,
    )
    assert isinstance(results[1], Unavailable)
    assert not any(isinstance(results[index], BaseException) for index in (0, 2))
    finding = await check(database, school)
    assert finding.clean
    assert finding.events == 2


async def test_a_school_without_a_ledger_is_not_found(ledger: Ledger[Jars]) -> None:
    with pytest.raises(NotFound):
        await ledger.submit(new_id(), AddCoin(new_id()))
    with pytest.raises(NotFound):
        await ledger.state(new_id())


async def test_the_same_command_again_gets_the_first_answer(
    database: Database, ledger: Ledger[Jars], school: UUID
) -> None:
    command, command_id = AddCoin(new_id()), new_id()
    at_once = await asyncio.gather(*(ledger.submit(school, command, command_id) for _ in range(10)))
    later = await ledger.submit(school, command, command_id)
    assert {answer.body for answer in [*at_once, later]} == {at_once[0].body}
    assert [answer.repeated for answer in at_once] == [False] + [True] * 9
    assert later.repeated
    assert (await check(database, school)).events == 1


async def test_a_refusal_again_is_the_same_refusal(ledger: Ledger[Jars], school: UUID) -> None:
    jar, command_id = new_id(), new_id()
    for _ in range(MOST):
        await ledger.submit(school, AddCoin(jar))
    first = await ledger.submit(school, AddCoin(jar), command_id)
    again = await ledger.submit(school, AddCoin(jar), command_id)
    assert first.refused
    assert again.refused
    assert again.body == first.body


async def test_another_command_under_a_used_id_is_an_error(ledger: Ledger[Jars], school: UUID) -> None:
    command_id = new_id()
    await ledger.submit(school, AddCoin(new_id()), command_id)
    with pytest.raises(InvalidInput) as error:
        await ledger.submit(school, AddCoin(new_id()), command_id)
    assert error.value.code == "idempotency_key_reused"


async def test_listeners_hear_of_every_event_once_and_in_order(ledger: Ledger[Jars], school: UUID) -> None:
    heard: list[Committed[Jars]] = []
    ledger.listen(heard.append)
    await asyncio.gather(*(ledger.submit(school, AddCoin(new_id())) for _ in range(20)))
    assert [event.seq for committed in heard for event in committed.events] == list(range(1, 21))


async def test_a_listener_that_fails_harms_nobody(ledger: Ledger[Jars], school: UUID) -> None:
    heard: list[Committed[Jars]] = []

    def fail(committed: Committed[Jars]) -> None:
        raise ValueError

    ledger.listen(fail)
    ledger.listen(heard.append)
    await ledger.submit(school, AddCoin(new_id()))
    assert len(heard) == 1


async def test_readers_never_see_what_is_not_committed(database: Database, ledger: Ledger[Jars], school: UUID) -> None:
    jar = new_id()
    await ledger.submit(school, AddCoin(jar))
    async with await psycopg.AsyncConnection.connect(database.url) as blocker:
        await blocker.execute("LOCK TABLE toy_jar IN ACCESS EXCLUSIVE MODE")
        waiting = asyncio.create_task(ledger.submit(school, AddCoin(jar)))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        assert (await ledger.state(school)).coins == {jar: 1}
        await blocker.rollback()
    await waiting
    assert (await ledger.state(school)).coins == {jar: 2}


async def test_a_process_that_fell_behind_catches_up_before_it_decides(
    database: Database, ledger: Ledger[Jars], school: UUID
) -> None:
    jar = new_id()
    heard: list[Committed[Jars]] = []
    other = Ledger(database, ToyDecider(), SystemClock())
    await other.start()
    await ledger.submit(school, AddCoin(jar))
    ledger.listen(heard.append)
    for _ in range(MOST - 1):
        await other.submit(school, AddCoin(jar))
    assert (await ledger.submit(school, AddCoin(jar))).refused
    assert [event.seq for committed in heard for event in committed.events] == list(range(2, MOST + 2))
    await other.stop()


async def test_a_moved_configuration_version_makes_the_state_load_anew(
    database: Database, ledger: Ledger[Jars], school: UUID
) -> None:
    jar = new_id()
    await ledger.submit(school, AddCoin(jar))
    async with database.session() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE toy_jar SET coins = 3")
        await connection.exec_driver_sql("UPDATE ledger_head SET config_version = config_version + 1")
    answer = await ledger.submit(school, AddCoin(jar))
    assert msgspec.json.decode(answer.body) == {"coins": 4}


async def test_a_lost_connection_is_mended_and_the_command_taken_once(
    database: Database, ledger: Ledger[Jars], school: UUID
) -> None:
    jar = new_id()
    await ledger.submit(school, AddCoin(jar))
    async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as killer:
        await killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    answer = await ledger.submit(school, AddCoin(jar))
    assert msgspec.json.decode(answer.body) == {"coins": 2}
    assert (await check(database, school)).events == 2


async def test_a_commit_whose_answer_was_lost_is_settled_by_its_id(
    database: Database, ledger: Ledger[Jars], school: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    jar = new_id()
    write = ledger._write
    lost: list[bool] = []

    async def lose_first_answer(*arguments: object) -> None:
        await write(*arguments)  # type: ignore[arg-type]
        if not lost:
            lost.append(True)
            raise psycopg.OperationalError("the connection broke after the commit")

    monkeypatch.setattr(ledger, "_write", lose_first_answer)
    answer = await ledger.submit(school, AddCoin(jar))
    assert lost
    assert msgspec.json.decode(answer.body) == {"coins": 1}
    assert (await check(database, school)).events == 1


async def test_a_database_that_is_gone_says_try_again(database: Database, school: UUID) -> None:
    gone = Database("postgresql://postgres@/nowhere?host=/nonexistent")
    ledger = Ledger(gone, ToyDecider(), SystemClock())
    await ledger.start()
    with pytest.raises(Unavailable):
        await ledger.submit(school, AddCoin(new_id()))
    await ledger.stop()
    await gone.close()


async def test_a_stopping_ledger_answers_what_waits_and_takes_no_more(ledger: Ledger[Jars], school: UUID) -> None:
    waiting = [asyncio.create_task(ledger.submit(school, AddCoin(new_id()))) for _ in range(5)]
    await asyncio.sleep(0)
    await ledger.stop()
    assert all(not answer.refused for answer in await asyncio.gather(*waiting))
    with pytest.raises(Unavailable):
        await ledger.submit(school, AddCoin(new_id()))


@pytest.mark.parametrize(
    ("tamper", "broken_at"),
    [
        ("""UPDATE ledger_event SET body = '{"jar_id":"0","secret":"x"}' WHERE seq = 3""", 3),
        ("UPDATE ledger_event SET recorded_at = recorded_at + interval '1 second' WHERE seq = 2", 2),
        ("UPDATE ledger_event SET kind = 'coin_refused' WHERE seq = 4", 4),
        ("DELETE FROM ledger_event WHERE seq = 2", 2),
        ("DELETE FROM ledger_event WHERE seq = 6", 6),
        ("DELETE FROM ledger_event WHERE seq = 1", 1),
        ("UPDATE ledger_event SET seq = 7 WHERE seq = 6", 6),
        (
            (
                "INSERT INTO ledger_event SELECT school_id, 7, recorded_at, kind, body, salt, digest, hash, command_id "
                "FROM ledger_event WHERE seq = 6"
            ),
            7,
        ),
        ("UPDATE ledger_event SET body = NULL WHERE seq = 5", 5),
        ("UPDATE ledger_head SET hash = sha256('x')", 6),
    ],
)
async def test_verify_finds_a_changed_removed_or_inserted_row(
    database: Database, ledger: Ledger[Jars], school: UUID, tamper: str, broken_at: int
) -> None:
    for _ in range(6):
        await ledger.submit(school, AddCoin(new_id()))
    async with database.session() as session:
        await (await session.connection()).exec_driver_sql(tamper)
    finding = await check(database, school)
    assert finding.broken_at == broken_at
    assert not finding.clean


async def test_verify_finds_a_read_table_that_says_something_else(
    database: Database, ledger: Ledger[Jars], school: UUID
) -> None:
    jar = new_id()
    await ledger.submit(school, AddCoin(jar))
    async with database.session() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE toy_jar SET coins = 2")
        await connection.exec_driver_sql(f"INSERT INTO toy_jar VALUES ('{new_id()}', '{school}', 1)")
    finding = await check(database, school)
    assert finding.broken_at is None
    assert finding.different == 2


async def test_a_redacted_body_is_not_an_error(database: Database, ledger: Ledger[Jars], school: UUID) -> None:
    await ledger.submit(school, AddCoin(new_id(), "private"))
    await ledger.submit(school, AddCoin(new_id()))
    async with database.session() as session:
        await (await session.connection()).exec_driver_sql(
            "UPDATE ledger_event SET body = NULL, salt = NULL WHERE seq = 1"
        )
    finding = await check(database, school)
    assert finding.broken_at is None
    assert finding.redacted == 1


async def test_a_bodys_hash_covers_its_salt(database: Database, ledger: Ledger[Jars], school: UUID) -> None:
    jar = new_id()
    await ledger.submit(school, AddCoin(jar))
    await ledger.submit(school, AddCoin(jar))
    async with await psycopg.AsyncConnection.connect(database.url) as connection:
        cursor = await connection.execute("SELECT body::text, digest FROM ledger_event ORDER BY seq")
        (body1, digest1), (body2, digest2) = await cursor.fetchall()
    assert body1 == body2
    assert digest1 != digest2


def test_event_kinds_are_told_apart() -> None:
    assert {CoinAdded.kind} < set(ToyDecider.kinds)
