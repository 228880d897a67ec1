"""Administration: the roster, uploaded, tried, imported."""

from collections.abc import Sequence
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import InvalidInput, NotFound
from corridor.base.settings import Settings
from corridor.campus.roster import DEFAULT_ALLOWED_REMOVALS, Status
from corridor.campus.roster.records import Kind
from corridor.campus.roster.report import RejectedRow
from corridor.identity.permissions import Action, require_district
from corridor.passes.api import PassRequest, services_of
from corridor.passes.pages import wants_fragment
from corridor.web.admin_frame import frame
from corridor.web.import_api import desk_of
from corridor.web.import_history import find_import, list_imports
from corridor.web.uploads import receive

_SHOWN = 30
_FEW_ROWS = 10
_IMPORT = {"permission": Action.ROSTER_IMPORT}
_VIEW = {"permission": Action.ROSTER_VIEW}


class Services(Protocol):
    """What these pages use of `app.state.services`, besides the rest."""

    @property
    def settings(self) -> Settings: ...


class ApplyForm(msgspec.Struct):
    """`allow_removals` is the percentage of a kind that may leave at once."""

    allow_removals: Annotated[float, msgspec.Meta(ge=0, le=100)] = DEFAULT_ALLOWED_REMOVALS


class RejectedGroup(msgspec.Struct, frozen=True):
    """Rows that were left out for the same reason. There may be more of them than are listed."""

    file: str
    why: str
    advice: str
    rows: list[RejectedRow]


@get("/admin/import", include_in_schema=False, opt=_IMPORT)
async def show_imports(request: PassRequest) -> Template:
    """A form for a new import, and those of the past."""
    return await _page(request)


@post("/admin/import", include_in_schema=False, opt=_IMPORT)
async def upload(request: PassRequest) -> Response[Any]:
    """Try a file out. Nothing is changed before somebody has seen the report."""
    require_district(request.user, Action.ROSTER_IMPORT)
    desk = desk_of(request)
    try:
        job = desk.begin(await receive(request, desk.folder), dry_run=True)
    except InvalidInput as error:
        return await _page(request, error)
    return _to(job.id)


@get("/admin/import/{import_id:uuid}", include_in_schema=False, opt=_VIEW)
async def show_import(request: PassRequest, import_id: FromPath[UUID]) -> Template:
    """How far an import is; when it has ended, its report."""
    require_district(request.user, Action.ROSTER_VIEW)
    desk = desk_of(request)
    job = desk.job(import_id)
    report = None
    if job is None or not job.running:
        try:
            report = await find_import(services_of(request).database, request.user, import_id)
        except NotFound:
            # It ended before it could write down anything: another one was running.
            if job is None:
                raise
    context = frame(request, None, "/admin/import") | {
        "id": import_id,
        "job": job,
        "report": report,
        "running": job.running if job else report is not None and report.status is Status.RUNNING,
        "error": report.error if report else job.error if job else None,
        "counts": [(kind, report.kinds[kind]) for kind in Kind if kind in report.kinds] if report else [],
        "groups": grouped(report.rejected) if report else [],
        "few": _FEW_ROWS,
        "kept": desk.is_kept(import_id),
        "zone": _settings(request).time_zone,
    }
    name = "admin_import_state.html" if wants_fragment(request) else "admin_import_one.html"
    return Template(name, context=context)


@post("/admin/import/{import_id:uuid}/apply", include_in_schema=False, opt=_IMPORT)
async def apply(request: PassRequest, import_id: FromPath[UUID], data: URLEncodedBody[ApplyForm]) -> Redirect:
    """Import for real what was tried, or refused."""
    require_district(request.user, Action.ROSTER_IMPORT)
    return _to(desk_of(request).repeat(import_id, allow_removals=data.allow_removals).id)


@post("/admin/import/{import_id:uuid}/discard", include_in_schema=False, opt=_IMPORT)
async def discard(request: PassRequest, import_id: FromPath[UUID]) -> Redirect:
    require_district(request.user, Action.ROSTER_IMPORT)
    desk_of(request).discard(import_id)
    return Redirect("/admin/import", status_code=303)


PAGE_ROUTES: list[Any] = [show_imports, upload, show_import, apply, discard]


async def _page(request: PassRequest, error: InvalidInput | None = None) -> Template:
    require_district(request.user, Action.ROSTER_IMPORT)
    settings = _settings(request)
    context = frame(request, None, "/admin/import") | {
        "imports": await list_imports(services_of(request).database, request.user, limit=_SHOWN),
        "most_mb": settings.max_upload_mb,
        "zone": settings.time_zone,
        "error": error.detail if error else None,
    }
    return Template("admin_imports.html", context=context, status_code=error.status if error else 200)


def grouped(rows: Sequence[RejectedRow]) -> list[RejectedGroup]:
    """Rejected rows by what is wrong with them, the most frequent first."""
    groups: dict[tuple[str, str, str], RejectedGroup] = {}
    for row in rows:
        key = row.file, row.why, row.advice
        groups.setdefault(key, RejectedGroup(*key, [])).rows.append(row)
    return sorted(groups.values(), key=lambda group: -len(group.rows))


def _to(import_id: UUID) -> Redirect:
    return Redirect(f"/admin/import/{import_id}", status_code=303)


def _settings(request: PassRequest) -> Settings:
    return cast("Services", request.app.state.services).settings
