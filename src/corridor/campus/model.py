"""A school as the live day sees it: plain data in memory, loaded from the campus tables."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from uuid import UUID

import msgspec

from corridor.campus.words import LocationKind


class School(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    time_zone: str


class Location(msgspec.Struct, frozen=True):
    """`capacity`: how many may be here on passes at once. `out_capacity`: how many may be out of here at once.
    null: no limit. `made_by`: roster, starter or staff."""

    id: UUID
    school_id: UUID
    name: str
    kind: LocationKind
    capacity: int | None = None
    out_capacity: int | None = None
    zone_id: UUID | None = None
    made_by: str = "staff"
    active: bool = True


class Student(msgspec.Struct, frozen=True):
    """`name` is what lists show, `sort_name` what they are sorted by."""

    id: UUID
    name: str
    sort_name: str
    grade: str | None = None


class Zone(msgspec.Struct, frozen=True):
    """An area of the campus that locations lie in."""

    id: UUID
    school_id: UUID
    name: str
    active: bool = True


class Meeting(msgspec.Struct, frozen=True):
    """When and where a section meets. `period` is a bell period's name, `days` 1 (Monday) to 7 and `cycles` the days of
    a rotation, such as A and B; each empty for every day."""

    period: str | None
    days: frozenset[int]
    location_id: UUID | None
    cycles: frozenset[str] = frozenset()


class Section(msgspec.Struct, frozen=True):
    """`begins_on` and `ends_on` span its terms; null when it has none."""

    id: UUID
    title: str
    meetings: tuple[Meeting, ...] = ()
    teacher_ids: tuple[UUID, ...] = ()
    student_ids: tuple[UUID, ...] = ()
    begins_on: date | None = None
    ends_on: date | None = None


class Period(msgspec.Struct, frozen=True):
    """From `starts_at` up to but not including `ends_at`, local time."""

    name: str
    starts_at: time
    ends_at: time


class BellSchedule(msgspec.Struct, frozen=True):
    """`days` are the weekdays it holds on unless the calendar says otherwise, 1 (Monday) to 7; `periods` are in
    order and do not overlap."""

    id: UUID
    name: str
    days: frozenset[int]
    periods: tuple[Period, ...]


class CalendarDay(msgspec.Struct, frozen=True):
    """What the calendar says of a date. `schedule_id` is null on a day without school. `cycle` is the day of a
    rotation, such as A; `note` says why. `as_usual`: the schedule is its weekday's, whichever that is, and
    `schedule_id` is null."""

    schedule_id: UUID | None
    cycle: str | None = None
    note: str | None = None
    as_usual: bool = False


class Term(msgspec.Struct, frozen=True):
    """A span of dates that the school's sections run in; both belong to it."""

    begins_on: date
    ends_on: date


class Campus(msgspec.Struct, frozen=True):
    """Everything that decisions need to know of a school. `staff` names its adults, by person. `sections_of` are the
    sections of a student, `taught_by` those of a teacher.

    `calendar` has the dates of which it says something. `terms` are those of its sections, the shortest
    first; `term_begins_on` and `term_ends_on` span them all.
    """

    school: School
    locations: Mapping[UUID, Location]
    students: Mapping[UUID, Student]
    staff: Mapping[UUID, str]
    sections: Mapping[UUID, Section]
    sections_of: Mapping[UUID, Sequence[UUID]]
    bell_schedules: tuple[BellSchedule, ...] = ()
    calendar: Mapping[date, CalendarDay] = {}
    zones: Mapping[UUID, Zone] = {}
    terms: tuple[Term, ...] = ()
    term_begins_on: date | None = None
    term_ends_on: date | None = None
    taught_by: Mapping[UUID, Sequence[UUID]] = {}
