"""The target of every roster import: records in, campus tables changed, a report out."""

from corridor.campus.roster.apply import NewSchools, Progress
from corridor.campus.roster.errors import ImportRunning, RosterUnreadable, TooManyRemovals
from corridor.campus.roster.importer import DEFAULT_ALLOWED_REMOVALS, import_roster
from corridor.campus.roster.records import RosterSource
from corridor.campus.roster.report import RosterReport, Status

__all__ = [
    "DEFAULT_ALLOWED_REMOVALS",
    "ImportRunning",
    "NewSchools",
    "Progress",
    "RosterReport",
    "RosterSource",
    "RosterUnreadable",
    "Status",
    "TooManyRemovals",
    "import_roster",
]
