"""What the district demands of whoever signs in: how long a session lasts, and who must pass a second step."""

from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

import msgspec
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.identity.cache import LIFETIME
from corridor.identity.principal import MACHINE_ROLES, Role
from corridor.identity.sign_in_tables import SignInPolicyRow

PEOPLE = tuple(role for role in Role if role not in MACHINE_ROLES)
"""The roles that people sign in with."""

SINGLE_SIGN_ON = "single_sign_on"
_ONE = 1


class SessionLimits(NamedTuple):
    """A session ends after `idle` without a request (`None`: however long), and `longest` after it began whatever
    happens."""

    idle: timedelta | None
    longest: timedelta


class RoleSignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For one role. `stay_days` is for how long a browser may stay signed in if its user asks for it; 0: it may not.
    `required_since` is when `second_step` was switched on."""

    idle_minutes: Annotated[int, msgspec.Meta(ge=5, le=7 * 24 * 60)]
    longest_hours: Annotated[int, msgspec.Meta(ge=1, le=31 * 24)]
    stay_days: Annotated[int, msgspec.Meta(ge=0, le=366)] = 0
    second_step: bool = False
    required_since: datetime | None = None


_USUAL = RoleSignIn(idle_minutes=12 * 60, longest_hours=7 * 24)
_POWERFUL = RoleSignIn(idle_minutes=2 * 60, longest_hours=12)
_DEFAULTS = {
    Role.STUDENT: msgspec.structs.replace(_USUAL, stay_days=90),
    Role.GUARDIAN: msgspec.structs.replace(_USUAL, stay_days=30),
    Role.SCHOOL_ADMIN: _POWERFUL,
    Role.DISTRICT_ADMIN: _POWERFUL,
}


class SignInPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`grace_days` is how long somebody who must have a second step may still sign in without.
    `after_single_sign_on`: it is asked for even when an outside service signed them in, which may have done so."""

    roles: dict[Role, RoleSignIn] = {}
    grace_days: Annotated[int, msgspec.Meta(ge=0, le=90)] = 0
    after_single_sign_on: bool = False

    def of(self, role: Role) -> RoleSignIn:
        return self.roles.get(role) or _DEFAULTS.get(role, _USUAL)

    def limits(self, role: Role, *, stays: bool) -> SessionLimits:
        """How long a session of this role lasts; `stays`: its user asked to stay signed in."""
        for_role = self.of(role)
        if stays and for_role.stay_days:
            return SessionLimits(None, timedelta(days=for_role.stay_days))
        return SessionLimits(timedelta(minutes=for_role.idle_minutes), timedelta(hours=for_role.longest_hours))

    def asks_second_step(self, via: str) -> bool:
        """Whether who came this way is asked for the second step they have."""
        return via != SINGLE_SIGN_ON or self.after_single_sign_on

    def second_step_due(self, role: Role, via: str, since: datetime) -> datetime | None:
        """The instant from which the role gets in no more without a second step; `None` when it always does. `since`
        is when the account was made."""
        for_role = self.of(role)
        if not for_role.second_step or not self.asks_second_step(via):
            return None
        return max(for_role.required_since or since, since) + timedelta(days=self.grace_days)


def renewed(before: SignInPolicy, wanted: SignInPolicy, now: datetime) -> SignInPolicy:
    """The wanted policy, with the instant from which each second step is required kept or begun."""
    roles = {}
    for role in PEOPLE:
        old, new = before.of(role), wanted.of(role)
        since = (old.required_since if old.second_step else None) or now
        roles[role] = msgspec.structs.replace(new, required_since=since if new.second_step else None)
    return msgspec.structs.replace(wanted, roles=roles)


async def load_policy(session: AsyncSession) -> SignInPolicy:
    row = await session.get(SignInPolicyRow, _ONE)
    return msgspec.convert(row.value, SignInPolicy) if row else SignInPolicy()


async def save_policy(session: AsyncSession, policy: SignInPolicy, now: datetime) -> None:
    values = {"value": msgspec.to_builtins(policy), "changed_at": now}
    statement = insert(SignInPolicyRow).values(id=_ONE, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


class PolicyShelf:
    """The policy at hand: a change by another process counts within `cache.LIFETIME`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: tuple[SignInPolicy, datetime] | None = None
        self._forgotten = 0

    async def current(self, session: AsyncSession | None = None) -> SignInPolicy:
        """Whoever has a `session` open passes it: with a second connection each, many at once could wait for each
        other."""
        now = self._clock.now()
        if self._known is not None and self._known[1] <= now < self._known[1] + LIFETIME:
            return self._known[0]
        forgotten = self._forgotten
        if session is not None:
            policy = await load_policy(session)
        else:
            async with self._database.session() as own:
                policy = await load_policy(own)
        # What `forget` overtook may be stale and is not kept.
        if self._forgotten == forgotten:
            self._known = (policy, now)
        return policy

    def forget(self) -> None:
        self._known = None
        self._forgotten += 1
