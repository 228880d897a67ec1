"""Part 3: retention.

The tables of background jobs are those of the installed procrastinate, whose version is pinned for that reason.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Many statements at once, with percent signs in them: past SQLAlchemy, to the driver.
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SchemaManager.get_schema()))  # type: ignore[union-attr]
    op.create_table(
        "job_done",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_job_done"),
    )
    op.create_table(
        "retention_setting",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("days > 0", name=op.f("ck_retention_setting_days")),
        sa.PrimaryKeyConstraint("kind", name="pk_retention_setting"),
    )
    op.create_table(
        "retention_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ordered_by", sa.Text(), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_retention_run"),
    )
    op.create_index("ix_retention_run_started_at", "retention_run", ["started_at"])
    op.create_table(
        "leaver",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_leaver_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name="pk_leaver"),
    )
    op.create_table(
        "deletion_certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deletion_certificate"),
    )
    op.create_index(
        "ix_ledger_event_changes",
        "ledger_event",
        ["school_id", "recorded_at"],
        postgresql_where=sa.text(
            "kind LIKE '%\\_set' OR kind LIKE 'location\\_%' OR kind LIKE 'zone\\_%' OR kind = 'admin_changed'"
        ),
    )
