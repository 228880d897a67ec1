"""Accounts as administrators look after them: nobody hands out more than they have, or outside their schools."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import Conflict, NotFound, NotPermitted
from corridor.campus.tables import Person, School
from corridor.identity import account_queries as queries
from corridor.identity import accounts, second_step
from corridor.identity.account_queries import AccountFilter, AccountRow
from corridor.identity.audit import audit
from corridor.identity.password_links import NewLink
from corridor.identity.permissions import Action, covers, require, require_district, rights_of
from corridor.identity.principal import Principal, Role
from corridor.identity.roster_accounts import MadeAccounts, RosterGroup, make_accounts
from corridor.identity.sessions import end_sessions_of
from corridor.identity.sign_in_policy import PEOPLE
from corridor.identity.tables import Account

if TYPE_CHECKING:
    from corridor.identity.service import IdentityService

GIVEN_PASSWORD_FOR = timedelta(days=7)
# Without letters and digits that look alike, since it is often read out or copied from paper.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class GivenPassword(msgspec.Struct, frozen=True):
    """A password to be told to somebody, who must choose another at once."""

    password: str

    def __repr__(self) -> str:
        return "GivenPassword()"


def may_hand_out(viewer: Principal, role: Role) -> bool:
    """Whether the viewer may give somebody this role: it includes nothing that they may not do themself."""
    if role not in PEOPLE or not covers(viewer.role, role):
        return False
    return viewer.actions is None or viewer.actions.issuperset(rights_of(role))


class AccountDesk:
    """Every method takes the administrator who asks, and answers `NotFound` for accounts out of their reach and
    `NotPermitted` for those that are seen but not theirs to change."""

    def __init__(self, identity: "IdentityService") -> None:
        self._identity = identity

    async def find(self, viewer: Principal, wanted: AccountFilter) -> list[AccountRow]:
        require(viewer, Action.ACCOUNT_MANAGE, school_id=wanted.school_id)
        async with self._identity.database.session() as session:
            return await queries.find_accounts(session, viewer.school_ids, wanted)

    async def show(self, viewer: Principal, account_id: UUID) -> AccountRow:
        require(viewer, Action.ACCOUNT_MANAGE)
        async with self._identity.database.session() as session:
            return await self._seen(session, viewer, account_id)

    async def show_methods(self, viewer: Principal, account_id: UUID) -> second_step.Methods:
        require(viewer, Action.ACCOUNT_MANAGE)
        async with self._identity.database.session() as session:
            await self._seen(session, viewer, account_id)
            return await second_step.methods_of(session, account_id)

    async def without_second_step(self, viewer: Principal) -> dict[Role, tuple[int, int]]:
        """By role: how many active accounts the district has, and how many of them have no second step."""
        require_district(viewer, Action.SIGN_IN_CHANGE)
        async with self._identity.database.session() as session:
            return await queries.without_second_step(session)

    def why_not(self, viewer: Principal, account: AccountRow) -> str | None:
        """Why the viewer may not change this account; `None` when they may."""
        if account.id == viewer.id:
            return "This is your own account. Another administrator changes its role and status."
        if not may_hand_out(viewer, account.role):
            return "This role can do more than yours. The district administration looks after it."
        beyond = account.reach is None or not account.reach.issubset(viewer.school_ids or ())
        if viewer.school_ids is not None and beyond:
            return "This account also reaches other schools. The district administration looks after it."
        return None

    async def create(
        self,
        viewer: Principal,
        *,
        role: Role,
        person_id: UUID | None = None,
        username: str | None = None,
        school_id: UUID | None = None,
    ) -> AccountRow:
        """Make an account without a password. Raises `InvalidInput` or `Conflict`."""
        require(viewer, Action.ACCOUNT_MANAGE, school_id=school_id)
        self._check_role(viewer, role)
        now = self._identity.clock.now()
        try:
            async with self._identity.database.session() as session:
                person = await self._person(session, viewer, person_id) if person_id else None
                if school_id and await session.get(School, school_id) is None:
                    raise NotFound("There is no such school.")
                accounts.check_role(role, person=person, school_id=school_id)
                if person and await queries.account_of(session, person.id):
                    raise Conflict("This person has an account already.")
                account = accounts.new_account(
                    person=person, username=username, role=role, school_id=school_id, now=now, password_hash=None
                )
                session.add(account)
                await session.flush()
                made = await self._changeable(session, viewer, account.id)
                await audit(session, now, viewer, "account.created", about=made.id, school_id=school_id, role=role)
        except IntegrityError as error:
            raise Conflict("There is an account with this username already. Choose another one.") from error
        return made

    async def change_role(self, viewer: Principal, account_id: UUID, role: Role, school_id: UUID | None) -> None:
        """Give the account another role, in one school or in those of its person. Its sessions end."""
        require(viewer, Action.ACCOUNT_MANAGE, school_id=school_id)
        self._check_role(viewer, role)
        async with self._identity.database.session() as session:
            await accounts.one_at_a_time(session)
            before = await self._changeable(session, viewer, account_id)
            account = await accounts.locked_account(session, account_id)
            person = await session.get(Person, account.person_id) if account.person_id else None
            accounts.check_role(role, person=person, school_id=school_id)
            if role is not Role.DISTRICT_ADMIN or school_id is not None:
                await accounts.keep_an_administrator(session, account)
            account.role, account.school_id = role, school_id
            await session.flush()
            # What it reaches now must be the viewer's own, too.
            await self._changeable(session, viewer, account_id)
            await end_sessions_of(session, account_id)
            await self._audit(session, viewer, account, "account.role_changed", before=before.role, role=role)
        self._identity.forget(account_id)

    async def disable(self, viewer: Principal, account_id: UUID) -> None:
        await self._check_changeable(viewer, account_id)
        await self._identity.disable_account(account_id, viewer)

    async def enable(self, viewer: Principal, account_id: UUID) -> None:
        await self._check_changeable(viewer, account_id)
        await self._identity.enable_account(account_id, viewer)

    async def give_link(self, viewer: Principal, account_id: UUID, *, mail: bool, here: str = "") -> NewLink:
        """A link with which its person chooses a password, mailed to them or for the viewer to hand over."""
        await self._check_changeable(viewer, account_id)
        return await self._identity.links.give(account_id, viewer, mail=mail, here=here)

    async def give_password(self, viewer: Principal, account_id: UUID) -> GivenPassword:
        """A password to be told to its person: good for a week, and only to choose another."""
        await self._check_changeable(viewer, account_id)
        words = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
        given = GivenPassword("-".join(words))
        await self._identity.set_password(account_id, given.password, by=viewer, good_for=GIVEN_PASSWORD_FOR)
        return given

    async def reset_second_step(self, viewer: Principal, account_id: UUID) -> None:
        """Take the account's second step away, for somebody who has lost it, and end its sessions."""
        await self._check_changeable(viewer, account_id)
        await self.take_second_step(account_id, viewer)

    async def take_second_step(self, account_id: UUID, by: Principal | None) -> None:
        """`reset_second_step` for who may do everything: the command line (`None`)."""
        async with self._identity.database.session() as session:
            account = await accounts.locked_account(session, account_id)
            await second_step.forget_second_step(session, account_id)
            await end_sessions_of(session, account_id)
            await self._audit(session, by, account, "account.second_step_reset")
        self._identity.forget(account_id)

    async def end_sessions(self, viewer: Principal, account_id: UUID) -> None:
        async with self._identity.database.session() as session:
            await self._changeable(session, viewer, account_id)
            account = await accounts.locked_account(session, account_id)
            await end_sessions_of(session, account_id)
            await self._audit(session, viewer, account, "account.sessions_ended")
        self._identity.forget(account_id)

    async def make_from_roster(self, viewer: Principal, school_id: UUID, group: RosterGroup) -> MadeAccounts:
        """Accounts, without passwords, for all students or teachers of a school who have none."""
        require(viewer, Action.ACCOUNT_MANAGE, school_id=school_id)
        self._check_role(viewer, group.role)
        now = self._identity.clock.now()
        async with self._identity.database.session() as session:
            if await session.get(School, school_id) is None:
                raise NotFound("There is no such school.")
            made = await make_accounts(session, school_id, group, now)
            details: dict[str, Any] = {"role": group.role, "made": made.made}
            await audit(session, now, viewer, "accounts.made_from_roster", school_id=school_id, **details)
        return made

    async def people_without(
        self, viewer: Principal, school_id: UUID, find: str, limit: int
    ) -> Sequence[queries.RosterPerson]:
        """People of a school who have no account, by name."""
        require(viewer, Action.ACCOUNT_MANAGE, school_id=school_id)
        async with self._identity.database.session() as session:
            return await queries.people_without_account(session, school_id, find, limit)

    def _check_role(self, viewer: Principal, role: Role) -> None:
        if not may_hand_out(viewer, role):
            raise NotPermitted(f"The role {role} can do more than yours ({viewer.role}), so that you cannot give it.")

    async def _person(self, session: AsyncSession, viewer: Principal, person_id: UUID) -> Person:
        person = await session.get(Person, person_id)
        if person is None or not await queries.belongs(session, person_id, viewer.school_ids):
            raise NotFound("There is no such person, or they are at none of your schools.")
        return person

    async def _check_changeable(self, viewer: Principal, account_id: UUID) -> None:
        async with self._identity.database.session() as session:
            await self._changeable(session, viewer, account_id)

    async def _changeable(self, session: AsyncSession, viewer: Principal, account_id: UUID) -> AccountRow:
        require(viewer, Action.ACCOUNT_MANAGE)
        account = await self._seen(session, viewer, account_id)
        if (why_not := self.why_not(viewer, account)) is not None:
            raise NotPermitted(why_not)
        return account

    async def _seen(self, session: AsyncSession, viewer: Principal, account_id: UUID) -> AccountRow:
        found = await queries.find_accounts(session, viewer.school_ids, AccountFilter(id=account_id, limit=1))
        if not found:
            raise NotFound("There is no such account, or it is at none of your schools.")
        return found[0]

    async def _audit(
        self, session: AsyncSession, viewer: Principal | None, account: Account, what: str, **details: Any
    ) -> None:
        now = self._identity.clock.now()
        await audit(session, now, viewer, what, about=account.id, school_id=account.school_id, **details)
