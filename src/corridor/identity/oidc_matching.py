"""Whom of us a user of a sign-in service is: by the link from before, else by one field of the roster. Nobody else gets
in, and nobody becomes an administrator this way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import InvalidInput
from corridor.campus.tables import Membership, Person
from corridor.campus.words import PersonRole
from corridor.identity import accounts
from corridor.identity.audit import audit
from corridor.identity.oidc_presets import PRESETS, MatchBy, PresetName, SignOnRefused, subject_of, value_to_match
from corridor.identity.principal import Principal, Role
from corridor.identity.provider_tables import AccountLink, SignInProvider
from corridor.identity.tables import Account, AccountStatus

_ROLES = {
    PersonRole.STUDENT: Role.STUDENT,
    PersonRole.TEACHER: Role.TEACHER,
    PersonRole.AIDE: Role.TEACHER,
    PersonRole.COUNSELOR: Role.DESTINATION_STAFF,
    PersonRole.PROCTOR: Role.HALL_MONITOR,
    PersonRole.GUARDIAN: Role.GUARDIAN,
}
"""What the roster says somebody is, and the role that an account made for them gets; the first that fits counts. An
aide sees the sections they are in. Administrators and all others are given accounts by a person."""

_ASK = "Ask your school's office."
_ASK_ADMIN = "Ask whoever looks after Corridor in your district."
_FIELDS = {
    MatchBy.EMAIL: "e-mail address",
    MatchBy.SOURCE_ID: "source id",
    MatchBy.IDENTIFIER: "identifier",
    MatchBy.USERNAME: "username",
}


async def account_of(
    session: AsyncSession, provider: SignInProvider, claims: Mapping[str, Any], now: datetime
) -> Account:
    """The account of the user whom these checked claims describe, which is linked from now on, and made if need be.

    An e-mail address is looked at once, when somebody comes for the first time: whoever has come before is who they
    were, whatever their address says now. Raises `SignOnRefused`.
    """
    subject = subject_of(PRESETS[PresetName(provider.preset)], claims)
    account = await _linked(session, provider, subject, now)
    if account is not None:
        return account
    person = await _person_of(session, provider, claims)
    # Somebody in two windows may have been linked in the other one while the person was waited for.
    account = await _linked(session, provider, subject, now)
    if account is not None:
        return account
    account = await _account_for(session, provider, person, now)
    await _check_welcome(session, account)
    session.add(
        AccountLink(provider_id=provider.id, subject=subject, account_id=account.id, linked_at=now, last_used_at=now)
    )
    await audit(session, now, _themselves(account), "account.linked", about=account.id, provider=provider.key)
    await session.flush()
    return account


async def _linked(session: AsyncSession, provider: SignInProvider, subject: str, now: datetime) -> Account | None:
    """The account that this user has come to before, if it may still be signed in to."""
    link = await session.get(AccountLink, (provider.id, subject), with_for_update=True)
    if link is None:
        return None
    account = await accounts.locked_account(session, link.account_id)
    await _check_welcome(session, account)
    link.last_used_at = now
    return account


async def _person_of(session: AsyncSession, provider: SignInProvider, claims: Mapping[str, Any]) -> Person:
    """The one person of the roster whom the claims name, held until the transaction ends."""
    match_by = MatchBy(provider.match_by)
    field = _FIELDS[match_by]
    value = value_to_match(PRESETS[PresetName(provider.preset)], match_by, provider.match_claim, claims)
    if value is None:
        vouched = " that it vouches for" if match_by is MatchBy.EMAIL else ""
        raise SignOnRefused(
            f"{provider.name} did not tell us your {field}{vouched}, by which you are looked up in the roster. "
            f"{_ASK_ADMIN}",
            code="nothing_to_match",
        )
    matches: dict[MatchBy, ColumnElement[bool]] = {
        MatchBy.EMAIL: func.lower(Person.email) == value.lower(),
        MatchBy.SOURCE_ID: Person.source_id == value,
        MatchBy.IDENTIFIER: Person.identifier == value,
        MatchBy.USERNAME: func.lower(Person.username) == value.lower(),
    }
    found = (
        await session.scalars(
            select(Person).where(matches[match_by]).order_by(Person.active.desc()).limit(2).with_for_update()
        )
    ).all()
    if not found:
        raise SignOnRefused(f"Nobody in the roster has your {field}. {_ASK}", code="nobody")
    if len(found) > 1 and found[1].active:
        raise SignOnRefused(
            f"Several people in the roster have your {field}, so that it cannot be told which you are. {_ASK}",
            code="several_people",
        )
    if not found[0].active:
        raise SignOnRefused(f"The roster says that you are no longer here. {_ASK}", code="left")
    return found[0]


async def _account_for(session: AsyncSession, provider: SignInProvider, person: Person, now: datetime) -> Account:
    theirs = (
        await session.scalars(select(Account).where(Account.person_id == person.id).with_for_update().limit(50))
    ).all()
    usable = [account for account in theirs if account.status == AccountStatus.ACTIVE]
    if len(usable) > 1:
        raise SignOnRefused(
            f"You have several accounts here, so that it cannot be told which you mean. Sign in with a username and "
            f"password. {_ASK_ADMIN}",
            code="several_accounts",
        )
    if theirs and not usable:
        raise SignOnRefused(f"Your account is switched off. {_ASK_ADMIN}", code="disabled")
    if usable:
        await _check_not_linked(session, provider, usable[0])
        return usable[0]
    if not provider.makes_accounts:
        raise SignOnRefused(f"You are in the roster, but have no account here yet. {_ASK_ADMIN}", code="no_account")
    return await _make_account(session, provider, person, now)


async def _check_not_linked(session: AsyncSession, provider: SignInProvider, account: Account) -> None:
    """An account that is somebody's is not given to the next one who has the same address."""
    taken = await session.scalar(
        select(AccountLink.subject).where(AccountLink.provider_id == provider.id, AccountLink.account_id == account.id)
    )
    if taken is not None:
        raise SignOnRefused(
            f"Another {provider.name} user signs in to the account that the roster says is yours. If you were given a "
            f"new {provider.name} account, an administrator has to take the old link away. {_ASK_ADMIN}",
            code="linked_to_another",
        )


