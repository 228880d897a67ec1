"""Which students a list means that somebody sends: by identifier, email or name."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from corridor.base.database import Database
from corridor.campus.table_file import Row, read_rows, whole_file

COLUMNS: Mapping[str, Sequence[str]] = {
    "identifier": (
        "id", "student id", "studentid", "student number", "student no", "id number", "local id", "sis id", "number",
    ),
    "email": ("e-mail", "mail", "email address", "student email", "username", "user name", "login"),
    "name": ("student", "student name", "full name"),
    "given": ("first", "first name", "firstname", "given name", "givenname"),
    "family": ("last", "last name", "lastname", "surname", "family name", "familyname"),
    "grade": ("grade level", "year", "grades"),
}  # fmt: skip
"""The columns of a list of students, and by what other names they go."""

_CARDS = """
    SELECT p.id, p.identifier, p.source_id, p.email, p.username, p.given_name, p.family_name,
           coalesce(p.preferred_given_name, p.given_name), coalesce(p.preferred_family_name, p.family_name), p.grade
    FROM person p JOIN membership m ON m.person_id = p.id
    WHERE m.school_id = %s AND m.role = 'student' AND m.active AND p.active ORDER BY p.id"""


class StudentCard(msgspec.Struct, frozen=True):
    """By what a student can be known. `given` and `family` are the legal names, `called` and `family_called` those the
    student prefers."""

    id: UUID
    identifier: str | None
    source_id: str | None
    email: str | None
    username: str | None
    given: str
    family: str
    called: str
    family_called: str
    grade: str | None

    @property
    def name(self) -> str:
        return f"{self.called} {self.family_called}"


class Unmatched(msgspec.Struct, frozen=True):
    """A row that means nobody, or nobody in particular. `text` is what it says, `why` what is the matter."""

    line: int
    text: str
    why: str


class Matches(msgspec.Struct, frozen=True):
    """`student_ids` in the order of the rows, each once. `repeated` counts the rows that name a student again."""

    student_ids: tuple[UUID, ...]
    not_found: tuple[Unmatched, ...]
    ambiguous: tuple[Unmatched, ...]
    repeated: int


class Register:
    """A school's students, to be found by what a list says of them."""

    def __init__(self, cards: Iterable[StudentCard]) -> None:
        self._identifiers: dict[str, list[StudentCard]] = defaultdict(list)
        self._bare: dict[str, list[StudentCard]] = defaultdict(list)
        self._emails: dict[str, list[StudentCard]] = defaultdict(list)
        self._names: dict[str, list[StudentCard]] = defaultdict(list)
        for card in cards:
            for identifier in {card.identifier, card.source_id} - {None, ""}:
                assert identifier is not None
                self._identifiers[identifier.casefold()].append(card)
                self._bare[identifier.casefold().lstrip("0")].append(card)
            for email in {text.casefold() for text in (card.email, card.username) if text}:
                self._emails[email].append(card)
            for name in {_plain(f"{card.given} {card.family}"), _plain(card.name)}:
                self._names[name].append(card)

    def by_identifier(self, text: str) -> list[StudentCard]:
        """The students with this identifier. Zeros in front count only where that tells students apart:
        spreadsheets drop them."""
        key = text.strip().casefold()
        return self._identifiers.get(key) or self._bare.get(key.lstrip("0"), [])

    def by_email(self, text: str) -> list[StudentCard]:
        return self._emails.get(text.strip().casefold(), [])

    def by_name(self, text: str, grade: str = "") -> list[StudentCard]:
        """By "Ana Ruiz" or "Ruiz, Ana"; the grade chooses among students of one name."""
        family, comma, given = text.partition(",")
        found = self._names.get(_plain(f"{given} {family}" if comma else text), [])
        same = [card for card in found if grade and (card.grade or "").lstrip("0") == grade.lstrip("0")]
        return same if len(found) > 1 and same else found


async def register_of(database: Database, school_id: UUID) -> Register:
    """The students of a school, as they are now."""
    async with database.raw() as connection:
        rows = await (await connection.execute(_CARDS, [school_id], binary=True)).fetchall()
    return Register(StudentCard(*row) for row in rows)


def read_list(content: bytes) -> list[Row]:
    """The rows of a CSV list of students. Raises `UnfitFile` when it cannot be read, or names no student."""
    rows = read_rows(content, COLUMNS, needed=())
    if not any(_says(row) for row in rows):
        raise whole_file(
            "The first line has to name the columns, and one of them has to be the students' identifier, email or name."
        )
    return rows


def match(register: Register, rows: Iterable[Row]) -> Matches:
    """Whom the rows mean. The first of identifier, email and name that a row has decides; it is never guessed."""
    chosen: dict[UUID, None] = {}
    not_found, ambiguous = [], []
    repeated = 0
    for row in rows:
        what, text = _says(row) or ("name", "")
        if what == "identifier":
            found = register.by_identifier(text)
        elif what == "email":
            found = register.by_email(text)
        else:
            found = register.by_name(text, row["grade"])
        if not text:
            not_found.append(Unmatched(row.line, "", "The row names nobody."))
        elif not found:
            not_found.append(Unmatched(row.line, text, f"No student of this school has this {what}."))
        elif len(found) > 1:
            who = ", ".join(_told_apart(card) for card in found[:4])
            ambiguous.append(Unmatched(row.line, text, f"{len(found)} students have this {what}: {who}."))
        elif found[0].id in chosen:
            repeated += 1
        else:
            chosen[found[0].id] = None
    return Matches(tuple(chosen), tuple(not_found), tuple(ambiguous), repeated)


def _says(row: Row) -> tuple[str, str] | None:
    """By what the row names its student, and the name."""
    full = row["name"] or " ".join(part for part in (row["given"], row["family"]) if part)
    given = (("identifier", row["identifier"]), ("email", row["email"]), ("name", full))
    return next(((what, text) for what, text in given if text), None)


def _told_apart(card: StudentCard) -> str:
    about = [f"grade {card.grade}" if card.grade else "", card.identifier or ""]
    return f"{card.name} ({', '.join(part for part in about if part)})" if any(about) else card.name


def _plain(name: str) -> str:
    """Without case, marks and extra space."""
    bare = unicodedata.normalize("NFD", name.casefold())
    return " ".join("".join(letter for letter in bare if not unicodedata.combining(letter)).split())
