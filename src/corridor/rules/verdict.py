"""What a rule says, and how the rules' words become one answer."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from corridor.campus.model import Location
from corridor.day.state import Channel, Effect, PassType

_STRENGTH = {effect: strength for strength, effect in enumerate(Effect)}


class Ask(msgspec.Struct, frozen=True):
    """A pass that someone would like, as the rules see it. `besides` is the pass it would become, if it exists
    already."""

    student_id: UUID
    destination: Location
    origin: Location | None
    pass_type: PassType
    minutes: int
    channel: Channel
    besides: UUID | None = None


class Objection(msgspec.Struct, frozen=True):
    """What one rule holds against a request.

    `message` is for the student and names nobody else; `staff_message` is fuller. `allowed_at` is the earliest instant
    at which this rule would let the same request pass, or None when time alone won't cure it.
    """

    code: str
    message: str
    staff_message: str
    allowed_at: datetime | None = None


class Reason(msgspec.Struct, frozen=True):
    """An objection with its rule's effect; `overridable` says whether staff may lift it."""

    code: str
    effect: Effect
    message: str
    staff_message: str
    allowed_at: datetime | None
    overridable: bool
    rule_id: UUID


class Judgement(msgspec.Struct, frozen=True):
    """All rules' answer: the strongest effect, every reason for it, and the reasons that staff lifted."""

    effect: Effect
    reasons: tuple[Reason, ...]
    lifted: tuple[Reason, ...] = ()


def combine(reasons: Collection[Reason], lift: Collection[str] = ()) -> Judgement:
    """The judgement that follows from these reasons when staff lift those with a code in `lift`."""
    lifted = tuple(reason for reason in reasons if reason.overridable and reason.code in lift)
    standing = tuple(sorted((r for r in reasons if r not in lifted), key=lambda reason: -_STRENGTH[reason.effect]))
    return Judgement(standing[0].effect if standing else Effect.ALLOW, standing, lifted)
