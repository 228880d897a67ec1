"""Plan for when and where sections meet: periods' texts are taken apart, then compared with what is stored."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from corridor.base.ids import new_id
from corridor.campus.roster.meeting_text import Reading, dialect_of, read_meeting
from corridor.campus.roster.records import Kind
from corridor.campus.roster.work import Work

# Stored meetings' days, written as the texts write them.
_STORED = """
    SELECT DISTINCT c.school_id, 'x(' || coalesce(
        array_to_string(m.cycles, ','), translate(array_to_string(m.days, ','), '1234567', 'MTWRFSU')) || ')'
    FROM section_meeting m JOIN section c ON c.id = m.section_id AND c.active
    WHERE coalesce(cardinality(m.cycles), cardinality(m.days)) > 0"""
_LISTED = "NOT s.dropped AND NOT s.gone"


async def read_texts(work: Work) -> None:
    """Take the periods' texts in `stage_meeting` apart where their meaning is clear, school by school.

    Bell schedules that an import assumed have no say: they are made of texts like these.
    """
    texts = await _by_school(
        work,
        f"""SELECT DISTINCT s.school_id, m.period FROM stage_meeting m JOIN stage_section s ON s.seq = m.seq
            WHERE {_LISTED} AND s.school_id IS NOT NULL AND m.period IS NOT NULL AND m.days IS NULL
              AND m.cycles IS NULL""",  # noqa: S608 - a name of our own
    )
    periods = await _by_school(
        work,
        """SELECT DISTINCT b.school_id, p.name FROM bell_period p
           JOIN bell_schedule b ON b.id = p.bell_schedule_id AND NOT b.assumed""",
    )
    cycles = await _by_school(work, "SELECT DISTINCT school_id, cycle FROM calendar_day WHERE cycle IS NOT NULL")
    # A delta brings some of a school's texts; what is known of the others says how these are meant.
    stored: dict[UUID, list[str]] = defaultdict(list)
    if not work.is_bulk(Kind.SECTIONS):
        stored = await _by_school(work, _STORED)
    read: list[tuple[Any, ...]] = []
    for school_id, those in texts.items():
        dialect = dialect_of([*those, *stored[school_id]], periods[school_id], cycles[school_id])
        for text in those:
            for part, reading in enumerate(read_meeting(text, dialect) or ()):
                read.append((school_id, text, part, *_columns(reading)))
    if read:
        await _replace(work, read)


async def plan_meetings(work: Work) -> None:
    """Make `new_meeting` and `old_meeting`. A meeting's room is found by its name in `room`."""
    await work.run(
        f"""CREATE TEMPORARY TABLE plan_meeting AS
            SELECT DISTINCT ON (s.id, m.period, m.days, m.cycles, r.id)
                   m.new_id, s.id AS section_id, m.period, m.days, m.cycles, r.id AS location_id
            FROM stage_meeting m JOIN stage_section s ON s.seq = m.seq AND {_LISTED}
            LEFT JOIN room r ON r.school_id = s.school_id AND r.key = lower(m.room)
            ORDER BY s.id, m.period, m.days, m.cycles, r.id, m.new_id"""  # noqa: S608 - a name of our own
    )
    await work.run("ANALYZE plan_meeting")
    same = """m.section_id = p.section_id AND m.period IS NOT DISTINCT FROM p.period
              AND m.days IS NOT DISTINCT FROM p.days AND m.cycles IS NOT DISTINCT FROM p.cycles
              AND m.location_id IS NOT DISTINCT FROM p.location_id"""
    await work.run(
        f"""CREATE TEMPORARY TABLE new_meeting AS
            SELECT p.* FROM plan_meeting p WHERE NOT EXISTS (SELECT FROM section_meeting m WHERE {same})"""  # noqa: S608
    )
    spoken = "false" if "meetings" in work.scope(Kind.SECTIONS).silent else "true"
    await work.run(
        f"""CREATE TEMPORARY TABLE old_meeting AS
            SELECT m.id, m.section_id FROM section_meeting m
            WHERE {spoken} AND m.section_id IN (SELECT s.id FROM stage_section s WHERE {_LISTED})
              AND NOT EXISTS (SELECT FROM plan_meeting p WHERE {same})"""  # noqa: S608 - names of our own
    )


async def _by_school(work: Work, sql: str) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    for school_id, text in await work.rows(sql):
        found[school_id].append(text)
    return found


def _columns(reading: Reading) -> tuple[Any, ...]:
    return (
        reading.period,
        list(reading.days) if reading.days else None,
        list(reading.cycles) if reading.cycles else None,
    )


async def _replace(work: Work, read: list[tuple[Any, ...]]) -> None:
    """Put what the texts say in their places; the parts after the first are meetings of their own."""
    await work.run(
        """CREATE TEMPORARY TABLE meeting_text
           (school_id uuid, text text, part int, period text, days smallint[], cycles text[])"""
    )
    async with work.connection.cursor() as cursor:
        await cursor.executemany("INSERT INTO meeting_text VALUES (%s, %s, %s, %s, %s, %s)", read)
    more = await work.rows(
        """SELECT m.seq, m.room, t.period, t.days, t.cycles
           FROM stage_meeting m JOIN stage_section s ON s.seq = m.seq
           JOIN meeting_text t ON t.school_id = s.school_id AND t.text = m.period
           WHERE t.part > 0 AND m.days IS NULL AND m.cycles IS NULL"""
    )
    await work.run(
        """UPDATE stage_meeting m SET period = t.period, days = t.days, cycles = t.cycles
           FROM stage_section s, meeting_text t
           WHERE s.seq = m.seq AND t.school_id = s.school_id AND t.text = m.period AND t.part = 0
             AND m.days IS NULL AND m.cycles IS NULL"""
    )
    async with work.connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO stage_meeting (seq, new_id, room, period, days, cycles) VALUES (%s, %s, %s, %s, %s, %s)",
            [(seq, new_id(), *rest) for seq, *rest in more],
        )
