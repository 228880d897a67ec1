"""The plan into the campus tables, within one transaction."""

# ruff: noqa: S608 - statements are put together from names in the code, never from a roster's values.

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.ids import new_id
from corridor.campus.roster.apply_bells import add_starter_schedules, note_missing_periods, note_missing_rotation
from corridor.campus.roster.matching import Target
from corridor.campus.roster.targets import COURSES, ENROLLMENTS, PEOPLE, SCHOOLS, SECTIONS, TERMS
from corridor.campus.roster.work import Work
from corridor.ledger.store import bump_config, ensure_heads

NewSchools = Callable[[AsyncSession, Sequence[UUID]], Awaitable[None]]
Progress = Callable[[str, int, int | None], None]

_DEFAULT_DISTRICT = "District"
_LARGE_CHANGE = 5000


async def apply_plan(
    work: Work, session: AsyncSession, on_new_schools: Sequence[NewSchools], progress: Progress
) -> None:
    """Write everything. `session` must be on the connection of `work`, with its transaction open.

    The ledger's heads are locked last, so that passes wait for no more than the commit.
    """
    steps: list[tuple[str, Callable[[], Awaitable[None]]]] = [
        ("schools", lambda: _apply_schools(work, session)),
        ("terms", lambda: _write(work, TERMS)),
        ("courses", lambda: _write(work, COURSES)),
        ("people", lambda: _write(work, PEOPLE)),
        ("memberships", lambda: _apply_memberships(work)),
        ("guardians", lambda: _apply_guardianships(work)),
        ("sections", lambda: _apply_sections(work)),
        ("enrollments", lambda: _write(work, ENROLLMENTS)),
        ("bell schedules", lambda: add_starter_schedules(work)),
    ]
    for done, (stage, step) in enumerate(steps):
        progress(f"Writing {stage}", done, len(steps))
        await step()
    await note_missing_periods(work)
    await note_missing_rotation(work)
    new_schools = [id for (id,) in await work.rows("SELECT id FROM change_school WHERE action = 'added' ORDER BY id")]
    if new_schools:
        await _note_new_schools(work, len(new_schools))
        for seed in on_new_schools:
            await seed(session, new_schools)
    await _refresh_statistics(work)
    touched = [id for (id,) in await work.rows(_TOUCHED)]
    if touched:
        await bump_config(session, touched)
    progress("Writing bell schedules", len(steps), len(steps))


async def _apply_schools(work: Work, session: AsyncSession) -> None:
    district_id = await _apply_district(work)
    await _write(work, SCHOOLS, district_id=district_id, time_zone=work.time_zone)
    added = await work.rows("SELECT id FROM change_school WHERE action = 'added'")
    await ensure_heads(session, [id for (id,) in added])


async def _apply_district(work: Work) -> UUID | None:
    known = await work.rows("SELECT id, name, source_id FROM district LIMIT 1")
    named = await work.rows(
        "SELECT name, source_id FROM stage_school WHERE type = 'district' AND NOT gone ORDER BY seq LIMIT 1"
    )
    if not known:
        if not named and not await work.count("SELECT count(*) FROM change_school"):
            return None
        name, source_id = named[0] if named else (_DEFAULT_DISTRICT, None)
        id = new_id()
        await work.run(
            "INSERT INTO district (id, name, source_id) VALUES (%(id)s, %(name)s, %(source_id)s)",
            id=id,
            name=name,
            source_id=source_id,
        )
        return id
    [(id, *ours)] = known
    if named and tuple(ours) != named[0]:
        name, source_id = named[0]
        await work.run("UPDATE district SET name = %(name)s, source_id = %(source_id)s", name=name, source_id=source_id)
    assert isinstance(id, UUID)
    return id


async def _write(work: Work, target: Target, **constants: object) -> None:
    """Deactivate, insert and update the rows of one table. `constants` are columns of new rows alone.

    New rows come before changed ones, which may refer to them.
    """
    table, stage = target.table, target.stage
    columns = ", ".join(target.columns)
    staged = ", ".join(f"s.{name}" for name in target.columns)
    await work.run(f"UPDATE {table} t SET active = false FROM gone_{table} g WHERE g.id = t.id")
    extra = "".join(f", {name}" for name in constants)
    values = "".join(f", %({name})s" for name in constants)
    await work.run(
        f"""INSERT INTO {table} (id, source_id, active, {columns}{extra})
            SELECT s.id, s.source_id, true, {staged}{values}
            FROM change_{table} c JOIN {stage} s ON s.seq = c.seq WHERE c.action = 'added' ORDER BY s.seq""",
        **constants,
    )
    spoken = [name for name in target.columns if name not in work.scope(target.kind).silent]
    updates = ", ".join(f"{name} = s.{name}" for name in spoken)
    await work.run(
        f"""UPDATE {table} t SET source_id = s.source_id, active = true, {updates}
            FROM change_{table} c JOIN {stage} s ON s.seq = c.seq WHERE c.action <> 'added' AND t.id = s.id"""
    )


