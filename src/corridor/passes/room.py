"""The passes' room on the ledger."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Table

from corridor.day.state import OPEN, Pass, SchoolState
from corridor.ledger.rooms import Room
from corridor.ledger.words import Decision, Recorded
from corridor.passes.decide import DECIDE, due, tick
from corridor.passes.events import PassIssued, PassRefused, PassRequested
from corridor.passes.evolve import EVOLVE, advance
from corridor.passes.load import PASS_TABLE, REFUSAL_TABLE, pass_rows, refusal_row

PASS_ROOM: Room[SchoolState] = Room(decide=DECIDE, evolve=EVOLVE, rows=pass_rows, tick=tick, due=due)


def answer_about(draft: SchoolState, decision: Decision) -> Any:
    """A pass as it now is, or whatever else the decision is about."""
    about = decision.about
    if isinstance(about, UUID):
        return draft.passes.get(about) or draft.closed.get(about) or draft.campus.locations.get(about)
    return about


class PassRebuild:
    """The passes' read tables, from events alone."""

    def __init__(self) -> None:
        self._passes: dict[UUID, Pass] = {}
        self._refusals: dict[UUID, dict[str, Any]] = {}
        self._unknown: set[UUID] = set()
        self._forgotten = 0

    def add(self, recorded: Recorded) -> None:
        event = recorded.event
        if event is None:
            self._add_redacted(recorded.kind)
        elif isinstance(event, PassRefused):
            row = refusal_row(recorded, event)
            self._refusals[row["id"]] = row
        elif type(event) in EVOLVE:
            pass_id: UUID = event.pass_id  # type: ignore[attr-defined]
            before = self._passes.get(pass_id)
            if before is None and not isinstance(event, PassRequested | PassIssued):
                self._unknown.add(pass_id)
            else:
                self._passes[pass_id] = advance(before, recorded)

    def _add_redacted(self, kind: str) -> None:
        if kind in (PassRequested.kind, PassIssued.kind, PassRefused.kind):
            self._forgotten += 1
        elif kind.startswith("pass_"):
            # It changed one of the passes open at this point; which one is no longer known.
            self._unknown.update(id for id, pass_ in self._passes.items() if pass_.status in OPEN)

    def tables(self) -> Mapping[Table, Mapping[UUID, Mapping[str, Any]]]:
        return {
            PASS_TABLE: {id: _row(pass_) for id, pass_ in self._passes.items()},
            REFUSAL_TABLE: self._refusals,
        }

    def unknown(self) -> set[UUID]:
        return self._unknown

    def forgotten(self) -> int:
        return self._forgotten


def _row(pass_: Pass) -> dict[str, Any]:
    return msgspec.structs.asdict(pass_) | {"lifted": list(pass_.lifted)}
