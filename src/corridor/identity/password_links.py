"""Links to choose a new password: asked for by whoever forgot theirs, or given out by an administrator."""

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import NotFound
from corridor.campus.tables import Person
from corridor.identity import accounts
from corridor.identity.audit import audit
from corridor.identity.limits import PASSWORD_LINKS, Attempts
from corridor.identity.mail import Mail
from corridor.identity.principal import Principal, Role
from corridor.identity.sessions import digest
from corridor.identity.sign_in_tables import PasswordLink
from corridor.identity.tables import Account

if TYPE_CHECKING:
    from corridor.identity.service import IdentityService

PAGE = "/sign-in/new-password-link"
ASKED_FOR = timedelta(hours=1)
GIVEN_FOR = timedelta(days=3)
_MOST_ACCOUNTS = 3

log = structlog.get_logger(__name__)


class LinkRefused(NotFound):
    code = "link_refused"

    def __init__(self) -> None:
        super().__init__("This link was used already, or its time is up. Ask for a new one.")


class NewLink(msgspec.Struct, frozen=True):
    """`path` is the link without the site; its fragment, which browsers send to nobody, is the secret. `code` is the
    secret alone. `mailed_to` is the address it was sent to, if it was."""

    path: str
    code: str
    mailed_to: str | None

    def __repr__(self) -> str:
        return "NewLink()"


class PasswordLinks:
    """A link is good once and for a while. A new password ends all of the account's links and sessions."""

    def __init__(self, identity: "IdentityService") -> None:
        self._identity = identity
        self.attempts = Attempts(PASSWORD_LINKS)
        self._at_work: set[asyncio.Task[None]] = set()

    async def ask(self, name: str, address: str, *, here: str = "") -> None:
        """Have a link mailed to whoever has this username or e-mail address, if there is somebody.

        `here` is the address that the browser asked, for links where the settings name none: that is the demo alone.
        What comes of it happens after the answer, so that neither its words nor the time it takes tell whether there
        is an account. Raises `TooManyAttempts`, or `NotFound` in an installation that sends no mail.
        """
        if not self._identity.outbox.ready:
            raise NotFound("This installation sends no mail. Ask your school's office for a new password.")
        wanted = accounts.normal_username(name)
        self.attempts.admit(wanted, address, self._identity.clock.now())
        task = asyncio.create_task(self._answer(wanted, here))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def settled(self) -> None:
        """Wait for what was asked for to be done."""
        await asyncio.gather(*self._at_work)

    async def give(self, account_id: UUID, by: Principal, *, mail: bool, here: str = "") -> NewLink:
        """A link for somebody else, mailed to them where `mail` asks for it and they have an address."""
        identity, now = self._identity, self._identity.clock.now()
        async with identity.database.session() as session:
            account = await accounts.locked_account(session, account_id)
            code = await self._add(session, account, asked=False)
            to = await mail_address(session, account) if mail and identity.outbox.ready else None
            if to:
                await identity.outbox.put(session, _given(to, account, self._url(code, here), now), now)
            details = {"mailed": to is not None}
            await audit(
                session,
                now,
                by,
                "account.password_link_given",
                about=account_id,
                school_id=account.school_id,
                **details,
            )
        identity.outbox.wake()
        return NewLink(f"{PAGE}#{code}", code, to)

    async def use(self, code: str, password: str) -> None:
        """Choose a new password. Raises `LinkRefused` or `InvalidInput`."""
        identity, now = self._identity, self._identity.clock.now()
        async with identity.database.session() as session:
            account = await self._account_behind(session, code)
        password_hash = await identity.new_hash(password, account.username)
        async with identity.database.session() as session:
            used = await session.execute(
                delete(PasswordLink)
                .where(PasswordLink.token_hash == digest(code), PasswordLink.expires_at > now)
                .returning(PasswordLink.account_id)
            )
            if used.first() is None:
                raise LinkRefused
            by = Principal(
                id=account.id,
                kind="account",
                role=Role(account.role),
                name=account.username,
                school_ids=frozenset(),
            )
            await identity.put_password(session, account.id, password_hash, by=by)
        identity.forget(account.id)

    async def end(self, session: AsyncSession, account_id: UUID) -> None:
        """None of the account's links is good any more."""
        await session.execute(delete(PasswordLink).where(PasswordLink.account_id == account_id))

    async def _account_behind(self, session: AsyncSession, code: str) -> Account:
        row = await session.get(PasswordLink, digest(code))
        if row is None or row.expires_at <= self._identity.clock.now():
            raise LinkRefused
        account = await session.get_one(Account, row.account_id)
        if not await accounts.may_sign_in(session, account):
            raise LinkRefused
        return account

    async def _answer(self, wanted: str, here: str) -> None:
        identity, now = self._identity, self._identity.clock.now()
        try:
            async with identity.database.session() as session:
                for account in await _accounts_called(session, wanted):
                    to = await mail_address(session, account)
                    # Who has no password signs in elsewhere; this must not become a way around it.
                    if to and account.password_hash and await accounts.may_sign_in(session, account):
                        code = await self._add(session, account, asked=True)
                        await identity.outbox.put(session, _asked(to, account, self._url(code, here), now), now)
            identity.outbox.wake()
        except Exception:
            log.exception("password_link_not_made")
            raise

    async def _add(self, session: AsyncSession, account: Account, *, asked: bool) -> str:
        now = self._identity.clock.now()
        await session.execute(delete(PasswordLink).where(PasswordLink.expires_at <= now))
        code = secrets.token_urlsafe(32)
        lasts = ASKED_FOR if asked else GIVEN_FOR
        session.add(
            PasswordLink(
                token_hash=digest(code), account_id=account.id, asked=asked, created_at=now, expires_at=now + lasts
            )
        )
        return code

    def _url(self, code: str, here: str) -> str:
        site = self._identity.settings.public_url or here
        return f"{site.rstrip('/')}{PAGE}#{code}"


async def mail_address(session: AsyncSession, account: Account) -> str | None:
    """Where the account's mail goes: the person's address, else a username that is one."""
    if account.person_id is not None:
        return await session.scalar(select(Person.email).where(Person.id == account.person_id))
    return account.username if "@" in account.username else None


async def _accounts_called(session: AsyncSession, wanted: str) -> list[Account]:
    by_person = select(Person.id).where(func.lower(Person.email) == wanted)
    query = select(Account).where((Account.username == wanted) | Account.person_id.in_(by_person))
    return list((await session.scalars(query.order_by(Account.id).limit(_MOST_ACCOUNTS))).all())


def _asked(to: str, account: Account, url: str, now: datetime) -> Mail:
    return Mail(
        to,
        "Choose a new password for Corridor",
        f"Somebody, probably you, asked for a new password for the account {account.username}.\n\n"
        f"Choose it here, within an hour:\n{url}\n\n"
        "The link works once. If you did not ask for it, you need not do anything: your password stays as it is.\n",
        until=now + ASKED_FOR,
    )


def _given(to: str, account: Account, url: str, now: datetime) -> Mail:
    return Mail(
        to,
        "Set your password for Corridor",
        f"An administrator of your school has made the account {account.username} ready for you.\n\n"
        f"Choose your password here, within three days:\n{url}\n\n"
        "The link works once. Afterwards you sign in with the username above.\n",
        until=now + GIVEN_FOR,
    )
