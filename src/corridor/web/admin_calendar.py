"""Administration: which schedule and which day of a rotation each date has."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from corridor.campus.calendar import (
    LONGEST_NOTE,
    Calendar,
    DayChange,
    UnfitCalendar,
    change_calendar,
    cycles_of,
    read_calendar,
)
from corridor.campus.calendar_effects import effects_of
from corridor.campus.model import CalendarDay
from corridor.campus.timetable import local
from corridor.campus.weekdays import WEEKDAYS
from corridor.day.state import SchoolState, Status
from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest, services_of
from corridor.passes.pages import choose_school
from corridor.web.admin_bells import school_in
from corridor.web.admin_frame import frame
from corridor.web.calendar_feed import feed_path
from corridor.web.calendar_forms import DaysForm, RotationForm, days_form, plan_of, rotation_form, span_of
from corridor.web.calendar_month import month_view, read_month

PATH = "/admin/calendar"
_PERMISSION = {"permission": Action.BELLS_CHANGE}


@get(PATH, include_in_schema=False, opt=_PERMISSION)
async def show_calendar(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    month: FromQuery[str | None] = None,
    day: FromQuery[str | None] = None,
    saved: FromQuery[int | None] = None,
) -> Template:
    """A month of the calendar. `day` opens the form for a date; `saved` is how many days were just changed."""
    return await calendar_page(request, school, month=month, day=day, saved=saved)


@post(f"{PATH}/days", include_in_schema=False, opt=_PERMISSION)
async def change_days(request: PassRequest) -> Response[Any]:
    form = await request.form()
    return await _save(request, await school_in(request, form), days_form(form))


@post(f"{PATH}/rotation", include_in_schema=False, opt=_PERMISSION)
async def change_rotation(request: PassRequest) -> Response[Any]:
    form = await request.form()
    return await _save(request, await school_in(request, form), rotation_form(form))


@post(f"{PATH}/affects", include_in_schema=False, opt=_PERMISSION, status_code=200)
async def show_effects(request: PassRequest) -> Template:
    """Whom a form's change would concern, before it is saved."""
    form = await request.form()
    school_id = await school_in(request, form)
    typed = rotation_form(form) if "rotation" in form else days_form(form)
    services = services_of(request)
    known = await read_calendar(services.database, school_id)
    try:
        changes = plan_of(known, typed)
    except UnfitCalendar as error:
        context: dict[str, Any] = {"effects": [], "wrong": error.detail}
    else:
        state = await services.ledger.state(school_id)
        context = {"effects": effect_words(state, known, changes, services.clock.now()), "wrong": None}
    return Template("admin_calendar_effects.html", context=context)


PAGE_ROUTES: list[Any] = [show_calendar, change_days, change_rotation, show_effects]


def effect_words(state: SchoolState, known: Calendar, changes: Sequence[DayChange], now: datetime) -> list[str]:
    """In sentences: what changes, and who has plans for those days."""
    effects = effects_of(known, changes)
    said = [effects.words]
    changed = set(effects.changed)
    today = local(state.campus, now).date()
    if today in changed:
        said.append("Today is one of them: it counts as soon as it is saved.")
    past = sum(day < today for day in changed)
    if past:
        said.append(f"{past} of them {'is' if past == 1 else 'are'} over; what happened then stays as it was.")
    planned = [
        pass_
        for pass_ in state.passes.values()
        if pass_.status is Status.SCHEDULED
        and pass_.planned_at
        and local(state.campus, pass_.planned_at).date() in changed
    ]
    if planned:
        said.append(f"{len(planned)} planned {'pass is' if len(planned) == 1 else 'passes are'} for these days.")
    return said


async def calendar_page(
    request: PassRequest,
    school_id: UUID | None,
    *,
    month: str | None = None,
    day: str | None = None,
    saved: int | None = None,
    typed: DaysForm | RotationForm | None = None,
    error: UnfitCalendar | None = None,
    file_problems: Sequence[Any] = (),
) -> Template:
    """`typed` and `error` are of a form that was not saved, `file_problems` of a file that was not taken."""
    choice = await choose_school(request, Action.BELLS_CHANGE, school_id)
    services = services_of(request)
    known = await read_calendar(services.database, choice.school.id)
    state = await services.ledger.state(choice.school.id)
    today = local(state.campus, services.clock.now()).date()
    chosen = _day(typed.first if typed else day)
    view = month_view(known, read_month(month) or chosen or today)
    names = {schedule.id: schedule.name for schedule in known.bell_schedules}
    context = frame(request, choice, PATH) | {
        "month": view,
        "today": today,
        "chosen": chosen,
        "weekdays": WEEKDAYS,
        "schedules": names,
        "usual": {number: _usual(known, number) for number in range(1, 8)},
        "cycles": cycles_of(known),
        "days_form": typed if isinstance(typed, DaysForm) else _days_form(known, chosen),
        "rotation_form": typed if isinstance(typed, RotationForm) else _rotation_form(known, today, state),
        "typed": "rotation" if isinstance(typed, RotationForm) else "days" if typed else None,
        "problems": error.problems if error else {},
        "longest_note": LONGEST_NOTE,
        "saved": saved,
        "file_problems": file_problems,
        "feed": str(request.base_url).rstrip("/") + feed_path(request, choice.school.id),
    }
    wrong = error is not None or bool(file_problems)
    return Template("admin_calendar.html", context=context, status_code=422 if wrong else 200)


async def _save(request: PassRequest, school_id: UUID, form: DaysForm | RotationForm) -> Response[Any]:
    services = services_of(request)
    try:
        first, _ = span_of(form)
        async with services.database.session() as session:
            changes = await change_calendar(session, school_id, lambda known: plan_of(known, form))
    except UnfitCalendar as error:
        return await calendar_page(request, school_id, typed=form, error=error)
    await services.ledger.refresh(school_id)
    there = f"{PATH}?school={school_id}&month={first:%Y-%m}&saved={len(changes)}"
    return Redirect(there, status_code=303)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _usual(known: Calendar, weekday: int) -> str:
    return next((schedule.name for schedule in known.bell_schedules if weekday in schedule.days), "no school")


def _days_form(known: Calendar, day: date | None) -> DaysForm:
    """As the calendar has the day."""
    if day is None:
        return DaysForm()
    said = known.calendar.get(day) or CalendarDay(None, as_usual=True)
    schedule = str(said.schedule_id) if said.schedule_id else "usual" if said.as_usual else "none"
    return DaysForm(day.isoformat(), day.isoformat(), schedule, said.cycle or "", said.note or "")


def _rotation_form(known: Calendar, today: date, state: SchoolState) -> RotationForm:
    """From today to the end of the roster's terms, with the days that the calendar knows or A and B."""
    last = state.campus.term_ends_on
    names = cycles_of(known) or ["A", "B"]
    ends = last.isoformat() if last and last > today else ""
    return RotationForm(today.isoformat(), ends, tuple((name, "") for name in names))
