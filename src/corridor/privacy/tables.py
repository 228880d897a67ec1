"""The read tables of the records ledger, written by it alone. `school_id` and `seq` name the event behind a row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.database import Base


class AccessEntry(Base):
    """A look at records; see `corridor.privacy.events.RecordLooked`."""

    __tablename__ = "access_entry"

    school_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    viewer_id: Mapped[UUID]
    viewer_kind: Mapped[str] = mapped_column(Text)
    viewer_role: Mapped[str] = mapped_column(Text)
    person_id: Mapped[UUID | None]
    what: Mapped[str] = mapped_column(Text)
    look: Mapped[str] = mapped_column(Text)
    number: Mapped[int]
    why: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index("ix_access_entry_school_id_at", "school_id", "at"),
        Index("ix_access_entry_viewer_id_at", "viewer_id", "at"),
        Index("ix_access_entry_person_id_at", "person_id", "at"),
    )


class AccessEntryStudent(Base):
    """Whose record a look was at, where they are named."""

    __tablename__ = "access_entry_student"

    school_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    student_id: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__ = (Index("ix_access_entry_student_student_id", "student_id", "school_id", "seq"),)


class DisclosureRow(Base):
    """Records that were handed out in an emergency; see `corridor.privacy.events.DisclosureMade`."""

    __tablename__ = "disclosure"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    by: Mapped[UUID]
    by_kind: Mapped[str] = mapped_column(Text)
    by_role: Mapped[str] = mapped_column(Text)
    person_id: Mapped[UUID | None]
    form: Mapped[str] = mapped_column(Text)
    threat: Mapped[str] = mapped_column(Text)
    parties: Mapped[str] = mapped_column(Text)
    number: Mapped[int]
    unmasked: Mapped[bool]
    link_id: Mapped[UUID | None]
    address: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("ix_disclosure_school_id_at", "school_id", "at"),)


class DisclosureStudent(Base):
    """Whose record was handed out."""

    __tablename__ = "disclosure_student"

    school_id: Mapped[UUID]
    disclosure_id: Mapped[UUID] = mapped_column(primary_key=True)
    student_id: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__ = (Index("ix_disclosure_student_student_id", "student_id", "disclosure_id"),)


class LegalHold(Base):
    """What must be kept; without `student_id` everything of the school. It stands while `lifted_at` is null."""

    __tablename__ = "legal_hold"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    student_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(Text)
    placed_at: Mapped[datetime]
    placed_by: Mapped[UUID]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None]
    lift_reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_legal_hold_school_id", "school_id"),)
