"""Proving that the ledger is whole."""

from time import monotonic

from bench.jobs import Target
from bench.report import Table
from corridor.app import make_decider
from corridor.base.database import Database
from corridor.base.ids import UUID
from corridor.ledger.verify import verify
from corridor.passes.room import PassRebuild


class NotWhole(Exception):
    """What was measured has broken a ledger."""


async def measure(database: Database, targets: list[Target]) -> Table:
    """Of the school with the most events; all are checked."""
    rows = []
    for target in targets:
        began = monotonic()
        finding = await verify(database, make_decider().kinds, PassRebuild(), UUID(target.school_id))
        took = monotonic() - began
        if not finding.clean:
            raise NotWhole(str(finding))
        rows.append([finding.events, took, finding.events / took])
    about = "`ledger verify` of the school with the most events after all of the above: chain, and tables against events."
    return Table("Verification", about, ("events", "seconds", "events/s"), [max(rows)])
