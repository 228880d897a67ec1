"""Plans for people and for what they are at which school."""

# ruff: noqa: S608 - statements are put together from names in the code, never from a roster's values.

from corridor.campus.roster.matching import Key, compare, drop_repeats, find
from corridor.campus.roster.records import Kind
from corridor.campus.roster.targets import PEOPLE
from corridor.campus.roster.work import Sort, Work


async def plan_people(work: Work) -> None:
    await drop_repeats(work, PEOPLE)
    await work.run(
        """UPDATE stage_person p SET is_student = r.is_student
           FROM (SELECT coalesce(p.source_id, r.person_ref) AS source_id, bool_or(r.role = 'student') AS is_student
                 FROM stage_role r LEFT JOIN stage_person p ON p.seq = r.person_seq
                 WHERE NOT r.gone GROUP BY 1) r
           WHERE r.source_id = p.source_id"""
    )
    knows_roles = await work.count("SELECT count(*) FROM (SELECT FROM stage_role LIMIT 1) r")
    await find(work, PEOPLE, _keys(bool(knows_roles)))
    await compare(work, PEOPLE)


def _keys(knows_roles: bool) -> tuple[Key, ...]:
    """A student is never matched with an adult. An e-mail address may be a family's, so a given name must fit too."""
    if knows_roles:
        staged = "coalesce(x.is_student, false)::text"
        ours = "(EXISTS (SELECT FROM membership m WHERE m.person_id = x.id AND m.active AND m.role = 'student'))::text"
    else:
        staged = ours = "''"
    number = "CASE WHEN x.identifier <> '' THEN ARRAY[x.identifier, {sort}] END"
    address = "CASE WHEN x.email <> '' THEN ARRAY[lower(x.email), lower(x.given_name), {sort}] END"
    return (
        Key(number.format(sort=staged), number.format(sort=ours), "identifier"),
        Key(address.format(sort=staged), address.format(sort=ours), "email"),
    )


async def plan_memberships(work: Work) -> None:
    """Make `plan_membership`, `change_membership`, `gone_membership` and `future_student`."""
    await _resolve_roles(work)
    await work.run(
        """CREATE TEMPORARY TABLE plan_membership AS
           SELECT DISTINCT ON (person_id, school_id, role) seq, new_id, person_id, school_id, role, is_primary
           FROM stage_role WHERE NOT dropped AND NOT gone
           ORDER BY person_id, school_id, role, is_primary DESC, seq"""
    )
    await work.run("ANALYZE plan_membership, stage_role")
    same = "{0}.person_id = m.person_id AND {0}.role = m.role AND {0}.school_id IS NOT DISTINCT FROM m.school_id"
    await work.run(
        f"""CREATE TEMPORARY TABLE change_membership AS
            SELECT p.new_id, p.person_id, p.school_id, p.role, p.is_primary, m.id AS known_id,
                   CASE WHEN m.id IS NULL THEN 'added' WHEN NOT m.active THEN 'reactivated' ELSE 'changed' END AS action
            FROM plan_membership p LEFT JOIN membership m ON {same.format("p")}
            WHERE m.id IS NULL OR NOT m.active OR m.is_primary <> p.is_primary"""
    )
    whole = "true" if work.is_bulk(Kind.MEMBERSHIPS) else "false"
    await work.run(
        f"""CREATE TEMPORARY TABLE gone_membership AS
            WITH listed AS (SELECT m.id FROM membership m JOIN plan_membership p ON {same.format("p")}),
            ended AS (SELECT m.id FROM membership m JOIN stage_role r ON r.gone AND {same.format("r")}),
            spoken AS (
                SELECT s.id FROM stage_person s WHERE s.says_roles AND NOT s.dropped AND NOT s.gone
                UNION SELECT g.id FROM gone_person g WHERE EXISTS (SELECT FROM stage_person s WHERE s.says_roles))
            SELECT m.id, m.person_id, m.school_id FROM membership m JOIN person t ON t.id = m.person_id
            WHERE m.active AND t.source_id IS NOT NULL
              AND m.id NOT IN (SELECT id FROM listed)
              AND t.source_id NOT IN (SELECT k.source_id FROM stage_kept k WHERE k.kind IN ('people', 'memberships'))
              AND ({whole} OR m.id IN (SELECT id FROM ended) OR m.person_id IN (SELECT id FROM spoken))"""
    )
    await work.run(
        """CREATE TEMPORARY TABLE future_student AS
           SELECT person_id AS id FROM plan_membership WHERE role = 'student'
           UNION SELECT m.person_id FROM membership m
           WHERE m.active AND m.role = 'student' AND NOT EXISTS (SELECT FROM gone_membership g WHERE g.id = m.id)"""
    )
    await work.run("ANALYZE future_student, gone_membership")
    await _count_memberships(work)


