"""What schools have decided, as tables. Written by the ledger alone, but for what a new school starts with."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.database import Base
from corridor.ledger.tables import LedgerEvent


class PolicyRow(Base):
    """Something decided: a rule, a group, an accommodation and so on, as `kind` says; `body` is its struct of
    `corridor.day.policy`.

    `seq` is the event that last set it, null for what a new school started with. What stands no more is not `active`.
    """

    __tablename__ = "policy"

    school_id: Mapped[UUID] = mapped_column(ForeignKey("school.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    active: Mapped[bool] = mapped_column(default=True)
    seq: Mapped[int | None] = mapped_column(BigInteger)
    changed_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_policy_school_id_kind", "school_id", "kind"),)


Index(
    "ix_ledger_event_rule_set",
    LedgerEvent.school_id,
    LedgerEvent.seq,
    postgresql_where=text("kind = 'rule_set'"),
)


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


class PassSettingsRow(Base):
    """Columns as `corridor.day.state.PassSettings`."""

    __tablename__ = "pass_settings"

    school_id: Mapped[UUID] = mapped_column(ForeignKey("school.id"), primary_key=True)
    lapse_minutes: Mapped[int] = mapped_column(SmallInteger)
    grace_minutes: Mapped[int] = mapped_column(SmallInteger)
    offer_seconds: Mapped[int] = mapped_column(SmallInteger)
