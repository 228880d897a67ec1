"""Programs that sign in with OAuth 2 client credentials, as tables. Secrets and tokens are kept as digests only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.database import Base
from corridor.campus.tables import School


class OAuthClient(Base):
    """A program. Its `id` is the `client_id` of OAuth. Without `school_id` it reaches the whole district; without
    `scopes` its tokens may do all that `role` may."""

    __tablename__ = "oauth_client"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    school_id: Mapped[UUID | None] = mapped_column(ForeignKey(School.id))
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class OAuthToken(Base):
    """An access token of a client, for an hour."""

    __tablename__ = "oauth_token"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey(OAuthClient.id, ondelete="CASCADE"), index=True)
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
