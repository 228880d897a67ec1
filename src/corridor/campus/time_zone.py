"""A school's time zone, as an administrator sets it."""

from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import InvalidInput
from corridor.campus.tables import School
from corridor.ledger.store import bump_config


@cache
def time_zones() -> tuple[str, ...]:
    """The names to choose from (IANA), in alphabetical order."""
    return tuple(sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))


async def set_time_zone(session: AsyncSession, school_id: UUID, name: str) -> None:
    """Have the school's clock run in this zone from now on. Raises `InvalidInput` for a name that is none."""
    if name not in time_zones():
        raise InvalidInput(f"'{name}' is no time zone. Choose one of the list, such as America/Chicago.", field="zone")
    await bump_config(session, [school_id])
    await session.execute(update(School).where(School.id == school_id).values(time_zone=name))
