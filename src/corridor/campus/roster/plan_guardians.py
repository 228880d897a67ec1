"""Plan for who is whose guardian: a pair holds while at least one of the two names the other.

One that staff made by an invitation holds without the roster, and one that they have barred holds not even with it.
"""

# ruff: noqa: S608 - statements are put together from names in the code, never from a roster's values.

from corridor.campus.roster.records import Kind
from corridor.campus.roster.work import Sort, Work


async def plan_guardianships(work: Work) -> None:
    """Make `change_guardianship`: guardian_id, student_id, both sides' word, and the action."""
    await work.run(
        """CREATE TEMPORARY TABLE named AS
           SELECT p.seq, p.file, p.line, a.agent_ref, p.id AS person_id, f.id AS agent_id,
                  p.id IN (SELECT id FROM future_student) AS is_student,
                  f.id IN (SELECT id FROM future_student) AS agent_is_student
           FROM stage_agent a JOIN stage_person p ON p.seq = a.seq AND NOT p.dropped
           LEFT JOIN future_person f ON f.source_id = a.agent_ref"""
    )
    await _warn_of_unusable(work)
    if "agents" in work.scope(Kind.PEOPLE).silent:
        says = "false"
    else:
        says = "{0} IN (SELECT id FROM stage_person WHERE NOT dropped AND NOT gone)"
    side = """CASE WHEN {id} IN (SELECT id FROM gone_person) THEN false
                   WHEN {says} THEN coalesce(n.{column}, false) ELSE coalesce(g.{column}, false) END"""
    guardian = "coalesce(n.guardian_id, g.guardian_id)"
    student = "coalesce(n.student_id, g.student_id)"
    await work.run(
        f"""CREATE TEMPORARY TABLE change_guardianship AS
            WITH pair AS (
                SELECT guardian_id, student_id,
                       bool_or(by_guardian) AS guardian_says, bool_or(NOT by_guardian) AS student_says
                FROM (SELECT person_id AS guardian_id, agent_id AS student_id, true AS by_guardian FROM named
                      WHERE agent_is_student AND NOT is_student
                      UNION ALL
                      SELECT agent_id, person_id, false FROM named WHERE is_student AND NOT agent_is_student) sides
                GROUP BY guardian_id, student_id),
            word AS (
                SELECT {guardian} AS guardian_id, {student} AS student_id, g.active, g.student_id IS NOT NULL AS known,
                       g.guardian_says AS guardian_said, g.student_says AS student_said,
                       coalesce(g.invited, false) AS invited, coalesce(g.barred, false) AS barred,
                       {side.format(id=guardian, says=says.format(guardian), column="guardian_says")} AS guardian_says,
                       {side.format(id=student, says=says.format(student), column="student_says")} AS student_says
                FROM pair n FULL JOIN guardianship g ON g.guardian_id = n.guardian_id AND g.student_id = n.student_id),
            outcome AS (
                SELECT *, (guardian_says OR student_says OR invited) AND NOT barred
                          AND {_stays("guardian_id")} AND {_stays("student_id")}
                          AND student_id IN (SELECT id FROM future_student)
                          AND guardian_id NOT IN (SELECT id FROM future_student) AS holds FROM word)
            SELECT guardian_id, student_id, guardian_says, student_says, holds,
                   CASE WHEN NOT known THEN 'added' WHEN holds AND NOT active THEN 'reactivated'
                        WHEN active AND NOT holds THEN 'removed'
                        WHEN guardian_says <> guardian_said OR student_says <> student_said THEN 'changed'
                        ELSE 'unchanged' END AS action
            FROM outcome WHERE known OR holds"""
    )
    counts = work.report.kinds[Kind.GUARDIANSHIPS]
    for action, number in await work.rows(
        "SELECT action, count(*) FROM change_guardianship WHERE holds OR action = 'removed' GROUP BY action"
    ):
        setattr(counts, action, number)
    counts.active_before = await work.count("SELECT count(*) FROM guardianship WHERE active")
    counts.active_after = await work.count("SELECT count(*) FROM change_guardianship WHERE holds")


def _stays(column: str) -> str:
    return f"NOT EXISTS (SELECT FROM gone_person g WHERE g.id = word.{column})"


async def _warn_of_unusable(work: Work) -> None:
    await work.warn(
        Sort(
            kind=Kind.PEOPLE,
            code="unknown_agent",
            field="agents",
            why="No person of the roster has this identifier, so the link between guardian and student was left out.",
            advice="Add the guardian to the roster, or correct the identifier.",
        ),
        "SELECT seq, file, line, agent_ref AS value FROM named WHERE agent_id IS NULL",
    )
    await work.warn(
        Sort(
            kind=Kind.PEOPLE,
            code="no_guardian_and_student",
            field="agents",
            why="A guardian belongs to a student: of the two people linked here, either both or neither are students.",
            advice="Check the roles of both, or remove the link.",
        ),
        """SELECT seq, file, line, agent_ref AS value FROM named
           WHERE agent_id IS NOT NULL AND is_student = agent_is_student""",
    )
