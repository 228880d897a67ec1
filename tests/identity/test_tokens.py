"""API tokens: what they may do, and how they end."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.errors import InvalidInput, NotFound, NotPermitted
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.campus.tables import Person
from corridor.identity.cache import LIFETIME
from corridor.identity.principal import Principal, Role
from corridor.identity.service import IdentityService
from corridor.identity.sessions import digest
from corridor.identity.tables import ApiToken
from tests.identity.conftest import Campus


@pytest.fixture
def school_admin(campus: Campus) -> Principal:
    return Principal(
        id=new_id(), kind="account", role=Role.SCHOOL_ADMIN, name="Principal", school_ids=frozenset({campus.north})
    )


async def test_a_token_without_a_school_reaches_the_whole_district(identity: IdentityService) -> None:
    made = await identity.create_token(name="bench", role=Role.DISTRICT_ADMIN)
    principal = await identity.by_bearer(made.secret)
    assert principal is not None
    assert (principal.id, principal.kind, principal.name) == (made.row.id, "token", "bench")
    assert (principal.role, principal.school_ids) == (Role.DISTRICT_ADMIN, None)


async def test_a_token_for_a_school_reaches_that_school(identity: IdentityService, campus: Campus) -> None:
    made = await identity.create_token(name="sign", role=Role.DISTRICT_ADMIN, school_id=campus.south)
    principal = await identity.by_bearer(made.secret)
    assert principal is not None
    assert principal.school_ids == frozenset({campus.south})


async def test_a_token_for_a_person_acts_as_that_person(identity: IdentityService, campus: Campus) -> None:
    made = await identity.create_token(name="ana's app", role=Role.STUDENT, person_id=campus.student)
    principal = await identity.by_bearer(made.secret)
    assert principal is not None
    assert (principal.person_id, principal.school_ids) == (campus.student, frozenset({campus.north}))


async def test_the_database_holds_nothing_to_call_with(identity: IdentityService, database: Database) -> None:
    made = await identity.create_token(name="x", role=Role.INTEGRATION)
    async with database.session() as session:
        row = (await session.execute(text("SELECT t::text FROM api_token t"))).scalar_one()
    assert made.secret.startswith("cor_")
    assert len(made.secret) == len("cor_") + 43
    assert digest(made.secret).hex() in row
    assert made.secret not in row
    assert made.secret not in repr(made)


@pytest.mark.parametrize("forged", ["", "cor_", "cor_" + "A" * 43, "A" * 43, "Bearer x", "cor_ä"])
async def test_a_forged_token_stands_for_nobody(identity: IdentityService, forged: str) -> None:
    await identity.create_token(name="x", role=Role.INTEGRATION)
    assert await identity.by_bearer(forged) is None


async def test_a_revoked_token_is_refused_at_once(identity: IdentityService) -> None:
    made = await identity.create_token(name="x", role=Role.INTEGRATION)
    assert await identity.by_bearer(made.secret)
    await identity.revoke_token(made.row.id)
    assert await identity.by_bearer(made.secret) is None


async def test_another_process_refuses_it_within_seconds(
    identity: IdentityService, database: Database, clock: FixedClock, settings: Settings
) -> None:
    other = IdentityService(database, clock, settings)
    made = await identity.create_token(name="x", role=Role.INTEGRATION)
    assert await other.by_bearer(made.secret)
    await identity.revoke_token(made.row.id)
    clock.advance(LIFETIME)
    assert await other.by_bearer(made.secret) is None


async def test_revoking_twice_keeps_the_first_time(identity: IdentityService, clock: FixedClock) -> None:
    made = await identity.create_token(name="x", role=Role.INTEGRATION)
    first = (await identity.revoke_token(made.row.id)).revoked_at
    clock.advance(timedelta(hours=1))
    assert (await identity.revoke_token(made.row.id)).revoked_at == first


async def test_a_token_expires_to_the_instant(identity: IdentityService, clock: FixedClock) -> None:
    made = await identity.create_token(name="x", role=Role.INTEGRATION, expires_at=clock.now() + timedelta(seconds=90))
    clock.advance(timedelta(seconds=89))
    assert await identity.by_bearer(made.secret)
    clock.advance(timedelta(seconds=1))
    assert await identity.by_bearer(made.secret) is None


async def test_a_token_of_someone_who_left_is_refused(
    identity: IdentityService, campus: Campus, database: Database
) -> None:
    made = await identity.create_token(name="x", role=Role.STUDENT, person_id=campus.student)
    async with database.session() as session:
        (await session.get_one(Person, campus.student)).active = False
    assert await identity.by_bearer(made.secret) is None


async def test_use_is_noted_once_a_minute(identity: IdentityService, database: Database, clock: FixedClock) -> None:
    made = await identity.create_token(name="x", role=Role.INTEGRATION)

    async def last_used() -> object:
        async with database.session() as session:
            return await session.scalar(select(ApiToken.last_used_at))

    await identity.by_bearer(made.secret)
    first = clock.now()
    assert await last_used() == first
    clock.advance(timedelta(seconds=59))
    await identity.by_bearer(made.secret)
    assert await last_used() == first
    clock.advance(timedelta(seconds=2))
    await identity.by_bearer(made.secret)
    assert await last_used() == clock.now()


@pytest.mark.parametrize(("name", "role"), [("", Role.INTEGRATION), ("x" * 300, Role.INTEGRATION), ("x", Role.STUDENT)])
async def test_a_token_that_could_not_be_told_apart_or_would_act_for_nobody_is_refused(
    identity: IdentityService, name: str, role: Role
) -> None:
    with pytest.raises(InvalidInput):
        await identity.create_token(name=name, role=role)


async def test_a_token_for_what_is_not_there_is_refused(
    identity: IdentityService, campus: Campus, clock: FixedClock
) -> None:
    with pytest.raises(NotFound):
        await identity.create_token(name="x", role=Role.TEACHER, school_id=new_id())
    with pytest.raises(NotFound):
        await identity.create_token(name="x", role=Role.STUDENT, person_id=new_id())
    with pytest.raises(NotFound):
        await identity.create_token(name="x", role=Role.STUDENT, person_id=campus.student, school_id=campus.south)
    with pytest.raises(InvalidInput):
        await identity.create_token(name="x", role=Role.TEACHER, expires_at=clock.now())


async def test_an_administrator_hands_out_no_more_than_they_have(
    identity: IdentityService, campus: Campus, school_admin: Principal, database: Database
) -> None:
    with pytest.raises(NotPermitted):
        await identity.create_token(name="x", role=Role.DISTRICT_ADMIN, school_id=campus.north, maker=school_admin)
    with pytest.raises(NotPermitted):
        await identity.create_token(name="x", role=Role.TEACHER, maker=school_admin)
    with pytest.raises(NotFound):
        await identity.create_token(name="x", role=Role.TEACHER, school_id=campus.south, maker=school_admin)
    async with database.session() as session:
        assert await session.scalar(select(func.count()).select_from(ApiToken)) == 0
    await identity.create_token(name="x", role=Role.TEACHER, school_id=campus.north, maker=school_admin)


async def test_an_administrator_sees_and_revokes_the_tokens_of_their_schools(
    identity: IdentityService, campus: Campus, school_admin: Principal
) -> None:
    ours = await identity.create_token(name="ours", role=Role.TEACHER, school_id=campus.north)
    theirs = await identity.create_token(name="theirs", role=Role.TEACHER, school_id=campus.south)
    everywhere = await identity.create_token(name="all", role=Role.TEACHER)
    assert [row.id for row in await identity.list_tokens(school_admin)] == [ours.row.id]
    for other in (theirs, everywhere):
        with pytest.raises(NotFound):
            await identity.revoke_token(other.row.id, viewer=school_admin)
        assert await identity.by_bearer(other.secret)
    await identity.revoke_token(ours.row.id, viewer=school_admin)
    assert await identity.by_bearer(ours.secret) is None
