"""Invitations of guardians, and families' requests about the record, as tables."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.database import Base
from corridor.campus.tables import Person, School


class Invitation(Base):
    """A letter that lets one guardian of a student make an account, once.

    `code_hash` is the SHA-256 of the code in the letter. `guardian_id` is whom of the roster it is for, null for
    somebody the roster does not know. `tries` counts the wrong student identifiers that came with the right code.
    `used_by` is the person who became a guardian with it.
    """

    __tablename__ = "family_invitation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id), index=True)
    student_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), index=True)
    guardian_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    used_at: Mapped[datetime | None]
    used_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    revoked_at: Mapped[datetime | None]


class RecordsRequestRow(Base):
    """A family's request about the record, written by the ledger alone; the columns are those of
    `corridor.privacy.requests_state.RecordsRequest`."""

    __tablename__ = "records_request"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    student_id: Mapped[UUID] = mapped_column(index=True)
    asked_by: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    about_id: Mapped[UUID | None]
    words: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    answer: Mapped[str | None] = mapped_column(Text)
    notes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)

    __table_args__ = (Index("ix_records_request_school_id_status", "school_id", "status"),)
