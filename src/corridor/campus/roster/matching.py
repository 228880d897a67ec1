"""Which staged row stands for which row of Corridor: found by source identifier, then by what else identifies it.

For every target this fills the staging table's `id`, and makes three temporary tables: `gone_<table>` (ids to make
inactive), `future_<table>` (source_id and id of what will be active) and `change_<table>` (seq and action).
"""

# ruff: noqa: S608 - statements are put together from names in the code, never from a roster's values.

import msgspec

from corridor.campus.roster.records import Kind
from corridor.campus.roster.staging import DETAILS_OF, STAGES
from corridor.campus.roster.work import Sort, Work


class Key(msgspec.Struct, frozen=True):
    """Another way to recognise a row: two SQL expressions over the alias `x`, null where a row has no such key.

    `certain`: rows with the same key are the same. Otherwise they only look alike, which tells nothing in a delta: the
    one that we know may well still be there under its own identifier.
    """

    staged: str
    ours: str
    field: str
    certain: bool = True

    @classmethod
    def alike(cls, expression: str, field: str, *, certain: bool = True) -> "Key":
        """One expression for both sides."""
        return cls(expression, expression, field, certain)


class Target(msgspec.Struct, frozen=True):
    """A campus table that rows of a kind go to; `columns` are those that the roster decides."""

    kind: Kind
    table: str
    columns: tuple[str, ...]

    @property
    def stage(self) -> str:
        return STAGES[self.kind].table


async def drop_repeats(work: Work, target: Target) -> None:
    """Of rows with the same identifier keep the one modified last, else the one that stands last.

    Some exports repeat a person for every school and a section for every period: what hangs on equal rows is put
    together.
    """
    stage, repeat = target.stage, f"repeat_{target.table}"
    place = "ARRAY['seq', 'line', 'new_id', 'dropped']"
    await work.run(
        f"""CREATE TEMPORARY TABLE {repeat} AS
            SELECT r.seq, w.seq AS winner, to_jsonb(r) - {place} = to_jsonb(w) - {place} AS equal
            FROM (SELECT source_id, array_agg(seq ORDER BY coalesce(modified_at, '-infinity') DESC, seq DESC) AS seqs
                  FROM {stage} WHERE NOT dropped GROUP BY source_id HAVING count(*) > 1) g
            JOIN {stage} w ON w.seq = g.seqs[1]
            JOIN {stage} r ON r.seq = ANY (g.seqs[2:])"""
    )
    for table, link in DETAILS_OF.get(target.kind, ()):
        await work.run(f"UPDATE {table} d SET {link} = r.winner FROM {repeat} r WHERE r.equal AND r.seq = d.{link}")
    await work.warn(
        Sort(
            kind=target.kind,
            code="repeated_row",
            field="source_id",
            why="Rows stand in the file more than once; they were read as one.",
            advice="Nothing is lost. Remove the repetition from the export.",
        ),
        f"""UPDATE {stage} s SET dropped = true FROM {repeat} r WHERE r.seq = s.seq AND (r.equal OR s.gone)
            RETURNING s.seq, s.file, s.line, s.source_id AS value""",
    )
    await work.reject(
        Sort(
            kind=target.kind,
            code="repeated_identifier",
            field="source_id",
            why="Another row with the same identifier was modified later or stands further down, and was used.",
            advice="Give every row an identifier of its own, or remove the outdated row.",
        ),
        stage,
        f"s.seq IN (SELECT seq FROM {repeat})",
        "s.source_id",
    )


