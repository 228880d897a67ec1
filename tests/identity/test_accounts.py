"""Accounts are made for people of the roster, or for somebody who is not in it."""

import pytest

from corridor.base.database import Database
from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.campus.tables import Person
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from tests.identity.conftest import Campus

PASSWORD = "correct horse battery"


@pytest.mark.parametrize("key", ["s-1", "1001", "ana.ruiz@x.example", "ANA.RUIZ@X.EXAMPLE"])
async def test_a_person_is_found_by_source_id_identifier_or_email(
    identity: IdentityService, campus: Campus, key: str
) -> None:
    account = await identity.create_account(role=Role.STUDENT, person=key)
    assert account.person_id == campus.student
    assert account.username == "ana.ruiz@x.example"


async def test_a_person_is_found_by_username_and_gets_it(identity: IdentityService, campus: Campus) -> None:
    account = await identity.create_account(role=Role.TEACHER, person="lcho")
    assert (account.person_id, account.username) == (campus.teacher, "lcho")


async def test_a_person_who_is_not_in_the_roster_is_not_found(identity: IdentityService, campus: Campus) -> None:
    with pytest.raises(NotFound, match="nobody@x"):
        await identity.create_account(role=Role.STUDENT, person="nobody@x")


async def test_people_who_share_an_identifier_must_be_named_otherwise(
    identity: IdentityService, campus: Campus, database: Database
) -> None:
    async with database.session() as session:
        session.add(Person(id=new_id(), given_name="Al", family_name="Ruiz", identifier="1001"))
    with pytest.raises(Conflict, match="identifier"):
        await identity.create_account(role=Role.STUDENT, person="1001")


async def test_of_two_with_one_identifier_the_one_who_is_still_here_is_meant(
    identity: IdentityService, campus: Campus, database: Database
) -> None:
    async with database.session() as session:
        session.add(Person(id=new_id(), given_name="Al", family_name="Ruiz", identifier="1001", active=False))
    assert (await identity.create_account(role=Role.STUDENT, person="1001")).person_id == campus.student


async def test_someone_who_has_left_gets_no_account(
    identity: IdentityService, campus: Campus, database: Database
) -> None:
    async with database.session() as session:
        person = await session.get_one(Person, campus.student)
        person.active = False
    with pytest.raises(InvalidInput, match="no longer here"):
        await identity.create_account(role=Role.STUDENT, person="s-1")


async def test_usernames_are_the_same_in_any_case(identity: IdentityService, campus: Campus) -> None:
    made = await identity.create_account(role=Role.DISTRICT_ADMIN, username=" Boss ", password=PASSWORD)
    assert made.username == "boss"
    found = await identity.find_account("BOSS")
    assert found is not None
    assert found.id == made.id
    with pytest.raises(Conflict, match="boss"):
        await identity.create_account(role=Role.DISTRICT_ADMIN, username="BOSS")


async def test_a_school_is_found_by_its_name(identity: IdentityService, campus: Campus) -> None:
    account = await identity.create_account(role=Role.FRONT_OFFICE, username="desk", school="NORTH")
    assert account.school_id == campus.north


@pytest.mark.parametrize(
    ("role", "says"),
    [
        (Role.STUDENT, "person"),
        (Role.GUARDIAN, "person"),
        (Role.TEACHER, "school"),
        (Role.SCHOOL_ADMIN, "school"),
        (Role.INTEGRATION, "token"),
        (Role.KIOSK, "token"),
    ],
)
async def test_an_account_that_could_see_nothing_is_refused(identity: IdentityService, role: Role, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        await identity.create_account(role=role, username="someone", password=PASSWORD)


@pytest.mark.parametrize("username", ["two words", "a\x00b", "x" * 300])
async def test_a_username_that_nobody_could_type_is_refused(identity: IdentityService, username: str) -> None:
    with pytest.raises(InvalidInput, match="username"):
        await identity.create_account(role=Role.DISTRICT_ADMIN, username=username)


async def test_a_person_without_names_to_sign_in_with_needs_one(identity: IdentityService, campus: Campus) -> None:
    with pytest.raises(InvalidInput, match="say which username"):
        await identity.create_account(role=Role.DESTINATION_STAFF, person="c-1")


async def test_a_short_password_is_refused_except_in_the_demo(
    identity: IdentityService, database: Database, settings: Settings
) -> None:
    with pytest.raises(InvalidInput, match="at least 10"):
        await identity.create_account(role=Role.DISTRICT_ADMIN, username="boss", password="demo")
    demo = Settings(data_dir=settings.data_dir, secret_key="x", demo=True)
    await IdentityService(database, identity.clock, demo).create_account(
        role=Role.DISTRICT_ADMIN, username="boss", password="demo"
    )


async def test_the_password_itself_is_not_kept(identity: IdentityService) -> None:
    account = await identity.create_account(role=Role.DISTRICT_ADMIN, username="boss", password=PASSWORD)
    assert account.password_hash is not None
    assert account.password_hash.startswith("$argon2id$")
    assert PASSWORD not in account.password_hash
