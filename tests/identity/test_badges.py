"""Badges and QR cards: whose they are, kept as what cannot be read back."""

from pathlib import Path

import pytest
from sqlalchemy import text

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.campus.student_matching import register_of
from corridor.campus.table_file import UnfitFile
from corridor.campus.tables import Membership, Person
from corridor.campus.words import PersonRole
from corridor.identity.badge_import import read_badges
from corridor.identity.principal import Principal, Role
from corridor.identity.service import IdentityService
from tests.identity.conftest import Campus
from tests.identity.test_pins import office


def kiosk(campus: Campus) -> Principal:
    return Principal(
        id=new_id(),
        kind="device",
        role=Role.KIOSK,
        name="204",
        school_ids=frozenset({campus.north}),
        location_id=new_id(),
    )


@pytest.fixture
async def ben(database: Database, campus: Campus) -> Person:
    """Another student of the school."""
    person = Person(id=new_id(), given_name="Ben", family_name="Cho", source_id="s-2", identifier="01002")
    async with database.session() as session:
        session.add(person)
        await session.flush()
        session.add(Membership(id=new_id(), person_id=person.id, school_id=campus.north, role=PersonRole.STUDENT))
    return person


async def test_a_badge_stands_for_its_student_until_it_is_withdrawn(identity: IdentityService, campus: Campus) -> None:
    credentials = identity.credentials
    assert await credentials.assign_badge(office(campus), campus.student, campus.north, "04-a1-b2-c3")
    assert not await credentials.assign_badge(office(campus), campus.student, campus.north, "04A1B2C3"), "hers already"
    assert await credentials.by_number(kiosk(campus), " 04A1 B2C3 \n") == campus.student
    (badge,) = (await credentials.of([campus.student]))[campus.student].badges
    await credentials.withdraw_badge(office(campus), campus.student, campus.north, badge.id)
    assert await credentials.by_number(kiosk(campus), "04A1B2C3") is None


async def test_the_number_is_not_in_the_database(identity: IdentityService, campus: Campus, database: Database) -> None:
    await identity.credentials.assign_badge(office(campus), campus.student, campus.north, "04A1B2C3")
    await identity.credentials.make_cards(office(campus), campus.north, [campus.student])
    card = (await identity.credentials.card_numbers([campus.student]))[campus.student]
    async with database.session() as session:
        rows = [*(await session.execute(text("SELECT t::text FROM badge t"))).scalars()]
        rows += (await session.execute(text("SELECT body::text FROM ledger_event"))).scalars().all()
    assert not [row for row in rows if "04A1B2C3" in row.upper() or card in row]


async def test_a_badge_has_one_student(identity: IdentityService, campus: Campus, ben: Person) -> None:
    await identity.credentials.assign_badge(office(campus), campus.student, campus.north, "04A1B2C3")
    with pytest.raises(Conflict, match="somebody else's"):
        await identity.credentials.assign_badge(office(campus), ben.id, campus.north, "04a1b2c3")
    (badge,) = (await identity.credentials.of([campus.student]))[campus.student].badges
    with pytest.raises(NotFound):
        await identity.credentials.withdraw_badge(office(campus), ben.id, campus.north, badge.id)


@pytest.mark.parametrize("number", ["", "12", "----", "x" * 65])
async def test_what_is_no_number_is_refused(identity: IdentityService, campus: Campus, number: str) -> None:
    with pytest.raises(InvalidInput):
        await identity.credentials.assign_badge(office(campus), campus.student, campus.north, number)


async def test_a_student_id_is_no_badge_for_anybody_could_type_it(
    identity: IdentityService, campus: Campus, ben: Person
) -> None:
    with pytest.raises(InvalidInput, match="student ID"):
        await identity.credentials.assign_badge(office(campus), ben.id, campus.north, "01002")


async def test_a_card_stays_the_same_until_it_is_withdrawn(identity: IdentityService, campus: Campus) -> None:
    credentials = identity.credentials

    async def printed() -> str:
        await credentials.make_cards(office(campus), campus.north, [campus.student])
        return (await credentials.card_numbers([campus.student]))[campus.student]

    first = await printed()
    assert first == await printed()
    assert await credentials.by_number(kiosk(campus), first.lower()) == campus.student
    (card,) = (await credentials.of([campus.student]))[campus.student].badges
    await credentials.withdraw_badge(office(campus), campus.student, campus.north, card.id)
    second = await printed()
    assert second != first
    assert await credentials.by_number(kiosk(campus), first) is None
    assert await credentials.by_number(kiosk(campus), second) == campus.student


