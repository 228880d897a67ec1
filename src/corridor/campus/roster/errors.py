"""Why an import stopped. Nothing was changed in any of these cases."""

from typing import TYPE_CHECKING

from corridor.base.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from corridor.campus.roster.report import RosterReport


class RosterUnreadable(InvalidInput):
    """The source cannot be read as a whole; `file` and `line` say where, as far as known."""

    code = "roster_unreadable"

    def __init__(self, detail: str, *, file: str | None = None, line: int | None = None) -> None:
        super().__init__(detail, file=file, line=line)
        self.file = file
        self.line = line


class TooManyRemovals(Conflict):
    """More would leave than the import was allowed to take away. `report` says what it would have done."""

    code = "too_many_removals"

    def __init__(self, detail: str, report: "RosterReport") -> None:
        super().__init__(detail, needed_percent=report.removals_needed)
        self.report = report


class ImportRunning(Conflict):
    code = "import_running"
