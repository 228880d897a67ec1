"""Proving that the ledgers are whole after all that was done to them."""

from time import monotonic

from bench.load.jobs import Target
from bench.report import Table
from corridor.app import make_decider, make_rebuild
from corridor.base.database import Database
from corridor.base.ids import UUID
from corridor.ledger.verify import verify

_ABOUT = (
    "As `corridor ledger verify` does it, of the school with the most events: the chain, and tables against events."
)


class NotWhole(Exception):
    """A ledger does not hold."""


async def measure(database: Database, targets: list[Target]) -> Table:
    """All schools are checked."""
    rows = []
    for target in targets:
        began = monotonic()
        finding = await verify(database, make_decider().kinds, make_rebuild(), UUID(target.school_id))
        took = monotonic() - began
        if not finding.clean:
            raise NotWhole(str(finding))
        rows.append((finding.events, took, finding.events / took))
    return Table("Verification", _ABOUT, ("events", "seconds", "events/s"), [max(rows)])
