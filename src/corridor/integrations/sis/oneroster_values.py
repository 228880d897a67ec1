"""OneRoster's values, and the dialects of them that have been seen, each read with a warning where it is clear."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum

from corridor.campus.roster.records import Meeting
from corridor.campus.words import PersonRole
from corridor.integrations.sis.oneroster_rows import Rejected, Row


class Standing(StrEnum):
    PRESENT = "present"
    GONE = "gone"


_YES = {"true": True, "false": False}
_OTHER_YES = {"1": True, "0": False, "yes": True, "no": False, "y": True, "n": False, "t": True, "f": False}
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?")
_GRADE = re.compile(r"\S{1,3}|Other|.{0,12}(grade|kinder|year|form|class|年).{0,12}", re.IGNORECASE)
_LONGEST_ROOM = 80
_COMMA_OUTSIDE_BRACKETS = re.compile(r"[,;](?![^(]*\))")
_ROLES = {
    "aide": PersonRole.AIDE,
    "administrator": PersonRole.ADMINISTRATOR,
    "counselor": PersonRole.COUNSELOR,
    "districtAdministrator": PersonRole.ADMINISTRATOR,
    "guardian": PersonRole.GUARDIAN,
    "parent": PersonRole.GUARDIAN,
    "principal": PersonRole.ADMINISTRATOR,
    "proctor": PersonRole.PROCTOR,
    "relative": PersonRole.GUARDIAN,
    "siteAdministrator": PersonRole.ADMINISTRATOR,
    "student": PersonRole.STUDENT,
    "systemAdministrator": PersonRole.ADMINISTRATOR,
    "teacher": PersonRole.TEACHER,
}
_FOLDED_ROLES = {name.casefold(): role for name, role in _ROLES.items()}


def standing(row: Row) -> Standing:
    """Whether `status` says that the row's subject is there or has left. Blank is there: it is so in bulk files."""
    value = row.text("status")
    if value is None or value == "active":
        return Standing.PRESENT
    folded = value.casefold()
    if folded == "tobedeleted":
        if value != "tobedeleted":
            row.quirk(
                "status_spelling",
                "status",
                value,
                "The status is written differently; it was read as tobedeleted.",
                "Write tobedeleted.",
            )
        return Standing.GONE
    if folded == "inactive":
        row.quirk(
            "status_spelling",
            "status",
            value,
            "OneRoster has no such status; it was read as tobedeleted.",
            "Write tobedeleted.",
        )
        return Standing.GONE
    if folded == "active":
        row.quirk(
            "status_spelling",
            "status",
            value,
            "The status is written differently; it was read as active.",
            "Write active.",
        )
        return Standing.PRESENT
    raise Rejected(
        "bad_status",
        "The status is none that OneRoster has.",
        "Write active or tobedeleted.",
        field="status",
        value=value,
    )


