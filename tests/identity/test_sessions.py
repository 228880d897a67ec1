"""Signing in, staying signed in, and being signed out."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.campus.tables import Membership, Person
from corridor.identity.cache import LIFETIME
from corridor.identity.limits import AT_ONE_ADDRESS, TooManyAttempts
from corridor.identity.passwords import Verdict
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService, SignedIn, SignInRefused
from corridor.identity.sessions import digest
from corridor.identity.sign_in_policy import SignInPolicy
from corridor.identity.tables import Account, LoginSession
from tests.identity.conftest import Campus

PASSWORD = "correct horse battery"


@pytest.fixture
async def ana(identity: IdentityService, campus: Campus) -> Account:
    return await identity.create_account(role=Role.STUDENT, username="ana", password=PASSWORD, person="s-1")


async def sign_in(identity: IdentityService, username: str = "ana", password: str = PASSWORD) -> SignedIn:
    outcome = await identity.sign_in(username, password, address="203.0.113.7", user_agent="Chrome")
    assert isinstance(outcome, SignedIn)
    return outcome


async def test_a_cookie_stands_for_the_person_who_signed_in(
    identity: IdentityService, campus: Campus, ana: Account
) -> None:
    signed_in = await sign_in(identity, "ANA ")
    principal = await identity.by_session(signed_in.token)
    assert principal is not None
    assert (principal.id, principal.kind, principal.role) == (ana.id, "account", Role.STUDENT)
    assert (principal.name, principal.person_id) == ("Ana Ruiz", campus.student)
    assert principal.school_ids == frozenset({campus.north})
    assert principal.session_id is not None


async def test_people_are_called_what_they_prefer(identity: IdentityService, campus: Campus) -> None:
    await identity.create_account(role=Role.TEACHER, username="lee", password=PASSWORD, person="t-1")
    principal = await identity.by_session((await sign_in(identity, "lee")).token)
    assert principal is not None
    assert principal.name == "Lee Cho"


async def test_the_database_holds_nothing_to_sign_in_with(
    identity: IdentityService, ana: Account, database: Database
) -> None:
    signed_in = await sign_in(identity)
    async with database.session() as session:
        row = (await session.scalars(select(LoginSession))).one()
    assert row.token_hash == digest(signed_in.token)
    assert signed_in.token not in repr(vars(row))
    assert signed_in.token not in repr(signed_in)


@pytest.mark.parametrize(("username", "password"), [("ana", "not the password"), ("nobody", PASSWORD), ("", "")])
async def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(
    identity: IdentityService, ana: Account, username: str, password: str
) -> None:
    with pytest.raises(SignInRefused, match="do not fit together"):
        await sign_in(identity, username, password)


async def test_an_unknown_account_costs_a_password_check_all_the_same(
    identity: IdentityService, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str | None] = []
    real = identity.passwords.verify

    async def spy(password: str, known_hash: str | None) -> Verdict:
        checked.append(known_hash)
        return await real(password, known_hash)

    monkeypatch.setattr(identity.passwords, "verify", spy)
    with pytest.raises(SignInRefused):
        await sign_in(identity, "nobody")
    assert checked == [None]


async def test_an_account_without_a_password_cannot_be_signed_in_to(identity: IdentityService, campus: Campus) -> None:
    await identity.create_account(role=Role.STUDENT, username="sso", person="s-1")
    with pytest.raises(SignInRefused):
        await sign_in(identity, "sso", "")


async def test_too_many_tries_have_to_wait_even_with_the_right_password(
    identity: IdentityService, ana: Account, clock: FixedClock
) -> None:
    for _ in range(AT_ONE_ADDRESS.free):
        with pytest.raises(SignInRefused):
            await sign_in(identity, "ana", "a guess that fails")
    with pytest.raises(TooManyAttempts):
        await sign_in(identity)
    clock.advance(timedelta(seconds=1))
    await sign_in(identity)


async def test_signing_in_replaces_the_browser_s_old_session(identity: IdentityService, ana: Account) -> None:
    first = await sign_in(identity)
    assert await identity.by_session(first.token)
    second = await identity.sign_in("ana", PASSWORD, address="203.0.113.7", replaces=first.token)
    assert second.token != first.token
    assert await identity.by_session(first.token) is None
    assert await identity.by_session(second.token)


async def test_signing_out_ends_this_session_and_no_other(identity: IdentityService, ana: Account) -> None:
    here, there = await sign_in(identity), await sign_in(identity)
    assert await identity.by_session(here.token)
    await identity.sign_out(here.token)
    assert await identity.by_session(here.token) is None
    assert await identity.by_session(there.token)


@pytest.mark.parametrize("forged", ["", "x", "A" * 43, "cor_" + "A" * 43, "ä\x00"])
async def test_a_forged_cookie_stands_for_nobody(identity: IdentityService, ana: Account, forged: str) -> None:
    await sign_in(identity)
    assert await identity.by_session(forged) is None


async def test_disabling_an_account_ends_its_sessions_at_once(identity: IdentityService, ana: Account) -> None:
    signed_in = await sign_in(identity)
    assert await identity.by_session(signed_in.token)
    await identity.disable_account(ana.id)
    assert await identity.by_session(signed_in.token) is None
    with pytest.raises(SignInRefused):
        await sign_in(identity)
    await identity.enable_account(ana.id)
    assert await identity.by_session(signed_in.token) is None
    await sign_in(identity)


async def test_another_process_notices_within_seconds(
    identity: IdentityService, ana: Account, database: Database, clock: FixedClock, settings: Settings
) -> None:
    other = IdentityService(database, clock, settings)
    signed_in = await sign_in(identity)
    assert await other.by_session(signed_in.token)
    await identity.disable_account(ana.id)
    clock.advance(LIFETIME)
    assert await other.by_session(signed_in.token) is None


async def test_a_new_password_ends_every_session(identity: IdentityService, ana: Account) -> None:
    signed_in = await sign_in(identity)
    assert await identity.by_session(signed_in.token)
    await identity.set_password(ana.id, "another good one")
    assert await identity.by_session(signed_in.token) is None
    with pytest.raises(SignInRefused):
        await sign_in(identity)
    await sign_in(identity, password="another good one")


async def test_a_session_begun_with_a_password_that_changes_meanwhile_is_refused(
    identity: IdentityService, ana: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = identity.passwords.verify
    checking, changed = asyncio.Event(), asyncio.Event()

    async def slow(password: str, known_hash: str | None) -> Verdict:
        verdict = await real(password, known_hash)
        checking.set()
        await changed.wait()
        return verdict

    monkeypatch.setattr(identity.passwords, "verify", slow)
    signing_in = asyncio.create_task(sign_in(identity))
    await checking.wait()
    await identity.set_password(ana.id, "another good one")
    changed.set()
    with pytest.raises(SignInRefused):
        await signing_in


@pytest.mark.parametrize("what", ["active", "may_sign_in"])
async def test_whoever_left_or_is_barred_by_the_roster_is_signed_out(
    identity: IdentityService, ana: Account, campus: Campus, database: Database, clock: FixedClock, what: str
) -> None:
    signed_in = await sign_in(identity)
    async with database.session() as session:
        setattr(await session.get_one(Person, campus.student), what, False)
    clock.advance(LIFETIME)
    assert await identity.by_session(signed_in.token) is None
    with pytest.raises(SignInRefused):
        await sign_in(identity)


async def test_a_changed_role_counts_within_seconds(
    identity: IdentityService, campus: Campus, database: Database, clock: FixedClock
) -> None:
    boss = await identity.create_account(role=Role.DISTRICT_ADMIN, username="lee", password=PASSWORD, person="t-1")
    signed_in = await sign_in(identity, "lee")
    before = await identity.by_session(signed_in.token)
    assert before is not None
    assert before.school_ids is None
    async with database.session() as session:
        (await session.get_one(Account, boss.id)).role = Role.TEACHER
    clock.advance(LIFETIME)
    after = await identity.by_session(signed_in.token)
    assert after is not None
    assert (after.role, after.school_ids) == (Role.TEACHER, frozenset({campus.north}))


async def test_a_membership_that_ends_ends_the_reach(
    identity: IdentityService, ana: Account, database: Database, clock: FixedClock
) -> None:
    signed_in = await sign_in(identity)
    async with database.session() as session:
        for membership in await session.scalars(select(Membership)):
            membership.active = False
    clock.advance(LIFETIME)
    principal = await identity.by_session(signed_in.token)
    assert principal is not None
    assert principal.school_ids == frozenset()


async def test_staff_of_the_district_reach_every_school_unless_their_account_names_one(
    identity: IdentityService, campus: Campus
) -> None:
    await identity.create_account(role=Role.DESTINATION_STAFF, username="kim", password=PASSWORD, person="c-1")
    await identity.create_account(
        role=Role.DESTINATION_STAFF, username="kim2", password=PASSWORD, person="c-1", school="south"
    )
    everywhere = await identity.by_session((await sign_in(identity, "kim")).token)
    south = await identity.by_session((await sign_in(identity, "kim2")).token)
    assert everywhere is not None
    assert everywhere.school_ids is None
    assert south is not None
    assert south.school_ids == frozenset({campus.south})


@pytest.mark.parametrize("role", [Role.TEACHER, Role.DISTRICT_ADMIN])
async def test_an_idle_session_ends(identity: IdentityService, campus: Campus, clock: FixedClock, role: Role) -> None:
    await identity.create_account(role=role, username="lee", password=PASSWORD, person="t-1")
    signed_in = await sign_in(identity, "lee")
    limits = SignInPolicy().limits(role, stays=False)
    assert limits.idle
    clock.advance(limits.idle - timedelta(seconds=1))
    assert await identity.by_session(signed_in.token)
    clock.advance(limits.idle)
    assert await identity.by_session(signed_in.token) is None


async def test_a_session_in_use_lasts_until_its_absolute_limit(
    identity: IdentityService, ana: Account, clock: FixedClock
) -> None:
    signed_in = await sign_in(identity)
    limits = SignInPolicy().limits(Role.STUDENT, stays=False)
    assert signed_in.expires_at == clock.now() + limits.longest
    assert limits.idle
    step = limits.idle / 2
    while clock.now() + step < signed_in.expires_at:
        clock.advance(step)
        assert await identity.by_session(signed_in.token)
    clock.advance(step)
    assert await identity.by_session(signed_in.token) is None


async def test_use_is_noted_once_a_minute(
    identity: IdentityService, ana: Account, database: Database, clock: FixedClock
) -> None:
    signed_in = await sign_in(identity)
    began = clock.now()

    async def last_seen() -> object:
        async with database.session() as session:
            return await session.scalar(select(LoginSession.last_seen_at))

    clock.advance(timedelta(seconds=59))
    await identity.by_session(signed_in.token)
    assert await last_seen() == began
    clock.advance(timedelta(seconds=2))
    await identity.by_session(signed_in.token)
    assert await last_seen() == clock.now()


async def test_sessions_past_their_limit_are_swept_out_when_someone_signs_in(
    identity: IdentityService, ana: Account, database: Database, clock: FixedClock
) -> None:
    await sign_in(identity)
    clock.advance(SignInPolicy().limits(Role.STUDENT, stays=False).longest)
    await sign_in(identity)
    async with database.session() as session:
        assert await session.scalar(select(func.count()).select_from(LoginSession)) == 1


async def test_signing_out_everywhere_ends_every_session(identity: IdentityService, ana: Account) -> None:
    tokens = [(await sign_in(identity)).token for _ in range(3)]
    await identity.end_sessions(ana.id)
    assert [await identity.by_session(token) for token in tokens] == [None, None, None]
