"""Links that show one page to somebody without an account, for some hours: who holds the link may see the page.

The link's secret stands in the fragment of its address, which browsers send to nobody; a script on the page exchanges
it for a cookie of its own. Only digests are kept, so that no row can be used to get in.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import ForeignKey, LargeBinary, Text, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.database import Base
from corridor.base.errors import InvalidInput, NotFound, NotSignedIn
from corridor.base.ids import new_id
from corridor.campus.tables import School
from corridor.identity.audit import audit
from corridor.identity.cache import Known
from corridor.identity.permissions import Action, require
from corridor.identity.principal import Principal, Role
from corridor.identity.sessions import digest

FEWEST_HOURS, MOST_HOURS = 1, 24


class LinkRefused(NotSignedIn):
    code = "link_refused"


class ResponderLink(Base):
    """A link for first responders. `unmasked`: the page names places that tell of health. `made_by` and `revoked_by`
    are accounts or tokens."""

    __tablename__ = "responder_link"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey(School.id), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    threat: Mapped[str] = mapped_column(Text)
    parties: Mapped[str] = mapped_column(Text)
    unmasked: Mapped[bool]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None]


class LinkSession(Base):
    """A browser in which a link was opened. `token_hash` is the SHA-256 of its cookie."""

    __tablename__ = "link_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    link_id: Mapped[UUID] = mapped_column(ForeignKey(ResponderLink.id), index=True)
    created_at: Mapped[datetime]


class NewLink(msgspec.Struct, frozen=True):
    """`secret` is shown once."""

    id: UUID
    secret: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"NewLink({self.id})"


async def make_link(
    session: AsyncSession,
    maker: Principal,
    school_id: UUID,
    *,
    hours: int,
    threat: str,
    parties: str,
    unmasked: bool,
    now: datetime,
) -> NewLink:
    """A link that shows who is out to whoever holds it. The threat and the parties are on record with every use.

    Raises `NotPermitted`, `NotFound` for a school out of reach, and `InvalidInput`.
    """
    require(maker, Action.DISCLOSURE_MAKE, school_id=school_id)
    if not FEWEST_HOURS <= hours <= MOST_HOURS:
        raise InvalidInput(f"A link lasts {FEWEST_HOURS} to {MOST_HOURS} hours.", field="hours")
    secret = secrets.token_urlsafe(32)
    row = ResponderLink(
        id=new_id(),
        school_id=school_id,
        token_hash=digest(secret),
        threat=threat,
        parties=parties,
        unmasked=unmasked,
        made_at=now,
        made_by=maker.id,
        expires_at=now + timedelta(hours=hours),
    )
    session.add(row)
    await audit(session, now, maker, "responder_link.made", about=row.id, school_id=school_id, hours=hours)
    return NewLink(row.id, secret, row.expires_at)


async def revoke_link(session: AsyncSession, by: Principal, link_id: UUID, now: datetime) -> ResponderLink:
    """End the link and what was opened with it. Raises `NotFound`, and `NotPermitted`."""
    row = await session.get(ResponderLink, link_id, with_for_update=True)
    if row is None or not by.reaches(row.school_id):
        raise NotFound("There is no such link.")
    require(by, Action.DISCLOSURE_MAKE, school_id=row.school_id)
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = now, by.id
        await audit(session, now, by, "responder_link.revoked", about=row.id, school_id=row.school_id)
    return row


async def open_link(session: AsyncSession, secret: str, now: datetime) -> tuple[str, ResponderLink]:
    """A cookie for the browser that holds the link's secret. What was opened with links that have ended is swept out.

    Raises `LinkRefused`, which does not tell why.
    """
    row = await session.scalar(select(ResponderLink).where(ResponderLink.token_hash == digest(secret)))
    if row is None or not stands(row, now):
        raise LinkRefused("This link is not valid, has expired or was revoked. Ask the school for a new one.")
    cookie = secrets.token_urlsafe(32)
    ended = select(ResponderLink.id).where((ResponderLink.expires_at <= now) | ResponderLink.revoked_at.is_not(None))
    await session.execute(delete(LinkSession).where(LinkSession.link_id.in_(ended)))
    session.add(LinkSession(id=new_id(), token_hash=digest(cookie), link_id=row.id, created_at=now))
    return cookie, row


async def load_link(session: AsyncSession, token_hash: bytes, now: datetime) -> Known | None:
    """Whom the cookie of an opened link stands for now; `None` for one that is unknown or whose link has ended."""
    row = await session.scalar(select(ResponderLink).join(LinkSession).where(LinkSession.token_hash == token_hash))
    if row is None or not stands(row, now):
        return None
    principal = Principal(
        id=row.id,
        kind="link",
        role=Role.FIRST_RESPONDER,
        name=row.parties,
        school_ids=frozenset({row.school_id}),
        actions=frozenset({Action.RESPONDER_VIEW}),
    )
    return Known(principal, row.expires_at)


async def standing_link(session: AsyncSession, principal: Principal, now: datetime) -> ResponderLink:
    """The link itself, asked of the database, so that a revocation counts at once in every process.

    Raises `LinkRefused`.
    """
    row = await session.get(ResponderLink, principal.id) if principal.kind == "link" else None
    if row is None or not stands(row, now):
        raise LinkRefused("This link has expired or was revoked. Ask the school for a new one.")
    return row


def stands(row: ResponderLink, now: datetime) -> bool:
    return row.revoked_at is None and now < row.expires_at
