"""Links to a new password: nobody learns who has an account, and each is good once and not for long."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.errors import NotFound
from corridor.base.settings import Settings
from corridor.identity.limits import TooManyAttempts
from corridor.identity.mail import Mail
from corridor.identity.password_links import ASKED_FOR, LinkRefused
from corridor.identity.passwords import SHORTEST
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService, SignedIn, SignInRefused
from corridor.identity.sign_in_tables import PasswordLink
from corridor.identity.tables import Account
from tests.identity.conftest import Campus

PASSWORD = "correct horse battery"
NEW = "three quiet words"
HERE = "203.0.113.7"


class Box:
    """Keeps mails instead of sending them."""

    ready = True

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def put(self, session: AsyncSession, mail: Mail, now: datetime) -> None:
        self.mails.append(mail)

    def wake(self) -> None:
        pass

    def code(self) -> str:
        return self.mails[-1].text.split("#")[1].split()[0]


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def identity(database: Database, clock: FixedClock, settings: Settings, box: Box) -> IdentityService:
    return IdentityService(database, clock, settings, box)


@pytest.fixture
async def ana(identity: IdentityService, campus: Campus) -> Account:
    return await identity.create_account(role=Role.STUDENT, username="ana", password=PASSWORD, person="s-1")


async def ask(identity: IdentityService, name: str) -> None:
    await identity.links.ask(name, HERE, here="https://corridor.example")
    await identity.links.settled()


@pytest.mark.parametrize("name", ["ana", " ANA ", "ana.ruiz@x.example"])
async def test_a_link_comes_to_the_person_s_address(
    identity: IdentityService, ana: Account, box: Box, name: str
) -> None:
    await ask(identity, name)
    (mail,) = box.mails
    assert mail.to == "Ana.Ruiz@x.example"
    assert "https://corridor.example/sign-in/new-password-link#" in mail.text
    before = await identity.sign_in("ana", PASSWORD, address=HERE)
    await identity.links.use(box.code(), NEW)
    assert await identity.by_session(before.token) is None
    with pytest.raises(SignInRefused):
        await identity.sign_in("ana", PASSWORD, address=HERE)
    assert isinstance(await identity.sign_in("ana", NEW, address=HERE), SignedIn)


async def test_it_is_good_once_and_so_are_those_asked_for_before(
    identity: IdentityService, ana: Account, box: Box
) -> None:
    await ask(identity, "ana")
    older = box.code()
    await ask(identity, "ana")
    newer = box.code()
    assert older != newer
    await identity.links.use(newer, NEW)
    for used in (newer, older):
        with pytest.raises(LinkRefused):
            await identity.links.use(used, "other quiet words")


async def test_it_is_good_for_an_hour(identity: IdentityService, ana: Account, box: Box, clock: FixedClock) -> None:
    await ask(identity, "ana")
    clock.advance(ASKED_FOR)
    with pytest.raises(LinkRefused):
        await identity.links.use(box.code(), NEW)


async def test_a_password_that_is_too_short_does_not_use_it_up(
    identity: IdentityService, ana: Account, box: Box
) -> None:
    await ask(identity, "ana")
    with pytest.raises(Exception, match=str(SHORTEST)):
        await identity.links.use(box.code(), "short")
    await identity.links.use(box.code(), NEW)


async def test_a_stranger_s_name_is_answered_alike_and_sends_nothing(
    identity: IdentityService, ana: Account, box: Box
) -> None:
    await ask(identity, "nobody at all")
    assert box.mails == []


@pytest.mark.parametrize("kind", ["disabled", "without a password", "without an address"])
async def test_no_link_is_sent_to_whom_it_would_not_help(
    identity: IdentityService, campus: Campus, box: Box, kind: str
) -> None:
    if kind == "without an address":
        await identity.create_account(role=Role.TEACHER, username="lee", password=PASSWORD, person="t-1")
    else:
        password = None if kind == "without a password" else PASSWORD
        made = await identity.create_account(role=Role.STUDENT, username="lee", password=password, person="s-1")
        if kind == "disabled":
            await identity.disable_account(made.id)
    await ask(identity, "lee")
    assert box.mails == []


async def test_a_link_of_a_disabled_account_opens_nothing(identity: IdentityService, ana: Account, box: Box) -> None:
    await ask(identity, "ana")
    await identity.disable_account(ana.id)
    with pytest.raises(LinkRefused):
        await identity.links.use(box.code(), NEW)


async def test_nobody_s_mailbox_is_flooded_and_a_school_may_still_ask(
    identity: IdentityService, ana: Account, box: Box, clock: FixedClock
) -> None:
    for _ in range(3):
        await ask(identity, "ana")
    with pytest.raises(TooManyAttempts):
        await ask(identity, "ana")
    for number in range(60):
        await ask(identity, f"somebody else {number}")
    clock.advance(timedelta(hours=1))
    await ask(identity, "ana")


async def test_the_database_holds_no_secret(
    identity: IdentityService, ana: Account, box: Box, database: Database
) -> None:
    await ask(identity, "ana")
    async with database.session() as session:
        row = (await session.scalars(select(PasswordLink))).one()
    assert box.code().encode() not in row.token_hash


async def test_an_installation_that_sends_no_mail_says_so(
    database: Database, clock: FixedClock, settings: Settings
) -> None:
    with pytest.raises(NotFound):
        await IdentityService(database, clock, settings).links.ask("ana", HERE)
