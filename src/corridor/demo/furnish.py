"""What a made-up school needs beyond its roster: true bell times, holidays, and more places than every school starts
with."""

from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.ids import derived_id
from corridor.campus.model import Period
from corridor.campus.starters import SCHEDULE_NAME, SCHOOL_WEEK
from corridor.campus.tables import BellPeriod, BellSchedule, CalendarDay, Location, School
from corridor.campus.words import LocationKind
from corridor.demo.bells import bells_of
from corridor.demo.plan import DISTRICT_ID, DistrictSpec
from corridor.demo.year import SchoolYear, school_year
from corridor.ledger.store import bump_config

# (name, kind, capacity), for as many of them as the school is large.
_PLACES = (
    ("Restroom C", LocationKind.RESTROOM, 4),
    ("Water fountain", LocationKind.FOUNTAIN, 2),
    ("Lockers", LocationKind.LOCKER, None),
    ("Restroom D", LocationKind.RESTROOM, 4),
    ("Restroom E", LocationKind.RESTROOM, 3),
)
_STUDENTS_A_PLACE = 150


async def furnish(session: AsyncSession, spec: DistrictSpec) -> None:
    """Give the made-up schools their bells, and no others, and their places. Changes nothing the second time."""
    changed = []
    for index in range(spec.schools):
        school = await session.scalar(select(School).where(School.source_id == spec.id_of(index)))
        assert school is not None, f"{DISTRICT_ID} was imported without {spec.id_of(index)}"
        written = [
            await _write_bells(session, school.id, bells_of(school.name)),
            await _write_places(session, school.id, spec.students_of(index)),
            await _write_holidays(session, school.id, school_year(spec.on)),
        ]
        if any(written):
            changed.append(school.id)
    if changed:
        await bump_config(session, changed)


async def _write_bells(session: AsyncSession, school_id: UUID, periods: tuple[Period, ...]) -> bool:
    schedule_id = derived_id("demo bells", school_id)
    ids = (await session.scalars(select(BellSchedule.id).where(BellSchedule.school_id == school_id))).all()
    rows = await session.execute(
        select(BellPeriod.name, BellPeriod.starts_at, BellPeriod.ends_at)
        .where(BellPeriod.bell_schedule_id == schedule_id)
        .order_by(BellPeriod.starts_at)
    )
    if ids == [schedule_id] and tuple(Period(*row) for row in rows) == periods:
        return False
    await session.execute(delete(BellSchedule).where(BellSchedule.school_id == school_id))
    schedule = {"id": schedule_id, "school_id": school_id, "name": SCHEDULE_NAME, "days": SCHOOL_WEEK, "assumed": False}
    await session.execute(insert(BellSchedule), [schedule])
    await session.execute(
        insert(BellPeriod),
        [
            {
                "id": derived_id("demo bells", school_id, period.name),
                "bell_schedule_id": schedule_id,
                "name": period.name,
                "starts_at": period.starts_at,
                "ends_at": period.ends_at,
            }
            for period in periods
        ],
    )
    return True


async def _write_holidays(session: AsyncSession, school_id: UUID, year: SchoolYear) -> bool:
    rows = [{"school_id": school_id, "on_date": day, "note": why} for day, why in year.holidays().items()]
    added = await session.execute(
        upsert(CalendarDay).values(rows).on_conflict_do_nothing().returning(CalendarDay.on_date)
    )
    return bool(added.all())


async def _write_places(session: AsyncSession, school_id: UUID, students: int) -> bool:
    rows = [
        {
            "id": derived_id("demo place", school_id, name),
            "school_id": school_id,
            "name": name,
            "kind": kind,
            "capacity": capacity,
            "made_by": "starter",
            "active": True,
        }
        for name, kind, capacity in _PLACES[: students // _STUDENTS_A_PLACE]
    ]
    if not rows:
        return False
    added = await session.execute(upsert(Location).values(rows).on_conflict_do_nothing().returning(Location.id))
    return bool(added.all())
