"""Twenty students ask at one instant, at two servers: what the rules promise holds all the same."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from corridor.app import make_decider, make_rebuild
from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.day.policy import RuleText
from corridor.day.words import Effect
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from corridor.ledger.engine import Ledger
from corridor.ledger.verify import verify
from corridor.policy.commands import Keep
from corridor.policy.tables import PassTypeRow
from tests.processes import app_processes
from tests.school import MORNING, TestSchool, make_school

REQUESTS = 20
PATIENCE_SECONDS = 60


class Crowd:
    """Twenty students with tokens of their own, before two servers. Nobody has to approve."""

    def __init__(self, school: TestSchool, database: Database, servers: Sequence[str], tokens: Sequence[str]) -> None:
        self.school, self.database = school, database
        self._servers, self._tokens = servers, tokens

    async def ask(self, places: Sequence[tuple[int, UUID]]) -> list[httpx.Response]:
        """Each student of these numbers asks for a place, all at once, at one server and the other in turn."""
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, limits=httpx.Limits(max_connections=None)) as client:
            # Every connection stands before the first request is sent.
            await asyncio.gather(*(client.get(f"{self._servers[turn % 2]}/health/live") for turn in range(len(places))))
            return await asyncio.gather(
                *(
                    client.post(
                        f"{self._servers[turn % 2]}/api/v1/schools/{self.school.id}/passes",
                        json={"destination_id": str(place_id)},
                        headers={"Authorization": f"Bearer {self._tokens[number]}"},
                    )
                    for turn, (number, place_id) in enumerate(places)
                )
            )

    async def open_passes(self) -> list[dict[str, Any]]:
        """What is open at the school. Both servers say the same, and the ledger bears it out."""
        path = f"/api/v1/schools/{self.school.id}/passes"
        answers = []
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:
            for server in self._servers:
                headers = {"Authorization": f"Bearer {self._tokens[-1]}"}
                answer = await client.get(f"{server}{path}", params={"limit": 100}, headers=headers)
                assert answer.status_code == 200, answer.text
                answers.append(sorted(answer.json()["items"], key=lambda each: str(each["id"])))
        assert answers[0] == answers[1]
        finding = await verify(self.database, make_decider().kinds, make_rebuild(), self.school.id)
        assert finding.clean, finding
        return [each for each in answers[0] if each["status"] in ("active", "waiting", "requested")]


@pytest.fixture
async def school(database: Database) -> TestSchool:
    school = await make_school(database, students=REQUESTS)
    async with database.session() as session:
        await session.execute(update(PassTypeRow).values(approval="none"))
    return school


@pytest.fixture
async def kept_apart(database: Database, school: TestSchool) -> None:
    """The students are kept apart in pairs: the first from the second, the third from the fourth and so on."""
    ledger = Ledger(database, make_decider(), FixedClock(MORNING))
    await ledger.start()
    for first, second in zip(school.students[::2], school.students[1::2], strict=True):
        params = {"student_ids": [str(first), str(second)]}
        rule = RuleText(new_id(), "separation", params, Effect.REFUSE)
        await ledger.submit(school.id, Keep(school.teachers[0], rule))
    await ledger.stop()


@pytest.fixture
async def crowd(database: Database, school: TestSchool, tmp_path: Path) -> AsyncIterator[Crowd]:
    identity = IdentityService(database, FixedClock(MORNING), Settings(data_dir=tmp_path, secret_key="for tests"))
    tokens = [
        (await identity.create_token(name="own", role=Role.STUDENT, school_id=school.id, person_id=person_id)).secret
        for person_id in school.students
    ]
    tokens.append((await identity.create_token(name="office", role=Role.DISTRICT_ADMIN)).secret)
    with app_processes(2, database.url, tmp_path) as servers:
        yield Crowd(school, database, [server.url for server in servers], tokens)


async def test_a_place_for_two_lets_in_two_and_lines_up_the_others(crowd: Crowd) -> None:
    answers = await crowd.ask([(number, crowd.school.restroom) for number in range(REQUESTS)])
    assert Counter((answer.status_code, answer.json()["status"]) for answer in answers) == {
        (201, "active"): 2,
        (201, "waiting"): REQUESTS - 2,
    }
    there = await crowd.open_passes()
    assert Counter(each["status"] for each in there) == {"active": 2, "waiting": REQUESTS - 2}
    assert sorted(each["line"] for each in there if each["status"] == "waiting") == list(range(1, REQUESTS - 1))


@pytest.mark.usefixtures("kept_apart")
async def test_of_two_separated_students_exactly_one_goes(crowd: Crowd) -> None:
    answers = await crowd.ask([(number, crowd.school.nurse) for number in range(REQUESTS)])
    for first, second in zip(answers[::2], answers[1::2], strict=True):
        assert sorted((first.status_code, second.status_code)) == [201, 409]
        refused = first if first.status_code == 409 else second
        assert [reason["code"] for reason in refused.json()["reasons"]] == ["not_now"]
    assert len(await crowd.open_passes()) == REQUESTS // 2


async def test_a_student_who_asks_twenty_times_gets_one_pass(crowd: Crowd) -> None:
    places = (crowd.school.nurse, crowd.school.library)
    answers = await crowd.ask([(0, places[turn // 2 % 2]) for turn in range(REQUESTS)])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: REQUESTS - 1}
    refusals = [answer.json() for answer in answers if answer.status_code == 409]
    assert {reason["code"] for refused in refusals for reason in refused["reasons"]} == {"one_open_pass"}
    assert len(await crowd.open_passes()) == 1
