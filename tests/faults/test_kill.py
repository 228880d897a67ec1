"""`kill -9` of the application at any instant: no answered command is lost, and none is taken twice."""

import asyncio
import random
from pathlib import Path

import httpx
import psycopg
import pytest

from corridor.base.database import Database
from tests.faults.retrying import check_ledger, make_clients
from tests.processes import AppProcess, app_processes
from tests.school import make_school

CLIENTS = 8
COMMANDS_EACH = 40
KILLS = 15
CONNECTION_KILLS = 150


async def test_servers_killed_at_random_lose_nothing_and_do_nothing_twice(database: Database, tmp_path: Path) -> None:
    school = await make_school(database, students=CLIENTS)
    chance = random.Random(7)
    with app_processes(2, database.url, tmp_path) as servers:
        clients = await make_clients(database, school, lambda: random.choice(servers).url)

        async def kill_now_and_then() -> None:
            for kill in range(1, KILLS + 1):
                await clients.until_answered(kill * CLIENTS * COMMANDS_EACH // (KILLS + 1))
                await asyncio.sleep(chance.random() * 0.02)
                victim = chance.randrange(len(servers))
                servers[victim].kill()
                servers[victim] = await asyncio.to_thread(AppProcess, database.url, tmp_path)

        async with asyncio.timeout(120):
            await asyncio.gather(
                kill_now_and_then(), *(clients.live(number, COMMANDS_EACH) for number in range(CLIENTS))
            )
    assert len(clients.answered) == CLIENTS * COMMANDS_EACH
    assert any(command.tries > 1 for command in clients.answered), "no command met a dead server"
    await check_ledger(database, school, clients.answered)


async def test_database_connections_killed_at_random_lose_nothing_and_do_nothing_twice(
    database: Database, tmp_path: Path
) -> None:
    school = await make_school(database, students=CLIENTS)
    with app_processes(2, database.url, tmp_path) as servers:
        clients = await make_clients(database, school, lambda: random.choice(servers).url)

        async def kill_connections() -> None:
            async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as killer:
                for _ in range(CONNECTION_KILLS):
                    await killer.execute(
                        "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity "
                        "WHERE datname = current_database() AND application_name = 'corridor' "
                        "ORDER BY random() LIMIT 1) AS victim"
                    )
                    await asyncio.sleep(random.random() * 0.04)

        async with asyncio.timeout(120):
            await asyncio.gather(
                kill_connections(), *(clients.live(number, COMMANDS_EACH) for number in range(CLIENTS))
            )
    await check_ledger(database, school, clients.answered)


@pytest.mark.parametrize(("fault", "repeated"), [("before_commit", False), ("after_commit", True)])
async def test_a_server_killed_around_its_commit_leaves_the_command_to_be_taken_once(
    database: Database, tmp_path: Path, fault: str, repeated: bool
) -> None:
    school = await make_school(database)
    dying = AppProcess(database.url, tmp_path, fault)
    with app_processes(1, database.url, tmp_path) as (living,):
        urls = iter([dying.url])
        clients = await make_clients(database, school, lambda: next(urls, living.url))
        await clients.live(0, 1)
    (answered,) = clients.answered
    assert dying.wait() == -9, "it was killed"
    assert answered.tries == 2
    assert (answered.status, answered.repeated) == (201, repeated)
    await check_ledger(database, school, clients.answered)


async def test_a_server_that_lost_every_connection_serves_on(database: Database, tmp_path: Path) -> None:
    school = await make_school(database)
    with app_processes(1, database.url, tmp_path) as (server,):
        clients = await make_clients(database, school, lambda: server.url)
        await clients.live(0, 2)
        async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as killer:
            await killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await clients.live(0, 2)
        async with httpx.AsyncClient(base_url=server.url) as client:
            assert (await client.get("/health/ready")).status_code == 200
    await check_ledger(database, school, clients.answered)