async def find(work: Work, target: Target, keys: tuple[Key, ...] = ()) -> None:
    """Fill `id`; make `gone_<table>` and `future_<table>`."""
    stage, table = target.stage, target.table
    keys = tuple(key for key in keys if key.certain or work.is_bulk(target.kind))
    await work.run(f"UPDATE {stage} s SET id = t.id FROM {table} t WHERE t.source_id = s.source_id AND NOT s.dropped")
    for key in keys:
        await _find_rekeyed(work, target, key)
    for key in keys:
        await _warn_of_doubles(work, target, key)
    work.report.kinds[target.kind].rekeyed = await work.count(f"SELECT count(*) FROM {stage} WHERE rekeyed")
    await work.run(f"UPDATE {stage} SET id = new_id WHERE id IS NULL AND NOT dropped AND NOT gone")
    listed = f"EXISTS (SELECT FROM {stage} s WHERE s.id = t.id AND NOT s.dropped AND NOT s.gone)"
    if work.is_bulk(target.kind):
        left = f"""NOT EXISTS (SELECT FROM stage_kept k WHERE k.kind = '{target.kind}' AND k.source_id = t.source_id)"""
    else:
        left = f"EXISTS (SELECT FROM {stage} s WHERE s.id = t.id AND NOT s.dropped AND s.gone)"
    await work.run(
        f"""CREATE TEMPORARY TABLE gone_{table} AS
            SELECT t.id FROM {table} t
            WHERE t.active AND t.source_id IS NOT NULL AND NOT {listed} AND {left}"""
    )
    await work.run(
        f"""CREATE TEMPORARY TABLE future_{table} AS
            SELECT s.source_id, s.id FROM {stage} s WHERE NOT s.dropped AND NOT s.gone
            UNION ALL
            SELECT t.source_id, t.id FROM {table} t
            WHERE t.active AND t.source_id IS NOT NULL AND NOT {listed}
              AND NOT EXISTS (SELECT FROM gone_{table} g WHERE g.id = t.id)"""
    )
    await work.run(f"ANALYZE {stage}, gone_{table}, future_{table}")


async def compare(work: Work, target: Target) -> None:
    """Make `change_<table>`, and count."""
    stage, table = target.stage, target.table
    columns = ["source_id", *(name for name in target.columns if name not in work.scope(target.kind).silent)]
    ours = ", ".join(f"t.{name}" for name in columns)
    staged = ", ".join(f"s.{name}" for name in columns)
    await work.run(
        f"""CREATE TEMPORARY TABLE change_{table} AS
            SELECT s.seq, s.id,
                   CASE WHEN t.id IS NULL THEN 'added' WHEN NOT t.active THEN 'reactivated' ELSE 'changed' END AS action
            FROM {stage} s LEFT JOIN {table} t ON t.id = s.id
            WHERE NOT s.dropped AND NOT s.gone
              AND (t.id IS NULL OR NOT t.active OR ({ours}) IS DISTINCT FROM ({staged}))"""
    )
    await work.run(f"ANALYZE change_{table}")
    counts = work.report.kinds[target.kind]
    for action, number in await work.rows(f"SELECT action, count(*) FROM change_{table} GROUP BY action"):
        setattr(counts, action, number)
    accepted = await work.count(f"SELECT count(*) FROM {stage} WHERE NOT dropped AND NOT gone")
    counts.unchanged = accepted - counts.added - counts.reactivated - counts.changed
    counts.removed = await work.count(f"SELECT count(*) FROM gone_{table}")
    counts.active_before = await work.count(f"SELECT count(*) FROM {table} WHERE active AND source_id IS NOT NULL")
    counts.active_after = await work.count(f"SELECT count(*) FROM future_{table}")


def _candidates(target: Target, key: Key) -> str:
    """Common table expressions: what is active here but not listed, and what is listed but not known, by key."""
    return f"""
        ours AS (
            SELECT x.id, {key.ours} AS key FROM {target.table} x
            WHERE x.active
              AND NOT EXISTS (SELECT FROM {target.stage} s WHERE s.id = x.id AND NOT s.dropped AND NOT s.gone)),
        staged AS (
            SELECT x.seq, {key.staged} AS key FROM {target.stage} x
            WHERE x.id IS NULL AND NOT x.dropped AND NOT x.gone)"""


async def _find_rekeyed(work: Work, target: Target, key: Key) -> None:
    await work.run(
        f"""WITH {_candidates(target, key)},
            one_of_ours AS (
                SELECT key, (array_agg(id))[1] AS id FROM ours WHERE key IS NOT NULL GROUP BY key HAVING count(*) = 1),
            one_staged AS (
                SELECT key, min(seq) AS seq FROM staged WHERE key IS NOT NULL GROUP BY key HAVING count(*) = 1)
            UPDATE {target.stage} s SET id = o.id, rekeyed = true
            FROM one_of_ours o JOIN one_staged n USING (key) WHERE s.seq = n.seq"""
    )


async def _warn_of_doubles(work: Work, target: Target, key: Key) -> None:
    await work.warn(
        Sort(
            kind=target.kind,
            code="ambiguous_match",
            field=key.field,
            why="The identifier is unknown, and what else identifies the row fits more than one; it was taken as new.",
            advice="If it is known under another identifier, make the values that identify it unique and import again.",
        ),
        f"""WITH {_candidates(target, key)}
            SELECT DISTINCT s.seq, s.file, s.line, s.source_id AS value
            FROM {target.stage} s JOIN staged USING (seq) JOIN ours USING (key)""",
    )