async def _resolve_roles(work: Work) -> None:
    await work.run(
        """UPDATE stage_role r SET person_id = p.id
           FROM stage_person p WHERE p.seq = r.person_seq AND NOT p.dropped AND NOT p.gone"""
    )
    await work.run("UPDATE stage_role SET dropped = true WHERE person_seq IS NOT NULL AND person_id IS NULL")
    await work.run(
        """UPDATE stage_role r SET person_id = f.id
           FROM future_person f WHERE r.person_seq IS NULL AND f.source_id = r.person_ref"""
    )
    await work.reject(
        Sort(
            kind=Kind.MEMBERSHIPS,
            code="unknown_person",
            field="person",
            why="No person of the roster has this identifier.",
            advice="Add the person to the roster, or remove the role.",
        ),
        "stage_role",
        "s.person_id IS NULL",
        "s.person_ref",
    )
    unknown = "NOT EXISTS (SELECT FROM org_ref o WHERE o.source_id = s.org_ref)"
    await work.reject(
        Sort(
            kind=Kind.MEMBERSHIPS,
            code="unknown_school",
            field="org",
            why="No school of the roster has this identifier.",
            advice="Add the school to the roster, or correct the identifier.",
        ),
        "stage_role",
        f"s.person_seq IS NULL AND {unknown}",
        "s.org_ref",
    )
    await work.warn(
        Sort(
            kind=Kind.PEOPLE,
            code="unknown_school",
            field="org",
            why="No school of the roster has this identifier; the person was taken without this school.",
            advice="Add the school to the roster, or correct the identifier.",
        ),
        f"""UPDATE stage_role s SET dropped = true WHERE NOT s.dropped AND {unknown}
            RETURNING s.seq, s.file, s.line, s.org_ref AS value""",
    )
    await work.warn(
        Sort(
            kind=Kind.MEMBERSHIPS,
            code="role_not_current",
            field="ends_on",
            why="The role does not hold today, so it was left out.",
            advice="Nothing, if that is right. A role that begins later is read by the import of that day.",
        ),
        f"""UPDATE stage_role s SET dropped = true
            WHERE NOT s.dropped AND NOT s.gone AND (s.ends_on < '{work.today}' OR s.begins_on > '{work.today}')
            RETURNING s.seq, s.file, s.line, coalesce(s.ends_on, s.begins_on)::text AS value""",
    )
    await work.run("UPDATE stage_role r SET school_id = o.school_id FROM org_ref o WHERE o.source_id = r.org_ref")
    await work.run(
        """UPDATE stage_role r SET is_primary = r.is_primary AND r.org_ref = p.primary_ref
           FROM stage_person p
           WHERE p.id = r.person_id AND NOT p.dropped AND NOT p.gone
             AND EXISTS (SELECT FROM stage_role o WHERE o.person_id = p.id AND o.org_ref = p.primary_ref
                         AND o.is_primary AND NOT o.dropped)"""
    )


async def _count_memberships(work: Work) -> None:
    counts = work.report.kinds[Kind.MEMBERSHIPS]
    for action, number in await work.rows("SELECT action, count(*) FROM change_membership GROUP BY action"):
        setattr(counts, action, number)
    planned = await work.count("SELECT count(*) FROM plan_membership")
    counts.unchanged = planned - counts.added - counts.reactivated - counts.changed
    counts.removed = await work.count("SELECT count(*) FROM gone_membership")
    counts.active_before = await work.count(
        """SELECT count(*) FROM membership m JOIN person p ON p.id = m.person_id
           WHERE m.active AND p.source_id IS NOT NULL"""
    )
    counts.active_after = counts.active_before + counts.added + counts.reactivated - counts.removed