async def _make_account(session: AsyncSession, provider: SignInProvider, person: Person, now: datetime) -> Account:
    role = await _role_of(session, person)
    if role is None:
        raise SignOnRefused(
            f"You are in the roster, but not as somebody who gets an account without being asked for it. {_ASK_ADMIN}",
            code="no_role",
        )
    account = accounts.new_account(
        person=person,
        username=await _free_username(session, person),
        role=role,
        school_id=None,
        now=now,
        password_hash=None,
    )
    session.add(account)
    await session.flush()
    by = _themselves(account)
    await audit(session, now, by, "account.created", about=account.id, role=role, provider=provider.key)
    return account


async def _role_of(session: AsyncSession, person: Person) -> Role | None:
    query = select(Membership.role).where(Membership.person_id == person.id, Membership.active)
    held = set((await session.scalars(query)).all())
    return next((role for kind, role in _ROLES.items() if kind in held), None)


async def _free_username(session: AsyncSession, person: Person) -> str:
    """The person's own username, else their e-mail address, else one that nobody types: they need none here."""
    for wanted in (person.username, person.email):
        if not wanted:
            continue
        try:
            name = accounts.username_for(person, wanted)
        except InvalidInput:
            continue
        if await accounts.account_named(session, name) is None:
            return name
    return f"person-{person.id}"


def _themselves(account: Account) -> Principal:
    """Who comes in at this moment, as the one who does."""
    return Principal(
        id=account.id, kind="account", role=Role(account.role), name=account.username, school_ids=frozenset()
    )


async def _check_welcome(session: AsyncSession, account: Account) -> None:
    if account.status != AccountStatus.ACTIVE:
        raise SignOnRefused(f"Your account is switched off. {_ASK_ADMIN}", code="disabled")
    if not await accounts.may_sign_in(session, account):
        raise SignOnRefused(f"The roster says that you may not sign in, or are no longer here. {_ASK}", code="left")
