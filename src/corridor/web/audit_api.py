"""Who changed what, over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import FromQuery, QueryParameter

from corridor.base.errors import InvalidInput
from corridor.campus.queries import list_schools
from corridor.identity.permissions import Action, Scope, require
from corridor.passes.api import PassRequest, services_of
from corridor.privacy.changes import Change, Topic, Wanted, find_changes

MOST_SCHOOLS = 10_000
_LONGEST_CURSOR = 60
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(9000, 1, 1, tzinfo=UTC)


class ChangePage(msgspec.Struct, frozen=True):
    """The newest first. `next` is for `after`, null on the last page."""

    items: list[Change]
    next: str | None


async def changes_for(
    request: PassRequest,
    school_id: UUID | None,
    topic: Topic | None,
    who: UUID | None,
    since: datetime | None,
    after: str | None,
    limit: int,
) -> list[Change]:
    """Those that whoever asks may see: of their schools, and for the district's own also those of no school."""
    scope = require(request.user, Action.AUDIT_VIEW, school_id=school_id)
    everything = school_id is None and scope is Scope.DISTRICT and request.user.school_ids is None
    if school_id:
        schools = [school_id]
    else:
        found = await list_schools(services_of(request).database, request.user.school_ids, None, MOST_SCHOOLS)
        schools = [school.id for school in found]
    before, before_seq = _cursor(after)
    wanted = Wanted(schools, everything, before, before_seq, since or BEGINNING, who, topic, limit)
    return await find_changes(services_of(request).database, wanted)


@get("/audit", tags=["Audit"], summary="Who changed what", opt={"permission": Action.AUDIT_VIEW})
async def index_changes(
    request: PassRequest,
    school_id: FromQuery[UUID | None] = None,
    topic: FromQuery[Topic | None] = None,
    who: FromQuery[UUID | None] = None,
    since: FromQuery[datetime | None] = None,
    after: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=500)] = 100,
) -> ChangePage:
    """Changes of settings, rules, places, accounts, devices and records, the newest first. `who` is the account,
    person, token or device that made them."""
    if since and since.tzinfo is None:
        raise InvalidInput("Give 'since' with a time zone, such as 2026-10-06T12:00:00Z.", field="since")
    found = await changes_for(request, school_id, topic, who, since, after, limit)
    return ChangePage(found, cursor_after(found[-1]) if len(found) == limit else None)


API_ROUTES: list[Any] = [index_changes]


def cursor_after(change: Change) -> str:
    return f"{change.at.isoformat()}~{change.seq}"


def _cursor(after: str | None) -> tuple[datetime, int]:
    if not after:
        return _END, 2**62
    at, _, seq = after[:_LONGEST_CURSOR].partition("~")
    try:
        instant, number = datetime.fromisoformat(at), int(seq)
    except ValueError:
        instant, number = None, 0
    if instant is None or instant.tzinfo is None or not 0 <= number < 2**62:
        raise InvalidInput("This is no 'next' of a page of changes.", field="after")
    return instant, number
