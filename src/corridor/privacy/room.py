"""The records ledger: its decider, and its read tables built from events alone."""

from typing import Any
from uuid import UUID

from corridor.ledger.rooms import Room, Rooms
from corridor.ledger.verify import Rebuilds
from corridor.ledger.words import Decision
from corridor.privacy.decide import DECIDE_DISCLOSURES, DECIDE_HOLDS, DECIDE_LOOKS
from corridor.privacy.evolve import EVOLVE_DISCLOSURES, EVOLVE_HOLDS, EVOLVE_LOOKS, begin, draft
from corridor.privacy.load import disclosure_rows, hold_rows, load_records, look_rows
from corridor.privacy.rebuild import DisclosureRebuild, HoldRebuild, LookRebuild
from corridor.privacy.requests_room import REQUEST_ROOM, RequestRebuild
from corridor.privacy.state import RecordsState

LOOK_ROOM: Room[RecordsState] = Room(decide=DECIDE_LOOKS, evolve=EVOLVE_LOOKS, rows=look_rows)
DISCLOSURE_ROOM: Room[RecordsState] = Room(decide=DECIDE_DISCLOSURES, evolve=EVOLVE_DISCLOSURES, rows=disclosure_rows)
HOLD_ROOM: Room[RecordsState] = Room(decide=DECIDE_HOLDS, evolve=EVOLVE_HOLDS, rows=hold_rows)


def make_records_decider() -> Rooms[RecordsState]:
    """Everything that is put on record about records."""
    rooms = [LOOK_ROOM, DISCLOSURE_ROOM, HOLD_ROOM, REQUEST_ROOM]
    return Rooms(rooms, load=load_records, draft=draft, begin=begin, answer=_answer)


def make_records_rebuild(school_id: UUID) -> Rebuilds:
    """The read tables of the school's records, to be built from events alone."""
    looks, disclosures, holds = LookRebuild(school_id), DisclosureRebuild(school_id), HoldRebuild(school_id)
    return Rebuilds(looks, disclosures, holds, RequestRebuild(school_id))


def _answer(draft: RecordsState, decision: Decision) -> Any:
    return decision.about
