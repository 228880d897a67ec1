"""What columns each OneRoster file has, and how to tell them in a header that somebody wrote a little differently."""

import difflib
from collections.abc import Sequence

import msgspec

from corridor.campus.roster.errors import RosterUnreadable
from corridor.campus.roster.records import Kind, Problem

_SURE = 0.88
_ALIASES = {"preferredfirstname": "preferredGivenName", "preferredlastname": "preferredFamilyName"}


class FileSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A file: its kind, the columns without which it means nothing, those that may be missing, and those not read.

    `fields` gives the column for each attribute of a record. `owner` is the column that says whose row it is: what is
    known of them stays as it is if the row cannot be taken.
    """

    name: str
    kind: Kind | None
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    fields: dict[str, str]
    owner: str = "sourcedId"

    @property
    def manifest_name(self) -> str:
        return self.name.removesuffix(".csv")


_ROW = ("status", "dateLastModified")

ORGS = FileSpec(
    kind=Kind.SCHOOLS,
    name="orgs.csv",
    required=("sourcedId", "name", "type"),
    optional=(*_ROW, "identifier"),
    unread=("parentSourcedId",),
    fields={"source_id": "sourcedId", "name": "name", "type": "type", "identifier": "identifier"},
)
SESSIONS = FileSpec(
    kind=Kind.TERMS,
    name="academicSessions.csv",
    required=("sourcedId", "title", "type", "startDate", "endDate"),
    optional=(*_ROW, "parentSourcedId", "schoolYear"),
    fields={"source_id": "sourcedId", "title": "title", "parent": "parentSourcedId", "school_year": "schoolYear"},
)
COURSES = FileSpec(
    kind=Kind.COURSES,
    name="courses.csv",
    required=("sourcedId", "title"),
    optional=(*_ROW, "courseCode", "orgSourcedId"),
    unread=("schoolYearSourcedId", "grades", "subjects", "subjectCodes"),
    fields={"source_id": "sourcedId", "title": "title", "code": "courseCode", "org": "orgSourcedId"},
)
USERS = FileSpec(
    kind=Kind.PEOPLE,
    name="users.csv",
    required=("sourcedId", "givenName", "familyName"),
    optional=(
        *(
            *_ROW,
            "enabledUser",
            "orgSourcedIds",
            "role",
            "username",
            "middleName",
            "identifier",
            "email",
            "sms",
            "phone",
        ),
        *("agentSourcedIds", "grades", "preferredGivenName", "preferredFamilyName", "primaryOrgSourcedId", "pronouns"),
    ),
    unread=("userIds", "password", "userMasterIdentifier", "preferredMiddleName", "userProfiles"),
    fields={
        "source_id": "sourcedId",
        "given_name": "givenName",
        "middle_name": "middleName",
        "family_name": "familyName",
        "preferred_given_name": "preferredGivenName",
        "preferred_family_name": "preferredFamilyName",
        "pronouns": "pronouns",
        "identifier": "identifier",
        "username": "username",
        "email": "email",
        "phone": "phone",
        "grade": "grades",
        "may_sign_in": "enabledUser",
        "agents": "agentSourcedIds",
        "org": "orgSourcedIds",
    },
)
ROLES = FileSpec(
    kind=Kind.MEMBERSHIPS,
    name="roles.csv",
    required=("sourcedId", "userSourcedId", "role", "orgSourcedId"),
    optional=(*_ROW, "roleType", "beginDate", "endDate"),
    unread=("userProfileSourcedId",),
    fields={"source_id": "sourcedId", "person": "userSourcedId", "org": "orgSourcedId", "ends_on": "endDate"},
    owner="userSourcedId",
)
CLASSES = FileSpec(
    kind=Kind.SECTIONS,
    name="classes.csv",
    required=("sourcedId", "title", "schoolSourcedId"),
    optional=(*_ROW, "courseSourcedId", "classCode", "classType", "location", "termSourcedIds", "periods"),
    unread=("grades", "subjects", "subjectCodes"),
    fields={
        "source_id": "sourcedId",
        "title": "title",
        "code": "classCode",
        "school": "schoolSourcedId",
        "course": "courseSourcedId",
        "terms": "termSourcedIds",
        "meetings": "periods",
    },
)
ENROLLMENTS = FileSpec(
    kind=Kind.ENROLLMENTS,
    name="enrollments.csv",
    required=("sourcedId", "classSourcedId", "userSourcedId", "role"),
    optional=(*_ROW, "primary", "beginDate", "endDate"),
    unread=("schoolSourcedId",),
    fields={"source_id": "sourcedId", "section": "classSourcedId", "person": "userSourcedId"},
)

# References point backwards in this order.
FILES = (ORGS, SESSIONS, COURSES, USERS, ROLES, CLASSES, ENROLLMENTS)


class Header:
    """Where each known column stands in a file. `problems` are the quirks found while reading the header."""

    def __init__(self, spec: FileSpec, cells: Sequence[str], expected: Sequence[str]) -> None:
        """`expected` are the optional columns that this version of OneRoster has; one that is missing is a quirk.

        Raises `RosterUnreadable` naming the required columns that are missing.
        """
        self.spec = spec
        self.width = len(cells)
        self.position: dict[str, int] = {}
        self.problems: list[Problem] = []
        self._place(cells)
        missing = [column for column in spec.required if column not in self.position]
        if missing:
            # Names that are not columns are not repeated: in a file without a header they are somebody's data.
            found = f"It names {', '.join(self.position)}." if self.position else "It names none that OneRoster has."
            raise RosterUnreadable(
                f"{spec.name} has no column {' and no column '.join(missing)}. Its first line must name the columns as "
                f"OneRoster does. {found}",
                file=spec.name,
                line=1,
            )
        lacking = [column for column in expected if column not in self.position]
        if lacking:
            self._quirk(
                "missing_columns", ", ".join(lacking), "Optional columns are missing.", "Export them too, if you can."
            )

    def __contains__(self, column: str) -> bool:
        return column in self.position

    def _place(self, cells: Sequence[str]) -> None:
        known = (*self.spec.required, *self.spec.optional, *self.spec.unread)
        folded = {column.casefold(): column for column in known} | _ALIASES
        strange: list[tuple[int, str]] = []
        nameless = 0
        for index, cell in enumerate(cells):
            column = cell if cell in known else folded.get(cell.casefold())
            if not cell:
                nameless += 1
            elif column is None:
                if not cell.casefold().startswith("metadata."):
                    strange.append((index, cell))
            elif column in self.position:
                self._quirk(
                    "repeated_column",
                    cell,
                    "A column stands in the header twice; the first was read.",
                    "Remove the second.",
                )
            else:
                self.position[column] = index
                if column != cell:
                    self._misspelt(cell, column)
        unread = []
        for index, cell in strange:
            rest = [column for column in known if column not in self.position]
            close = difflib.get_close_matches(cell.casefold(), [column.casefold() for column in rest], 1, _SURE)
            if close:
                column = folded[close[0]]
                self.position[column] = index
                self._misspelt(cell, column)
            else:
                unread.append(cell)
        if unread:
            self._quirk(
                "unknown_columns",
                _listed(unread),
                "Columns that OneRoster does not have were not read.",
                "Nothing, if that is right.",
            )
        if nameless:
            self._quirk(
                "nameless_columns",
                None,
                f"{nameless} columns without a name were not read.",
                "Name them, or remove them.",
            )

    def _misspelt(self, cell: str, column: str) -> None:
        why = f"A column's name is written differently; it was read as {column}."
        self._quirk("misspelt_column", cell, why, f"Write {column}.", field=column)

    def _quirk(self, code: str, value: str | None, why: str, advice: str, field: str | None = None) -> None:
        self.problems.append(
            Problem(
                kind=self.spec.kind,
                code=code,
                why=why,
                advice=advice,
                file=self.spec.name,
                line=1,
                field=field,
                value=value,
            )
        )


def _listed(cells: Sequence[str]) -> str:
    return ", ".join(cell[:40] for cell in cells[:30])
