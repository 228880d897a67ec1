"""What signing in needs beside the account, as tables: the district's policy, second steps, links to a new password.

All of an account's rows go with it when it is deleted.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.database import Base
from corridor.identity.tables import Account

TOTP_PURPOSE = "totp"


def _account() -> ForeignKey:
    return ForeignKey(Account.id, ondelete="CASCADE")


class SignInPolicyRow(Base):
    """The one row, with id 1. `value` is a `SignInPolicy`."""

    __tablename__ = "sign_in_policy"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    value: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changed_at: Mapped[datetime]


class FirstStep(Base):
    """A browser that has passed the first step of signing in and has more to do. It is nobody's session: it opens the
    pages of the next steps and nothing else.

    `token_hash` is the SHA-256 of its cookie, `wrong` how many wrong codes were given, `second_step` how the second
    step was passed, once it is. `put_off`: a set-up that is not urgent yet was left for another day.
    """

    __tablename__ = "first_step"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    account_id: Mapped[UUID] = mapped_column(_account(), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    user_agent: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    via: Mapped[str] = mapped_column(Text)
    stay: Mapped[bool]
    second_step: Mapped[str | None] = mapped_column(Text)
    put_off: Mapped[bool] = mapped_column(default=False)
    wrong: Mapped[int] = mapped_column(SmallInteger, default=0)


class Totp(Base):
    """An authenticator app. `sealed_secret` is the one in force, `sealed_pending` one that is being set up.
    `last_step` is the time step of the last code taken, which is taken once."""

    __tablename__ = "totp"

    account_id: Mapped[UUID] = mapped_column(_account(), primary_key=True)
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary, info={"sealed": TOTP_PURPOSE})
    sealed_pending: Mapped[bytes | None] = mapped_column(LargeBinary, info={"sealed": TOTP_PURPOSE})
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that stands in for a second step once. `code_hash` is the SHA-256 of 80 random bits and the account."""

    __tablename__ = "recovery_code"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(_account(), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A WebAuthn credential. `alone`: it may also sign in by itself, its device having checked who holds it."""

    __tablename__ = "passkey"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(_account(), index=True)
    name: Mapped[str] = mapped_column(Text)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    site: Mapped[str] = mapped_column(Text)
    alone: Mapped[bool]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """A challenge that waits for its answer: for this use, from this browser, for this account where one is known."""

    __tablename__ = "passkey_challenge"

    challenge: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    purpose: Mapped[str] = mapped_column(Text)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    account_id: Mapped[UUID | None] = mapped_column(_account())
    expires_at: Mapped[datetime] = mapped_column(index=True)


class PasswordLink(Base):
    """A link to choose a new password, good once. `token_hash` is the SHA-256 of what the link carries; `asked` is
    false for one that an administrator gave out."""

    __tablename__ = "password_link"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(_account(), index=True)
    asked: Mapped[bool]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
