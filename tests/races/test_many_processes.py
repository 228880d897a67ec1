"""Many commands at once from several processes: nothing is lost, nothing twice, and every limit holds."""

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from corridor.app import make_decider, make_rebuild
from corridor.base.clock import SystemClock
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from corridor.ledger.verify import verify
from tests.ledger.toy import MOST, ToyDecider, ToyRebuild, set_up
from tests.processes import Process, app_processes
from tests.races.toy_process import put_coins
from tests.school import TestSchool, make_school

PROCESSES = 4
COMMANDS = 200


@pytest.mark.parametrize("schools", [1, 5])
async def test_200_commands_from_4_processes_leave_a_whole_chain_and_no_jar_too_full(
    database: Database, schools: int
) -> None:
    school_ids = [new_id() for _ in range(schools)]
    await set_up(database, *school_ids)
    jars = [(school_id, new_id()) for school_id in school_ids for _ in range(20 // schools)]
    wishes = [jars[number % len(jars)] for number in range(COMMANDS)]
    random.Random(1).shuffle(wishes)
    processes = [Process(put_coins, database.url, wishes[number::PROCESSES]) for number in range(PROCESSES)]
    for process in processes:
        assert process.receive() == "ready"
    for process in processes:
        process.pipe.send("begin")
    refused = [process.receive() for process in processes]
    accepted = Counter(
        wish
        for number, answers in enumerate(refused)
        for wish, no in zip(wishes[number::PROCESSES], answers, strict=True)
        if not no
    )
    assert accepted == dict.fromkeys(jars, MOST)
    findings = [await verify(database, ToyDecider.kinds, ToyRebuild(), school_id) for school_id in school_ids]
    assert all(finding.clean for finding in findings), findings
    assert sum(finding.events for finding in findings) == COMMANDS
    for process in processes:
        assert process.wait() == 0


async def _token(database: Database, data_dir: Path) -> str:
    identity = IdentityService(database, SystemClock(), Settings(data_dir=data_dir, secret_key="for tests"))
    return (await identity.create_token(name="races", role=Role.DISTRICT_ADMIN)).secret


@pytest.mark.parametrize("schools", [1, 3])
async def test_200_passes_asked_of_4_servers_at_once_keep_to_caps_and_to_one_a_student(
    database: Database, tmp_path: Path, schools: int
) -> None:
    made: list[TestSchool] = []
    for number in range(schools):
        district_id = made[0].district_id if made else None
        made.append(
            await make_school(
                database, students=COMMANDS // PROCESSES, name=f"School {number}", district_id=district_id
            )
        )
    token = await _token(database, tmp_path)
    with app_processes(PROCESSES, database.url, tmp_path) as servers:
        answers = await asyncio.gather(
            *(
                _ask_for_all(server.url, token, school, number)
                for school in made
                for number, server in enumerate(servers)
            )
        )
    created = [pass_ for some in answers for pass_ in some]
    for school in made:
        await _check(database, school, created)


async def _ask_for_all(url: str, token: str, school: TestSchool, number: int) -> list[dict[str, Any]]:
    """Ask this server for a pass for every student at the same time; gives the passes it made."""
    # One client each: its pool takes time that grows with the square of what is under way.
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        answers = await asyncio.gather(
            *(
                client.post(
                    f"/api/v1/schools/{school.id}/passes",
                    json={"student_id": str(student), "destination_id": str(_place(school, number + index))},
                )
                for index, student in enumerate(school.students)
            )
        )
    assert {answer.status_code for answer in answers} <= {201, 409}
    return [answer.json() for answer in answers if answer.status_code == 201]


def _place(school: TestSchool, number: int) -> UUID:
    """Where to ask to go: every other time to the restroom, which takes two."""
    return (school.restroom, school.nurse, school.restroom, school.library)[number % PROCESSES]


async def _check(database: Database, school: TestSchool, created: list[dict[str, Any]]) -> None:
    passes = [pass_ for pass_ in created if pass_["school_id"] == str(school.id)]
    assert Counter(pass_["student_id"] for pass_ in passes) == dict.fromkeys(map(str, school.students), 1)
    assert sum(pass_["destination_id"] == str(school.restroom) for pass_ in passes) <= 2
    finding = await verify(database, make_decider().kinds, make_rebuild(), school.id)
    assert finding.clean, finding
    assert finding.events == PROCESSES * len(school.students)


async def test_a_command_sent_to_every_server_at_once_is_taken_once(database: Database, tmp_path: Path) -> None:
    school = await make_school(database)
    token = await _token(database, tmp_path)
    body = {"student_id": str(school.students[0]), "destination_id": str(school.restroom)}
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}
    with app_processes(PROCESSES, database.url, tmp_path) as servers:
        async with httpx.AsyncClient(headers=headers, timeout=60) as client:
            answers = await asyncio.gather(
                *(client.post(f"{each.url}/api/v1/schools/{school.id}/passes", json=body) for each in servers * 5)
            )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    finding = await verify(database, make_decider().kinds, make_rebuild(), school.id)
    assert (finding.clean, finding.events) == (True, 1)
