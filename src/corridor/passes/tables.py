"""The passes' read tables, written by the ledger alone, and their configuration."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.database import Base


class PassRow(Base):
    """A pass as its events left it; the columns are those of `corridor.day.state.Pass`."""

    __tablename__ = "pass"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    student_id: Mapped[UUID]
    origin_id: Mapped[UUID | None]
    destination_id: Mapped[UUID]
    section_id: Mapped[UUID | None]
    pass_type_id: Mapped[UUID]
    status: Mapped[str] = mapped_column(Text)
    minutes: Mapped[int] = mapped_column(SmallInteger)
    channel: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime]
    requested_by: Mapped[UUID | None]
    leg: Mapped[str | None] = mapped_column(Text)
    overdue: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[UUID | None]
    started_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    departed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    ended_how: Mapped[str | None] = mapped_column(Text)
    deny_reason: Mapped[str | None] = mapped_column(Text)
    lifted: Mapped[list[str]] = mapped_column(ARRAY(Text))
    lift_reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_pass_school_id_seq", "school_id", "seq"),
        Index("ix_pass_student_id_requested_at", "student_id", "requested_at"),
        Index("ix_pass_school_id_ended_at", "school_id", "ended_at"),
        Index("ix_pass_open", "school_id", postgresql_where=text("status IN ('requested', 'active')")),
    )


class RefusalRow(Base):
    """A refusal; `codes` are the reasons, the strongest first."""

    __tablename__ = "refusal"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    pass_id: Mapped[UUID]
    student_id: Mapped[UUID]
    destination_id: Mapped[UUID]
    channel: Mapped[str] = mapped_column(Text)
    codes: Mapped[list[str]] = mapped_column(ARRAY(Text))

    __table_args__ = (Index("ix_refusal_school_id_at", "school_id", "at"),)


class PassTypeRow(Base):
    """Columns as `corridor.day.state.PassType`; `position` orders them and settles which is usual for a location."""

    __tablename__ = "pass_type"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey("school.id"), index=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(Text)
    icon: Mapped[str] = mapped_column(Text)
    colour: Mapped[str] = mapped_column(Text)
    minutes: Mapped[int] = mapped_column(SmallInteger)
    most_minutes: Mapped[int] = mapped_column(SmallInteger)
    approval: Mapped[str] = mapped_column(Text)
    round_trip: Mapped[bool]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        UniqueConstraint("school_id", "name"),
        CheckConstraint("minutes BETWEEN 1 AND most_minutes AND most_minutes <= 999", name="minutes"),
    )


class RuleRow(Base):
    """A configured rule; `params` are those of its kind's struct."""

    __tablename__ = "rule"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey("school.id"), index=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    effect: Mapped[str] = mapped_column(Text)
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    overridable: Mapped[bool]
    active: Mapped[bool] = mapped_column(default=True)


class PassSettingsRow(Base):
    """Columns as `corridor.day.state.PassSettings`."""

    __tablename__ = "pass_settings"

    school_id: Mapped[UUID] = mapped_column(ForeignKey("school.id"), primary_key=True)
    lapse_minutes: Mapped[int] = mapped_column(SmallInteger)
    grace_minutes: Mapped[int] = mapped_column(SmallInteger)
