"""What a school is, as tables: the district's schools, people, sections, places and bell times.

`source_id` is the identifier that the roster's source gave a row; it is null for what was made here.
Nothing that a roster once named is deleted: `active` turns false.
"""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.database import Base


class District(Base):
    """The one district of this installation."""

    __tablename__ = "district"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    source_id: Mapped[str | None] = mapped_column(Text, unique=True)


class School(Base):
    __tablename__ = "school"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district_id: Mapped[UUID] = mapped_column(ForeignKey("district.id"))
    name: Mapped[str] = mapped_column(Text)
    identifier: Mapped[str | None] = mapped_column(Text)
    time_zone: Mapped[str] = mapped_column(Text)
    source_id: Mapped[str | None] = mapped_column(Text, unique=True)
    active: Mapped[bool] = mapped_column(default=True)


class Person(Base):
    """A student, a member of staff or a guardian. What they are to a school says `Membership`.

    `may_sign_in` is false for someone who is on the roster but whose access the roster's source has switched off.
    """

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    given_name: Mapped[str] = mapped_column(Text)
    middle_name: Mapped[str | None] = mapped_column(Text)
    family_name: Mapped[str] = mapped_column(Text)
    preferred_given_name: Mapped[str | None] = mapped_column(Text)
    preferred_family_name: Mapped[str | None] = mapped_column(Text)
    pronouns: Mapped[str | None] = mapped_column(Text)
    identifier: Mapped[str | None] = mapped_column(Text, index=True)
    username: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    grade: Mapped[str | None] = mapped_column(Text)
    may_sign_in: Mapped[bool] = mapped_column(default=True)
    source_id: Mapped[str | None] = mapped_column(Text, unique=True)
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (Index("ix_person_email", text("lower(email)")),)


class Membership(Base):
    """What a person is at a school, or, without a school, in the whole district."""

    __tablename__ = "membership"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    school_id: Mapped[UUID | None] = mapped_column(ForeignKey("school.id"), index=True)
    role: Mapped[str] = mapped_column(Text)
    is_primary: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (UniqueConstraint("person_id", "school_id", "role", postgresql_nulls_not_distinct=True),)


class Guardianship(Base):
    """A guardian and a student. It holds while at least one of the two names the other in the roster, or the guardian
    was `invited`, unless staff have `barred` it."""

    __tablename__ = "guardianship"

    guardian_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    student_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    guardian_says: Mapped[bool] = mapped_column(default=True)
    student_says: Mapped[bool] = mapped_column(default=True)
    invited: Mapped[bool] = mapped_column(default=False)
    barred: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)


class Term(Base):
    """An academic session; `kind` is term, semester, gradingPeriod or schoolYear. Both dates belong to it."""

    __tablename__ = "term"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("term.id"))
    school_year: Mapped[str | None] = mapped_column(Text)
    source_id: Mapped[str | None] = mapped_column(Text, unique=True)
    active: Mapped[bool] = mapped_column(default=True)


class Course(Base):
    """`school_id` is null for a course that the whole district offers."""

    __tablename__ = "course"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID | None] = mapped_column(ForeignKey("school.id"))
    title: Mapped[str] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    source_id: Mapped[str | None] = mapped_column(Text, unique=True)
    active: Mapped[bool] = mapped_column(default=True)


class Zone(Base):
    """An area of the campus that readers cover."""

    __tablename__ = "zone"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey("school.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (UniqueConstraint("school_id", "name"),)


class Location(Base):
    """A place a pass can start from or lead to.

    `kind` is a `LocationKind`. `capacity` is how many may be there on passes at once, `out_capacity` how many may be
    out of it at once; null means as many as like. `made_by` is roster, starter or staff.
    """

    __tablename__ = "location"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey("school.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    capacity: Mapped[int | None]
    out_capacity: Mapped[int | None]
    zone_id: Mapped[UUID | None] = mapped_column(ForeignKey("zone.id"))
    made_by: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        UniqueConstraint("school_id", "name"),
        CheckConstraint("capacity >= 0", name="capacity"),
        CheckConstraint("out_capacity >= 0", name="out_capacity"),
    )


class Section(Base):
    """A class that meets. `kind` is homeroom or scheduled."""

    __tablename__ = "section"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey("school.id"), index=True)
    course_id: Mapped[UUID | None] = mapped_column(ForeignKey("course.id"))
    title: Mapped[str] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    source_id: Mapped[str | None] = mapped_column(Text, unique=True)
    active: Mapped[bool] = mapped_column(default=True)


class SectionTerm(Base):
    __tablename__ = "section_term"

    section_id: Mapped[UUID] = mapped_column(ForeignKey("section.id"), primary_key=True)
    term_id: Mapped[UUID] = mapped_column(ForeignKey("term.id"), primary_key=True)


class SectionMeeting(Base):
    """A section meets in the period of this name, in this room. `days` are 1 (Monday) to 7 and `cycles` the days of a
    rotation, such as A; null means every school day."""

    __tablename__ = "section_meeting"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    section_id: Mapped[UUID] = mapped_column(ForeignKey("section.id"), index=True)
    period: Mapped[str | None] = mapped_column(Text)
    days: Mapped[list[int] | None] = mapped_column(ARRAY(SmallInteger))
    cycles: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("location.id"))


class Enrollment(Base):
    """A person in a section. `role` is student or teacher (or another staff role); both dates belong to it."""

    __tablename__ = "enrollment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    section_id: Mapped[UUID] = mapped_column(ForeignKey("section.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(Text)
    is_primary: Mapped[bool] = mapped_column(default=False)
    begins_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    source_id: Mapped[str | None] = mapped_column(Text, unique=True)
    active: Mapped[bool] = mapped_column(default=True)


class BellSchedule(Base):
    """A named set of periods. `days` are the weekdays it holds on, 1 (Monday) to 7.

    `assumed` is true for the one that an import made up because the roster has no bell times.
    """

    __tablename__ = "bell_schedule"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey("school.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    days: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    assumed: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (UniqueConstraint("school_id", "name"),)


class BellPeriod(Base):
    """From `starts_at` up to but not including `ends_at`, in the school's time zone."""

    __tablename__ = "bell_period"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    bell_schedule_id: Mapped[UUID] = mapped_column(ForeignKey("bell_schedule.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[time]
    ends_at: Mapped[time]

    __table_args__ = (
        UniqueConstraint("bell_schedule_id", "name"),
        CheckConstraint("starts_at < ends_at", name="order"),
    )


class CalendarDay(Base):
    """A date of which the calendar says something. `cycle` is the day of a rotation, such as A.

    With `as_usual` its weekday's schedule holds, and `schedule_id` is null; without, a null `schedule_id` means no
    school.
    """

    __tablename__ = "calendar_day"

    school_id: Mapped[UUID] = mapped_column(ForeignKey("school.id"), primary_key=True)
    on_date: Mapped[date] = mapped_column(primary_key=True)
    schedule_id: Mapped[UUID | None] = mapped_column(ForeignKey("bell_schedule.id"))
    cycle: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    as_usual: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (CheckConstraint("NOT as_usual OR schedule_id IS NULL", name="one_schedule"),)


class RosterImport(Base):
    """A run of a roster import: what it found, what it changed, what it refused.

    `report` is a `RosterReport`, and `status` its status.
    """

    __tablename__ = "roster_import"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
