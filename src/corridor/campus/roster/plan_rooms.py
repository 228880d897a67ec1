"""Plan for locations: the rooms that sections name, and a starter set for a school that has none."""

from typing import Any

from corridor.base.ids import new_id
from corridor.campus.roster.records import Kind
from corridor.campus.roster.work import Work
from corridor.campus.starters import STARTER_LOCATIONS
from corridor.campus.words import LocationKind


async def plan_rooms(work: Work) -> None:
    """Make `plan_location`, what to add, and `room`: which location a school means by a room's name.

    A room is the same in any letter case. The starter set comes first, so that a class in the "library" meets there.
    """
    await work.run(
        """CREATE TEMPORARY TABLE plan_location
           (id uuid, school_id uuid, name text, kind text, capacity int, made_by text)"""
    )
    bare = await work.rows(
        """SELECT f.id FROM future_school f
           WHERE NOT EXISTS (SELECT FROM location l WHERE l.school_id = f.id) ORDER BY f.id"""
    )
    starters = [
        (new_id(), school_id, starter.name, starter.kind, starter.capacity, "starter")
        for (school_id,) in bare
        for starter in STARTER_LOCATIONS
    ]
    await _add(work, starters)
    named = await work.rows(
        """SELECT DISTINCT ON (s.school_id, lower(m.room)) s.school_id, m.room
           FROM stage_meeting m JOIN stage_section s ON s.seq = m.seq AND NOT s.dropped AND NOT s.gone
           WHERE m.room IS NOT NULL
             AND (s.school_id, lower(m.room)) NOT IN (SELECT school_id, lower(name) FROM location)
             AND (s.school_id, lower(m.room)) NOT IN (SELECT school_id, lower(name) FROM plan_location)
           ORDER BY s.school_id, lower(m.room), m.seq"""
    )
    await _add(work, [(new_id(), school_id, room, LocationKind.CLASSROOM, None, "roster") for school_id, room in named])
    await work.run(
        """CREATE TEMPORARY TABLE room AS
           SELECT DISTINCT ON (school_id, lower(name)) school_id, lower(name) AS key, id
           FROM (SELECT school_id, name, id, active FROM location
                 UNION ALL SELECT school_id, name, id, true FROM plan_location) known
           ORDER BY school_id, lower(name), active DESC, id"""
    )
    await work.run("ANALYZE room")
    counts = work.report.kinds[Kind.LOCATIONS]
    counts.added = len(starters) + len(named)
    counts.active_before = await work.count("SELECT count(*) FROM location WHERE active")
    counts.active_after = counts.active_before + counts.added


async def _add(work: Work, locations: list[tuple[Any, ...]]) -> None:
    async with work.connection.cursor() as cursor:
        await cursor.executemany("INSERT INTO plan_location VALUES (%s, %s, %s, %s, %s, %s)", locations)
