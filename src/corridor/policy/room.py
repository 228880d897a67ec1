"""What a school decides, on the ledger."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Table

from corridor.day.state import SchoolState
from corridor.ledger.rooms import Room
from corridor.ledger.words import Recorded
from corridor.policy.decide import DECIDE
from corridor.policy.events import Set
from corridor.policy.evolve import EVOLVE
from corridor.policy.load import POLICY_TABLE, policy_row, policy_rows
from corridor.policy.shelf import BY_EVENT

POLICY_ROOM: Room[SchoolState] = Room(decide=DECIDE, evolve=EVOLVE, rows=policy_rows)

_KINDS = {shelf.event.kind: shelf.name for shelf in BY_EVENT.values()}


class PolicyRebuild:
    """The read table of what was decided, from events alone."""

    def __init__(self) -> None:
        self._rows: dict[Any, dict[str, Any]] = {}
        self._forgotten: dict[str, list[int]] = {}

    def add(self, recorded: Recorded) -> None:
        event = recorded.event
        if event is None and recorded.kind in _KINDS:
            self._forgotten.setdefault(_KINDS[recorded.kind], []).append(recorded.seq)
        elif isinstance(event, Set) and type(event) in BY_EVENT:
            row = policy_row(recorded, event)
            self._rows[row["kind"], row["id"]] = row | {"body": msgspec.json.decode(row["body"])}

    def tables(self) -> Mapping[Table, Mapping[Any, Mapping[str, Any]]]:
        return {POLICY_TABLE: {_key(row): row for row in self._rows.values()}}

    def unknown(self) -> set[Any]:
        """A redacted event may have changed any of its kind that no later event is known to have set."""
        last = {kind: seqs[-1] for kind, seqs in self._forgotten.items()}
        return {_key(row) for row in self._rows.values() if row["seq"] < last.get(row["kind"], 0)}

    def forgotten(self) -> int:
        return sum(len(seqs) for seqs in self._forgotten.values())


def _key(row: Mapping[str, Any]) -> Any:
    return row["id"], row["kind"]
