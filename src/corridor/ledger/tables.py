"""The ledger's own tables. Nothing else writes them.

`ledger_head` is one row a school: the sequence and hash of its newest event. `ledger_event` is the chain: `body` and
`salt` may be set to null (redaction); `digest` stays and keeps the chain verifiable. `ledger_answer` is what a command
was answered that came under an id of its sender's own, and so may come again.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.database import Base


class LedgerHead(Base):
    __tablename__ = "ledger_head"

    school_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    recorded_at: Mapped[datetime]
    config_version: Mapped[int] = mapped_column(BigInteger)

    # Rewritten with every batch: room on the page keeps the updates off the index.
    __table_args__ = {"postgresql_with": {"fillfactor": "10"}}


class LedgerEvent(Base):
    """`body` is text-preserving JSON: the very bytes that were hashed."""

    __tablename__ = "ledger_event"

    school_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_head.school_id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    recorded_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(Text)
    body: Mapped[Any | None] = mapped_column(JSON)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    command_id: Mapped[UUID]


class LedgerAnswer(Base):
    """`fingerprint` tells a repeated command from another one under the same id; `body` is the answer's JSON."""

    __tablename__ = "ledger_answer"

    school_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_head.school_id"), primary_key=True)
    command_id: Mapped[UUID] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    refused: Mapped[bool]
    body: Mapped[Any] = mapped_column(JSON)

    __table_args__ = (Index("ix_ledger_answer_recorded_at", "recorded_at", postgresql_using="brin"),)
