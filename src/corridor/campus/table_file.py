"""Small tables that people send as CSV files, and what is wrong with their rows."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from corridor.base.errors import InvalidInput

MOST_BYTES = 2 * 1024 * 1024
MOST_ROWS = 5000
_DELIMITERS = ",;\t"


class RowProblem(msgspec.Struct, frozen=True):
    """`line` is the file's, from 1; null for the file as a whole. `field` is the column."""

    line: int | None
    field: str | None
    why: str

    @property
    def words(self) -> str:
        return f"Line {self.line}: {self.why}" if self.line else self.why


class UnfitFile(InvalidInput):
    """Nothing of the file was taken; `problems` are all that is wrong with it."""

    code = "unfit_file"

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        more = f" There are {len(problems) - 1} more problems." if len(problems) > 1 else ""
        super().__init__(problems[0].words + more, problems=problems)
        self.problems = problems


class Row(msgspec.Struct, frozen=True):
    """A row's cells by column, each without space around it; what the file has not is empty."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def text_of(content: bytes) -> str:
    """Raises `UnfitFile` for what is too large or is no text."""
    if len(content) > MOST_BYTES:
        raise whole_file(f"The file has more than {MOST_BYTES // 1024 // 1024} MB. Send one school's file.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise whole_file("The file is no text in UTF-8. Save it again as CSV UTF-8.") from None
    if "\0" in text:
        raise whole_file("The file is no text: it holds null characters. Export it again as CSV.")
    return text


def read_rows(content: bytes, columns: Mapping[str, Sequence[str]], *, needed: Sequence[str]) -> list[Row]:
    """The rows of a CSV file with a header; cells are divided by commas, semicolons or tabs.

    `columns` gives each column's other names; without regard to case, and in any order. Raises `UnfitFile`.
    """
    text = text_of(content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text), delimiter=max(_DELIMITERS, key=first.count))
    named = {_key(name): column for column, names in columns.items() for name in (column, *names)}
    header: list[str | None] | None = None
    rows = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [named.get(_key(cell)) for cell in cells]
                if missing := [column for column in needed if column not in header]:
                    raise whole_file(f"The first line has to name the columns; it does not name {', '.join(missing)}.")
                continue
            found = {column: cell.strip() for column, cell in zip(header, cells, strict=False) if column}
            rows.append(Row(reader.line_num, found))
    except csv.Error as error:
        raise UnfitFile([RowProblem(reader.line_num, None, f"This is no CSV ({error}).")]) from None
    if not rows:
        raise whole_file("The file has no rows." if header else "The file is empty.")
    if len(rows) > MOST_ROWS:
        raise whole_file(f"The file has {len(rows)} rows; at most {MOST_ROWS} are read.")
    return rows


def write_rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """As CSV with a header and, as the format has it, CRLF at the ends of lines."""
    target = io.StringIO()
    csv.writer(target).writerows([columns, *rows])
    return target.getvalue()


def read_date(text: str) -> date | None:
    """2026-11-26 or 11/26/2026, or None."""
    try:
        if "/" in text:
            month, day, year = (int(part) for part in text.split("/"))
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError:
        return None


def whole_file(why: str) -> UnfitFile:
    return UnfitFile([RowProblem(None, None, why)])


def _key(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())
