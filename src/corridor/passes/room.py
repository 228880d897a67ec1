"""The passes' room on the ledger."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Table

from corridor.day.state import OPEN, Pass, SchoolState
from corridor.ledger.rooms import Room
from corridor.ledger.words import Decision, Recorded
from corridor.passes.decide import DECIDE
from corridor.passes.events import PassIssued, PassQueued, PassRefused, PassRequested, PassScheduled, passes_of
from corridor.passes.evolve import EVOLVE, advance
from corridor.passes.load import PASS_TABLE, REFUSAL_TABLE, pass_rows, refusal_row
from corridor.passes.tick import due, tick

PASS_ROOM: Room[SchoolState] = Room(decide=DECIDE, evolve=EVOLVE, rows=pass_rows, tick=tick, due=due)


_FIRST = frozenset({PassRequested.kind, PassIssued.kind, PassQueued.kind, PassScheduled.kind})


def answer_about(draft: SchoolState, decision: Decision) -> Any:
    """A pass as it now is, or whatever else the decision is about."""
    about = decision.about
    if isinstance(about, UUID):
        campus = draft.campus
        known = (draft.passes, draft.closed, campus.locations, campus.zones)
        return next((found for each in known if (found := each.get(about))), None)
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
            for pass_id in passes_of(event):
                before = self._passes.get(pass_id)
                if before is None and recorded.kind not in _FIRST:
                    self._unknown.add(pass_id)
                else:
                    self._passes[pass_id] = advance(before, recorded)

    def _add_redacted(self, kind: str) -> None:
        if kind in _FIRST or kind == PassRefused.kind:
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
    return msgspec.structs.asdict(pass_) | {"lifted": list(pass_.lifted), "noted": list(pass_.noted)}
