"""PINs with which students say who they are at a kiosk: which are taken, how they are kept."""

import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import InvalidInput
from corridor.identity.audit import audit
from corridor.identity.device_tables import StudentPin
from corridor.identity.principal import Principal

SHORTEST = 4
LONGEST = 8
_UP, _DOWN = "01234567890", "09876543210"
_REPEATS = re.compile(r"(\d{1,4})\1+")
_YEAR = re.compile(r"(19|20)\d\d")


def check_new_pin(pin: str, identifier: str | None) -> None:
    """Refuse a PIN that somebody would try first. Raises `InvalidInput` with what to do."""
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        raise InvalidInput(f"A PIN has {SHORTEST} to {LONGEST} digits and nothing else.", field="pin")
    if _REPEATS.fullmatch(pin):
        raise InvalidInput("This PIN repeats itself, so it is soon guessed. Choose another one.", field="pin")
    if pin in _UP or pin in _DOWN:
        raise InvalidInput("This PIN counts up or down, so it is soon guessed. Choose another one.", field="pin")
    if _YEAR.fullmatch(pin):
        raise InvalidInput("This PIN is a year, so it is soon guessed. Choose another one.", field="pin")
    if identifier and pin in identifier:
        raise InvalidInput("This PIN is part of the student ID. Choose another one.", field="pin")


async def put_pin(
    session: AsyncSession, by: Principal, student_id: UUID, school_id: UUID, pin_hash: str, now: datetime
) -> None:
    """Give the student this PIN in place of any other."""
    actor = by.person_id or by.id
    values = {"pin_hash": pin_hash, "set_at": now, "set_by": actor}
    await session.execute(
        insert(StudentPin)
        .values(student_id=student_id, **values)
        .on_conflict_do_update(index_elements=[StudentPin.student_id], set_=values)
    )
    await audit(session, now, by, "pin.set", about=student_id, school_id=school_id, by_self=actor == student_id)


async def drop_pin(session: AsyncSession, by: Principal, student_id: UUID, school_id: UUID, now: datetime) -> None:
    """Take the student's PIN away, if there is one."""
    gone = await session.execute(
        delete(StudentPin).where(StudentPin.student_id == student_id).returning(StudentPin.student_id)
    )
    if gone.first() is not None:
        await audit(session, now, by, "pin.removed", about=student_id, school_id=school_id)
