"""The records ledger: its decider, and its read tables built from events alone."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from corridor.ledger.rooms import Room, Rooms
from corridor.ledger.verify import Rebuilds
from corridor.ledger.words import Decision, Recorded
from corridor.privacy.decide import DECIDE
from corridor.privacy.events import RecordLooked
from corridor.privacy.evolve import EVOLVE, begin, draft
from corridor.privacy.load import ENTRY_STUDENT_TABLE, ENTRY_TABLE, entry_row, load_records, look_rows, student_rows
from corridor.privacy.state import RecordsState

LOOK_ROOM: Room[RecordsState] = Room(decide=DECIDE, evolve=EVOLVE, rows=look_rows)


def make_records_decider() -> Rooms[RecordsState]:
    """Everything that is put on record about records."""
    return Rooms([LOOK_ROOM], load=load_records, draft=draft, begin=begin, answer=_answer)


def make_records_rebuild(school_id: UUID) -> Rebuilds:
    """The read tables of the school's records, to be built from events alone."""
    return Rebuilds(LookRebuild(school_id))


def _answer(draft: RecordsState, decision: Decision) -> Any:
    return decision.about


class LookRebuild:
    """The access log's tables, from events alone."""

    def __init__(self, school_id: UUID) -> None:
        self._school_id = school_id
        self._entries: dict[Any, Mapping[str, Any]] = {}
        self._students: dict[Any, Mapping[str, Any]] = {}
        self._unknown: set[Any] = set()

    def add(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, RecordLooked):
            self._entries[recorded.seq] = entry_row(self._school_id, recorded, event)
            for row in student_rows(self._school_id, recorded, event):
                self._students[recorded.seq, row["student_id"]] = row
        elif event is None and recorded.kind == RecordLooked.kind:
            self._unknown.add(recorded.seq)

    def tables(self) -> Mapping[Table, Mapping[Any, Mapping[str, Any]]]:
        return {ENTRY_TABLE: self._entries, ENTRY_STUDENT_TABLE: self._students}

    def unknown(self) -> set[Any]:
        """A look that is redacted may have kept its row, without what named somebody."""
        return self._unknown

    def forgotten(self) -> int:
        return len(self._unknown)
