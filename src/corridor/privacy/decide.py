"""What is put on record of what was wished. Pure."""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

import msgspec

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.identity.access import Look
from corridor.ledger.words import Command, Decision
from corridor.privacy.commands import LiftHold, MakeDisclosure, PlaceHold, RecordLook
from corridor.privacy.events import DisclosureMade, HoldLifted, HoldPlaced, RecordLooked
from corridor.privacy.state import SAME_LOOK, Hold, RecordsState, Seen

MOST_NAMED = 100
"""In a list of more students than this, nobody is named. Copies that are taken away always name everyone."""

LONGEST_WORDS = 500
"""Of a threat, of parties and of reasons, in characters."""


def decide_look(state: RecordsState, command: RecordLook, now: datetime) -> Decision:
    fresh = fresh_of(state, command, now)
    if not fresh:
        return Decision([])
    named = tuple(sorted(id for id in fresh if id is not None))
    return Decision([RecordLooked(**msgspec.structs.asdict(command) | {"student_ids": named})])


def fresh_of(state: RecordsState, look: RecordLook, now: datetime) -> Collection[UUID | None]:
    """Whom of those looked at the viewer has not just seen in the same way: none, if it is the same look again.

    `None` among them stands for a list in which nobody is named.
    """
    if look.look is Look.EXPORT:
        return look.student_ids or (None,)
    ids = look.student_ids if 0 < len(look.student_ids) <= MOST_NAMED else (None,)
    return [id for id in ids if not _just_seen(state, seen(look, id), now)]


def decide_disclosure(state: RecordsState, command: MakeDisclosure, now: datetime) -> Decision:
    """A copy is always a disclosure of its own; what a link goes on showing within ten minutes is the same one."""
    threat = said(command.threat, "threat")
    parties = said(command.parties, "parties")
    ids = command.student_ids
    if command.link_id is not None:
        shown: tuple[UUID | None, ...] = ids or (None,)
        fresh = [id for id in shown if not _just_seen(state, through(command.link_id, id), now)]
        if not fresh:
            return Decision([])
        ids = tuple(id for id in fresh if id is not None)
    values = msgspec.structs.asdict(command) | {"threat": threat, "parties": parties, "student_ids": ids}
    return Decision([DisclosureMade(**values)], about=command.disclosure_id)


def decide_place(state: RecordsState, command: PlaceHold, now: datetime) -> Decision:
    reason = said(command.reason, "reason")
    if any(hold.student_id == command.student_id for hold in state.holds.values()):
        whose = "this student" if command.student_id else "the whole school"
        raise Conflict(f"There is a legal hold on {whose} already. Lift that one first.", code="held_already")
    hold = Hold(command.hold_id, command.student_id, reason, command.by, now)
    return Decision([HoldPlaced(hold)], about=hold)


def decide_lift(state: RecordsState, command: LiftHold, now: datetime) -> Decision:
    hold = state.holds.get(command.hold_id)
    if hold is None:
        raise NotFound("There is no such legal hold, or somebody has lifted it.")
    reason = said(command.reason, "reason")
    return Decision([HoldLifted(hold, command.by, reason)], about=hold)


def through(link_id: UUID, student_id: UUID | None) -> Seen:
    """A look at the list behind a link, which stands on record as a disclosure."""
    return Seen(link_id, "responder", Look.LIST, None, student_id)


_MISSING = {
    "threat": "Say what the threat is. The law wants it on record.",
    "parties": "Say who receives it. The law wants it on record.",
    "reason": "Say why. It stays on record.",
}


def said(text: str, field: str) -> str:
    """The words without blanks around them. Raises `InvalidInput` for none, and for a novel."""
    words = text.replace("\0", "").strip()
    if not words:
        raise InvalidInput(_MISSING[field], field=field)
    if len(words) > LONGEST_WORDS:
        raise InvalidInput(f"Say it in at most {LONGEST_WORDS} characters.", field=field)
    return words


def seen(look: RecordLook | RecordLooked, student_id: UUID | None) -> Seen:
    return Seen(look.viewer_id, look.what, look.look, look.why, student_id)


def _just_seen(state: RecordsState, seen: Seen, now: datetime) -> bool:
    at = state.recent.get(seen)
    return at is not None and now - at < SAME_LOOK


Decides = dict[type[Command], Callable[..., Decision]]
DECIDE_LOOKS: Decides = {RecordLook: decide_look}
DECIDE_DISCLOSURES: Decides = {MakeDisclosure: decide_disclosure}
DECIDE_HOLDS: Decides = {PlaceHold: decide_place, LiftHold: decide_lift}
