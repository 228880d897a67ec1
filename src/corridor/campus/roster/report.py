"""What an import found, changed and refused: kept with the run, shown by the command line, the page and the API."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from corridor.campus.roster.records import Kind, Problem

_LONGEST_VALUE = 80
_MOST_ROWS = 500
_MOST_ROWS_OF_A_SORT = 100
_MOST_QUIRKS = 200
MOST_EXAMPLES = 5


class Status(StrEnum):
    """`refused`: stopped by the guard against removals. `interrupted`: the process went away before the end."""

    RUNNING = "running"
    APPLIED = "applied"
    DRY_RUN = "dry_run"
    REFUSED = "refused"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Counts(msgspec.Struct, kw_only=True):
    """Rows of a kind. Each accepted row is added, changed, reactivated or unchanged.

    `removed` were made inactive. `rekeyed` were found by another identifier and are among the first three.
    `active_before` and `active_after` count what the roster's source knows.
    """

    added: int = 0
    changed: int = 0
    reactivated: int = 0
    removed: int = 0
    unchanged: int = 0
    rejected: int = 0
    rekeyed: int = 0
    active_before: int = 0
    active_after: int = 0

    @property
    def differs(self) -> bool:
        return bool(self.added or self.changed or self.reactivated or self.removed)


class RejectedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was left out: where it stands, what is wrong with it, what to do. Lines count from 1."""

    kind: Kind | None
    code: str
    file: str
    line: int | None
    field: str | None
    value: str | None
    why: str
    advice: str


class Example(msgspec.Struct, frozen=True):
    line: int | None
    value: str | None


class Quirk(msgspec.Struct, kw_only=True):
    """Something odd that was read anyway, `count` times; `examples` are the first of them."""

    kind: Kind | None
    code: str
    file: str
    field: str | None
    why: str
    advice: str
    count: int = 0
    examples: list[Example] = []


class Note(msgspec.Struct, frozen=True):
    """What an administrator should know or set after the import."""

    code: str
    text: str


class RosterReport(msgspec.Struct, kw_only=True):
    """`rejected` and `warnings` hold the first of many; `rejected_total` and `warnings_total` are the true numbers of
    rows. `removals_needed` is the percentage that would let a refused import pass. `error` says why it stopped."""

    id: UUID
    source: str
    status: Status
    started_at: datetime
    ended_at: datetime | None = None
    rows_read: int = 0
    kinds: dict[Kind, Counts] = msgspec.field(default_factory=lambda: {kind: Counts() for kind in Kind})
    rejected: list[RejectedRow] = []
    rejected_total: int = 0
    warnings: list[Quirk] = []
    warnings_total: int = 0
    notes: list[Note] = []
    removals_needed: int | None = None
    error: str | None = None

    @property
    def differs(self) -> bool:
        """Whether the import changed anything, or would have."""
        return any(counts.differs for counts in self.kinds.values())

    def sort(self) -> None:
        """Rows of a file together, in their order: references are checked last but read best in their place."""
        order = {kind: place for place, kind in enumerate(Kind)}
        self.rejected.sort(key=lambda row: (order.get(row.kind, -1) if row.kind else -1, row.file, row.line or 0))
        self.warnings.sort(key=lambda quirk: (order.get(quirk.kind, -1) if quirk.kind else -1, quirk.file))


class Findings:
    """Collects problems into a report, so that a hundred thousand equal ones stay one line and little memory."""

    def __init__(self, report: RosterReport) -> None:
        self.report = report
        self._listed: Counter[tuple[str, str, str | None]] = Counter()
        self._quirks: dict[tuple[str, str, str | None], Quirk] = {}

    def add(self, problem: Problem) -> None:
        self.add_all([problem], 1)

    def add_all(self, problems: Sequence[Problem], total: int) -> None:
        """Count `total` problems of one sort, of which `problems` are the first."""
        if not problems:
            return
        sort = problems[0]
        if sort.rejected:
            self.report.rejected_total += total
            if sort.kind is not None:
                self.report.kinds[sort.kind].rejected += total
            for problem in problems:
                self._list(problem)
        else:
            self.report.warnings_total += total
            self._fold(problems, total)

    def note(self, code: str, text: str) -> None:
        self.report.notes.append(Note(code, text))

    def _list(self, problem: Problem) -> None:
        sort = (problem.file, problem.code, problem.field)
        self._listed[sort] += 1
        if self._listed[sort] > _MOST_ROWS_OF_A_SORT or len(self.report.rejected) >= _MOST_ROWS:
            return
        self.report.rejected.append(
            RejectedRow(
                kind=problem.kind,
                code=problem.code,
                file=problem.file,
                line=problem.line,
                field=problem.field,
                value=_shown(problem.value),
                why=problem.why,
                advice=problem.advice,
            )
        )

    def _fold(self, problems: Sequence[Problem], total: int) -> None:
        first = problems[0]
        sort = (first.file, first.code, first.field)
        quirk = self._quirks.get(sort)
        if quirk is None:
            if len(self._quirks) >= _MOST_QUIRKS:
                return
            quirk = self._quirks[sort] = Quirk(
                kind=first.kind,
                code=first.code,
                file=first.file,
                field=first.field,
                why=first.why,
                advice=first.advice,
            )
            self.report.warnings.append(quirk)
        quirk.count += total
        room = MOST_EXAMPLES - len(quirk.examples)
        quirk.examples += [Example(problem.line, _shown(problem.value)) for problem in problems[:room]]


def _shown(value: str | None) -> str | None:
    """Short, and without the one character that PostgreSQL cannot keep."""
    if value is None:
        return None
    value = value.replace("\0", "\N{SYMBOL FOR NULL}")
    return value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"
