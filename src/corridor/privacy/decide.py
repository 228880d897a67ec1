"""What is put on record of what was wished. Pure."""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

import msgspec

from corridor.identity.access import Look
from corridor.ledger.words import Command, Decision
from corridor.privacy.commands import RecordLook
from corridor.privacy.events import RecordLooked
from corridor.privacy.state import SAME_LOOK, RecordsState, Seen

MOST_NAMED = 100
"""In a list of more students than this, nobody is named. Copies that are taken away always name everyone."""


def decide_look(state: RecordsState, command: RecordLook, now: datetime) -> Decision:
    fresh = fresh_of(state, command, now)
    if not fresh:
        return Decision([])
    named = tuple(id for id in fresh if id is not None)
    return Decision([RecordLooked(**msgspec.structs.asdict(command) | {"student_ids": named})])


def fresh_of(state: RecordsState, look: RecordLook, now: datetime) -> Collection[UUID | None]:
    """Whom of those looked at the viewer has not just seen in the same way: none, if it is the same look again.

    `None` among them stands for a list in which nobody is named.
    """
    if look.look is Look.EXPORT:
        return look.student_ids or (None,)
    ids = look.student_ids if 0 < len(look.student_ids) <= MOST_NAMED else (None,)
    return [id for id in ids if not _just_seen(state, seen(look, id), now)]


def seen(look: RecordLook | RecordLooked, student_id: UUID | None) -> Seen:
    return Seen(look.viewer_id, look.what, look.look, look.why, student_id)


def _just_seen(state: RecordsState, seen: Seen, now: datetime) -> bool:
    at = state.recent.get(seen)
    return at is not None and now - at < SAME_LOOK


DECIDE: dict[type[Command], Callable[..., Decision]] = {
    RecordLook: decide_look,
}
