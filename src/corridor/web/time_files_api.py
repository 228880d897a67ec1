"""Bell schedules and calendars as files, over HTTP."""

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath, FromQuery

from corridor.campus.bells import read_schedules
from corridor.campus.bells_csv import read_schedules_csv, write_schedules_csv
from corridor.campus.bells_import import What, import_schedules, preview_schedules
from corridor.campus.calendar import (
    Calendar,
    DayChange,
    change_calendar,
    check_wish,
    plan_import,
    plan_wishes,
    read_calendar,
)
from corridor.campus.calendar_csv import write_calendar
from corridor.campus.calendar_effects import effects_of
from corridor.campus.calendar_files import read_calendar_file
from corridor.campus.calendar_ics import words_of
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, services_of
from corridor.web.calendar_feed import CSV, ICS, as_file, ics_of


class ScheduleImport(msgspec.Struct, frozen=True):
    name: str
    what: What


class SchedulesReport(msgspec.Struct, frozen=True):
    """What was done, or with `dry_run` would be, with each schedule of the file."""

    schedules: list[ScheduleImport]


class DayImport(msgspec.Struct, frozen=True):
    """What the calendar said of a date and says then, in words; empty for nothing."""

    date: date
    before: str
    after: str


class CalendarReport(msgspec.Struct, frozen=True):
    """`found`: how many days the file speaks of. `ignored`: titles of all-day events that say nothing known. `timed`:
    how many events with a time of day were passed over. `effects` sums it up in a sentence."""

    found: int
    changed: list[DayImport]
    effects: str
    ignored: tuple[str, ...]
    timed: int


def _body(*media_types: str) -> RequestBody:
    text = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
    return RequestBody(content=dict.fromkeys(media_types, text), required=True)


@dataclass
class TakesCsv(Operation):
    """The description of an operation whose body is a CSV file."""

    def __post_init__(self) -> None:
        self.request_body = _body("text/csv")


@dataclass
class TakesCalendar(Operation):
    """The description of an operation whose body is a CSV or an iCalendar file."""

    def __post_init__(self) -> None:
        self.request_body = _body("text/csv", "text/calendar")


@get(
    "/schools/{school_id:uuid}/bell-schedules.csv",
    tags=["Campus"],
    summary="Bell schedules as CSV",
    media_type=CSV,
    opt={"permission": Action.SCHOOL_VIEW},
)
async def download_schedules(request: PassRequest, school_id: FromPath[UUID]) -> Response[str]:
    require(request.user, Action.SCHOOL_VIEW, school_id=school_id)
    await services_of(request).ledger.state(school_id)
    schedules = await read_schedules(services_of(request).database, school_id)
    return as_file(write_schedules_csv(schedules), "bell-schedules.csv", CSV)


@post(
    "/schools/{school_id:uuid}/bell-schedules/import",
    tags=["Campus"],
    summary="Import bell schedules",
    status_code=200,
    operation_class=TakesCsv,
    opt={"permission": Action.BELLS_CHANGE},
)
async def upload_schedules(
    request: PassRequest, school_id: FromPath[UUID], dry_run: FromQuery[bool] = False
) -> SchedulesReport:
    """Schedules are found by name; those that the file does not name stay. With problems, which the answer lists by
    line, nothing is changed."""
    require(request.user, Action.BELLS_CHANGE, school_id=school_id)
    services = services_of(request)
    await services.ledger.state(school_id)
    file = read_schedules_csv(await request.body())
    if dry_run:
        changes = await preview_schedules(services.database, school_id, file)
    else:
        async with services.database.session() as session:
            changes = await import_schedules(session, school_id, file)
        await services.ledger.refresh(school_id)
    return SchedulesReport([ScheduleImport(change.schedule.name, change.what) for change in changes])


@get(
    "/schools/{school_id:uuid}/calendar.csv",
    tags=["Campus"],
    summary="The calendar as CSV",
    media_type=CSV,
    opt={"permission": Action.SCHOOL_VIEW},
)
async def download_calendar(request: PassRequest, school_id: FromPath[UUID]) -> Response[str]:
    """All days of which the calendar says something."""
    require(request.user, Action.SCHOOL_VIEW, school_id=school_id)
    await services_of(request).ledger.state(school_id)
    known = await read_calendar(services_of(request).database, school_id)
    return as_file(write_calendar(known), "calendar.csv", CSV)


@get(
    "/schools/{school_id:uuid}/calendar.ics",
    tags=["Campus"],
    summary="The calendar as iCalendar",
    media_type=ICS,
    opt={"permission": Action.SCHOOL_VIEW},
)
async def download_ics(
    request: PassRequest, school_id: FromPath[UUID], periods: FromQuery[bool] = False
) -> Response[bytes]:
    """An all-day event for each special day; with `periods`, each period of each school day too."""
    require(request.user, Action.SCHOOL_VIEW, school_id=school_id)
    return as_file(await ics_of(request, school_id, periods=periods), "calendar.ics", ICS)


@post(
    "/schools/{school_id:uuid}/calendar/import",
    tags=["Campus"],
    summary="Import a calendar",
    status_code=200,
    operation_class=TakesCalendar,
    opt={"permission": Action.BELLS_CHANGE},
)
async def upload_calendar(
    request: PassRequest, school_id: FromPath[UUID], dry_run: FromQuery[bool] = False, replace: FromQuery[bool] = False
) -> CalendarReport:
    """From CSV (date, schedule, cycle, note) or iCalendar. `replace` lets all other days from the file's first to its
    last be as their weekdays say. With problems, which the answer lists by line, nothing is changed."""
    require(request.user, Action.BELLS_CHANGE, school_id=school_id)
    services = services_of(request)
    await services.ledger.state(school_id)
    known = await read_calendar(services.database, school_id)
    reading = await asyncio.to_thread(read_calendar_file, await request.body(), known)
    wishes = plan_import(known, reading.wishes, replace=replace)
    changes = plan_wishes(known, wishes)

    def plan(now: Calendar) -> list[DayChange]:
        for wish in wishes.values():
            check_wish(now, wish)
        return plan_wishes(now, wishes)

    if changes and not dry_run:
        async with services.database.session() as session:
            await change_calendar(session, school_id, plan)
        await services.ledger.refresh(school_id)

    def shown(change: DayChange) -> DayImport:
        before, after = (words_of(known, said) if said else "" for said in (change.before, change.after))
        return DayImport(change.day, before, after)

    return CalendarReport(
        found=len(reading.wishes),
        changed=[shown(change) for change in changes],
        effects=effects_of(known, changes).words,
        ignored=reading.ignored,
        timed=reading.timed,
    )


API_ROUTES: list[Any] = [download_schedules, download_calendar, download_ics]
UPLOAD_ROUTES: list[Any] = [upload_schedules, upload_calendar]
