"""The passes' read tables, written by the ledger alone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.database import Base
from corridor.ledger.tables import LedgerEvent


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
    noted: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    line: Mapped[int | None]
    offered_until: Mapped[datetime | None]
    misses: Mapped[int] = mapped_column(SmallInteger)
    planned_at: Mapped[datetime | None]
    appointment_id: Mapped[UUID | None]
    by_itself: Mapped[bool]
    declinable: Mapped[bool]
    held_until: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_pass_school_id_seq", "school_id", "seq"),
        Index("ix_pass_student_id_requested_at", "student_id", "requested_at"),
        Index("ix_pass_school_id_ended_at", "school_id", "ended_at"),
        Index(
            "ix_pass_open",
            "school_id",
            postgresql_where=text("status IN ('requested', 'waiting', 'scheduled', 'active')"),
        ),
        Index("ix_pass_school_id_started_at", "school_id", "started_at"),
        Index("ix_pass_noted", "school_id", "requested_at", postgresql_where=text("noted <> '{}'")),
    )


Index(
    "ix_ledger_event_pass_corrected",
    LedgerEvent.school_id,
    LedgerEvent.seq,
    postgresql_where=text("kind = 'pass_corrected'"),
)


class RefusalRow(Base):
    """A refusal; `codes` are the reasons, the strongest first, and `rule_ids` the rules that gave them."""

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
    rule_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))

    __table_args__ = (Index("ix_refusal_school_id_at", "school_id", "at"),)