async def test_badges_and_cards_outlive_a_new_secret_key(
    identity: IdentityService, campus: Campus, database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    await identity.credentials.assign_badge(office(campus), campus.student, campus.north, "04A1B2C3")
    settings = Settings(data_dir=tmp_path, secret_key="a new key", previous_secret_key="a key for tests only")
    renewed = IdentityService(database, clock, settings)
    assert await renewed.credentials.by_number(kiosk(campus), "04A1B2C3") == campus.student
    alone = IdentityService(database, clock, Settings(data_dir=tmp_path, secret_key="a new key"))
    assert await alone.credentials.by_number(kiosk(campus), "04A1B2C3") == campus.student, "renewed when it was used"


async def test_a_list_is_taken_as_a_whole(
    identity: IdentityService, campus: Campus, ben: Person, database: Database
) -> None:
    register = await register_of(database, campus.north)
    rows = read_badges("Student ID;Badge Number\n1001;04-A1-B2-C3\n1002;04D4E5F6\n".encode("utf-8-sig"), register)
    done = await identity.credentials.import_badges(office(campus), campus.north, rows)
    assert (done.new, done.unchanged) == (2, 0)
    again = await identity.credentials.import_badges(office(campus), campus.north, rows)
    assert (again.new, again.unchanged) == (0, 2)
    assert await identity.credentials.by_number(kiosk(campus), "04D4E5F6") == ben.id


@pytest.mark.parametrize(
    ("content", "line", "why"),
    [
        ("identifier,badge\n1001,04A1B2C3\n9999,04D4E5F6\n", 3, "no student of this school has the identifier '9999'"),
        ("identifier,badge\n1001,04A1B2C3\n1002,\n", 3, "the badge number is missing"),
        ("identifier,badge\n1001,04A1B2C3\n1002", 3, "the badge number is missing"),
        ("identifier,badge\n1001,04A1B2C3\n,04D4E5F6\n", 3, "the row names no student"),
        ("identifier,badge\n1001,04A1B2C3\n1002,04a1 b2c3\n", 3, "the same badge number stands in line 2"),
        ("identifier,badge\n1001,04A1B2C3\n1002,12\n", 3, "5 to 64 letters and digits"),
        ("identifier,number\n1001,04A1B2C3\n", None, "does not name badge"),
        ("", None, "empty"),
        ("identifier,badge\n1001,04A1B2C3\n1002,01002\n", 3, "this is a student ID"),
        ("identifier,badge\n1001,04A1B2C3\n1002,TAKEN1\n", 3, "somebody else's"),
    ],
)
async def test_of_a_list_with_a_mistake_nothing_is_taken(
    identity: IdentityService,
    campus: Campus,
    ben: Person,
    database: Database,
    content: str,
    line: int | None,
    why: str,
) -> None:
    await identity.credentials.assign_badge(office(campus), campus.student, campus.north, "TAKEN1")
    register = await register_of(database, campus.north)
    with pytest.raises(UnfitFile) as refused:
        await identity.credentials.import_badges(office(campus), campus.north, read_badges(content.encode(), register))
    assert [problem.line for problem in refused.value.problems] == [line]
    assert why in refused.value.problems[0].why
    assert await identity.credentials.by_number(kiosk(campus), "04A1B2C3") is None


async def test_a_list_may_replace_the_badges_of_its_students(
    identity: IdentityService, campus: Campus, ben: Person, database: Database
) -> None:
    for student, number in ((campus.student, "OLD001"), (ben.id, "OLD002")):
        await identity.credentials.assign_badge(office(campus), student, campus.north, number)
    register = await register_of(database, campus.north)
    rows = read_badges(b"identifier,badge\n1001,NEW001\n", register)
    await identity.credentials.import_badges(office(campus), campus.north, rows, replace=True)
    known = [await identity.credentials.by_number(kiosk(campus), number) for number in ("OLD001", "NEW001", "OLD002")]
    assert known == [None, campus.student, ben.id]
