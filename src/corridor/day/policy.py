"""What a school has decided, as plain data: its rules, and what they look at. Each has an `id` of its own."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import msgspec

from corridor.campus.words import LocationKind
from corridor.day.words import Channel, Effect, Level


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """To what a rule applies. An empty set does not narrow it; the sets narrow it together.

    Whom: `grades`, `group_ids` and `student_ids`, any of the three. What: `pass_type_ids`, and `location_ids` and
    `zone_ids`, either of the two, by destination. When: `periods` by name, and `starts_on` to `ends_on`, both included.
    How: `channels`.
    """

    channels: frozenset[Channel] = frozenset()
    grades: frozenset[str] = frozenset()
    group_ids: frozenset[UUID] = frozenset()
    student_ids: frozenset[UUID] = frozenset()
    pass_type_ids: frozenset[UUID] = frozenset()
    location_ids: frozenset[UUID] = frozenset()
    zone_ids: frozenset[UUID] = frozenset()
    periods: frozenset[str] = frozenset()
    starts_on: date | None = None
    ends_on: date | None = None


class RuleText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule as it is written down. `kind` names its file in `rules/`, `params` are that file's parameters.

    `effect` is what it does to a request it objects to, `overridable` says whether staff may lift it, and `position`
    orders the rules of a school. One that is not `active` is kept but not asked.
    """

    id: UUID
    kind: str
    params: dict[str, Any]
    effect: Effect
    scope: Scope = Scope()
    overridable: bool = True
    level: Level = Level.SCHOOL
    position: int = 0
    active: bool = True


class Rule(msgspec.Struct, frozen=True):
    """A rule as it is asked: a `RuleText` whose `params` are its kind's struct.

    Of rules of equal `rivalry` only the one closest to the student counts; None: it has no rivals.
    """

    text: RuleText
    params: msgspec.Struct
    rivalry: tuple[object, ...] | None = None

    @property
    def id(self) -> UUID:
        return self.text.id

    @property
    def scope(self) -> Scope:
        return self.text.scope


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list of students under a name."""

    id: UUID
    name: str
    student_ids: frozenset[UUID] = frozenset()


class Accommodation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A private, dated exemption of one student.

    `exempt` are the kinds of rules that do not apply to them, `time_percent` how much of the usual time they get,
    `no_line` that they need not wait for a place, `always_approved` that nobody has to approve. It holds from
    `starts_on` to `ends_on`, both included, for these pass types, or for all.
    """

    id: UUID
    student_id: UUID
    starts_on: date
    ends_on: date | None = None
    exempt: frozenset[str] = frozenset()
    time_percent: int = 100
    no_line: bool = False
    always_approved: bool = False
    pass_type_ids: frozenset[UUID] = frozenset()
    note: str | None = None


class Closure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A location that takes nobody for now; `id` is the location's.

    `staff_away`: it is open, but nobody is there to receive students. `until` null: until someone opens it again.
    `instead_id` is where to go meanwhile.
    """

    id: UUID
    since: datetime
    staff_away: bool = False
    until: datetime | None = None
    instead_id: UUID | None = None
    note: str | None = None


class Absence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A student who is not on campus from `since` up to `until`; `id` is the student's. null: for the rest of the day
    that `since` lies in."""

    id: UUID
    since: datetime
    until: datetime | None = None
    note: str | None = None


class Delegation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who stands in for a teacher from `starts_on` to `ends_on`, both included.

    `section_ids` are the teacher's sections it is about, empty for all of them. A substitute sees and runs the class;
    for a teacher who is merely out of office (`substitute` false) the requests go to the other.
    """

    id: UUID
    teacher_id: UUID
    to_id: UUID
    starts_on: date
    ends_on: date
    section_ids: frozenset[UUID] = frozenset()
    substitute: bool = False


class Freeze(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nobody may start a pass; `id` is the school's."""

    id: UUID
    since: datetime
    note: str | None = None


class Appointment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pass for later, once or repeating.

    `begins` is the first time and `recurrence` an RFC 5545 RRULE in the school's local time, null for once; `skipped`
    are dates on which it does not take place. `group_id` stands for whoever is in the group when it takes place.
    `next_at` is the next time that has not been made into passes, null when there is none.
    `awaits_staff`: a student has asked for it and nobody has answered yet.
    """

    id: UUID
    destination_id: UUID
    begins: datetime
    minutes: int
    pass_type_id: UUID
    made_by: UUID
    student_ids: frozenset[UUID] = frozenset()
    group_id: UUID | None = None
    recurrence: str | None = None
    skipped: frozenset[date] = frozenset()
    next_at: datetime | None = None
    by_itself: bool = True
    declinable: bool = False
    awaits_staff: bool = False
    note: str | None = None


class SlotPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a counselor or nurse sees students by appointment; `id` is the location's.

    On `days` (1 Monday to 7), from `starts_at` to `ends_at` local time, every `minutes`, so many students a slot.
    `self_service`: students may take a free slot themselves, which staff then confirm.
    """

    id: UUID
    days: frozenset[int]
    starts_at: time
    ends_at: time
    minutes: int
    places: int = 1
    self_service: bool = True


class Post(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who works at a location and receives students there; `id` is the location's. `staff_ids` are people, or accounts
    that nobody in the roster stands behind."""

    id: UUID
    staff_ids: frozenset[UUID] = frozenset()


class Privacy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a school shows to whom; `id` is the school's.

    `open_to_staff`: teachers and substitutes see every student, not only those of their own classes. `masked` are the
    kinds of location whose passes read "Appointment" to whoever has no need to know.
    """

    id: UUID
    open_to_staff: bool = False
    masked: frozenset[LocationKind] = frozenset({LocationKind.NURSE})


class Restriction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The school has agreed with a family to limit who sees a student's record; `id` is the student's."""

    id: UUID
    since: datetime
