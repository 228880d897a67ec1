"""Administration: when the bells ring."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from corridor.base.errors import NotFound
from corridor.campus.bells import (
    MOST_PERIODS,
    PeriodDraft,
    Schedule,
    ScheduleDraft,
    UnfitSchedule,
    read_schedules,
    remove_schedule,
    write_schedule,
)
from corridor.campus.clock_time import write_clock
from corridor.campus.starters import natural_order
from corridor.campus.table_file import RowProblem
from corridor.campus.time_zone import set_time_zone, time_zones
from corridor.campus.timetable import local, schedule_on
from corridor.campus.weekdays import WEEKDAYS
from corridor.day.state import SchoolState
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, services_of
from corridor.passes.pages import choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.web.admin_frame import frame

_PERMISSION = {"permission": Action.BELLS_CHANGE}


@get("/admin/bells", include_in_schema=False, opt=_PERMISSION)
async def show_bells(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    new: FromQuery[bool] = False,
    saved: FromQuery[str | None] = None,
) -> Template:
    """A school's bell schedules. `new` opens a form for one more; `saved` names the one that was just saved."""
    return await bells_page(request, school, new=new, saved=saved)


@post("/admin/bells", include_in_schema=False, opt=_PERMISSION)
async def add_bells(request: PassRequest) -> Response[Any]:
    form = await request.form()
    return await _save(request, await school_in(request, form), None, form)


@post("/admin/bells/{schedule_id:uuid}", include_in_schema=False, opt=_PERMISSION)
async def change_bells(request: PassRequest, schedule_id: FromPath[UUID]) -> Response[Any]:
    form = await request.form()
    return await _save(request, await school_in(request, form), schedule_id, form)


@post("/admin/bells/time-zone", include_in_schema=False, opt=_PERMISSION)
async def change_time_zone(request: PassRequest) -> Redirect:
    form = await request.form()
    school_id = await school_in(request, form)
    async with services_of(request).database.session() as session:
        await set_time_zone(session, school_id, str(form.get("zone", "")).strip())
    await services_of(request).ledger.refresh(school_id)
    return Redirect(f"/admin/bells?school={school_id}&saved=time-zone", status_code=303)


@post("/admin/bells/{schedule_id:uuid}/remove", include_in_schema=False, opt=_PERMISSION)
async def remove_bells(request: PassRequest, schedule_id: FromPath[UUID]) -> Response[Any]:
    form = await request.form()
    school_id = await school_in(request, form)
    async with services_of(request).database.session() as session:
        await remove_schedule(session, school_id, schedule_id, days_as_usual="days_as_usual" in form)
    await services_of(request).ledger.refresh(school_id)
    return Redirect(f"/admin/bells?school={school_id}", status_code=303)


PAGE_ROUTES: list[Any] = [show_bells, add_bells, change_bells, change_time_zone, remove_bells]


async def _save(request: PassRequest, school_id: UUID, schedule_id: UUID | None, form: Any) -> Response[Any]:
    draft = _draft(form)
    try:
        async with services_of(request).database.session() as session:
            saved = await write_schedule(session, school_id, schedule_id, draft)
    except UnfitSchedule as error:
        return await bells_page(request, school_id, draft=draft, draft_of=schedule_id, error=error)
    await services_of(request).ledger.refresh(school_id)
    return Redirect(f"/admin/bells?school={school_id}&saved={saved}#schedule-{saved}", status_code=303)


async def bells_page(
    request: PassRequest,
    school_id: UUID | None,
    *,
    new: bool = False,
    saved: str | None = None,
    draft: ScheduleDraft | None = None,
    draft_of: UUID | None = None,
    error: UnfitSchedule | None = None,
    file_problems: Sequence[RowProblem] = (),
) -> Template:
    """`draft` and `error` are of a schedule that was not saved, `file_problems` of a file that was not taken."""
    choice = await choose_school(request, Action.BELLS_CHANGE, school_id)
    services = services_of(request)
    state = await services.ledger.state(choice.school.id)
    schedules = await read_schedules(services.database, choice.school.id)
    classes = _classes(state)
    known = {period.name for schedule in schedules for period in schedule.periods}
    drafts: dict[UUID | None, ScheduleDraft] = {schedule.id: _as_draft(schedule) for schedule in schedules}
    if draft:
        drafts[draft_of] = draft
    context = frame(request, choice, "/admin/bells") | {
        "schedules": schedules,
        "drafts": drafts,
        "new_draft": _new_draft(schedules) if new else drafts.get(None),
        "draft_of": draft_of,
        "problems": error.problems if error else {},
        "weekdays": WEEKDAYS,
        "classes": classes,
        "unscheduled": sorted((name for name in classes if name not in known), key=natural_order),
        "saved": saved,
        "time_zones": time_zones(),
        "given": Counter(day.schedule_id for day in state.campus.calendar.values()),
        "file_problems": file_problems,
        "ahead": _days_ahead(state, services.clock.now()),
    }
    return Template("admin_bells.html", context=context, status_code=422 if error or file_problems else 200)


def _classes(state: SchoolState) -> Counter[str]:
    """How many classes meet in each period."""
    return Counter(
        name
        for section in state.campus.sections.values()
        for name in {meeting.period for meeting in section.meetings if meeting.period}
    )


def _days_ahead(state: SchoolState, now: datetime) -> Counter[UUID]:
    """On how many days of the year from today on each schedule holds."""
    today = local(state.campus, now).date()
    found = (schedule_on(state.campus, today + timedelta(days=ahead)) for ahead in range(365))
    return Counter(schedule.id for schedule in found if schedule)


def _as_draft(schedule: Schedule) -> ScheduleDraft:
    periods = [
        PeriodDraft(each.name, write_clock(each.starts_at), write_clock(each.ends_at)) for each in schedule.periods
    ]
    return ScheduleDraft(schedule.name, schedule.days, tuple(periods))


def _new_draft(schedules: list[Schedule]) -> ScheduleDraft:
    """The first schedule's periods, on no day yet."""
    periods = _as_draft(schedules[0]).periods if schedules else ()
    return ScheduleDraft("", (), periods)


def _draft(form: Any) -> ScheduleDraft:
    """What was typed. A period without name and times was left empty, or taken away."""
    rows = zip(form.getall("period", []), form.getall("starts_at", []), form.getall("ends_at", []), strict=False)
    periods = [PeriodDraft(*row) for row in rows if any(str(cell).strip() for cell in row)]
    days = [int(day) for day in form.getall("day", []) if str(day).isdigit()]
    return ScheduleDraft(str(form.get("name", "")), tuple(days), tuple(periods[: MOST_PERIODS + 1]))


async def school_in(request: PassRequest, form: Any) -> UUID:
    """The school that a form is about. Raises `NotFound`, also for one out of reach."""
    school_id = uuid_in(str(form.get("school", "")))
    if school_id is None:
        raise NotFound("The form does not say which school it is about. Load the page again.")
    require(request.user, Action.BELLS_CHANGE, school_id=school_id)
    await services_of(request).ledger.state(school_id)
    return school_id
