"""What the made-up school has on record about records: some looks, a legal hold, and an emergency disclosure."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from corridor.base.clock import Clock, FixedClock
from corridor.base.ids import derived_id
from corridor.campus.tables import School
from corridor.demo.accounts import Cast
from corridor.demo.cast import person_ids
from corridor.identity.access import Look
from corridor.identity.principal import Principal, Role
from corridor.identity.service import IdentityService
from corridor.ledger.words import Command
from corridor.privacy.access_log import LedgerAccessLog, RecordsLedger
from corridor.privacy.commands import Form, MakeDisclosure, PlaceHold

_BEGAN = timedelta(minutes=40)
_ADDRESS = "10.20.30.40"
_EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""A stream without events says that it is of long before."""


class _Wish(msgspec.Struct, frozen=True):
    """A look by whoever signs in as `who`, so many minutes after the first."""

    after: int
    who: str
    what: str
    look: Look
    student_ids: list[UUID]
    why: str | None = None


async def write_records(identity: IdentityService, clock: Clock, cast: Cast, school_source_id: str) -> None:
    """Put it on record, unless there is a record already."""
    database = identity.database
    async with database.session() as session:
        school_id = await session.scalar(select(School.id).where(School.source_id == school_source_id))
        assert school_id is not None
        known = await person_ids(session, [*cast.person_ids(Role.STUDENT), *cast.section.student_ids])
    played = [known[id] for id in sorted(cast.person_ids(Role.STUDENT))]
    mates = [known[id] for id in cast.section.student_ids]
    at = FixedClock(clock.now() - _BEGAN)
    records = RecordsLedger(database, at)
    await records.start()
    try:
        if (await records.now_of(school_id)).as_of >= _EVER:
            return
        began = at.instant
        for wish in _looks(played, mates):
            at.instant = began + timedelta(minutes=wish.after)
            viewer = await _principal(identity, wish.who, school_id)
            await LedgerAccessLog(records).looked(
                viewer,
                school_id,
                wish.what,
                wish.look,
                student_ids=wish.student_ids,
                why=wish.why,
                address=_ADDRESS,
            )
        at.instant = began + timedelta(minutes=30)
        for command in await _commands(identity, school_id, played, mates):
            await records.record(school_id, command)
    finally:
        await records.stop()


def _looks(played: list[UUID], mates: list[UUID]) -> list[_Wish]:
    first = played[:1]
    return [
        _Wish(0, "teacher", "class", Look.LIST, mates),
        _Wish(4, "office", "search", Look.LIST, mates[:5]),
        _Wish(5, "office", "record", Look.RECORD, first, "A parent called to pick up early"),
        _Wish(11, "counselor", "record", Look.RECORD, first),
        _Wish(18, "principal", "passes", Look.EXPORT, played),
    ]


async def _commands(identity: IdentityService, school_id: UUID, played: list[UUID], mates: list[UUID]) -> list[Command]:
    office = await _principal(identity, "office", school_id)
    district = await _principal(identity, "district", school_id)
    disclosed: dict[str, Any] = {"student_ids": tuple(dict.fromkeys([*played, *mates[:4]])), "unmasked": False}
    return [
        MakeDisclosure(
            disclosure_id=derived_id("demo disclosure", school_id),
            by=office.id,
            by_kind=office.kind,
            by_role=office.role,
            person_id=office.person_id,
            form=Form.PDF,
            threat="Smoke in the gym",
            parties="Fire Department, engine 2",
            address="10.20.30.0/24",
            **disclosed,
        ),
        PlaceHold(
            hold_id=derived_id("demo hold", school_id),
            by=district.person_id or district.id,
            student_id=played[-1],
            reason="Case 24-0118, at the request of the district's counsel",
        ),
    ]


async def _principal(identity: IdentityService, username: str, school_id: UUID) -> Principal:
    account = await identity.find_account(username)
    assert account is not None, f"the demo has no account '{username}'"
    return Principal(
        id=account.id,
        kind="account",
        role=Role(account.role),
        name=username,
        person_id=account.person_id,
        school_ids=frozenset({school_id}),
    )
