"""Part 3: families."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for name in ("invited", "barred"):
        op.add_column("guardianship", sa.Column(name, sa.Boolean(), nullable=False, server_default="false"))
        op.alter_column("guardianship", name, server_default=None)
    op.create_table(
        "family_invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["guardian_id"], ["person.id"], name=op.f("fk_family_invitation_guardian_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_family_invitation_school_id")),
        sa.ForeignKeyConstraint(["student_id"], ["person.id"], name=op.f("fk_family_invitation_student_id")),
        sa.ForeignKeyConstraint(["used_by"], ["person.id"], name=op.f("fk_family_invitation_used_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_invitation")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_family_invitation_code_hash")),
    )
    op.create_index(op.f("ix_family_invitation_school_id"), "family_invitation", ["school_id"])
    op.create_index(op.f("ix_family_invitation_student_id"), "family_invitation", ["student_id"])
    op.create_index(
        "ix_ledger_event_pass_corrected",
        "ledger_event",
        ["school_id", "seq"],
        postgresql_where=sa.text("kind = 'pass_corrected'"),
    )
    op.create_table(
        "records_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("notes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records_request")),
    )
    op.create_index(op.f("ix_records_request_school_id_status"), "records_request", ["school_id", "status"])
    op.create_index(op.f("ix_records_request_student_id"), "records_request", ["student_id"])
