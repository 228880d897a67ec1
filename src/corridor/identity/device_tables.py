"""Kiosks, and by what students are known at one, as tables. No secret is kept as it is: tokens as digests, PINs hashed,
badge numbers under a key that is not in the database."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.database import Base
from corridor.campus.tables import Location, Person, School


class Device(Base):
    """A kiosk in a room. `token_hash` is the SHA-256 of its cookie, null until the browser has fetched it. `paired_by`
    is who approved it: a person, or the account or token that nobody in the roster stands behind."""

    __tablename__ = "device"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id), index=True)
    location_id: Mapped[UUID] = mapped_column(ForeignKey(Location.id))
    name: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    paired_by: Mapped[UUID | None]
    paired_at: Mapped[datetime]
    user_agent: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    last_seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class DevicePairing(Base):
    """A browser that shows `code` and waits for staff; `browser_hash` is the SHA-256 of its cookie. `device_id` is set
    once a code is approved, so that nobody can approve it again."""

    __tablename__ = "device_pairing"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(Text)
    user_agent: Mapped[str] = mapped_column(Text)
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey(Device.id))


class StudentPin(Base):
    """A student's PIN for kiosks. `set_by` is the student or whoever set it for them."""

    __tablename__ = "student_pin"

    student_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    pin_hash: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime]
    set_by: Mapped[UUID]


class BadgeKind(StrEnum):
    """A badge has a number of its own that a reader types; a card is a QR code that Corridor printed."""

    BADGE = "badge"
    CARD = "card"


class Badge(Base):
    """What a student holds up to a kiosk. `number_hash` is the HMAC of its number."""

    __tablename__ = "badge"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    student_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), index=True)
    kind: Mapped[str] = mapped_column(Text)
    number_hash: Mapped[bytes] = mapped_column(LargeBinary)
    assigned_at: Mapped[datetime]
    assigned_by: Mapped[UUID]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_badge_number_hash", "number_hash", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
    )
