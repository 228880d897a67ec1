"""Administration: how long the district keeps what, what would go now, and what has gone."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from corridor.base.errors import InvalidInput
from corridor.identity.permissions import Action, require_district
from corridor.passes.api import PassRequest
from corridor.privacy.retention_kinds import KEEPINGS, Days, Kind
from corridor.privacy.retention_report import Report, SchoolPart
from corridor.web.admin_frame import frame
from corridor.web.retention_api import retention_of, time_zone_of

HOME = "/admin/retention"
_PERMISSION = {"permission": Action.RETENTION_CHANGE}
_MOST_DIGITS = 5


class Line(msgspec.Struct, frozen=True):
    """A kind as the page shows it: `typed` is what stands in its field, `number` how many would go now."""

    kind: Kind
    title: str
    goes: str
    unit: str
    typed: str
    number: int | None
    shortest: int
    longest: int


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_retention_page(request: PassRequest, saved: FromQuery[bool] = False) -> Template:
    require_district(request.user, Action.RETENTION_CHANGE)
    return await _page(request, saved=saved)


@post(HOME, include_in_schema=False, opt=_PERMISSION)
async def save_retention(request: PassRequest) -> Response[Any]:
    require_district(request.user, Action.RETENTION_CHANGE)
    typed = await _typed(request)
    try:
        await retention_of(request).change(request.user, _read(typed))
    except InvalidInput as error:
        return await _page(request, typed=typed, error=error)
    return Redirect(f"{HOME}?saved=true", status_code=303)


@post(HOME + "/preview", include_in_schema=False, opt=_PERMISSION)
async def preview_retention(request: PassRequest) -> Template:
    """The page with what is typed, and what would go by it. Nothing is saved."""
    require_district(request.user, Action.RETENTION_CHANGE)
    typed = await _typed(request)
    try:
        return await _page(request, typed=typed, draft=_read(typed))
    except InvalidInput as error:
        return await _page(request, typed=typed, error=error)


PAGE_ROUTES: list[Any] = [show_retention_page, save_retention, preview_retention]


async def _typed(request: PassRequest) -> dict[Kind, str]:
    form = await request.form()
    return {kind: str(form[kind.value]).strip() for kind in KEEPINGS if kind.value in form}


def _read(typed: dict[Kind, str]) -> Days:
    days = {}
    for kind, number in typed.items():
        if not number.isascii() or not number.isdigit() or len(number) > _MOST_DIGITS:
            raise InvalidInput(f"{KEEPINGS[kind].title}: write a number of days.", field=kind.value)
        days[kind] = int(number)
    return days


async def _page(
    request: PassRequest,
    *,
    typed: dict[Kind, str] | None = None,
    draft: Days | None = None,
    error: InvalidInput | None = None,
    saved: bool = False,
) -> Template:
    retention = retention_of(request)
    days = await retention.days()
    report = None if error else await retention.plan({**days, **draft} if draft else None)
    lines = [
        Line(
            kind,
            keeping.title,
            keeping.goes,
            keeping.unit,
            (typed or {}).get(kind, str(days[kind])),
            report.total(kind) if report else None,
            keeping.shortest,
            keeping.longest,
        )
        for kind, keeping in KEEPINGS.items()
    ]
    context = frame(request, None, HOME) | {
        "home": HOME,
        "lines": lines,
        "error": error,
        "wrong": error.extra.get("field") if error else None,
        "saved": saved,
        "previewed": draft is not None and not error,
        "would_go": report.everything if report else 0,
        "schools": _with_something(report),
        "runs": await retention.runs(),
        "time_zone": time_zone_of(request),
    }
    return Template("retention_page.html", context=context, status_code=error.status if error else 200)


def _with_something(report: Report | None) -> list[SchoolPart]:
    """Schools of which something is kept back."""
    return [part for part in report.schools if part.whole or part.kept_back] if report else []
