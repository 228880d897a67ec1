"""The import of a made-up district."""

from datetime import date
from pathlib import Path
from time import monotonic

from bench.installation import Installation
from bench.report import Cell, Table
from corridor.demo.oneroster import write_district
from corridor.demo.plan import DistrictSpec

_DATABASE = "roster"
_COLUMNS = ("import", "users", "enrollments", "rows", "seconds", "rows/s", "peak MiB")
_ABOUT = (
    "`corridor import oneroster` of a made-up district into an empty database, and of the same files again, which "
    "changes nothing. Rows are those of all files; the time is the whole command's, its start included; the peak is "
    "the most memory that its process held."
)


def measure(installation: Installation, folder: Path, *, students: int, schools: int) -> Table:
    written = write_district(DistrictSpec(on=date(2026, 10, 6), students=students, schools=schools), folder)
    total = sum(written.rows.values())
    installation.add_database(_DATABASE)
    rows: list[list[Cell]] = []
    for title in ("first", "again"):
        began = monotonic()
        peak = installation.run("import", "oneroster", str(folder), database=_DATABASE)
        took = monotonic() - began
        rows.append([title, written.users, written.enrollments, total, took, total / took, peak])
    return Table("Roster import", _ABOUT, _COLUMNS, rows)
