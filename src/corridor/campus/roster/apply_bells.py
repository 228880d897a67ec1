"""Bell schedules, which most rosters do not know: an assumed one for a school that has none, and notes on the rest."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from corridor.base.ids import new_id
from corridor.campus.roster.work import Work
from corridor.campus.starters import SCHEDULE_NAME, SCHOOL_WEEK, natural_order, starter_periods

_MOST = 12


async def add_starter_schedules(work: Work) -> None:
    """Give each active school without a bell schedule (`bare_school`) an assumed one, with its sections' periods."""
    await work.run(
        """CREATE TEMPORARY TABLE bare_school AS
           SELECT s.id AS school_id FROM school s
           WHERE s.active AND NOT EXISTS (SELECT FROM bell_schedule b WHERE b.school_id = s.id)"""
    )
    bare = await work.rows(
        """SELECT s.school_id, array_remove(array_agg(p.period ORDER BY p.uses DESC, p.period), NULL)
           FROM bare_school s LEFT JOIN (
               SELECT c.school_id, m.period, count(*) AS uses
               FROM section_meeting m JOIN section c ON c.id = m.section_id
               WHERE c.active AND m.period IS NOT NULL GROUP BY c.school_id, m.period) p USING (school_id)
           GROUP BY s.school_id ORDER BY s.school_id"""
    )
    for school_id, names in bare:
        await _add_schedule(work, school_id, names)
    if bare:
        schools = "One school has" if len(bare) == 1 else f"{len(bare)} schools have"
        work.findings.note(
            "assumed_bell_times",
            f"{schools} no bell times yet, because the roster holds none. Corridor assumed equal periods from 8:00 "
            "to 15:00, Monday to Friday. Set the true times under Bell schedules.",
        )


async def note_missing_periods(work: Work) -> None:
    """Tell of sections without a period, and of periods that no bell schedule of their school has."""
    without = await work.rows(
        """SELECT s.name, count(*) FROM section c JOIN school s ON s.id = c.school_id
           WHERE c.active AND s.active
             AND NOT EXISTS (SELECT FROM section_meeting m WHERE m.section_id = c.id AND m.period IS NOT NULL)
           GROUP BY s.id ORDER BY s.name"""
    )
    if without:
        work.findings.note(
            "sections_without_period",
            "The roster does not say in which period these sections meet, so nobody is known to be in them: "
            f"{_listed([f'{number} of {school}' for school, number in without])}.",
        )
    unknown: dict[str, list[str]] = defaultdict(list)
    for school, period in await work.rows(
        """SELECT DISTINCT s.name, m.period
           FROM section_meeting m JOIN section c ON c.id = m.section_id JOIN school s ON s.id = c.school_id
           WHERE c.active AND s.active AND m.period IS NOT NULL AND NOT EXISTS (
               SELECT FROM bell_schedule b JOIN bell_period p ON p.bell_schedule_id = b.id
               WHERE b.school_id = s.id AND p.name = m.period)
           ORDER BY 1, 2"""
    ):
        unknown[school].append(period)
    if unknown:
        schools = [f"{school}: {_listed(sorted(periods, key=natural_order))}" for school, periods in unknown.items()]
        work.findings.note(
            "unscheduled_periods",
            "Sections meet in periods that no bell schedule of their school has. Add them under Bell schedules. "
            f"{_listed(schools, between='; ')}.",
        )


async def note_missing_rotation(work: Work) -> None:
    """Tell of sections that meet on days of a rotation of which their school's calendar says nothing."""
    without = await work.rows(
        """SELECT s.name, array_agg(DISTINCT cycle ORDER BY cycle)
           FROM section_meeting m JOIN section c ON c.id = m.section_id JOIN school s ON s.id = c.school_id,
                unnest(m.cycles) AS cycle
           WHERE c.active AND s.active AND NOT EXISTS (
               SELECT FROM calendar_day d WHERE d.school_id = s.id AND d.cycle = cycle.cycle)
           GROUP BY s.id ORDER BY s.name"""
    )
    if without:
        schools = [f"{school}: {_listed(cycles)}" for school, cycles in without]
        work.findings.note(
            "missing_rotation",
            "Sections meet on days of a rotation that the school's calendar does not know, so nobody is known to be in "
            f"them. Set the rotation under Calendar. {_listed(schools, between='; ')}.",
        )


def _listed(items: Sequence[str], *, between: str = ", ") -> str:
    more = f"{between}and {len(items) - _MOST} more" if len(items) > _MOST else ""
    return between.join(items[:_MOST]) + more


async def _add_schedule(work: Work, school_id: UUID, names: list[str]) -> None:
    schedule_id = new_id()
    await work.run(
        """INSERT INTO bell_schedule (id, school_id, name, days, assumed)
           VALUES (%(id)s, %(school_id)s, %(name)s, %(days)s, true)""",
        id=schedule_id,
        school_id=school_id,
        name=SCHEDULE_NAME,
        days=SCHOOL_WEEK,
    )
    async with work.connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO bell_period (id, bell_schedule_id, name, starts_at, ends_at) VALUES (%s, %s, %s, %s, %s)",
            [(new_id(), schedule_id, each.name, each.starts_at, each.ends_at) for each in starter_periods(names)],
        )