def modified_at(row: Row) -> datetime | None:
    value = row.text("dateLastModified")
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        found = _slashed_date(value)
        if found is None:
            row.quirk(
                "bad_time",
                "dateLastModified",
                value,
                "This is no date and time; it was read as blank.",
                "Write for example 2026-08-24T06:00:00Z.",
            )
            return None
        moment = datetime(found.year, found.month, found.day, tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def date_or_none(row: Row, column: str) -> date | None:
    value = row.text(column)
    if value is None:
        return None
    if len(value) == 10 and value[4] == value[7] == "-":
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise _no_date(column, value) from None
    found = _other_date(value)
    if found is None:
        raise _no_date(column, value)
    row.quirk(
        "date_format",
        column,
        value,
        "Dates are not written as OneRoster asks; they were read as month/day/year, or as the date of a time.",
        "Write dates as 2026-08-24.",
    )
    return found


def required_date(row: Row, column: str) -> date:
    row.required(column)
    found = date_or_none(row, column)
    assert found is not None
    return found


def flag(row: Row, column: str, default: bool) -> bool:
    value = row.text(column)
    if value is None:
        return default
    found = _YES.get(value)
    if found is not None:
        return found
    folded = value.casefold()
    found = _YES.get(folded, _OTHER_YES.get(folded))
    if found is None:
        raise Rejected(
            "bad_flag", f"{column} is neither true nor false.", "Write true or false.", field=column, value=value
        )
    row.quirk(
        "flag_spelling",
        column,
        value,
        "true and false are written differently; the meaning is clear.",
        "Write true or false.",
    )
    return found


def items(row: Row, column: str) -> tuple[str, ...]:
    """A list in one cell: OneRoster puts commas between its items."""
    value = row.text(column)
    if value is None:
        return ()
    if "," not in value:
        return (value,)
    return tuple(dict.fromkeys(item for part in value.split(",") if (item := part.strip())))


def role(row: Row, column: str) -> PersonRole:
    value = row.required(column)
    found = _ROLES.get(value)
    if found is not None:
        return found
    if value.startswith("ext:"):
        return PersonRole.OTHER
    found = _FOLDED_ROLES.get(value.casefold())
    if found is None:
        raise Rejected(
            "unknown_role",
            "The role is none that OneRoster has; perhaps values stand in the wrong columns.",
            "Write a role of OneRoster, or ext: before one of your own.",
            field=column,
            value=value,
        )
    row.quirk(
        "role_spelling",
        column,
        value,
        "Roles are written in other letters; the meaning is clear.",
        "Write roles as OneRoster does: student, teacher, guardian.",
    )
    return found


def grade(row: Row) -> str | None:
    """The first grade named. What does not look like one is not taken: where values moved, it may be a password."""
    grades = items(row, "grades")
    if not grades:
        return None
    if not all(_GRADE.fullmatch(each) for each in grades):
        row.quirk(
            "bad_grade", "grades", None, "This does not look like a grade; it was read as blank.", "Correct the cell."
        )
        return None
    if len(grades) > 1:
        row.quirk(
            "several_grades",
            "grades",
            row.text("grades"),
            "More than one grade is named; the first was taken.",
            "Nothing, if that is right.",
        )
    return grades[0]


def email(row: Row) -> str | None:
    value = row.text("email")
    if value is None or "@" in value:
        return value
    # Not shown: in a row whose values have moved, this may be the password.
    row.quirk("bad_email", "email", None, "This is no e-mail address; it was read as blank.", "Correct the cell.")
    return None


def meetings(row: Row) -> tuple[Meeting, ...]:
    """`periods` is free text such as 1 or P3 or A1,B1; commas inside brackets, as in 1(A,C), do not divide it."""
    room = row.text("location")
    if room is not None:
        room = " ".join(room.split())
        if len(room) > _LONGEST_ROOM:
            row.quirk(
                "long_room",
                "location",
                room,
                f"Rooms' names have more than {_LONGEST_ROOM} characters; they were cut.",
                "Shorten them.",
            )
            room = room[:_LONGEST_ROOM].rstrip()
    periods = row.text("periods")
    if periods is None:
        return (Meeting(None, room),) if room else ()
    names = (" ".join(part.split()) for part in _COMMA_OUTSIDE_BRACKETS.split(periods))
    return tuple(Meeting(name, room) for name in dict.fromkeys(names) if name)


def check_short_user(row: Row) -> None:
    """Refuse a short row in which the password may stand in another column: it would be kept and shown there."""
    if not row.short or "password" not in row.header:
        return
    cells = {column: row.text(column) for column, index in row.header.position.items() if index == len(row.cells) - 1}
    last = next(iter(cells.items()), ("", row.cells[-1] or None))
    password_is_last = row.header.position["password"] == row.header.width - 1
    match last:
        case (_, None):
            harmless = True
        case ("grades", str(value)):
            harmless = bool(_GRADE.fullmatch(value))
        case ("email", str(value)):
            harmless = "@" in value
        case _:
            harmless = False
    if not (password_is_last and harmless):
        raise Rejected(
            "short_row", "The row has too few cells, and it is unclear which are missing.", "Write all cells."
        )


def _slashed_date(value: str) -> date | None:
    if not (found := _SLASHED.fullmatch(value)):
        return None
    month, day, year = map(int, found.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _other_date(value: str) -> date | None:
    if found := _slashed_date(value):
        return found
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        return None


def _no_date(column: str, value: str) -> Rejected:
    return Rejected(
        "bad_date",
        f"{column} is no date, or one that could mean two.",
        "Write dates as 2026-08-24.",
        field=column,
        value=value,
    )
