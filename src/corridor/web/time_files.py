"""Administration: bell schedules and calendars as files, to take away and to bring back. A file is tried out first."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from corridor.campus.bells import read_schedules
from corridor.campus.bells_csv import read_schedules_csv, write_drafts_csv, write_schedules_csv
from corridor.campus.bells_import import import_schedules, preview_schedules
from corridor.campus.calendar import change_calendar, plan_import, plan_wishes, read_calendar
from corridor.campus.calendar_csv import read_calendar_csv, write_calendar, write_wishes
from corridor.campus.calendar_files import read_calendar_file
from corridor.campus.calendar_ics import words_of
from corridor.campus.table_file import MOST_BYTES, UnfitFile, whole_file
from corridor.campus.weekdays import write_weekdays
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, services_of
from corridor.passes.pages import choose_school
from corridor.web.admin_bells import bells_page, school_in
from corridor.web.admin_calendar import PATH, calendar_page, effect_words
from corridor.web.admin_frame import frame
from corridor.web.calendar_feed import CSV, ICS, as_file, ics_of
from corridor.web.uploads import label_of

_PERMISSION = {"permission": Action.BELLS_CHANGE}


class Sent(msgspec.Struct, frozen=True):
    """A file as a form brought it."""

    label: str
    content: bytes


@get("/admin/bells.csv", include_in_schema=False, opt=_PERMISSION)
async def download_bells(request: PassRequest, school: FromQuery[UUID]) -> Response[str]:
    require(request.user, Action.BELLS_CHANGE, school_id=school)
    await services_of(request).ledger.state(school)
    schedules = await read_schedules(services_of(request).database, school)
    return as_file(write_schedules_csv(schedules), "bell-schedules.csv", CSV)


@get("/admin/calendar.csv", include_in_schema=False, opt=_PERMISSION)
async def download_calendar(request: PassRequest, school: FromQuery[UUID]) -> Response[str]:
    require(request.user, Action.BELLS_CHANGE, school_id=school)
    await services_of(request).ledger.state(school)
    known = await read_calendar(services_of(request).database, school)
    return as_file(write_calendar(known), "calendar.csv", CSV)


@get("/admin/calendar.ics", include_in_schema=False, opt=_PERMISSION)
async def download_ics(
    request: PassRequest, school: FromQuery[UUID], periods: FromQuery[bool] = False
) -> Response[Any]:
    require(request.user, Action.BELLS_CHANGE, school_id=school)
    return as_file(await ics_of(request, school, periods=periods), "calendar.ics", ICS)


@post("/admin/bells/upload", include_in_schema=False, opt=_PERMISSION)
async def upload_bells(request: PassRequest) -> Response[Any]:
    """What a file would change. Nothing is changed yet."""
    form = await request.form()
    school_id = await school_in(request, form)
    try:
        sent = await sent_file(form)
        file = read_schedules_csv(sent.content)
        changes = await preview_schedules(services_of(request).database, school_id, file)
    except UnfitFile as error:
        return await bells_page(request, school_id, file_problems=error.problems)
    choice = await choose_school(request, Action.BELLS_CHANGE, school_id)
    context = frame(request, choice, "/admin/bells") | {
        "label": sent.label,
        "changes": changes,
        "weekdays_of": write_weekdays,
        "csv": write_drafts_csv(file.drafts),
    }
    return Template("admin_bells_preview.html", context=context)


@post("/admin/bells/import", include_in_schema=False, opt=_PERMISSION)
async def import_bells(request: PassRequest) -> Response[Any]:
    form = await request.form()
    school_id = await school_in(request, form)
    services = services_of(request)
    try:
        file = read_schedules_csv(str(form.get("csv", "")).encode())
        async with services.database.session() as session:
            await import_schedules(session, school_id, file)
    except UnfitFile as error:
        return await bells_page(request, school_id, file_problems=error.problems)
    await services.ledger.refresh(school_id)
    return Redirect(f"/admin/bells?school={school_id}&saved=file", status_code=303)


@post(f"{PATH}/upload", include_in_schema=False, opt=_PERMISSION)
async def upload_calendar(request: PassRequest) -> Response[Any]:
    """What a file would change. Nothing is changed yet."""
    form = await request.form()
    school_id = await school_in(request, form)
    services = services_of(request)
    known = await read_calendar(services.database, school_id)
    try:
        sent = await sent_file(form)
        reading = await asyncio.to_thread(read_calendar_file, sent.content, known)
    except UnfitFile as error:
        return await calendar_page(request, school_id, file_problems=error.problems)
    wishes = plan_import(known, reading.wishes, replace="replace" in form)
    changes = plan_wishes(known, wishes)
    state = await services.ledger.state(school_id)
    shown = [
        (change.day, *(words_of(known, said) if said else "" for said in (change.before, change.after)))
        for change in changes
    ]
    choice = await choose_school(request, Action.BELLS_CHANGE, school_id)
    context = frame(request, choice, PATH) | {
        "label": sent.label,
        "found": len(reading.wishes),
        "changes": shown,
        "effects": effect_words(state, known, changes, services.clock.now()),
        "ignored": reading.ignored,
        "timed": reading.timed,
        "csv": write_wishes(known, wishes) if changes else "",
    }
    return Template("admin_calendar_preview.html", context=context)


@post(f"{PATH}/import", include_in_schema=False, opt=_PERMISSION)
async def import_calendar(request: PassRequest) -> Response[Any]:
    form = await request.form()
    school_id = await school_in(request, form)
    services = services_of(request)
    content = str(form.get("csv", "")).encode()
    try:
        async with services.database.session() as session:
            changes = await change_calendar(
                session, school_id, lambda known: plan_wishes(known, read_calendar_csv(content, known))
            )
    except UnfitFile as error:
        return await calendar_page(request, school_id, file_problems=error.problems)
    await services.ledger.refresh(school_id)
    month = f"&month={changes[0].day:%Y-%m}" if changes else ""
    return Redirect(f"{PATH}?school={school_id}{month}&saved={len(changes)}", status_code=303)


DOWNLOAD_ROUTES: list[Any] = [download_bells, download_calendar, download_ics, import_bells, import_calendar]
UPLOAD_ROUTES: list[Any] = [upload_bells, upload_calendar]


async def sent_file(form: Any) -> Sent:
    """The form's field `file`. Raises `UnfitFile` when there is none or it is too large."""
    sent = form.get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        raise whole_file("Choose a file first.")
    return Sent(label_of(sent.filename), await sent.read(MOST_BYTES + 1))
