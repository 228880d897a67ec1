"""The rows of one OneRoster file: decoded, split, and each with its line and its quirks."""

import csv
from collections.abc import Iterator, Sequence

from corridor.campus.roster.errors import RosterUnreadable
from corridor.campus.roster.records import Problem
from corridor.integrations.sis.oneroster_columns import FileSpec, Header
from corridor.integrations.sis.oneroster_files import Package

_LONGEST_CELL = 1000


class Rejected(Exception):
    """This row cannot be taken: why, and what to do about it."""

    def __init__(self, code: str, why: str, advice: str, *, field: str | None = None, value: str | None = None) -> None:
        super().__init__(why)
        self.code = code
        self.why = why
        self.advice = advice
        self.field = field
        self.value = value


class Row:
    """One row. `cells` are trimmed; `short` is true if there are fewer than the header has."""

    __slots__ = ("cells", "header", "line", "problems", "short")

    def __init__(self, header: Header, cells: Sequence[str], line: int, problems: list[Problem]) -> None:
        self.header = header
        self.cells = cells
        self.line = line
        self.problems = problems
        self.short = len(cells) < header.width

    def text(self, column: str) -> str | None:
        """The cell of this column, or None if it is blank or not there."""
        index = self.header.position.get(column)
        if index is None or index >= len(self.cells):
            return None
        return self.cells[index] or None

    def required(self, column: str) -> str:
        value = self.text(column)
        if value is None:
            raise Rejected("missing_value", f"{column} is blank.", f"Fill in {column}.", field=column)
        return value

    def quirk(self, code: str, column: str | None, value: str | None, why: str, advice: str) -> None:
        self.problems.append(self._problem(code, column, value, why, advice))

    def reject(self, error: Rejected) -> None:
        owner = self.text(self.header.spec.owner)
        self.problems.append(
            self._problem(error.code, error.field, error.value, error.why, error.advice, keeps=owner, rejected=True)
        )

    def _problem(
        self,
        code: str,
        column: str | None,
        value: str | None,
        why: str,
        advice: str,
        *,
        keeps: str | None = None,
        rejected: bool = False,
    ) -> Problem:
        spec = self.header.spec
        # Values may have shifted between columns: a password is not shown wherever it stands.
        shown = None if value is not None and value == self.text("password") else value
        return Problem(
            kind=spec.kind,
            code=code,
            why=why,
            advice=advice,
            file=spec.name,
            line=self.line,
            field=column,
            value=shown,
            rejected=rejected,
            keeps=keeps,
        )


class Reader:
    """Reads one file of a package once. `problems` are those of the rows read so far."""

    def __init__(self, package: Package, spec: FileSpec, expected: Sequence[str]) -> None:
        self.spec = spec
        self._lines = _Decoder(package, spec.name)
        self._csv = csv.reader(self._lines, strict=True)
        self._start = 1
        self._names = [cell.strip() for cell in self._next() or []]
        self.header = Header(spec, self._names, expected)
        self.problems: list[Problem] = list(self.header.problems)

    def rows(self) -> Iterator[Row]:
        """The rows that have the right number of cells. Of the others `problems` tell."""
        while (raw := self._next()) is not None:
            cells = [cell.strip() for cell in raw]
            if not any(cells):
                continue
            row = Row(self.header, cells, self._start, self.problems)
            if cells == self._names:
                row.quirk(
                    "repeated_header",
                    None,
                    None,
                    "The header stands between the rows again; it was passed over.",
                    "Nothing is lost. Remove it from the export.",
                )
                continue
            try:
                self._check_shape(row)
            except Rejected as error:
                row.reject(error)
                continue
            yield row

    def take_problems(self) -> list[Problem]:
        taken, self.problems[:] = list(self.problems), []
        return taken

    @property
    def bytes_read(self) -> int:
        return self._lines.bytes_read

    def _check_shape(self, row: Row) -> None:
        width = row.header.width
        number = len(row.cells)
        if number > width:
            if any(row.cells[width:]):
                raise Rejected(
                    "extra_cells",
                    "The row has more cells than the header has columns, so it is unclear which is which.",
                    "Look for a comma in a value without quotation marks around it.",
                    value=f"{number} cells for {width} columns",
                )
            row.quirk(
                "extra_cells",
                None,
                f"{number} cells for {width} columns",
                "Rows have blank cells beyond the last column; these were passed over.",
                "Nothing is lost.",
            )
        elif number < width:
            row.quirk(
                "short_row",
                None,
                f"{number} cells for {width} columns",
                "Rows have fewer cells than the header has columns; the missing ones were read as blank.",
                "Write all cells, blank ones too.",
            )
        if self._lines.last_null >= self._start:
            raise Rejected(
                "null_character",
                "The row contains a null character, so its text cannot be relied on.",
                "Export the row again.",
            )
        if max(map(len, row.cells)) > _LONGEST_CELL:
            raise Rejected(
                "too_long",
                f"A value is longer than {_LONGEST_CELL:,} characters.",
                "Look for a quotation mark that was opened and closed in the wrong places.",
            )

    def _next(self) -> list[str] | None:
        self._start = self._csv.line_num + 1
        try:
            return next(self._csv, None)
        except csv.Error as error:
            raise RosterUnreadable(
                f"{self.spec.name}, line {self._start}: {_explained(error)} Nothing was imported.",
                file=self.spec.name,
                line=self._start,
            ) from error


class _Decoder:
    """The lines of a file as text. Counts the bytes and remembers the last line with a null character."""

    def __init__(self, package: Package, name: str) -> None:
        self.bytes_read = 0
        self.last_null = 0
        self._name = name
        self._number = 0
        self._raw = package.lines(name)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = next(self._raw)
        self._number += 1
        self.bytes_read += len(raw)
        if self._number == 1:
            raw = self._without_mark(raw)
        if b"\0" in raw:
            self.last_null = self._number
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise RosterUnreadable(
                f"{self._name}, line {self._number} is not UTF-8 (byte 0x{raw[error.start]:02X} at position "
                f"{error.start + 1}), perhaps Latin-1 or Windows-1252. Export the file as UTF-8. Nothing was imported.",
                file=self._name,
                line=self._number,
            ) from error

    def _without_mark(self, raw: bytes) -> bytes:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw:
            raise RosterUnreadable(
                f"{self._name} is not UTF-8; it looks like UTF-16. Export the file as UTF-8. Nothing was imported.",
                file=self._name,
                line=1,
            )
        return raw.removeprefix(b"\xef\xbb\xbf")


def _explained(error: csv.Error) -> str:
    said = str(error)
    if "unexpected end of data" in said:
        return "a quotation mark is opened here and never closed; perhaps the file was cut off."
    if "expected after" in said:
        return "a quotation mark stands inside a value. It must be doubled there, and the value quoted."
    if "new-line character" in said:
        return "lines end in a bare carriage return. Export the file with CRLF or LF line ends."
    if "field larger" in said:
        return "a value is longer than any roster's; perhaps a quotation mark is opened here and not closed."
    return f"the line is no row of values ({said})."
