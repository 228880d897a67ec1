"""Part 3: second step."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("account", sa.Column("password_expires_at", _INSTANT, nullable=True))
    _add("login_session", sa.Column("via", sa.Text(), nullable=False), "'password'")
    op.add_column("login_session", sa.Column("second_step", sa.Text(), nullable=True))
    _add("login_session", sa.Column("stays", sa.Boolean(), nullable=False), "false")
    _add("login_session", sa.Column("confirmed_at", _INSTANT, nullable=False), "'epoch'")
    op.create_table(
        "sign_in_policy",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("value", postgresql.JSONB(), nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_policy"),
    )
    _of_account(
        "first_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("stay", sa.Boolean(), nullable=False),
        sa.Column("second_step", sa.Text(), nullable=True),
        sa.Column("put_off", sa.Boolean(), nullable=False),
        sa.Column("wrong", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_first_step"),
        sa.UniqueConstraint("token_hash", name="uq_first_step_token_hash"),
        indexes=("account_id", "expires_at"),
    )
    _of_account(
        "totp",
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_pending", sa.LargeBinary(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("account_id", name="pk_totp"),
    )
    _of_account(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_code"),
        indexes=("account_id",),
    )
    _of_account(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("last_used_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_passkey"),
        sa.UniqueConstraint("credential_id", name="uq_passkey_credential_id"),
        indexes=("account_id",),
    )
    _of_account(
        "passkey_challenge",
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("challenge", name="pk_passkey_challenge"),
        indexes=("expires_at",),
        account_needed=False,
    )
    _of_account(
        "password_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_password_link"),
        indexes=("account_id", "expires_at"),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("until", _INSTANT, nullable=True),
        sa.Column("next_try_at", _INSTANT, nullable=True),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("sent_at", _INSTANT, nullable=True),
        sa.Column("given_up_at", _INSTANT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mail"),
    )
    for column in ("created_at", "next_try_at"):
        op.create_index(f"ix_mail_{column}", "mail", [column])


def _add(table: str, column: sa.Column[Any], value: str) -> None:
    """A column that rows have a value in from the start."""
    column.server_default = sa.DefaultClause(sa.text(value))
    op.add_column(table, column)
    op.alter_column(table, column.name, server_default=None)


def _of_account(table: str, *columns: Any, indexes: Sequence[str] = (), account_needed: bool = True) -> None:
    """A table whose rows go with their account."""
    op.create_table(
        table,
        sa.Column("account_id", sa.Uuid(), nullable=not account_needed),
        *columns,
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=f"fk_{table}_account_id", ondelete="CASCADE"),
    )
    for column in indexes:
        op.create_index(f"ix_{table}_{column}", table, [column])
