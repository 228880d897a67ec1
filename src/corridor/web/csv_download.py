"""Tables for people to download and open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from litestar import Response

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def defused(cell: str) -> str:
    """The cell with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Sequence[str | None]]) -> Response[str]:
    """A CSV file with a header, called after `name`."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(columns)
    writer.writerows([defused(cell or "") for cell in row] for row in rows)
    filename = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "list"
    return Response(
        "\ufeff" + target.getvalue(),
        media_type="text/csv",
        headers={"content-disposition": f'attachment; filename="{filename}.csv"', "cache-control": "no-store"},
    )
