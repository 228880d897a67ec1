"""API tokens: made once, shown once, kept as a digest."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.base.text import one_line
from corridor.campus.tables import Membership, Person, School
from corridor.identity.audit import audit
from corridor.identity.cache import Known
from corridor.identity.grants import check_lifetime, check_maker, checked_scopes
from corridor.identity.permissions import Action, require
from corridor.identity.principal import PERSONAL_ROLES, Principal, Role
from corridor.identity.sessions import digest
from corridor.identity.standing import Standing, own_ids, reach, standing_columns
from corridor.identity.tables import ApiToken

PREFIX = "cor_"
"""Begins every API token, so that scanners for leaked secrets can find one."""

_USED_EVERY = timedelta(minutes=1)
_LONGEST_NAME = 200
# Everything from here on is more than Python can read back.
_LAST_EXPIRY = datetime(9999, 1, 1, tzinfo=UTC)


class NewToken(msgspec.Struct, frozen=True):
    """`secret` is the token itself, which cannot be shown again."""

    row: ApiToken
    secret: str

    def __repr__(self) -> str:
        return f"NewToken({self.row.id})"


async def add_token(
    session: AsyncSession,
    *,
    name: str,
    role: Role,
    now: datetime,
    school_id: UUID | None = None,
    person_id: UUID | None = None,
    expires_at: datetime | None = None,
    scopes: Sequence[str] | None = None,
    maker: Principal | None = None,
) -> NewToken:
    """Make a token. A `maker`, where there is one, hands out no more than their own rights and schools.

    `scopes` are the only actions it is for; None means all of its role.

    Raises `InvalidInput`, `NotPermitted`, or `NotFound` for a school or person that is not there or out of reach.
    """
    name = one_line(name)
    if not name or len(name) > _LONGEST_NAME:
        raise InvalidInput(f"A token needs a name of at most {_LONGEST_NAME} characters, so that it can be told apart.")
    if expires_at is not None and (expires_at.tzinfo is None or not now < expires_at < _LAST_EXPIRY):
        raise InvalidInput(f"expires_at is {expires_at.isoformat()}; it must be a later instant, with its UTC offset.")
    if role in PERSONAL_ROLES and person_id is None:
        raise InvalidInput(f"A token with the role {role} acts for a person of the roster: say which.")
    scopes = checked_scopes(role, scopes)
    if maker is not None:
        check_maker(maker, role, school_id, scopes)
        await check_lifetime(session, maker, expires_at, now)
    if school_id is not None and await session.get(School, school_id) is None:
        raise NotFound("There is no such school.")
    if person_id is not None:
        await _check_person(session, person_id, school_id)
    secret = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        id=new_id(),
        name=name,
        role=role,
        school_id=school_id,
        person_id=person_id,
        token_hash=digest(secret),
        created_at=now,
        expires_at=expires_at,
        scopes=scopes,
    )
    session.add(row)
    await audit(
        session,
        now,
        maker,
        "token.created",
        about=row.id,
        school_id=school_id,
        name=name,
        token_role=role.value,
        person_id=person_id,
        expires_at=expires_at,
        scopes=scopes,
    )
    return NewToken(row, secret)


async def _check_person(session: AsyncSession, person_id: UUID, school_id: UUID | None) -> None:
    member = select(Person.id).where(Person.id == person_id, Person.active)
    if school_id is not None:
        member = member.join(Membership, Membership.person_id == Person.id).where(
            Membership.school_id == school_id, Membership.active
        )
    if (await session.execute(member.limit(1))).first() is None:
        raise NotFound("There is no such active person" + (" in that school." if school_id else "."))


async def load_token(session: AsyncSession, token_hash: bytes, now: datetime) -> Known | None:
    """Whom the token stands for now, noting its use; `None` when it is unknown, expired or revoked, or when its person
    has left or may not sign in."""
    found = (
        await session.execute(
            select(ApiToken, *standing_columns(ApiToken.person_id))
            .outerjoin(Person, Person.id == ApiToken.person_id)
            .where(ApiToken.token_hash == token_hash, ApiToken.revoked_at.is_(None))
        )
    ).one_or_none()
    if found is None:
        return None
    token, *columns = found
    standing = Standing(*columns)
    if standing.person_welcome is False or (token.expires_at is not None and now >= token.expires_at):
        return None
    if token.last_used_at is None or now - token.last_used_at >= _USED_EVERY:
        await session.execute(update(ApiToken).where(ApiToken.id == token.id).values(last_used_at=now))
    role = Role(token.role)
    unbound = token.person_id is None and token.school_id is None
    principal = Principal(
        id=token.id,
        kind="token",
        role=role,
        name=token.name,
        person_id=token.person_id,
        own_ids=own_ids(role, token.person_id, standing),
        school_ids=None if unbound else reach(role, token.school_id, standing),
        actions=None if token.scopes is None else frozenset(token.scopes),
    )
    return Known(principal, token.expires_at)


async def list_tokens(session: AsyncSession, viewer: Principal, *, after: UUID | None, limit: int) -> list[ApiToken]:
    """The tokens that the viewer may manage, in the order of their making, from after the one with this id."""
    require(viewer, Action.TOKEN_MANAGE)
    query = select(ApiToken).order_by(ApiToken.id).limit(limit)
    if viewer.school_ids is not None:
        query = query.where(ApiToken.school_id.in_(viewer.school_ids))
    if after is not None:
        query = query.where(ApiToken.id > after)
    return list((await session.scalars(query)).all())


async def revoke_token(session: AsyncSession, token_id: UUID, *, now: datetime, viewer: Principal | None) -> ApiToken:
    """End a token for good; a second time changes nothing. Raises `NotFound` for one that the viewer does not see."""
    token = await session.get(ApiToken, token_id, with_for_update=True)
    if viewer is not None:
        require(viewer, Action.TOKEN_MANAGE)
    seen = token is not None and (
        viewer is None or viewer.school_ids is None or (token.school_id is not None and viewer.reaches(token.school_id))
    )
    if token is None or not seen:
        raise NotFound("There is no such token, or it is not yours to manage.")
    if token.revoked_at is None:
        token.revoked_at = now
        await audit(session, now, viewer, "token.revoked", about=token.id, school_id=token.school_id)
    return token
