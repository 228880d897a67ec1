"""What a token or an OAuth client may be made for: no more than whoever makes it may."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import InvalidInput, NotPermitted
from corridor.identity.permissions import Action, Scope, covers, require, right_of, rights_of
from corridor.identity.principal import Principal, Role
from corridor.identity.tables import ApiToken

_ALL = frozenset(action.value for action in Action)


def checked_scopes(role: Role, scopes: Collection[str] | None) -> list[str] | None:
    """The scopes in the order of the table, each once; None means everything that the role may.

    Raises `InvalidInput` for one that does not exist, or that the role has not.
    """
    if scopes is None:
        return None
    if not scopes:
        raise InvalidInput("Name at least one scope, or leave scopes out for all that the role may.", field="scopes")
    for scope in scopes:
        if scope not in _ALL:
            raise InvalidInput(f"There is no scope '{scope[:60]}'. See docs/api.md for the list.", field="scopes")
        if right_of(role, Action(scope)) is None:
            raise InvalidInput(f"The role {role} does not include '{scope}'.", field="scopes")
    return [action.value for action in Action if action in scopes]


def check_maker(maker: Principal, role: Role, school_id: UUID | None, scopes: Collection[str] | None) -> None:
    """Refuse unless the maker may hand this out. Raises `NotPermitted`, or `NotFound` for a school out of reach."""
    require(maker, Action.TOKEN_MANAGE, school_id=school_id)
    actions = None if scopes is None else {Action(scope) for scope in scopes}
    if not covers(maker.role, role, actions):
        raise NotPermitted(f"A token with the role {role} could do more than you may ({maker.role}).")
    if maker.actions is not None:
        wanted = actions if actions is not None else set(rights_of(role))
        if beyond := sorted(action.value for action in wanted if action not in maker.actions):
            raise NotPermitted(f"Your own token was not made for {', '.join(beyond[:3])}. Name fewer scopes.")
    if school_id is None and maker.school_ids is not None:
        raise NotPermitted("A token without a school reaches the whole district. Say which of your schools it is for.")


async def check_lifetime(session: AsyncSession, maker: Principal, expires_at: datetime | None, now: datetime) -> None:
    """Refuse what would outlive the token that makes it. `expires_at` is null for what lasts until it is revoked.

    An access token of an OAuth client ends within the hour, and so does what it makes. Raises `NotPermitted`.
    """
    if maker.kind != "token":
        return
    own = await session.get(ApiToken, maker.id)
    ends = own.expires_at if own else now + timedelta(hours=1)
    if ends is not None and (expires_at is None or expires_at > ends):
        raise NotPermitted(f"This would outlive your own token, which ends at {ends.isoformat()}. Sign in to make it.")


def may_hand_out(maker: Principal, role: Role) -> list[Action]:
    """The scopes of a role that the maker could give a token."""
    return [
        action
        for action, scope in rights_of(role).items()
        if (maker.actions is None or action in maker.actions)
        and (scope is Scope.OWN or covers(maker.role, role, {action}))
    ]
