"""How long the district keeps what, what was destroyed, and who has left."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.database import Base
from corridor.campus.tables import Person
from corridor.ledger.tables import LedgerEvent


class RetentionSetting(Base):
    """How many days a `corridor.privacy.retention_kinds.Kind` is kept, where somebody has changed that."""

    __tablename__ = "retention_setting"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    days: Mapped[int] = mapped_column(Integer)
    changed_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("days > 0", name="days"),)


class RetentionRun(Base):
    """One time at which what had been kept long enough was destroyed. `report` is a `retention_report.Report`;
    `ordered_by` is "night" or "command". Without `ended_at` it goes on, or was cut short."""

    __tablename__ = "retention_run"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    ordered_by: Mapped[str] = mapped_column(Text)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Leaver(Base):
    """Somebody whom the roster no longer has, and since when that is known."""

    __tablename__ = "leaver"

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True)
    since: Mapped[datetime]


class DeletionCertificate(Base):
    """What was destroyed at the end of a contract; `body` is a `certificate.Certificate`."""

    __tablename__ = "deletion_certificate"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)


CHANGES = "kind LIKE '%\\_set' OR kind LIKE 'location\\_%' OR kind LIKE 'zone\\_%' OR kind = 'admin_changed'"
"""The events that tell what somebody changed."""

Index("ix_ledger_event_changes", LedgerEvent.school_id, LedgerEvent.recorded_at, postgresql_where=text(CHANGES))
