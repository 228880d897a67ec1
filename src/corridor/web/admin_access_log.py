"""Administration: who looked at whose record. To read it, and to take it away, are looks as well."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromQuery
from litestar.response import Template

from corridor.base.errors import InvalidInput
from corridor.campus.timetable import zone
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.names import names_of
from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.privacy.api import must_see_log, services_of
from corridor.privacy.who_looked import KINDS, EntryPage, LookFilter, who_looked
from corridor.privacy.wording import KIND_WORDS, ROLE_WORDS, what_was_seen
from corridor.web.admin_frame import frame
from corridor.web.csv_download import csv_response

HOME = "/admin/access-log"
_A_PAGE = 50
_MOST_EXPORTED = 20_000
_VIEW = {"permission": Action.ACCESS_LOG_VIEW}
_COLUMNS = ("at", "kind", "viewer", "role", "saw", "number", "students", "why", "received by", "from")


class Wanted(msgspec.Struct, frozen=True):
    """The filters as they were typed. `since` and `until` are dates; both belong to the span. `by` is people unless
    somebody asks for programs, or for all."""

    student: UUID | None
    viewer: str
    kind: str
    since: str
    until: str
    by: str

    @property
    def query(self) -> dict[str, str]:
        """For the address of another page of the same."""
        values = {
            "student": str(self.student or ""),
            "viewer": self.viewer,
            "kind": self.kind,
            "since": self.since,
            "until": self.until,
            "by": self.by,
        }
        return {name: value for name, value in values.items() if value}


@get(HOME, include_in_schema=False, opt=_VIEW)
async def show_log(
    request: PassRequest, school: FromQuery[UUID | None] = None, before: FromQuery[str | None] = None
) -> Template:
    choice = await _choose(request, school)
    wanted = _wanted(request)
    page, error = EntryPage((), None), None
    try:
        page = await _page(request, choice, wanted, before, _A_PAGE)
    except InvalidInput as invalid:
        error = invalid
    named = {id for entry in page.items for id in entry.student_ids} | ({wanted.student} if wanted.student else set())
    async with services_of(request).database.raw() as connection:
        names = await names_of(connection, named)
    if wanted.student:
        await looked(request, choice.school.id, "access log", Look.RECORD, student_ids=[wanted.student])
    else:
        await looked(request, choice.school.id, "access log", Look.LIST, number=len(page.items))
    context = frame(request, choice, HOME) | {
        "page": page,
        "names": names,
        "wanted": wanted,
        "kinds": [(each, KIND_WORDS[each]) for each in KINDS],
        "role_words": ROLE_WORDS,
        "what_was_seen": what_was_seen,
        "first": before is None,
        "same": wanted.query | {"school": str(choice.school.id)},
        "older": wanted.query | {"school": str(choice.school.id), "before": page.next or ""},
        "error": error,
    }
    return Template("admin_access_log.html", context=context, status_code=error.status if error else 200)


@get(HOME + ".csv", include_in_schema=False, opt=_VIEW)
async def download_log(request: PassRequest, school: FromQuery[UUID | None] = None) -> Response[str]:
    """What the filters find, up to 20,000 lines. That it was taken away is the log's next line."""
    choice = await _choose(request, school)
    wanted = _wanted(request)
    page = await _page(request, choice, wanted, None, _MOST_EXPORTED)
    students = {wanted.student} if wanted.student else {id for entry in page.items for id in entry.student_ids}
    await looked(request, choice.school.id, "access log", Look.EXPORT, student_ids=students, number=len(students))
    async with services_of(request).database.raw() as connection:
        names = await names_of(connection, {id for entry in page.items for id in entry.student_ids})
    here = zone(choice.school.time_zone)
    rows = (
        (
            entry.at.astimezone(here).isoformat(timespec="seconds"),
            entry.kind,
            entry.viewer_name,
            ROLE_WORDS.get(entry.viewer_role, entry.viewer_role),
            what_was_seen(entry, whose=False),
            str(entry.number or ""),
            "; ".join(names.get(id, "a former student") for id in entry.student_ids),
            entry.why,
            entry.parties,
            entry.address,
        )
        for entry in page.items
    )
    return csv_response(f"who looked {choice.school.name}", _COLUMNS, rows)


PAGE_ROUTES: list[Any] = [show_log, download_log]


def _wanted(request: PassRequest) -> Wanted:
    asked = request.query_params
    return Wanted(
        student=uuid_in(asked.get("student", "")),
        viewer=asked.get("viewer", "").strip()[:80],
        kind=asked.get("kind", ""),
        since=asked.get("since", ""),
        until=asked.get("until", ""),
        by=asked.get("by", "people"),
    )


async def _choose(request: PassRequest, school_id: UUID | None) -> SchoolChoice:
    choice = await choose_school(request, Action.ACCESS_LOG_VIEW, school_id)
    must_see_log(request.user, choice.school.id)
    return choice


async def _page(
    request: PassRequest, choice: SchoolChoice, wanted: Wanted, before: str | None, limit: int
) -> EntryPage:
    look_for = LookFilter(
        wanted.student,
        wanted.viewer,
        wanted.kind or None,
        _midnight(choice, wanted.since, "since"),
        _midnight(choice, wanted.until, "until", days=1),
        before,
        None if wanted.by == "all" else wanted.by,
    )
    async with services_of(request).database.raw() as connection:
        return await who_looked(connection, [choice.school.id], look_for, limit, addresses=True)


def _midnight(choice: SchoolChoice, text: str, field: str, *, days: int = 0) -> datetime | None:
    """When the date begins at the school, or so many days after."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip()) + timedelta(days=days)
    except (ValueError, OverflowError):
        raise InvalidInput("Give the day as 2026-11-24.", field=field) from None
    return datetime.combine(day, time(), tzinfo=zone(choice.school.time_zone))
