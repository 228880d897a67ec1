"""Part 3: access log."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "access_entry",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("viewer_id", sa.Uuid(), nullable=False),
        sa.Column("viewer_kind", sa.Text(), nullable=False),
        sa.Column("viewer_role", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("look", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("school_id", "seq", name="pk_access_entry"),
    )
    op.create_index("ix_access_entry_school_id_at", "access_entry", ["school_id", "at"])
    op.create_index("ix_access_entry_viewer_id_at", "access_entry", ["viewer_id", "at"])
    op.create_index("ix_access_entry_person_id_at", "access_entry", ["person_id", "at"])
    op.create_table(
        "access_entry_student",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("school_id", "seq", "student_id", name="pk_access_entry_student"),
    )
    op.create_index("ix_access_entry_student_student_id", "access_entry_student", ["student_id", "school_id", "seq"])
