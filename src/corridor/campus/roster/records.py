"""What a roster source says, in Corridor's words: one record type a kind, each with its place in the source.

An adapter (OneRoster files, a REST service, Ed-Fi) translates its format into these and knows nothing of tables; the
import knows nothing of formats. References between records are the source's own identifiers.
"""

from collections.abc import AsyncGenerator, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from corridor.campus.words import PersonRole


class Kind(StrEnum):
    """What a roster is about. Sources deliver all of them but guardianships and locations, which follow from others."""

    SCHOOLS = "schools"
    TERMS = "terms"
    COURSES = "courses"
    PEOPLE = "people"
    MEMBERSHIPS = "memberships"
    GUARDIANSHIPS = "guardianships"
    SECTIONS = "sections"
    ENROLLMENTS = "enrollments"
    LOCATIONS = "locations"


class Mode(StrEnum):
    """How complete a source is about a kind.

    `bulk`: all there is; what is not named has left. `delta`: only what changed. `absent`: nothing is said.
    """

    BULK = "bulk"
    DELTA = "delta"
    ABSENT = "absent"


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row of the source. `file` and `line` say where it stands; `line` counts from 1."""

    source_id: str
    file: str
    line: int
    modified_at: datetime | None = None


class GoneRecord(Record, frozen=True, kw_only=True, gc=False):
    """The source says that what bore this identifier has left."""


class OrgRecord(Record, frozen=True, kw_only=True, gc=False):
    """`type` is district, school, or another that is ignored with a note."""

    name: str
    type: str
    identifier: str | None = None


class TermRecord(Record, frozen=True, kw_only=True, gc=False):
    """`kind` is term, semester, gradingPeriod or schoolYear; both dates belong to it."""

    title: str
    kind: str
    starts_on: date
    ends_on: date
    parent: str | None = None
    school_year: str | None = None


class CourseRecord(Record, frozen=True, kw_only=True, gc=False):
    title: str
    code: str | None = None
    org: str | None = None


class Role(msgspec.Struct, frozen=True, gc=False):
    """What a person is at `org`, a school or a district."""

    org: str
    role: PersonRole
    is_primary: bool = True


class PersonRecord(Record, frozen=True, kw_only=True, gc=False):
    """`roles` are all roles of the person, or None where the source delivers them as `RoleRecord`.

    `agents` are the identifiers of a student's guardians, or of a guardian's students. `may_sign_in` is false for a
    person who is on the roster but whose access the source has switched off. `primary_org` overrides what the roles
    say about which of the person's schools comes first.
    """

    given_name: str
    family_name: str
    middle_name: str | None = None
    preferred_given_name: str | None = None
    preferred_family_name: str | None = None
    pronouns: str | None = None
    identifier: str | None = None
    username: str | None = None
    email: str | None = None
    phone: str | None = None
    grade: str | None = None
    may_sign_in: bool = True
    primary_org: str | None = None
    roles: tuple[Role, ...] | None = None
    agents: tuple[str, ...] = ()

    @property
    def says_roles(self) -> bool:
        return self.roles is not None


class RoleRecord(Record, frozen=True, kw_only=True, gc=False):
    """A role as a row of its own. `gone` takes it away. Both dates belong to it; outside them it does not count."""

    person: str
    org: str
    role: PersonRole
    is_primary: bool = True
    begins_on: date | None = None
    ends_on: date | None = None
    gone: bool = False


class Meeting(msgspec.Struct, frozen=True, gc=False):
    """`days` are 1 (Monday) to 7, `cycles` days of a rotation such as A; None means every school day. `room` is free
    text. A `period` without days may be a text such as 3(A), which is taken apart where its meaning is clear."""

    period: str | None = None
    room: str | None = None
    days: tuple[int, ...] | None = None
    cycles: tuple[str, ...] | None = None


class SectionRecord(Record, frozen=True, kw_only=True, gc=False):
    """`kind` is homeroom or scheduled."""

    title: str
    school: str
    kind: str = "scheduled"
    code: str | None = None
    course: str | None = None
    terms: tuple[str, ...] = ()
    meetings: tuple[Meeting, ...] = ()


class EnrollmentRecord(Record, frozen=True, kw_only=True, gc=False):
    """Both dates belong to it."""

    section: str
    person: str
    role: PersonRole
    is_primary: bool = False
    begins_on: date | None = None
    ends_on: date | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A row that could not be read (`rejected`), or a quirk that was read anyway.

    `why` and `advice` hold no values of the row, so that equal problems can be told together. `keeps` is the identifier
    of the rejected row where it is known: what Corridor has under it stays as it is, because it has not left.
    """

    kind: Kind | None
    code: str
    why: str
    advice: str
    file: str
    line: int | None = None
    field: str | None = None
    value: str | None = None
    rejected: bool = False
    keeps: str | None = None


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """How the source spoke about a kind; yielded once per kind, at any point of the pull.

    `silent` are the attributes it cannot express: what Corridor knows of them stays. `fields` are its own names for the
    attributes of its records, for error reports.
    """

    kind: Kind
    mode: Mode
    silent: frozenset[str] = frozenset()
    fields: dict[str, str] = {}


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Records of one kind in the source's order, some thousand at a time.

    `done` of `size` (bytes, rows, whatever the source can count; None where it cannot) of `stage` have been read.
    """

    stage: str
    kind: Kind | None = None
    records: Sequence[Record] = ()
    problems: Sequence[Problem] = ()
    done: int = 0
    size: int | None = None


class RosterSource(Protocol):
    """Where a roster comes from: `label` names it in reports.

    `pull` raises `RosterUnreadable` when a person must mend the source, `Unavailable` when trying again may help.
    A kind without a `Scope` is absent.
    """

    @property
    def label(self) -> str: ...

    def pull(self) -> AsyncGenerator[Batch | Scope]: ...
