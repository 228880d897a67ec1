"""Several bell schedules at once, as a file brings them: added, or put in the place of those of the same name."""

import re
from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.base.text import one_line
from corridor.campus.bells import Schedule, UnfitSchedule, checked, put_schedule, read_schedules, schedules_of
from corridor.campus.bells_csv import SchedulesFile
from corridor.campus.table_file import RowProblem, UnfitFile
from corridor.ledger.store import bump_config

_OF_A_PERIOD = re.compile(r"period-([0-9]+)-(.+)")


class What(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class ScheduleChange(msgspec.Struct, frozen=True):
    """A schedule of a file. `id` is that of the one whose place it takes, or a new one."""

    what: What
    id: UUID
    schedule: Schedule


async def preview_schedules(database: Database, school_id: UUID, file: SchedulesFile) -> list[ScheduleChange]:
    """What `import_schedules` would do. Raises `UnfitFile`."""
    return plan_schedules(await read_schedules(database, school_id), file)


async def import_schedules(session: AsyncSession, school_id: UUID, file: SchedulesFile) -> list[ScheduleChange]:
    """Write the file's schedules; others stay as they are. Raises `UnfitFile`, and has changed nothing then."""
    await bump_config(session, [school_id])
    changes = plan_schedules(await schedules_of(session, school_id), file)
    for change in changes:
        if change.what is not What.UNCHANGED:
            await put_schedule(session, school_id, change.schedule, new=change.what is What.ADDED)
    return changes


def plan_schedules(stored: Sequence[Schedule], file: SchedulesFile) -> list[ScheduleChange]:
    """Raises `UnfitFile` with everything that makes no sense, each by its line."""
    by_name = {each.name.casefold(): each for each in stored}
    named = {draft.name.casefold() for draft in file.drafts}
    staying = [each for each in stored if each.name.casefold() not in named]
    wanted = [Schedule(new_id(), one_line(each.name), each.days, False, ()) for each in file.drafts]
    changes, problems = [], []
    for draft, schedule, lines in zip(file.drafts, wanted, file.lines, strict=True):
        others = [*staying, *(each for each in wanted if each.id != schedule.id)]
        try:
            periods = checked(draft, others)
        except UnfitSchedule as error:
            problems += [_problem(schedule.name, lines, field, why) for field, why in error.problems.items()]
            continue
        before = by_name.get(schedule.name.casefold())
        after = msgspec.structs.replace(
            schedule, id=before.id if before else schedule.id, periods=tuple(periods), days=tuple(sorted(schedule.days))
        )
        what = What.ADDED if before is None else What.UNCHANGED if before == after else What.CHANGED
        changes.append(ScheduleChange(what, after.id, after))
    if problems:
        raise UnfitFile(sorted(problems, key=lambda each: each.line or 0))
    return changes


def _problem(schedule: str, lines: Sequence[int], field: str, why: str) -> RowProblem:
    found = _OF_A_PERIOD.fullmatch(field)
    if found:
        column = "period" if found[2] == "name" else found[2]
        return RowProblem(lines[int(found[1])], column, why)
    return RowProblem(lines[0], "schedule" if field == "name" else field, f"{schedule}: {why}")
