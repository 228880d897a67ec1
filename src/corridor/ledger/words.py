"""The ledger's words. The engine knows commands and events only as msgspec structs; what they mean is the decider's
business."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec


class Command(msgspec.Struct, frozen=True):
    """A wish, to be decided. Subclass it with the fields the decision needs, the actor among them."""


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that happened. Subclass it with a `kind`; events carry ids, never names.

    A `private` event is told to nobody but those who may see what it is about.
    """

    kind: ClassVar[str]
    private: ClassVar[bool] = False


class Decision(msgspec.Struct, frozen=True):
    """What a command led to: the events to record, and what its answer is about.

    `about` is the decider's own, for its `answer`. `refused` marks a refusal, whose events say why.
    """

    events: Sequence[Event]
    about: Any = None
    refused: bool = False


class Recorded(msgspec.Struct, frozen=True):
    """An event in its place in the ledger. `event` is None once its body has been redacted."""

    school_id: UUID
    seq: int
    recorded_at: datetime
    kind: str
    event: Event | None
    command_id: UUID


class Answer(msgspec.Struct, frozen=True):
    """`body` is JSON. `repeated` tells that the command had been taken before."""

    body: bytes
    refused: bool = False
    repeated: bool = False


class Tick(Command, frozen=True):
    """Time has passed."""
