"""A list of badge numbers: read as a whole, or not at all."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import InvalidInput
from corridor.campus.student_matching import COLUMNS as STUDENT_COLUMNS
from corridor.campus.student_matching import Register, StudentCard
from corridor.campus.table_file import Row, RowProblem, UnfitFile, read_rows
from corridor.identity.badge_numbers import BadgeKeys, check_number, normal_number
from corridor.identity.badges import student_ids_among
from corridor.identity.device_tables import Badge

COLUMNS: Mapping[str, Sequence[str]] = {
    "badge": ("badge number", "badge no", "badge id", "card", "card number", "rfid", "barcode", "tag"),
    **STUDENT_COLUMNS,
}
_STUDENT_ID = "this is a student ID, which others know and could type; scanned at a kiosk it asks for the PIN"


class BadgeRow(msgspec.Struct, frozen=True):
    """Who shall have which number; `line` is the file's."""

    line: int
    student_id: UUID
    number: str


def read_badges(content: bytes, register: Register) -> list[BadgeRow]:
    """The rows of a CSV file with the columns badge and identifier, email or name. Raises `UnfitFile` with all that is
    wrong."""
    rows = read_rows(content, COLUMNS, needed=("badge",))
    problems: list[RowProblem] = []
    taken: dict[str, int] = {}
    found = []
    for row in rows:
        number = normal_number(row["badge"])
        whom = _whom(register, row)
        if isinstance(whom, str):
            problems.append(RowProblem(row.line, "identifier", whom))
        if why := _unfit(number):
            problems.append(RowProblem(row.line, "badge", why))
        elif number in taken:
            problems.append(RowProblem(row.line, "badge", f"the same badge number stands in line {taken[number]}."))
        elif not isinstance(whom, str):
            found.append(BadgeRow(row.line, whom.id, number))
        taken.setdefault(number, row.line)
    if problems:
        raise UnfitFile(problems)
    return found


async def rows_to_add(session: AsyncSession, keys: BadgeKeys, rows: Sequence[BadgeRow]) -> list[BadgeRow]:
    """Those of the rows whose student does not have the badge yet.

    Raises `UnfitFile` for numbers that are somebody else's, or a student ID.
    """
    by_hash = {kept: row for row in rows for kept in keys.hashes(row.number)}
    held = await session.execute(
        select(Badge.number_hash, Badge.student_id).where(
            Badge.number_hash.in_(list(by_hash)), Badge.withdrawn_at.is_(None)
        )
    )
    holders = {by_hash[kept].line: holder for kept, holder in held}
    known_ids = await student_ids_among(session, [row.number for row in rows])
    problems = []
    for row in rows:
        if holders.get(row.line, row.student_id) != row.student_id:
            problems.append(RowProblem(row.line, "badge", "this badge is somebody else's. Withdraw it there first."))
        if row.number in known_ids:
            problems.append(RowProblem(row.line, "badge", f"{_STUDENT_ID}."))
    if problems:
        raise UnfitFile(problems)
    return [row for row in rows if row.line not in holders]


def _unfit(number: str) -> str | None:
    if not number:
        return "the badge number is missing."
    try:
        check_number(number)
    except InvalidInput as error:
        return error.detail
    return None


def _whom(register: Register, row: Row) -> StudentCard | str:
    """The student that a row names, or why there is none."""
    full = row["name"] or " ".join(part for part in (row["given"], row["family"]) if part)
    if row["identifier"]:
        what, text, found = "identifier", row["identifier"], register.by_identifier(row["identifier"])
    elif row["email"]:
        what, text, found = "email", row["email"], register.by_email(row["email"])
    else:
        what, text, found = "name", full, register.by_name(full, row["grade"])
    if not text:
        return "the row names no student."
    if not found:
        return f"no student of this school has the {what} '{text[:60]}'."
    if len(found) > 1:
        return f"{len(found)} students of this school have the {what} '{text[:60]}'. Give their identifier."
    return found[0]
