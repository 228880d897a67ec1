"""Part 2: rules that explain themselves.

Rules become policies, of which what was decided is kept in the ledger. The daily limit becomes a limit, and a full
place lines students up where it refused them.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_RULES = """
    INSERT INTO policy (school_id, id, kind, body, active)
    SELECT school_id, id, 'rule', jsonb_build_object(
        'id', id,
        'kind', CASE kind WHEN 'daily_limit' THEN 'limit' ELSE kind END,
        'params', CASE kind WHEN 'daily_limit' THEN params || '{"unit": "passes", "per": "day"}' ELSE params END,
        'effect', CASE WHEN kind = 'capacity_into' AND effect = 'refuse' THEN 'wait' ELSE effect END,
        'scope', CASE WHEN channels @> '{student,staff,kiosk}' THEN
                CASE WHEN kind LIKE 'capacity%' THEN '{"channels": ["kiosk", "staff", "student"]}'::jsonb ELSE '{}' END
            ELSE jsonb_build_object('channels', to_jsonb(channels)) END,
        'overridable', overridable, 'level', 'school', 'position', position, 'active', active), true
    FROM rule"""
_MORE_RULES = """
    INSERT INTO policy (school_id, id, kind, body, active)
    SELECT school.id, made.id, 'rule', jsonb_build_object(
        'id', made.id, 'kind', made.kind, 'params', '{}'::jsonb, 'effect', 'refuse', 'scope', '{}'::jsonb,
        'overridable', made.kind <> 'freeze', 'level', 'school', 'position', 0, 'active', true), true
    FROM school CROSS JOIN LATERAL (
        SELECT gen_random_uuid() AS id, kind
        FROM unnest(ARRAY['freeze', 'absent', 'closed_now', 'staff_away']) AS kind) AS made
    WHERE EXISTS (SELECT FROM rule WHERE rule.school_id = school.id)"""


def upgrade() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=True),
        sa.Column("cycle", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("as_usual", sa.Boolean(), nullable=False),
        sa.CheckConstraint("NOT as_usual OR schedule_id IS NULL", name=op.f("ck_calendar_day_one_schedule")),
        sa.ForeignKeyConstraint(["schedule_id"], ["bell_schedule.id"], name="fk_calendar_day_schedule_id"),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name="fk_calendar_day_school_id"),
        sa.PrimaryKeyConstraint("school_id", "on_date", name="pk_calendar_day"),
    )
    op.add_column("section_meeting", sa.Column("cycles", postgresql.ARRAY(sa.Text()), nullable=True))
    _add("zone", sa.Column("active", sa.Boolean(), nullable=False), "true")
    op.create_table(
        "policy",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name="fk_policy_school_id"),
        sa.PrimaryKeyConstraint("school_id", "id", "kind", name="pk_policy"),
    )
    op.create_index("ix_policy_school_id_kind", "policy", ["school_id", "kind"])
    op.execute(_RULES)
    op.execute(_MORE_RULES)
    op.drop_table("rule")
    _add("pass_settings", sa.Column("offer_seconds", sa.SmallInteger(), nullable=False), "30")
    _add("refusal", sa.Column("rule_ids", postgresql.ARRAY(sa.Uuid()), nullable=False), "{}")
    _add("pass", sa.Column("noted", postgresql.ARRAY(sa.Uuid()), nullable=False), "{}")
    _add("pass", sa.Column("misses", sa.SmallInteger(), nullable=False), "0")
    _add("pass", sa.Column("by_itself", sa.Boolean(), nullable=False), "false")
    _add("pass", sa.Column("declinable", sa.Boolean(), nullable=False), "true")
    op.add_column("pass", sa.Column("line", sa.Integer(), nullable=True))
    op.add_column("pass", sa.Column("appointment_id", sa.Uuid(), nullable=True))
    for name in ("offered_until", "planned_at", "held_until"):
        op.add_column("pass", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_pass_open", table_name="pass")
    op.create_index(
        "ix_pass_open",
        "pass",
        ["school_id"],
        postgresql_where=sa.text("status IN ('requested', 'waiting', 'scheduled', 'active')"),
    )
    op.create_index("ix_pass_school_id_started_at", "pass", ["school_id", "started_at"])
    op.create_index("ix_pass_noted", "pass", ["school_id", "requested_at"], postgresql_where=sa.text("noted <> '{}'"))
    op.create_index(
        "ix_ledger_event_rule_set",
        "ledger_event",
        ["school_id", "seq"],
        postgresql_where=sa.text("kind = 'rule_set'"),
    )


def _add(table: str, column: sa.Column[object], value: str) -> None:
    """Add a column that may not be null to a table that may have rows."""
    column.server_default = sa.DefaultClause(sa.text(f"'{value}'"))
    op.add_column(table, column)
    op.alter_column(table, column.name, server_default=None)
