"""Clients that send each command under an Idempotency-Key until it is answered, whatever happens to the servers."""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import httpx
import msgspec
import psycopg

from corridor.app import make_decider, make_rebuild
from corridor.base.clock import SystemClock
from corridor.base.database import Database
from corridor.base.ids import derived_id, new_id
from corridor.base.settings import Settings
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from corridor.ledger.verify import verify
from tests.school import TestSchool

RETRY_SECONDS = 0.02
# A server's own fault is never right, not even when its database is killed under it.
_AGAIN = {503}
_ANSWERS = {200, 201, 404, 409}


class Answered(msgspec.Struct, frozen=True):
    """A command that was answered: its id in the ledger, what it asked, and the answer."""

    command_id: UUID
    verb: str
    status: int
    body: Any
    repeated: bool
    tries: int


class Clients:
    """People at one school who ask for passes and come back, each with a client of their own.

    `url` gives the address of a server that may be alive. `answered` grows as commands are answered.
    """

    def __init__(self, school: TestSchool, token: str, token_id: UUID, url: Callable[[], str]) -> None:
        self.school = school
        self.answered: list[Answered] = []
        self._token = token
        self._token_id = token_id
        self._url = url
        self._progress = asyncio.Condition()

    async def until_answered(self, count: int) -> None:
        """Wait until so many commands have been answered."""
        async with self._progress:
            await self._progress.wait_for(lambda: len(self.answered) >= count)

    async def live(self, number: int, commands: int) -> None:
        """One person's day: `commands` commands, one after the other, each sent until it is answered."""
        chance = random.Random(number)
        passes: list[str] = []
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {self._token}"}, timeout=30) as client:
            for count in range(commands):
                if passes and chance.random() < 0.6:
                    verb = chance.choice(["arrive", "depart", "return", "return", "end"])
                    answer = await self._send(client, verb, f"/passes/{chance.choice(passes[-2:])}/{verb}", None)
                else:
                    place = chance.choice([self.school.restroom, self.school.nurse])
                    student = self.school.students[(number + count) % len(self.school.students)]
                    body = {"student_id": str(student), "destination_id": str(place)}
                    answer = await self._send(client, "ask", f"/schools/{self.school.id}/passes", body)
                    if answer.status == 201:
                        passes.append(answer.body["id"])

    async def _send(self, client: httpx.AsyncClient, verb: str, path: str, body: Any) -> Answered:
        key = new_id().hex
        tries = 0
        while True:
            tries += 1
            try:
                answer = await client.post(f"{self._url()}/api/v1{path}", json=body, headers={"Idempotency-Key": key})
            except httpx.TransportError:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if answer.status_code in _AGAIN:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            assert answer.status_code in _ANSWERS, answer.text
            done = Answered(
                derived_id("idempotency", self._token_id, key),
                verb,
                answer.status_code,
                answer.json(),
                answer.headers.get("idempotency-replayed") == "true",
                tries,
            )
            async with self._progress:
                self.answered.append(done)
                self._progress.notify_all()
            return done


async def make_clients(database: Database, school: TestSchool, url: Callable[[], str]) -> Clients:
    identity = IdentityService(database, SystemClock(), Settings(secret_key="for tests"))
    made = await identity.create_token(name="clients", role=Role.DISTRICT_ADMIN)
    return Clients(school, made.secret, made.row.id, url)


_KINDS = {"ask": "pass_issued", "arrive": "pass_arrived", "depart": "pass_departed", "return": "pass_ended"}


async def check_ledger(database: Database, school: TestSchool, answered: Sequence[Answered]) -> None:
    """Raise unless every answered command stands in the ledger once, nothing else does, and the ledger is whole."""
    finding = await verify(database, make_decider().kinds, make_rebuild(), school.id)
    assert finding.clean, finding
    async with await psycopg.AsyncConnection.connect(database.url) as connection:
        cursor = await connection.execute(
            "SELECT command_id, kind, body->>'pass_id' FROM ledger_event WHERE school_id = %s ORDER BY seq", [school.id]
        )
        events: dict[UUID, list[tuple[str, str]]] = {}
        for command_id, kind, pass_id in await cursor.fetchall():
            events.setdefault(command_id, []).append((kind, pass_id))
    for command in answered:
        found = events.pop(command.command_id, [])
        if command.status == 201:
            assert found == [("pass_issued", command.body["id"])]
        elif command.body.get("code") == "refused":
            assert [kind for kind, _ in found] == ["pass_refused"]
        elif command.status in (404, 409):
            assert found == []
        else:
            # None when it was so already.
            assert found in ([], [(_KINDS.get(command.verb, "pass_ended"), command.body["id"])])
    by_time = {"pass_overdue", "pass_ended", "pass_lapsed"}
    assert all({kind for kind, _ in rest} <= by_time for rest in events.values()), (
        "something happened that nobody asked"
    )
