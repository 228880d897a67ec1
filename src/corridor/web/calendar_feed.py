"""A school's calendar at an address that calendar programs can subscribe to, for they cannot sign in.

The address holds a key that only this installation can make. What it shows names nobody.
"""

import asyncio
import hashlib
import hmac
from datetime import timedelta
from typing import Any, Protocol, cast
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from corridor.base.errors import NotFound
from corridor.base.settings import Settings
from corridor.campus.calendar_ics import write_ics
from corridor.campus.timetable import local
from corridor.identity.api import PUBLIC
from corridor.passes.api import PassRequest, services_of

CSV = "text/csv"
ICS = "text/calendar"
_AHEAD = timedelta(days=400)
_BACK = timedelta(days=31)
_KEY_BYTES = 16


class Services(Protocol):
    """What the feed uses of `app.state.services`, besides the rest."""

    @property
    def settings(self) -> Settings: ...


def feed_path(request: Request[Any, Any, Any], school_id: UUID) -> str:
    """The address below the site's own."""
    return f"/calendars/{school_id}/{_key(request, school_id)}.ics"


@get("/calendars/{school_id:uuid}/{name:str}", include_in_schema=False, opt={"permission": PUBLIC})
async def show_feed(
    request: PassRequest, school_id: FromPath[UUID], name: FromPath[str], periods: FromQuery[bool] = False
) -> Response[bytes]:
    """The calendar, with `periods` also every period. Its key wrong or its school gone: nothing is there."""
    if not hmac.compare_digest(name.encode(), f"{_key(request, school_id)}.ics".encode()):
        raise NotFound("There is no calendar at this address.")
    content = await ics_of(request, school_id, periods=periods)
    return Response(content, media_type=ICS, headers={"cache-control": "private, max-age=600"})


PAGE_ROUTES: list[Any] = [show_feed]


async def ics_of(request: PassRequest, school_id: UUID, *, periods: bool) -> bytes:
    """The calendar from a year back to a year ahead; with `periods`, from a month back, with every period."""
    services = services_of(request)
    campus = (await services.ledger.state(school_id)).campus
    now = services.clock.now()
    today = local(campus, now).date()
    begins = today - (_BACK if periods else _AHEAD)
    return await asyncio.to_thread(write_ics, campus, begins, today + _AHEAD, periods=periods, now=now)


def as_file(content: Any, name: str, media_type: str) -> Response[Any]:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


def _key(request: Request[Any, Any, Any], school_id: UUID) -> str:
    secret = cast("Services", request.app.state.services).settings.key()
    return hmac.digest(secret, b"calendar\0" + school_id.bytes, hashlib.sha256)[:_KEY_BYTES].hex()
