"""Plans for sections, their terms and meetings, and for enrollments."""

# ruff: noqa: S608 - statements are put together from names in the code, never from a roster's values.

from corridor.campus.roster.matching import Key, compare, drop_repeats, find
from corridor.campus.roster.plan_meetings import plan_meetings, read_texts
from corridor.campus.roster.plan_rooms import plan_rooms
from corridor.campus.roster.records import Kind
from corridor.campus.roster.targets import ENROLLMENTS, SECTIONS
from corridor.campus.roster.work import Sort, Work

_LISTED = "NOT s.dropped AND NOT s.gone"

# When and where a section meets, as one text that is the same on both sides.
_WHEN = """string_agg(
    concat_ws('/', m.period, array_to_string(m.days, ','), array_to_string(m.cycles, ',')) || '@'
    || lower(coalesce({room}, '')), '|' ORDER BY m.period, m.days, m.cycles, lower({room}))"""
_OUR_WHEN = f"""(SELECT {_WHEN.format(room="l.name")}
                 FROM section_meeting m LEFT JOIN location l ON l.id = m.location_id WHERE m.section_id = x.id)"""
_CLASS = """ARRAY[x.school_id::text, coalesce(x.course_id::text, ''), lower(x.title), lower(coalesce(x.code, '')),
                  coalesce({when}, '')]"""
_SAME_CLASS = Key(_CLASS.format(when="x.signature"), _CLASS.format(when=_OUR_WHEN), "title", certain=False)
_SAME_SEAT = Key.alike("ARRAY[x.section_id::text, x.person_id::text, x.role]", "person")


async def plan_sections(work: Work) -> None:
    await drop_repeats(work, SECTIONS)
    await _resolve_section(work)
    await find(work, SECTIONS, (_SAME_CLASS,))
    await compare(work, SECTIONS)
    await _plan_terms(work)
    await plan_rooms(work)
    await plan_meetings(work)
    await _count_changed_details(work)


async def plan_enrollments(work: Work) -> None:
    await drop_repeats(work, ENROLLMENTS)
    await work.run(
        """UPDATE stage_enrollment e SET section_id = r.section_id, person_id = r.person_id
           FROM (SELECT s.seq, c.id AS section_id, p.id AS person_id FROM stage_enrollment s
                 LEFT JOIN future_section c ON c.source_id = s.section_ref
                 LEFT JOIN future_person p ON p.source_id = s.person_ref
                 WHERE NOT s.gone AND NOT s.dropped) r
           WHERE r.seq = e.seq"""
    )
    await work.reject(
        Sort(
            kind=Kind.ENROLLMENTS,
            code="unknown_section",
            field="section",
            why="No section (class) of the roster has this identifier, or its row was rejected.",
            advice="Add or correct the section, or remove the enrollment.",
        ),
        "stage_enrollment",
        "s.section_id IS NULL",
        "s.section_ref",
    )
    await work.reject(
        Sort(
            kind=Kind.ENROLLMENTS,
            code="unknown_person",
            field="person",
            why="No person of the roster has this identifier, or their row was rejected.",
            advice="Add or correct the person, or remove the enrollment.",
        ),
        "stage_enrollment",
        "s.person_id IS NULL",
        "s.person_ref",
    )
    await find(work, ENROLLMENTS, (_SAME_SEAT,))
    await compare(work, ENROLLMENTS)


async def _resolve_section(work: Work) -> None:
    await work.reject(
        Sort(
            kind=Kind.SECTIONS,
            code="unknown_school",
            field="school",
            why="No school of the roster has this identifier.",
            advice="Add the school to the roster, or correct the identifier.",
        ),
        "stage_section",
        "NOT EXISTS (SELECT FROM org_ref o WHERE o.source_id = s.school_ref)",
        "s.school_ref",
    )
    await work.run(
        """UPDATE stage_section s SET
             school_id = (SELECT o.school_id FROM org_ref o WHERE o.source_id = s.school_ref ORDER BY 1 LIMIT 1),
             course_id = (SELECT f.id FROM future_course f WHERE f.source_id = s.course_ref)
           WHERE NOT s.gone AND NOT s.dropped"""
    )
    await work.reject(
        Sort(
            kind=Kind.SECTIONS,
            code="not_a_school",
            field="school",
            why="A section belongs to a school, and this identifier is the district's.",
            advice="Name the school where the section meets.",
        ),
        "stage_section",
        "s.school_id IS NULL",
        "s.school_ref",
    )
    await read_texts(work)
    await work.run(
        f"""UPDATE stage_section s SET signature = w.signature
            FROM (SELECT m.seq, {_WHEN.format(room="m.room")} AS signature FROM stage_meeting m GROUP BY m.seq) w
            WHERE w.seq = s.seq"""
    )
    await work.warn(
        Sort(
            kind=Kind.SECTIONS,
            code="unknown_course",
            field="course",
            why="No course of the roster has this identifier; the section was taken without a course.",
            advice="Add the course to the roster, or correct the identifier.",
        ),
        f"""SELECT seq, file, line, course_ref AS value FROM stage_section s
            WHERE {_LISTED} AND course_ref IS NOT NULL AND course_id IS NULL""",
    )


async def _plan_terms(work: Work) -> None:
    """Make `new_section_term` and `old_section_term`, the links to add and to take away."""
    await work.run(
        f"""CREATE TEMPORARY TABLE plan_section_term AS
            SELECT DISTINCT s.seq, s.file, s.line, s.id AS section_id, f.id AS term_id, t.term_ref
            FROM stage_section_term t JOIN stage_section s ON s.seq = t.seq AND {_LISTED}
            LEFT JOIN future_term f ON f.source_id = t.term_ref"""
    )
    await work.warn(
        Sort(
            kind=Kind.SECTIONS,
            code="unknown_term",
            field="terms",
            why="No term of the roster has this identifier; the section was taken without it.",
            advice="Add the term to the roster, or correct the identifier.",
        ),
        "SELECT seq, file, line, term_ref AS value FROM plan_section_term WHERE term_id IS NULL",
    )
    await work.run(
        """CREATE TEMPORARY TABLE new_section_term AS
           SELECT DISTINCT p.section_id, p.term_id FROM plan_section_term p
           LEFT JOIN section_term t ON t.section_id = p.section_id AND t.term_id = p.term_id
           WHERE p.term_id IS NOT NULL AND t.term_id IS NULL"""
    )
    spoken = "false" if "terms" in work.scope(Kind.SECTIONS).silent else "true"
    await work.run(
        f"""CREATE TEMPORARY TABLE old_section_term AS
            SELECT t.section_id, t.term_id FROM section_term t JOIN stage_section s ON s.id = t.section_id AND {_LISTED}
            LEFT JOIN plan_section_term p ON p.section_id = t.section_id AND p.term_id = t.term_id
            WHERE p.term_id IS NULL AND {spoken}"""
    )


async def _count_changed_details(work: Work) -> None:
    """A section whose terms or meetings differ has changed, even if its own row has not."""
    await work.run(
        """CREATE TEMPORARY TABLE changed_details AS
           SELECT section_id FROM new_section_term UNION SELECT section_id FROM old_section_term
           UNION SELECT section_id FROM new_meeting UNION SELECT section_id FROM old_meeting"""
    )
    only_details = await work.count(
        """SELECT count(*) FROM changed_details d
           WHERE NOT EXISTS (SELECT FROM change_section c WHERE c.id = d.section_id)"""
    )
    counts = work.report.kinds[Kind.SECTIONS]
    counts.changed += only_details
    counts.unchanged -= only_details
