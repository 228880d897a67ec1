"""Who can sign in or call, as tables. Secrets are kept as digests only: no row can be used to sign in."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.database import Base
from corridor.campus.tables import Person, School


class AccountStatus(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"


class Account(Base):
    """`username` is lower case. Without `school_id` an account reaches the schools where its person is a member, a
    district administrator's the whole district. Without `password_hash` nobody signs in to it by password. A password
    that somebody else gave out signs in until `password_expires_at`, and only to choose another."""

    __tablename__ = "account"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id), index=True)
    username: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str | None] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    school_id: Mapped[UUID | None] = mapped_column(ForeignKey(School.id))
    status: Mapped[str] = mapped_column(Text, default=AccountStatus.ACTIVE)
    created_at: Mapped[datetime]
    password_changed_at: Mapped[datetime | None]
    password_expires_at: Mapped[datetime | None]


class LoginSession(Base):
    """A browser that is signed in. `token_hash` is the SHA-256 of its cookie; `expires_at` is the absolute limit.

    `via` is how the first step was passed, `second_step` how the second was. `stays`: the cookie outlives the browser.
    `confirmed_at` is when whoever sits there last showed who they are.
    """

    __tablename__ = "login_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    user_agent: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    via: Mapped[str] = mapped_column(Text)
    second_step: Mapped[str | None] = mapped_column(Text)
    stays: Mapped[bool]
    confirmed_at: Mapped[datetime]


class ApiToken(Base):
    """A program that may call the API. `token_hash` is the SHA-256 of the token, which was shown once.

    Without `school_id` it reaches the schools where its person is a member, and without a person the whole district.
    `scopes` are the actions that it was made for; null means all of its role.
    """

    __tablename__ = "api_token"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    school_id: Mapped[UUID | None] = mapped_column(ForeignKey(School.id))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
