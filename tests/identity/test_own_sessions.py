"""Sessions: how long they last is the district's to say, and people see and end their own."""

import asyncio
from datetime import timedelta

import pytest

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.errors import InvalidInput, NotFound, NotPermitted
from corridor.base.ids import new_id
from corridor.campus.tables import Person
from corridor.identity.cache import LIFETIME
from corridor.identity.principal import Principal, Role
from corridor.identity.service import IdentityService, SignedIn
from corridor.identity.sessions import Arrival
from corridor.identity.sign_in_policy import RoleSignIn, SignInPolicy
from corridor.identity.tables import Account
from tests.identity.conftest import Campus

PASSWORD = "correct horse battery"
HERE = "203.0.113.7"
BOSS = Principal(id=new_id(), kind="account", role=Role.DISTRICT_ADMIN, name="Boss", school_ids=None)


@pytest.fixture
async def ana(identity: IdentityService, campus: Campus) -> Account:
    return await identity.create_account(role=Role.STUDENT, username="ana", password=PASSWORD, person="s-1")


async def sign_in(identity: IdentityService, username: str = "ana", *, stay: bool = False) -> SignedIn:
    outcome = await identity.sign_in(username, PASSWORD, address=HERE, user_agent="X CrOS Chrome/1", stay=stay)
    assert isinstance(outcome, SignedIn)
    return outcome


async def as_principal(identity: IdentityService, signed_in: SignedIn) -> Principal:
    found = await identity.by_session(signed_in.token)
    assert found
    return found


async def test_a_student_s_own_device_stays_signed_in(
    identity: IdentityService, ana: Account, clock: FixedClock
) -> None:
    usual, stays = await sign_in(identity), await sign_in(identity, stay=True)
    assert (usual.stays, stays.stays) == (False, True)
    clock.advance(timedelta(days=60))
    assert await identity.by_session(usual.token) is None
    assert await identity.by_session(stays.token)
    clock.advance(timedelta(days=30))
    assert await identity.by_session(stays.token) is None, "it has a limit of its own"


async def test_whose_role_may_not_stay_does_not(identity: IdentityService, campus: Campus, clock: FixedClock) -> None:
    await identity.create_account(role=Role.TEACHER, username="lee", password=PASSWORD, person="t-1")
    signed_in = await sign_in(identity, "lee", stay=True)
    assert not signed_in.stays
    clock.advance(timedelta(hours=12))
    assert await identity.by_session(signed_in.token) is None


async def test_a_stricter_policy_counts_for_sessions_that_run(
    identity: IdentityService, ana: Account, clock: FixedClock
) -> None:
    usual, stays = await sign_in(identity), await sign_in(identity, stay=True)
    clock.advance(timedelta(hours=2))
    assert await identity.by_session(usual.token)
    strict = RoleSignIn(idle_minutes=60, longest_hours=1)
    await identity.change_policy(SignInPolicy({Role.STUDENT: strict}), BOSS)
    assert await identity.by_session(usual.token) is None
    assert await identity.by_session(stays.token) is None


async def test_another_process_hears_of_the_policy_within_seconds(
    identity: IdentityService, ana: Account, clock: FixedClock, database: Database
) -> None:
    other = IdentityService(database, clock, identity.settings)
    signed_in = await sign_in(identity)
    clock.advance(timedelta(hours=2))
    assert await other.by_session(signed_in.token)
    await identity.change_policy(SignInPolicy({Role.STUDENT: RoleSignIn(60, 1)}), BOSS)
    clock.advance(LIFETIME)
    assert await other.by_session(signed_in.token) is None


async def test_a_session_that_ended_does_not_come_back_with_its_person(
    identity: IdentityService, ana: Account, campus: Campus, database: Database, clock: FixedClock
) -> None:
    signed_in = await sign_in(identity)
    for here in (False, True):
        async with database.session() as session:
            (await session.get_one(Person, campus.student)).active = here
        clock.advance(LIFETIME)
        assert await identity.by_session(signed_in.token) is None


async def test_people_see_and_end_their_own_sessions(identity: IdentityService, ana: Account) -> None:
    first, second, third = [await sign_in(identity) for _ in range(3)]
    me = await as_principal(identity, second)
    assert len(await identity.own.sessions(me)) == 3
    other = await as_principal(identity, first)
    assert other.session_id
    await identity.own.end_session(me, other.session_id)
    assert await identity.by_session(first.token) is None
    await identity.own.end_other_sessions(me)
    assert await identity.by_session(third.token) is None
    assert await identity.by_session(second.token)


async def test_nobody_ends_somebody_else_s_session(identity: IdentityService, ana: Account, campus: Campus) -> None:
    await identity.create_account(role=Role.TEACHER, username="lee", password=PASSWORD, person="t-1")
    mine, theirs = await sign_in(identity), await sign_in(identity, "lee")
    their_id = (await as_principal(identity, theirs)).session_id
    assert their_id
    with pytest.raises(NotFound):
        await identity.own.end_session(await as_principal(identity, mine), their_id)
    assert await identity.by_session(theirs.token)


async def test_a_changed_password_ends_all_other_sessions(identity: IdentityService, ana: Account) -> None:
    here, elsewhere = await sign_in(identity), await sign_in(identity)
    me = await as_principal(identity, here)
    with pytest.raises(InvalidInput):
        await identity.own.change_password(me, "a wrong password", "a new quiet one", HERE)
    assert await identity.by_session(elsewhere.token)
    await identity.own.change_password(me, PASSWORD, "a new quiet one", HERE)
    assert await identity.by_session(elsewhere.token) is None
    assert await identity.by_session(here.token)


async def test_a_token_of_a_person_is_not_the_person(identity: IdentityService, ana: Account, campus: Campus) -> None:
    made = await identity.create_token(name="x", role=Role.STUDENT, person_id=campus.student)
    token = await identity.by_bearer(made.secret)
    assert token
    with pytest.raises(NotPermitted):
        await identity.own.change_password(token, PASSWORD, "a new quiet one", HERE)


async def test_many_who_sign_in_at_once_do_not_wait_for_each_other(
    identity: IdentityService, ana: Account, clock: FixedClock
) -> None:
    arrival = Arrival(address=HERE, via="password")
    async with asyncio.timeout(20):
        clock.advance(timedelta(minutes=1))
        arrivals = (identity.begin_session(ana.id, arrival) for _ in range(60))
        assert len({outcome.token for outcome in await asyncio.gather(*arrivals)}) == 60