async def _apply_memberships(work: Work) -> None:
    await work.run("UPDATE membership m SET active = false FROM gone_membership g WHERE g.id = m.id")
    await work.run(
        """UPDATE membership m SET active = true, is_primary = c.is_primary
           FROM change_membership c WHERE c.known_id = m.id"""
    )
    await work.run(
        """INSERT INTO membership (id, person_id, school_id, role, is_primary, active)
           SELECT new_id, person_id, school_id, role, is_primary, true FROM change_membership WHERE known_id IS NULL"""
    )


async def _apply_guardianships(work: Work) -> None:
    await work.run(
        """INSERT INTO guardianship AS g (guardian_id, student_id, guardian_says, student_says, invited, barred, active)
           SELECT guardian_id, student_id, guardian_says, student_says, false, false, holds FROM change_guardianship
           WHERE action <> 'unchanged'
           ON CONFLICT (guardian_id, student_id) DO UPDATE
           SET guardian_says = excluded.guardian_says, student_says = excluded.student_says, active = excluded.active"""
    )


async def _apply_sections(work: Work) -> None:
    await work.run(
        """INSERT INTO location (id, school_id, name, kind, capacity, made_by, active)
           SELECT id, school_id, name, kind, capacity, made_by, true FROM plan_location ORDER BY id"""
    )
    await _write(work, SECTIONS)
    await work.run(
        """DELETE FROM section_term t USING old_section_term o
           WHERE o.section_id = t.section_id AND o.term_id = t.term_id"""
    )
    await work.run("INSERT INTO section_term (section_id, term_id) SELECT section_id, term_id FROM new_section_term")
    await work.run("DELETE FROM section_meeting m USING old_meeting o WHERE o.id = m.id")
    await work.run(
        """INSERT INTO section_meeting (id, section_id, period, days, cycles, location_id)
           SELECT new_id, section_id, period, days, cycles, location_id FROM new_meeting"""
    )


async def _refresh_statistics(work: Work) -> None:
    """After a large change the planner must not go on believing in the old table sizes until autovacuum comes by."""
    written = sum(
        counts.added + counts.changed + counts.reactivated + counts.removed for counts in work.report.kinds.values()
    )
    if written >= _LARGE_CHANGE:
        await work.run(
            "ANALYZE person, membership, guardianship, section, section_term, section_meeting, enrollment, location"
        )


async def _note_new_schools(work: Work, number: int) -> None:
    schools = "One new school starts" if number == 1 else f"{number} new schools start"
    work.findings.note(
        "time_zone",
        f"{schools} in the time zone {work.time_zone}. If that is wrong, set the right one under Bell times.",
    )
    starters = await work.count("SELECT count(DISTINCT school_id) FROM plan_location WHERE made_by = 'starter'")
    if starters:
        work.findings.note(
            "starter_locations",
            "New schools start with two restrooms, a nurse, a main office, a library and a counselor. "
            "Edit them, and how many students each may hold, under Locations.",
        )


# Schools of which a row changed: their processes must load them anew.
_TOUCHED = """
    WITH section_ids AS (
        SELECT id FROM change_section UNION SELECT id FROM gone_section UNION SELECT section_id FROM changed_details
        UNION SELECT e.section_id FROM change_enrollment c JOIN enrollment e ON e.id = c.id
        UNION SELECT e.section_id FROM gone_enrollment g JOIN enrollment e ON e.id = g.id
        UNION SELECT t.section_id FROM section_term t
              WHERE t.term_id IN (SELECT id FROM change_term UNION SELECT id FROM gone_term)
        UNION SELECT s.id FROM section s
              WHERE s.course_id IN (SELECT id FROM change_course UNION SELECT id FROM gone_course)),
    person_ids AS (
        SELECT id FROM change_person UNION SELECT id FROM gone_person
        UNION SELECT student_id FROM change_guardianship WHERE action <> 'unchanged'
        UNION SELECT person_id FROM change_membership WHERE school_id IS NULL
        UNION SELECT person_id FROM gone_membership WHERE school_id IS NULL)
    SELECT id FROM change_school UNION SELECT id FROM gone_school
    UNION SELECT s.school_id FROM section s JOIN section_ids USING (id)
    UNION SELECT school_id FROM change_membership WHERE school_id IS NOT NULL
    UNION SELECT school_id FROM gone_membership WHERE school_id IS NOT NULL
    UNION SELECT m.school_id FROM membership m JOIN person_ids p ON p.id = m.person_id WHERE m.school_id IS NOT NULL
    UNION SELECT school_id FROM plan_location UNION SELECT school_id FROM bare_school
    ORDER BY 1"""
