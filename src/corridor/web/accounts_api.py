"""Accounts over HTTP, for administrators."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from corridor.base.errors import InvalidInput
from corridor.identity.account_queries import AccountFilter, AccountRow
from corridor.identity.api import identity_of
from corridor.identity.permissions import Action
from corridor.identity.principal import Principal, Role
from corridor.identity.roster_accounts import MadeAccounts, RosterGroup
from corridor.identity.tables import AccountStatus

AccountsRequest = Request[Principal, str, State]
_PERMISSION = {"permission": Action.ACCOUNT_MANAGE}
_NOT_KEPT = {"cache-control": "no-store"}


class AccountView(msgspec.Struct, kw_only=True):
    """`school_ids` are the schools that it reaches, null for the whole district; `school_id` the one that it is limited
    to, if it is. `here` is false when its person has left or the roster has switched their access off."""

    id: UUID
    username: str
    name: str
    person_id: UUID | None
    role: Role
    status: AccountStatus
    here: bool
    school_id: UUID | None
    school_ids: list[UUID] | None
    has_password: bool
    second_step: bool
    last_seen_at: datetime | None
    created_at: datetime


class AccountPage(msgspec.Struct):
    """In the order of their making. `next` goes into `after` to read on; null at the end."""

    items: list[AccountView]
    next: UUID | None


class AccountInput(msgspec.Struct, forbid_unknown_fields=True):
    """Without `username` it is the person's own; without a person the account needs a `school_id`."""

    role: Role
    person_id: UUID | None = None
    username: str | None = None
    school_id: UUID | None = None


class AccountChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays. `school_id` goes with `role`: null for the schools of its person."""

    role: Role | None = None
    school_id: UUID | None = None
    status: AccountStatus | None = None


class LinkInput(msgspec.Struct, forbid_unknown_fields=True):
    """`mail`: send it to the person, where mail can be sent and they have an address."""

    mail: bool = True


class LinkView(msgspec.Struct):
    """`path` is the link without the address of this installation, null when it was mailed to `mailed_to`."""

    path: str | None
    mailed_to: str | None

    def __repr__(self) -> str:
        return "LinkView()"


class PasswordView(msgspec.Struct):
    """Good for a week, and only to choose another."""

    password: str

    def __repr__(self) -> str:
        return "PasswordView()"


class RosterAccountsInput(msgspec.Struct, forbid_unknown_fields=True):
    group: RosterGroup


class AccountController(Controller):
    path = "/accounts"
    tags = ["Accounts"]
    opt = _PERMISSION

    @get("/", summary="Accounts")
    async def index(
        self,
        request: AccountsRequest,
        school_id: FromQuery[UUID | None] = None,
        find: Annotated[str, QueryParameter(max_length=100)] = "",
        role: FromQuery[Role | None] = None,
        status: FromQuery[AccountStatus | None] = None,
        after: FromQuery[UUID | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=200)] = 100,
    ) -> AccountPage:
        """Those that have to do with your schools. `find` are words of a name, username, mail address or identifier."""
        wanted = AccountFilter(
            school_id=school_id, find=find, role=role, status=status, by_id=True, after=after, limit=limit + 1
        )
        found = await identity_of(request).desk.find(request.user, wanted)
        return AccountPage([_view(row) for row in found[:limit]], found[limit - 1].id if len(found) > limit else None)

    @post("/", summary="Make an account")
    async def create(self, request: AccountsRequest, data: JSONBody[AccountInput]) -> AccountView:
        """It has no password: give its person a link or a password, or let them come by single sign-on."""
        made = await identity_of(request).desk.create(
            request.user,
            role=data.role,
            person_id=data.person_id,
            username=data.username,
            school_id=data.school_id,
        )
        return _view(made)

    @get("/{account_id:uuid}", summary="An account")
    async def show(self, request: AccountsRequest, account_id: FromPath[UUID]) -> AccountView:
        return _view(await identity_of(request).desk.show(request.user, account_id))

    @patch("/{account_id:uuid}", summary="Change an account's role or status")
    async def change(
        self, request: AccountsRequest, account_id: FromPath[UUID], data: JSONBody[AccountChange]
    ) -> AccountView:
        """Its sessions end. Nobody gives a role that can do more than their own, and the last district administrator
        stays one."""
        desk = identity_of(request).desk
        if data.role is None and data.school_id is not None:
            raise InvalidInput("school_id goes with a role: give both.")
        if data.role is not None:
            await desk.change_role(request.user, account_id, data.role, data.school_id)
        if data.status is AccountStatus.DISABLED:
            await desk.disable(request.user, account_id)
        elif data.status is AccountStatus.ACTIVE:
            await desk.enable(request.user, account_id)
        return _view(await desk.show(request.user, account_id))

    @post("/{account_id:uuid}/password-link", summary="Give a link to set a password", status_code=200)
    async def give_link(
        self, request: AccountsRequest, account_id: FromPath[UUID], data: JSONBody[LinkInput]
    ) -> Response[LinkView]:
        """Good once, for three days. Hand it over only to the account's person."""
        link = await identity_of(request).desk.give_link(
            request.user, account_id, mail=data.mail, here=str(request.base_url)
        )
        view = LinkView(None if link.mailed_to else link.path, link.mailed_to)
        return Response(view, headers=_NOT_KEPT, status_code=200)

    @post("/{account_id:uuid}/password", summary="Give a password for the first time", status_code=200)
    async def give_password(self, request: AccountsRequest, account_id: FromPath[UUID]) -> Response[PasswordView]:
        given = await identity_of(request).desk.give_password(request.user, account_id)
        return Response(PasswordView(given.password), headers=_NOT_KEPT, status_code=200)

    @delete("/{account_id:uuid}/second-step", summary="Reset an account's second step")
    async def reset_second_step(self, request: AccountsRequest, account_id: FromPath[UUID]) -> None:
        """For somebody who has lost theirs. Their sessions end."""
        await identity_of(request).desk.reset_second_step(request.user, account_id)

    @delete("/{account_id:uuid}/sessions", summary="End an account's sessions")
    async def end_sessions(self, request: AccountsRequest, account_id: FromPath[UUID]) -> None:
        await identity_of(request).desk.end_sessions(request.user, account_id)


@post(
    "/schools/{school_id:uuid}/accounts/from-roster",
    tags=["Accounts"],
    summary="Make accounts for all students or teachers of a school",
    status_code=200,
    opt=_PERMISSION,
)
async def make_from_roster(
    request: AccountsRequest, school_id: FromPath[UUID], data: JSONBody[RosterAccountsInput]
) -> MadeAccounts:
    """Without passwords: for single sign-on, or for cards and PINs. Who has an account keeps it."""
    return await identity_of(request).desk.make_from_roster(request.user, school_id, data.group)


def _view(row: AccountRow) -> AccountView:
    return AccountView(
        id=row.id,
        username=row.username,
        name=row.name,
        person_id=row.person_id,
        role=row.role,
        status=row.status,
        here=row.here,
        school_id=row.school_id,
        school_ids=None if row.reach is None else sorted(row.reach),
        has_password=row.has_password,
        second_step=row.second_step,
        last_seen_at=row.last_seen_at,
        created_at=row.created_at,
    )


API_ROUTES: list[Any] = [AccountController, make_from_roster]
