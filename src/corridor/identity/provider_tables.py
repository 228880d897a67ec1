"""Outside services that people sign in with, as tables, and whom each of their users is here."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.database import Base
from corridor.identity.tables import Account

SECRET_PURPOSE = "sign-in provider"


class SignInProvider(Base):
    """A service, as the district set it up. `key` is its place in our addresses, which the service knows, and never
    changes.

    `preset` is a `PresetName`. `allowed` are the organizations whose users may come: domains, tenants or districts, as
    the preset says. `match_by` is the roster's field by which somebody new is found, `match_claim` what the service
    calls it. `makes_accounts`: a person of the roster without an account gets one.
    """

    __tablename__ = "sign_in_provider"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    preset: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str] = mapped_column(Text)
    client_id: Mapped[str] = mapped_column(Text)
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary, info={"sealed": SECRET_PURPOSE})
    allowed: Mapped[list[str]] = mapped_column(ARRAY(Text))
    match_by: Mapped[str] = mapped_column(Text)
    match_claim: Mapped[str] = mapped_column(Text)
    makes_accounts: Mapped[bool]
    enabled: Mapped[bool]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class AccountLink(Base):
    """A user of a service is this account. `subject` is the service's own lasting key of the user, never an e-mail
    address. An account is one user of a service at most."""

    __tablename__ = "account_link"

    provider_id: Mapped[UUID] = mapped_column(ForeignKey(SignInProvider.id, ondelete="CASCADE"), primary_key=True)
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), index=True)
    linked_at: Mapped[datetime]
    last_used_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("provider_id", "account_id"),)


class UsedState(Base):
    """The digest of a sign-in's `state` that has come back: it is good once. Forgotten when its time is up."""

    __tablename__ = "used_sign_in_state"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
