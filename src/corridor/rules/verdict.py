"""What a rule is asked, what it says, and how the rules' words become one answer."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from corridor.campus.model import Location, Student
from corridor.campus.timetable import Moment
from corridor.day.policy import Scope
from corridor.day.state import PassType, SchoolState
from corridor.day.words import Channel, Effect

AGAINST = frozenset({Effect.REFUSE, Effect.WAIT})
"""The effects with which a pass does not begin."""

_STRENGTH = {effect: strength for strength, effect in enumerate(Effect)}


class Ask(msgspec.Struct, frozen=True):
    """A pass that someone would like, as the rules see it. `besides` is the pass it would become, if it exists
    already."""

    student: Student
    destination: Location
    origin: Location | None
    pass_type: PassType
    minutes: int
    channel: Channel
    besides: UUID | None = None


class Case(msgspec.Struct, frozen=True):
    """What a rule looks at: the wish, the school, the instant, and to what the rule applies."""

    ask: Ask
    state: SchoolState
    now: Moment
    scope: Scope


class Objection(msgspec.Struct, frozen=True):
    """What one rule holds against a request.

    `message` is for the student and names nobody else, `staff_message` is fuller. `until` is an instant later than now
    up to which the rule objects without a break, None when time alone won't change its mind. `later` is what follows
    the message when it is known from when on the rule allows it; "{at}" stands for that time. `instead_id` is a
    location to go to meanwhile.
    """

    code: str
    message: str
    staff_message: str
    until: datetime | None = None
    later: str = "Ask again {at}."
    instead_id: UUID | None = None


class Reason(msgspec.Struct, frozen=True):
    """An objection with its rule's effect. `allowed_at` is the earliest instant at which the rule would let the same
    request pass, the world unchanged, or None when time alone won't cure it. `overridable` says whether staff may lift
    it; `private`, that a student must not learn which rule it was. Both messages end with `later`, which says from when
    on the rule allows it, if that is known.
    """

    code: str
    effect: Effect
    message: str
    staff_message: str
    allowed_at: datetime | None
    overridable: bool
    private: bool
    rule_id: UUID
    instead_id: UUID | None = None
    later: str = ""

    @property
    def brief(self) -> str:
        """What the student reads, without the time."""
        return self.message.removesuffix(self.later)

    @property
    def staff_brief(self) -> str:
        """What staff read, without the time."""
        return self.staff_message.removesuffix(self.later)


class Judgement(msgspec.Struct, frozen=True):
    """All rules' answer: the strongest effect, every reason for it, and the reasons that staff lifted."""

    effect: Effect
    reasons: tuple[Reason, ...]
    lifted: tuple[Reason, ...] = ()

    @property
    def against(self) -> tuple[Reason, ...]:
        """The reasons for which the pass does not begin."""
        return tuple(reason for reason in self.reasons if reason.effect in AGAINST)

    @property
    def noted(self) -> tuple[UUID, ...]:
        """The rules that object without standing in the way for good."""
        return tuple(reason.rule_id for reason in self.reasons if reason.effect is not Effect.REFUSE)


def combine(reasons: Collection[Reason], lift: Collection[str] = ()) -> Judgement:
    """The judgement that follows from these reasons when staff lift those whose code or rule is in `lift`."""
    lifted = tuple(reason for reason in reasons if reason.overridable and is_named(lift, reason.code, reason.rule_id))
    standing = tuple(sorted((r for r in reasons if r not in lifted), key=lambda reason: -_STRENGTH[reason.effect]))
    return Judgement(standing[0].effect if standing else Effect.ALLOW, standing, lifted)


def is_named(lift: Collection[str], code: str, rule_id: UUID) -> bool:
    """Whether staff named this reason to lift it, by its code or its rule."""
    return code in lift or str(rule_id) in lift
