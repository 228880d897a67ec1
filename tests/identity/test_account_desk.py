"""Administrators look after accounts within their own schools and rights, and never lock the district out."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.errors import Conflict, InvalidInput, NotFound, NotPermitted
from corridor.base.ids import new_id
from corridor.campus.tables import Membership
from corridor.campus.words import PersonRole
from corridor.identity import audit
from corridor.identity.account_queries import AccountFilter
from corridor.identity.first_step import Need
from corridor.identity.principal import Principal, Role
from corridor.identity.roster_accounts import MadeAccounts, RosterGroup
from corridor.identity.service import HalfSignedIn, IdentityService, SignedIn, SignInRefused
from corridor.identity.tables import Account
from tests.identity.conftest import Campus

PASSWORD = "correct horse battery"
HERE = "203.0.113.7"


def admin(role: Role, school_ids: frozenset[UUID] | None, actions: frozenset[str] | None = None) -> Principal:
    return Principal(id=new_id(), kind="account", role=role, name="x", school_ids=school_ids, actions=actions)


@pytest.fixture
def district() -> Principal:
    return admin(Role.DISTRICT_ADMIN, None)


@pytest.fixture
def north(campus: Campus) -> Principal:
    """The administrator of the north school."""
    return admin(Role.SCHOOL_ADMIN, frozenset({campus.north}))


@pytest.fixture
async def lee(identity: IdentityService, campus: Campus) -> Account:
    return await identity.create_account(role=Role.TEACHER, username="lee", password=PASSWORD, person="t-1")


async def audited(database: Database) -> list[str]:
    async with database.session() as session:
        query = text("SELECT body ->> 'what' FROM ledger_event WHERE school_id = :id ORDER BY seq")
        return [row[0] for row in await session.execute(query, {"id": audit.STREAM})]


async def test_a_school_s_administrator_sees_the_accounts_of_the_school(
    identity: IdentityService, campus: Campus, lee: Account, north: Principal
) -> None:
    await identity.create_account(role=Role.FRONT_OFFICE, username="south", password=PASSWORD, school="south")
    await identity.create_account(role=Role.DISTRICT_ADMIN, username="boss", password=PASSWORD)
    assert [row.username for row in await identity.desk.find(north, AccountFilter())] == ["lee"]
    with pytest.raises(NotFound):
        await identity.desk.find(north, AccountFilter(school_id=campus.south))
    for out_of_reach in ("south", "boss"):
        account = await identity.find_account(out_of_reach)
        assert account
        for attempt in (
            identity.desk.show(north, account.id),
            identity.desk.disable(north, account.id),
            identity.desk.give_password(north, account.id),
            identity.desk.give_link(north, account.id, mail=False),
            identity.desk.reset_second_step(north, account.id),
            identity.desk.end_sessions(north, account.id),
            identity.desk.change_role(north, account.id, Role.TEACHER, campus.north),
        ):
            with pytest.raises(NotFound):
                await attempt


async def test_people_are_found_by_words_of_name_username_or_number(
    identity: IdentityService, lee: Account, district: Principal
) -> None:
    for find, found in (("cho lee", 1), ("LEE", 1), ("2001", 1), ("c%o", 0), ("nobody", 0), ("", 1)):
        assert len(await identity.desk.find(district, AccountFilter(find=find))) == found, find


async def test_nobody_gives_more_than_they_have(
    identity: IdentityService, campus: Campus, lee: Account, north: Principal, database: Database
) -> None:
    with pytest.raises(NotPermitted):
        await identity.desk.change_role(north, lee.id, Role.DISTRICT_ADMIN, None)
    with pytest.raises(NotPermitted):
        await identity.desk.create(north, role=Role.DISTRICT_ADMIN, username="me2", school_id=campus.north)
    with pytest.raises(NotFound):
        await identity.desk.create(north, role=Role.TEACHER, username="me2", school_id=campus.south)
    with pytest.raises(NotFound):
        await identity.desk.change_role(north, lee.id, Role.TEACHER, campus.south)
    narrow = admin(Role.DISTRICT_ADMIN, None, frozenset({"account.manage"}))
    with pytest.raises(NotPermitted):
        await identity.desk.change_role(narrow, lee.id, Role.SCHOOL_ADMIN, None)
    async with database.session() as session:
        assert (await session.get_one(Account, lee.id)).role == Role.TEACHER


async def test_who_is_also_at_another_school_is_the_district_s_to_change(
    identity: IdentityService, campus: Campus, lee: Account, north: Principal, district: Principal, database: Database
) -> None:
    async with database.session() as session:
        session.add(Membership(id=new_id(), person_id=campus.teacher, school_id=campus.south, role=PersonRole.TEACHER))
    assert (await identity.desk.show(north, lee.id)).username == "lee"
    with pytest.raises(NotPermitted):
        await identity.desk.disable(north, lee.id)
    await identity.desk.disable(district, lee.id)


async def test_nobody_changes_their_own_account(identity: IdentityService, district: Principal, lee: Account) -> None:
    boss = await identity.create_account(role=Role.DISTRICT_ADMIN, username="boss", password=PASSWORD)
    me = Principal(id=boss.id, kind="account", role=Role.DISTRICT_ADMIN, name="boss", school_ids=None)
    with pytest.raises(NotPermitted):
        await identity.desk.disable(me, boss.id)


async def test_the_last_district_administrator_stays_one(
    identity: IdentityService, campus: Campus, district: Principal
) -> None:
    one = await identity.create_account(role=Role.DISTRICT_ADMIN, username="one", password=PASSWORD, person="t-1")
    with pytest.raises(Conflict):
        await identity.desk.disable(district, one.id)
    with pytest.raises(Conflict):
        await identity.desk.change_role(district, one.id, Role.TEACHER, None)
    with pytest.raises(Conflict):
        await identity.desk.change_role(district, one.id, Role.DISTRICT_ADMIN, campus.north)
    two = await identity.create_account(role=Role.DISTRICT_ADMIN, username="two", password=PASSWORD)
    outcomes = await asyncio.gather(
        identity.desk.disable(district, one.id), identity.desk.disable(district, two.id), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes].count(Conflict) == 1, "two at once do not get around it"


async def test_a_changed_role_ends_the_sessions(
    identity: IdentityService, campus: Campus, lee: Account, district: Principal
) -> None:
    signed_in = await identity.sign_in("lee", PASSWORD, address=HERE)
    assert await identity.by_session(signed_in.token)
    await identity.desk.change_role(district, lee.id, Role.HALL_MONITOR, None)
    assert await identity.by_session(signed_in.token) is None
    again = await identity.sign_in("lee", PASSWORD, address=HERE)
    assert again.role is Role.HALL_MONITOR


async def test_a_role_that_would_see_nothing_is_refused(
    identity: IdentityService, campus: Campus, district: Principal
) -> None:
    with pytest.raises(InvalidInput):
        await identity.desk.create(district, role=Role.STUDENT, username="x", school_id=campus.north)
    with pytest.raises(NotPermitted):
        await identity.desk.create(district, role=Role.KIOSK, username="x", school_id=campus.north)


async def test_a_given_password_is_only_good_to_choose_another(
    identity: IdentityService, lee: Account, district: Principal, clock: FixedClock
) -> None:
    given = (await identity.desk.give_password(district, lee.id)).password
    step = await identity.sign_in("lee", given, address=HERE)
    assert isinstance(step, HalfSignedIn)
    assert step.need is Need.NEW_PASSWORD
    assert await identity.by_session(step.token) is None
    with pytest.raises(InvalidInput):
        await identity.steps.choose_password(step.token, given)
    done = await identity.steps.choose_password(step.token, "three quiet words")
    assert isinstance(done, SignedIn)
    assert await identity.by_session(done.token)
    with pytest.raises(SignInRefused):
        await identity.sign_in("lee", given, address=HERE)


async def test_a_given_password_is_good_for_a_week(
    identity: IdentityService, lee: Account, district: Principal, clock: FixedClock
) -> None:
    given = (await identity.desk.give_password(district, lee.id)).password
    clock.advance(timedelta(days=7))
    with pytest.raises(SignInRefused):
        await identity.sign_in("lee", given, address=HERE)


async def test_a_person_has_one_account_and_a_username_one_person(
    identity: IdentityService, campus: Campus, lee: Account, district: Principal
) -> None:
    with pytest.raises(Conflict):
        await identity.desk.create(district, role=Role.TEACHER, person_id=campus.teacher)
    with pytest.raises(Conflict):
        await identity.desk.create(district, role=Role.STUDENT, person_id=campus.student, username="LEE")


async def test_everybody_on_the_roster_gets_an_account_once(
    identity: IdentityService, campus: Campus, north: Principal, database: Database
) -> None:
    made = await identity.desk.make_from_roster(north, campus.north, RosterGroup.STUDENTS)
    assert made == MadeAccounts(made=1, had_one=0, nameless=0, name_taken=0)
    again = await identity.desk.make_from_roster(north, campus.north, RosterGroup.STUDENTS)
    assert again == MadeAccounts(made=0, had_one=1, nameless=0, name_taken=0)
    with pytest.raises(NotFound):
        await identity.desk.make_from_roster(north, campus.south, RosterGroup.STUDENTS)
    async with database.session() as session:
        account = (await session.scalars(select(Account))).one()
    assert (account.username, account.role, account.password_hash) == ("ana.ruiz@x.example", "student", None)


async def test_every_change_is_audited(
    identity: IdentityService, campus: Campus, lee: Account, district: Principal, database: Database
) -> None:
    desk = identity.desk
    await desk.create(district, role=Role.STUDENT, person_id=campus.student)
    await desk.change_role(district, lee.id, Role.HALL_MONITOR, None)
    await desk.give_link(district, lee.id, mail=True)
    await desk.give_password(district, lee.id)
    await desk.reset_second_step(district, lee.id)
    await desk.end_sessions(district, lee.id)
    await desk.disable(district, lee.id)
    await desk.enable(district, lee.id)
    await desk.make_from_roster(district, campus.north, RosterGroup.TEACHERS)
    assert await audited(database) == [
        "account.created",
        "account.created",
        "account.role_changed",
        "account.password_link_given",
        "account.password_given",
        "account.second_step_reset",
        "account.sessions_ended",
        "account.disabled",
        "account.enabled",
        "accounts.made_from_roster",
    ]


async def test_roles_without_the_right_are_refused(identity: IdentityService, campus: Campus, lee: Account) -> None:
    teacher = admin(Role.TEACHER, frozenset({campus.north}))
    for attempt in (
        identity.desk.find(teacher, AccountFilter()),
        identity.desk.give_password(teacher, lee.id),
        identity.desk.make_from_roster(teacher, campus.north, RosterGroup.STUDENTS),
    ):
        with pytest.raises(NotPermitted):
            await attempt
