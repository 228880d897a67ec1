"""The requests' room on the records ledger, and their table built from events alone."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from corridor.ledger.decider import Rows
from corridor.ledger.rooms import Room
from corridor.ledger.words import Recorded
from corridor.privacy.requests_decide import DECIDE
from corridor.privacy.requests_events import RecordsRequested
from corridor.privacy.requests_evolve import EVOLVE, advance
from corridor.privacy.requests_state import RecordsRequest
from corridor.privacy.requests_table import REQUEST_TABLE, request_row
from corridor.privacy.state import RecordsState


def request_rows(draft: RecordsState, events: Sequence[Recorded]) -> Rows:
    """The rows of the requests that these events touched, as they now are."""
    ids = {_id_of(recorded) for recorded in events if type(recorded.event) in EVOLVE}
    return {REQUEST_TABLE: [request_row(draft.requests[id]) for id in ids]} if ids else {}


REQUEST_ROOM: Room[RecordsState] = Room(decide=DECIDE, evolve=EVOLVE, rows=request_rows)


class RequestRebuild:
    """The requests' table, from events alone."""

    def __init__(self, school_id: UUID) -> None:
        self._school_id = school_id
        self._requests: dict[UUID, RecordsRequest] = {}
        self._unknown: set[UUID] = set()
        self._forgotten = 0

    def add(self, recorded: Recorded) -> None:
        if recorded.event is None:
            self._forgotten += recorded.kind == RecordsRequested.kind
            if recorded.kind.startswith(RecordsRequested.kind.removesuffix("ed")):
                self._unknown.update(self._requests)
        elif type(recorded.event) in EVOLVE:
            id = _id_of(recorded)
            known = self._requests.get(id)
            if known is None and not isinstance(recorded.event, RecordsRequested):
                self._unknown.add(id)
            else:
                self._requests[id] = advance(known, self._school_id, recorded)

    def tables(self) -> Mapping[Table, Mapping[Any, Mapping[str, Any]]]:
        return {REQUEST_TABLE: {id: request_row(request) for id, request in self._requests.items()}}

    def unknown(self) -> set[Any]:
        return self._unknown

    def forgotten(self) -> int:
        return self._forgotten


def _id_of(recorded: Recorded) -> UUID:
    event: Any = recorded.event
    id: UUID = event.request_id
    return id
