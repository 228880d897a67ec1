"""What a guardian's pages read. Every read keeps to the guardian's own children."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from corridor.base.database import Database
from corridor.base.errors import NotFound
from corridor.day.state import Pass
from corridor.identity.permissions import Action, require
from corridor.identity.principal import Principal
from corridor.passes.load import PASS_COLUMNS, pass_from_row
from corridor.passes.withheld import for_student

_CHILDREN = """
    SELECT p.id, coalesce(p.preferred_given_name, p.given_name),
           concat_ws(' ', coalesce(p.preferred_given_name, p.given_name),
                     coalesce(p.preferred_family_name, p.family_name)),
           p.grade, s.id, s.name, s.time_zone
    FROM person p
    JOIN membership m ON m.person_id = p.id AND m.role = 'student' AND m.active
    JOIN school s ON s.id = m.school_id AND s.active
    WHERE p.id = ANY(%s) AND p.active
    ORDER BY p.given_name, p.id, m.is_primary DESC, s.name"""
_PASSES = f"""
    SELECT {PASS_COLUMNS} FROM pass
    WHERE student_id = %(student)s AND school_id = %(school)s AND status <> 'scheduled'
      AND (%(since)s::timestamptz IS NULL OR requested_at >= %(since)s) AND (%(pass)s::uuid IS NULL OR id = %(pass)s)
    ORDER BY requested_at DESC, seq DESC LIMIT %(limit)s"""  # noqa: S608 - names of our own struct
_MOST_PASSES = 2000


class Child(msgspec.Struct, frozen=True):
    """A child of a guardian, at one school."""

    id: UUID
    given_name: str
    name: str
    grade: str | None
    school_id: UUID
    school_name: str
    time_zone: str


async def children_of(database: Database, viewer: Principal) -> list[Child]:
    """The guardian's children, by name; one that goes to two schools is there twice."""
    require(viewer, Action.FAMILY_VIEW)
    async with database.raw() as connection:
        cursor = await connection.execute(_CHILDREN, [list(viewer.own_ids)])
        found = [Child(*row) for row in await cursor.fetchall()]
    return [child for child in found if viewer.reaches(child.school_id)]


async def find_child(
    database: Database,
    viewer: Principal,
    student_id: UUID,
    school_id: UUID | None = None,
    action: Action = Action.FAMILY_VIEW,
) -> Child:
    """A child of the guardian's, at the school where one is named. Raises `NotFound` for anybody else's."""
    require(viewer, action, person_id=student_id)
    for child in await children_of(database, viewer):
        if child.id == student_id and school_id in (None, child.school_id):
            return child
    raise NotFound("There is no such person, or the record is not yours to see.")


async def passes_of_child(database: Database, viewer: Principal, child: Child, since: datetime) -> list[Pass]:
    """The child's passes that were asked for since then, the newest first, as their student reads them."""
    require(viewer, Action.FAMILY_VIEW, person_id=child.id, school_id=child.school_id)
    async with database.raw() as connection:
        return await read_passes(connection, child.id, child.school_id, since=since)


async def read_passes(
    connection: psycopg.AsyncConnection[Any],
    student_id: UUID,
    school_id: UUID,
    *,
    since: datetime | None = None,
    pass_id: UUID | None = None,
) -> list[Pass]:
    """A student's passes, the newest first: those since then, or just one. Who may ask is the caller's to check."""
    values = {"student": student_id, "school": school_id, "since": since, "pass": pass_id, "limit": _MOST_PASSES}
    cursor = await connection.execute(_PASSES, values, binary=True)
    return [for_student(pass_from_row(row)) for row in await cursor.fetchall()]
