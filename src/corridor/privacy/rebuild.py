"""The records ledger's read tables, from events alone."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from corridor.ledger.words import Recorded
from corridor.privacy.events import DisclosureMade, HoldLifted, HoldPlaced, RecordLooked
from corridor.privacy.load import (
    DISCLOSURE_STUDENT_TABLE,
    DISCLOSURE_TABLE,
    ENTRY_STUDENT_TABLE,
    ENTRY_TABLE,
    HOLD_TABLE,
    disclosed_rows,
    disclosure_row,
    entry_row,
    hold_row,
    student_rows,
)


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


class DisclosureRebuild:
    """The disclosures' tables, from events alone."""

    def __init__(self, school_id: UUID) -> None:
        self._school_id = school_id
        self._disclosures: dict[Any, Mapping[str, Any]] = {}
        self._students: dict[Any, Mapping[str, Any]] = {}
        self._forgotten = 0

    def add(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, DisclosureMade):
            self._disclosures[event.disclosure_id] = disclosure_row(self._school_id, recorded, event)
            for row in disclosed_rows(self._school_id, event):
                self._students[event.disclosure_id, row["student_id"]] = row
        elif event is None and recorded.kind == DisclosureMade.kind:
            self._forgotten += 1

    def tables(self) -> Mapping[Table, Mapping[Any, Mapping[str, Any]]]:
        return {DISCLOSURE_TABLE: self._disclosures, DISCLOSURE_STUDENT_TABLE: self._students}

    def unknown(self) -> set[Any]:
        return set()

    def forgotten(self) -> int:
        return self._forgotten


class HoldRebuild:
    """The legal holds' table, from events alone."""

    def __init__(self, school_id: UUID) -> None:
        self._school_id = school_id
        self._holds: dict[UUID, Mapping[str, Any]] = {}
        self._unknown: set[Any] = set()
        self._forgotten = 0

    def add(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, HoldPlaced | HoldLifted):
            self._holds[event.hold.id] = hold_row(self._school_id, recorded, event)
        elif event is None and recorded.kind == HoldPlaced.kind:
            self._forgotten += 1
        elif event is None and recorded.kind == HoldLifted.kind:
            self._unknown.update(id for id, row in self._holds.items() if row["lifted_at"] is None)

    def tables(self) -> Mapping[Table, Mapping[UUID, Mapping[str, Any]]]:
        return {HOLD_TABLE: self._holds}

    def unknown(self) -> set[Any]:
        return self._unknown

    def forgotten(self) -> int:
        return self._forgotten
