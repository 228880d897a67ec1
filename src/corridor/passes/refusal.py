"""A refusal: the event that keeps it, and what is told to whoever asked. Pure."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from corridor.day.state import SchoolState
from corridor.day.words import SELF_SERVICE, Effect
from corridor.ledger.words import Decision
from corridor.passes.events import PassRefused
from corridor.rules.judge import earliest
from corridor.rules.verdict import AGAINST, Ask, Judgement, Reason

NOT_NOW = "not_now"
"""What a student reads instead of the code of a private rule."""


class ShownReason(msgspec.Struct, frozen=True):
    """A reason as the asker may read it. `allowed_at`: when this rule would allow it, null when time alone won't cure
    it. `instead_id`: a location to go to meanwhile. `rule_id` is for staff."""

    code: str
    effect: Effect
    message: str
    allowed_at: datetime | None = None
    overridable: bool = False
    rule_id: UUID | None = None
    instead_id: UUID | None = None


class Refused(msgspec.Struct, frozen=True):
    """Why a pass was not given, strongest reason first. `allowed_at` is the earliest instant at which the same would
    not be refused, the world unchanged; null when time alone won't bring it."""

    reasons: tuple[ShownReason, ...]
    allowed_at: datetime | None = None


def shown(reasons: tuple[Reason, ...], *, to_staff: bool) -> tuple[ShownReason, ...]:
    """The reasons in the words of who reads them. A private rule keeps its name from a student, who is told of it only
    when it stands in the way, and nothing of what is for staff to note."""
    told = reasons if to_staff else [reason for reason in reasons if _concerns_student(reason)]
    words = (
        ShownReason(
            reason.code if to_staff or not reason.private else NOT_NOW,
            reason.effect,
            reason.staff_message if to_staff else reason.message if reason.effect in AGAINST else reason.brief,
            reason.allowed_at,
            overridable=to_staff and reason.overridable,
            rule_id=reason.rule_id if to_staff else None,
            instead_id=reason.instead_id,
        )
        for reason in told
    )
    return tuple(dict.fromkeys(words))


def _concerns_student(reason: Reason) -> bool:
    return reason.effect in AGAINST or (reason.effect is Effect.NEEDS_STAFF and not reason.private)


def refuse(
    state: SchoolState,
    pass_id: UUID,
    by: UUID,
    ask: Ask,
    judgement: Judgement,
    now: datetime,
    *,
    at_approval: bool,
    to_student: bool = False,
    lift: Collection[str] = (),
    may_wait: bool = False,
) -> Decision:
    """The decision that a pass does not begin, in a student's words where one asks or `to_student` says so.

    `lift` is what staff overrode in vain. With `may_wait` a place in line would have done.
    """
    against = judgement.against
    event = PassRefused(
        pass_id=pass_id,
        by=by,
        student_id=ask.student.id,
        origin_id=ask.origin.id if ask.origin else None,
        destination_id=ask.destination.id,
        pass_type_id=ask.pass_type.id,
        channel=ask.channel,
        at_approval=at_approval,
        codes=tuple(reason.code for reason in against),
        rule_ids=tuple(reason.rule_id for reason in against),
    )
    to_staff = not to_student and (at_approval or ask.channel not in SELF_SERVICE)
    allowed_at = earliest(state, ask, now, lift, AGAINST - {Effect.WAIT} if may_wait else AGAINST)
    about = Refused(shown(against, to_staff=to_staff), allowed_at)
    return Decision([event], about=about, refused=True)
