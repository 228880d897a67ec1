"""What retention has done, or would do: counts, and nothing about anybody."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from corridor.privacy.retention_kinds import KEEPINGS, Kind


class SchoolPart(msgspec.Struct):
    """`until` is where each kind's time ends, `counts` how many went or would go. `kept_back` are students of whom
    nothing goes because of `holds` and open `requests`; `whole`: nothing of the whole school does."""

    school_id: UUID
    name: str
    until: dict[Kind, datetime] = {}
    counts: dict[Kind, int] = {}
    kept_back: int = 0
    holds: int = 0
    requests: int = 0
    whole: bool = False


class Report(msgspec.Struct):
    """`days` are the settings it went by. `disabled` counts accounts of leavers that nobody can use any more."""

    days: dict[Kind, int]
    schools: list[SchoolPart] = []
    until: dict[Kind, datetime] = {}
    counts: dict[Kind, int] = {}
    disabled: int = 0

    def total(self, kind: Kind) -> int:
        return self.counts.get(kind, 0) + sum(part.counts.get(kind, 0) for part in self.schools)

    @property
    def everything(self) -> int:
        return sum(self.total(kind) for kind in Kind)


class Run(msgspec.Struct, frozen=True):
    """A run as it is on record."""

    id: UUID
    started_at: datetime
    ended_at: datetime | None
    ordered_by: str
    report: Report

    @property
    def sentence(self) -> str:
        """Such as "1,204 passes, 88 refusals"."""
        parts = [f"{number:,} {KEEPINGS[kind].unit}" for kind in Kind if (number := self.report.total(kind))]
        return ", ".join(parts) or "nothing had been kept long enough"


def read_report(stored: Mapping[str, object]) -> Report:
    return msgspec.convert(stored, Report)
