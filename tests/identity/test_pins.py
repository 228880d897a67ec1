"""PINs: which are taken, how they are kept, who sets them."""

import pytest
from sqlalchemy import text

from corridor.base.database import Database
from corridor.base.errors import InvalidInput, NotFound, NotPermitted
from corridor.base.ids import new_id
from corridor.identity.pins import check_new_pin
from corridor.identity.principal import Principal, Role
from corridor.identity.service import IdentityService
from tests.identity.conftest import Campus


def office(campus: Campus) -> Principal:
    return Principal(
        id=new_id(), kind="account", role=Role.FRONT_OFFICE, name="Office", school_ids=frozenset({campus.north})
    )


def ana(campus: Campus) -> Principal:
    return Principal(
        id=new_id(),
        kind="account",
        role=Role.STUDENT,
        name="Ana",
        person_id=campus.student,
        own_ids=frozenset({campus.student}),
        school_ids=frozenset({campus.north}),
    )


@pytest.mark.parametrize("pin", ["4711", "2580", "80246", "90210735", "0418"])
def test_a_pin_that_is_not_obvious_is_taken(pin: str) -> None:
    check_new_pin(pin, "1001")


@pytest.mark.parametrize(
    "pin",
    [
        "", "1", "123", "123456789", "12a4", "12 4", "१२३४", "-471", "4711\n",
        "0000", "7777", "11111111", "1212", "123123", "04040404",
        "1234", "0123", "4567", "56789", "4321", "9876", "7890",
        "1999", "2010", "2026",
    ],
)  # fmt: skip
def test_an_obvious_pin_is_refused_with_what_to_do(pin: str) -> None:
    with pytest.raises(InvalidInput, match="PIN"):
        check_new_pin(pin, None)


def test_a_part_of_the_student_id_is_refused() -> None:
    with pytest.raises(InvalidInput, match="student ID"):
        check_new_pin("7042", "870421")


async def test_only_a_hash_is_kept_and_the_pin_is_not_in_the_audit(
    identity: IdentityService, campus: Campus, database: Database
) -> None:
    await identity.credentials.set_pin(office(campus), campus.student, campus.north, "4711")
    async with database.session() as session:
        row = (await session.execute(text("SELECT t::text FROM student_pin t"))).scalar_one()
        events = (await session.execute(text("SELECT body::text FROM ledger_event"))).scalars().all()
    assert "argon2id" in row
    assert "4711" not in row.replace("argon2id", "")
    (event,) = events
    assert "pin.set" in event
    assert "4711" not in event


async def test_a_student_sets_their_own_and_nobody_elses(identity: IdentityService, campus: Campus) -> None:
    await identity.credentials.set_pin(ana(campus), campus.student, campus.north, "4711")
    with pytest.raises(NotFound):
        await identity.credentials.set_pin(ana(campus), campus.teacher, campus.north, "4711")
    for forbidden in (
        identity.credentials.drop_pin(ana(campus), campus.student, campus.north),
        identity.credentials.assign_badge(ana(campus), campus.student, campus.north, "04A1B2C3"),
        identity.credentials.make_cards(ana(campus), campus.north, [campus.student]),
    ):
        with pytest.raises(NotPermitted):
            await forbidden


async def test_pins_are_for_students_of_the_school(identity: IdentityService, campus: Campus) -> None:
    with pytest.raises(NotFound):
        await identity.credentials.set_pin(office(campus), campus.teacher, campus.north, "4711")
    with pytest.raises(NotFound):
        await identity.credentials.set_pin(office(campus), campus.student, campus.south, "4711")
