"""Administration: who changed what."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.params import FromQuery
from litestar.response import Template

from corridor.campus.queries import list_schools
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, services_of
from corridor.passes.teacher_desk import uuid_in
from corridor.privacy.changes import Change, Topic
from corridor.web.admin_frame import frame
from corridor.web.audit_api import MOST_SCHOOLS, changes_for, cursor_after
from corridor.web.csv_download import csv_response
from corridor.web.retention_api import time_zone_of

HOME = "/admin/audit"
_PERMISSION = {"permission": Action.AUDIT_VIEW}
_ON_A_PAGE = 50
_LOOKED_AT = 500
_IN_A_FILE = 10_000
TOPICS = {
    Topic.RULES: "Rules and settings",
    Topic.PLACES: "Places",
    Topic.DAY: "The school day",
    Topic.ACCOUNTS: "Accounts, devices and programs",
    Topic.RECORDS: "Records and retention",
}
_DAYS = {"1": "Today", "7": "The last 7 days", "30": "The last 30 days", "365": "The last year"}
_COLUMNS = ("time", "school", "who", "role", "what", "about", "details")


class Row(NamedTuple):
    """The newest of `number` changes that are alike."""

    change: Change
    number: int


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_changes(
    request: PassRequest,
    school: FromQuery[str] = "",
    topic: FromQuery[str] = "",
    who: FromQuery[str] = "",
    days: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template:
    require(request.user, Action.AUDIT_VIEW)
    found = await _found(request, school, topic, who, days, after, _LOOKED_AT)
    rows = gathered(found)[:_ON_A_PAGE]
    shown = sum(row.number for row in rows)
    schools = await _schools(request)
    chosen = uuid_in(who)
    context = frame(request, None, HOME) | {
        "home": HOME,
        "rows": rows,
        "schools": schools,
        "chosen": {"school": school, "topic": topic, "who": who, "days": days},
        "who_name": next((each.by_name for each in found if each.by == chosen and each.by_name), None),
        "topics": TOPICS,
        "days": _DAYS,
        "next": cursor_after(found[shown - 1]) if shown < len(found) or len(found) == _LOOKED_AT else None,
        "time_zone": time_zone_of(request),
        "said": said,
    }
    return Template("retention_audit.html", context=context)


@get(HOME + "/csv", include_in_schema=False, opt=_PERMISSION)
async def download_changes(
    request: PassRequest,
    school: FromQuery[str] = "",
    topic: FromQuery[str] = "",
    who: FromQuery[str] = "",
    days: FromQuery[str] = "",
) -> Response[str]:
    """The same as a file, up to ten thousand of the newest."""
    require(request.user, Action.AUDIT_VIEW)
    found = await _found(request, school, topic, who, days, "", _IN_A_FILE)
    schools = await _schools(request)
    rows = [
        [
            change.at.isoformat(timespec="seconds"),
            schools.get(change.school_id, "") if change.school_id else "",
            change.by_name or (str(change.by) if change.by else ""),
            change.role,
            change.what,
            change.about or (str(change.about_id) if change.about_id else ""),
            "; ".join(change.details),
        ]
        for change in found
    ]
    return csv_response("changes", _COLUMNS, rows)


PAGE_ROUTES: list[Any] = [show_changes, download_changes]


def gathered(changes: Sequence[Change]) -> list[Row]:
    """One row for changes of the same kind that somebody made one after the other to what has the same name."""
    alike = groupby(changes, key=lambda each: (each.what, each.by, each.about, each.school_id, each.forgotten))
    return [Row(some[0], len(some)) for _, group in alike if (some := list(group))]


def said(change: Change) -> str:
    """Such as "Rule changed"."""
    subject, _, done = change.what.rpartition(".")
    words = f"{subject} {done}".replace("_", " ").replace(".", " ").strip()
    return words[:1].upper() + words[1:]


async def _schools(request: PassRequest) -> dict[UUID, str]:
    found = await list_schools(services_of(request).database, request.user.school_ids, None, MOST_SCHOOLS)
    return {school.id: school.name for school in found}


async def _found(
    request: PassRequest, school: str, topic: str, who: str, days: str, after: str, limit: int
) -> list[Change]:
    services = services_of(request)
    since = None
    if days in _DAYS:
        here = services.clock.now().astimezone(ZoneInfo(time_zone_of(request)))
        first = here.date() - timedelta(days=int(days) - 1)
        since = datetime.combine(first, time(), tzinfo=here.tzinfo).astimezone(UTC)
    wanted = Topic(topic) if topic in set(Topic) else None
    return await changes_for(request, uuid_in(school), wanted, uuid_in(who), since, after or None, limit)
