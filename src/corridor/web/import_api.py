"""Roster imports over HTTP."""

from dataclasses import dataclass
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import FromPath, FromQuery, QueryParameter

from corridor.campus.roster import DEFAULT_ALLOWED_REMOVALS, RosterReport, TooManyRemovals
from corridor.identity.permissions import Action, require_district
from corridor.passes.api import PassRequest, services_of
from corridor.web.import_desk import ImportDesk
from corridor.web.import_history import ImportSummary, find_import, list_imports
from corridor.web.uploads import receive

Percent = Annotated[float, QueryParameter(ge=0, le=100)]


class Services(Protocol):
    """What imports use of `app.state.services`."""

    @property
    def imports(self) -> ImportDesk: ...


def desk_of(request: Request[Any, Any, Any]) -> ImportDesk:
    return cast("Services", request.app.state.services).imports


class ImportPage(msgspec.Struct):
    """The newest first. `next` goes into `after` to read on; null at the end."""

    items: list[ImportSummary]
    next: UUID | None


def _zip_body() -> RequestBody:
    binary = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
    form = Schema(type=OpenAPIType.OBJECT, properties={"file": binary}, required=["file"])
    content = {"application/zip": OpenAPIMediaType(schema=binary), "multipart/form-data": OpenAPIMediaType(schema=form)}
    return RequestBody(content=content, required=True)


@dataclass
class TakesZip(Operation):
    """The description of an operation whose body is a zip."""

    def __post_init__(self) -> None:
        self.request_body = _zip_body()


@post(
    "/roster-imports",
    tags=["Roster imports"],
    summary="Import a roster",
    operation_class=TakesZip,
    opt={"permission": Action.ROSTER_IMPORT},
)
async def create_import(
    request: PassRequest,
    dry_run: FromQuery[bool] = False,
    allow_removals: Percent = DEFAULT_ALLOWED_REMOVALS,
) -> RosterReport:
    """Send a OneRoster 1.1 or 1.2 CSV export as a zip; answers when it is done.

    `allow_removals` is the percentage of a kind that may leave at once. When more would, the answer is 409 with
    `needed_percent` and the whole `report`. With `dry_run` everything is checked and nothing changed."""
    require_district(request.user, Action.ROSTER_IMPORT)
    desk = desk_of(request)
    upload = await receive(request, desk.folder)
    try:
        return await desk.run(upload, dry_run=dry_run, allow_removals=allow_removals)
    except TooManyRemovals as error:
        error.extra["report"] = error.report
        raise


@get("/roster-imports", tags=["Roster imports"], summary="Imports", opt={"permission": Action.ROSTER_VIEW})
async def index_imports(
    request: PassRequest,
    after: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> ImportPage:
    """What was imported, tried and refused."""
    found = await list_imports(services_of(request).database, request.user, before=after, limit=limit + 1)
    page = found[:limit]
    return ImportPage(page, page[-1].id if len(found) > limit else None)


@get(
    "/roster-imports/{import_id:uuid}",
    tags=["Roster imports"],
    summary="The report of an import",
    opt={"permission": Action.ROSTER_VIEW},
)
async def show_import(request: PassRequest, import_id: FromPath[UUID]) -> RosterReport:
    """What it found, what it changed and what it refused, row by row."""
    return await find_import(services_of(request).database, request.user, import_id)


API_ROUTES: list[Any] = [create_import, index_imports, show_import]
