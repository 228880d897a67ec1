"""Plans for the district, its schools, terms and courses."""

from corridor.campus.roster.matching import Key, compare, drop_repeats, find
from corridor.campus.roster.records import Kind
from corridor.campus.roster.targets import COURSES, SCHOOLS, TERMS
from corridor.campus.roster.work import Sort, Work

_SAME_IDENTIFIER = Key.alike("x.identifier", "identifier")
_SAME_SPAN = Key.alike("ARRAY[lower(x.title), x.kind, x.starts_on::text, x.ends_on::text]", "title", certain=False)
_SAME_COURSE = Key.alike("ARRAY[x.school_id::text, lower(x.code), lower(x.title)]", "title", certain=False)


async def plan_schools(work: Work) -> None:
    """Also makes `org_ref`: what an organisation's identifier stands for, a school or (null) the whole district."""
    await drop_repeats(work, SCHOOLS)
    await work.warn(
        Sort(
            kind=Kind.SCHOOLS,
            code="second_district",
            field="name",
            why="There is more than one district; an installation serves one, and the first was taken.",
            advice="Give every district an installation of its own.",
        ),
        """SELECT seq, file, line, name AS value FROM stage_school
           WHERE type = 'district' AND NOT dropped AND NOT gone ORDER BY seq OFFSET 1""",
    )
    await _note_other_organisations(work)
    await work.run("UPDATE stage_school SET dropped = true WHERE type <> 'school' AND NOT gone")
    await find(work, SCHOOLS, (_SAME_IDENTIFIER,))
    await compare(work, SCHOOLS)
    await work.run(
        """CREATE TEMPORARY TABLE org_ref AS
           SELECT source_id, id AS school_id FROM future_school
           UNION SELECT source_id, NULL FROM stage_school WHERE type = 'district'"""
    )
    if not work.is_bulk(Kind.SCHOOLS):
        await work.run(
            """INSERT INTO org_ref SELECT source_id, NULL FROM district
               WHERE source_id NOT IN (SELECT source_id FROM org_ref)"""
        )


async def plan_terms(work: Work) -> None:
    await drop_repeats(work, TERMS)
    await find(work, TERMS, (_SAME_SPAN,))
    await work.run(
        "UPDATE stage_term s SET parent_id = f.id FROM future_term f WHERE f.source_id = s.parent_ref AND f.id <> s.id"
    )
    await work.warn(
        Sort(
            kind=Kind.TERMS,
            code="unknown_parent",
            field="parent",
            why="No other term has this identifier; the term was taken without a parent.",
            advice="Add the parent to the roster, or leave the field blank.",
        ),
        """SELECT seq, file, line, parent_ref AS value FROM stage_term
           WHERE parent_ref IS NOT NULL AND parent_id IS NULL AND NOT dropped AND NOT gone""",
    )
    await compare(work, TERMS)
    [(newest,)] = await work.rows("SELECT max(ends_on) FROM stage_term WHERE NOT dropped AND NOT gone")
    if newest is not None and newest < work.today:
        work.findings.note(
            "terms_over",
            f"Every term of this roster is over; the last one ended on {newest}. Is the export an old one? "
            "Until a newer roster comes, everybody is taken to be where its last day puts them.",
        )


async def plan_courses(work: Work) -> None:
    await drop_repeats(work, COURSES)
    await work.warn(
        Sort(
            kind=Kind.COURSES,
            code="unknown_school",
            field="org",
            why="No school of the roster has this identifier; the course was taken as one of the whole district.",
            advice="Name a school of the roster, or the district.",
        ),
        """SELECT seq, file, line, org_ref AS value FROM stage_course s
           WHERE org_ref IS NOT NULL AND NOT EXISTS (SELECT FROM org_ref o WHERE o.source_id = s.org_ref)
             AND NOT dropped AND NOT gone""",
    )
    await work.run("UPDATE stage_course s SET school_id = o.school_id FROM org_ref o WHERE o.source_id = s.org_ref")
    await find(work, COURSES, (_SAME_COURSE,))
    await compare(work, COURSES)


async def _note_other_organisations(work: Work) -> None:
    others = await work.rows(
        """SELECT type, count(*) FROM stage_school
           WHERE type NOT IN ('school', 'district') AND NOT dropped AND NOT gone GROUP BY type ORDER BY type"""
    )
    if others:
        listed = ", ".join(f"{number} of type {type}" for type, number in others)
        work.findings.note("other_organisations", f"Only schools and the district are read; left out: {listed}.")
