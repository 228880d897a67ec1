"""A batch of commands on its way through the ledger: who waits, what has been decided, and the rows it becomes."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from corridor.base.errors import InvalidInput
from corridor.base.ids import new_id
from corridor.ledger import chain
from corridor.ledger.store import Head, bytea
from corridor.ledger.words import Answer, Command, Recorded

S = TypeVar("S")


class Pending:
    """A command that waits for its answer.

    `supplied`: its id came from outside, so it may come again. `drafted`: what to answer once it is recorded.
    """

    __slots__ = ("answer", "command", "command_id", "drafted", "fingerprint", "school_id", "supplied")

    def __init__(self, school_id: UUID, command: Command, command_id: UUID | None) -> None:
        self.school_id = school_id
        self.command = command
        self.supplied = command_id is not None
        self.command_id = command_id or new_id()
        self.fingerprint = _fingerprint(command) if self.supplied else b""
        self.drafted: Answer | None = None
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    @property
    def key(self) -> tuple[UUID, UUID]:
        return self.school_id, self.command_id

    def repeat(self, fingerprint: bytes, answer: Answer) -> None:
        """Be answered as the command that came before under the same id, unless that was another one."""
        if fingerprint == self.fingerprint:
            self.drafted = msgspec.structs.replace(answer, repeated=True)
        else:
            self.fail(
                InvalidInput(
                    "This Idempotency-Key was used for another request. Send a new key with a new request.",
                    code="idempotency_key_reused",
                )
            )

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def succeed(self, answer: Answer) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)


class Working(Generic[S]):
    """A school within a batch: its draft state, and what the batch adds."""

    def __init__(self, head: Head, state: S, missed: Sequence[Recorded], gap: bool) -> None:
        self.head = head
        self.state = state
        self.missed = missed
        self.gap = gap
        self.seq = head.seq
        self.hash = head.hash
        self.now = head.recorded_at
        self.added: list[Recorded] = []
        self.answers: list[dict[str, object]] = []


def _fingerprint(command: Command) -> bytes:
    return sha256(type(command).__name__.encode() + chain.canonical(command)).digest()[:16]


def event_rows(work: Working[Any]) -> Iterable[dict[str, object]]:
    """The new events as rows; advances the working hash along the chain."""
    salts = os.urandom(chain.SALT_BYTES * len(work.added))
    for index, recorded in enumerate(work.added):
        assert recorded.event is not None
        salt = salts[index * chain.SALT_BYTES : (index + 1) * chain.SALT_BYTES]
        body = chain.canonical(recorded.event)
        digest = chain.digest(salt, body)
        work.hash = chain.link(work.hash, recorded.seq, recorded.recorded_at, recorded.kind, digest)
        yield {
            "school_id": recorded.school_id,
            "seq": recorded.seq,
            "recorded_at": recorded.recorded_at,
            "kind": recorded.kind,
            "body": body.decode(),
            "salt": bytea(salt),
            "digest": bytea(digest),
            "hash": bytea(work.hash),
            "command_id": recorded.command_id,
        }


def head_row(work: Working[Any]) -> dict[str, object]:
    return {"school_id": work.head.school_id, "seq": work.seq, "hash": bytea(work.hash), "recorded_at": work.now}


def answer_row(pending: Pending, now: datetime, answer: Answer) -> dict[str, object]:
    return {
        "school_id": pending.school_id,
        "command_id": pending.command_id,
        "recorded_at": now,
        "fingerprint": bytea(pending.fingerprint),
        "refused": answer.refused,
        "body": answer.body.decode(),
    }
