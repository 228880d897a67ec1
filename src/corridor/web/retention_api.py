"""How long the district keeps what, over HTTP."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, cast
from uuid import UUID

import msgspec
from litestar import Request, get, put
from litestar.params import JSONBody

from corridor.base.settings import Settings
from corridor.identity.permissions import Action, require_district
from corridor.passes.api import PassRequest
from corridor.privacy.retention import Retention
from corridor.privacy.retention_kinds import KEEPINGS, Days, Kind
from corridor.privacy.retention_report import Report, Run

_CHANGE = {"permission": Action.RETENTION_CHANGE}


class _Services(Protocol):
    @property
    def retention(self) -> Retention: ...
    @property
    def settings(self) -> Settings: ...


class KeepingView(msgspec.Struct, frozen=True):
    """A kind of record: kept `days`, then `goes` happens to it. It may be kept from `shortest` to `longest` days."""

    kind: Kind
    title: str
    goes: str
    days: int
    usual: int
    shortest: int
    longest: int


class RetentionView(msgspec.Struct, frozen=True):
    items: list[KeepingView]


class RetentionInput(msgspec.Struct, forbid_unknown_fields=True):
    """`days` by kind; kinds that are left out stay as they are."""

    days: dict[Kind, int]


class SchoolPlan(msgspec.Struct, frozen=True):
    """`counts` by kind. Of `kept_back` students, or of the `whole` school, nothing goes: legal holds and open records
    requests stand against it."""

    school_id: UUID
    name: str
    until: dict[Kind, datetime]
    counts: dict[Kind, int]
    kept_back: int
    whole: bool


class ReportView(msgspec.Struct, frozen=True):
    """`counts` are those of all schools and of the district together."""

    counts: dict[Kind, int]
    schools: list[SchoolPlan]


class RunView(msgspec.Struct, frozen=True):
    """`ended_at` is null for a run that goes on, or was cut short."""

    id: UUID
    started_at: datetime
    ended_at: datetime | None
    ordered_by: str
    report: ReportView


class RunPage(msgspec.Struct, frozen=True):
    """The newest first."""

    items: list[RunView]
    next: None = None


def retention_of(request: Request[Any, Any, Any]) -> Retention:
    return cast(_Services, request.app.state.services).retention


def time_zone_of(request: Request[Any, Any, Any]) -> str:
    """The installation's, as an IANA name."""
    return cast(_Services, request.app.state.services).settings.time_zone


@get("/retention", tags=["Retention"], summary="How long what is kept", opt=_CHANGE)
async def show_retention(request: PassRequest) -> RetentionView:
    require_district(request.user, Action.RETENTION_CHANGE)
    return _view(await retention_of(request).days())


@put("/retention", tags=["Retention"], summary="Change how long what is kept", opt=_CHANGE)
async def change_retention(request: PassRequest, data: JSONBody[RetentionInput]) -> RetentionView:
    """Counts from the next night on. What hangs together must fit: 422 names the kind that does not."""
    require_district(request.user, Action.RETENTION_CHANGE)
    return _view(await retention_of(request).change(request.user, data.days))


@get("/retention/plan", tags=["Retention"], summary="What would go now", opt=_CHANGE)
async def plan_retention(request: PassRequest) -> ReportView:
    """A dry run by the settings in force. Nothing is changed."""
    require_district(request.user, Action.RETENTION_CHANGE)
    return _report(await retention_of(request).plan())


@get("/retention/runs", tags=["Retention"], summary="What went, and when", opt=_CHANGE)
async def index_runs(request: PassRequest) -> RunPage:
    require_district(request.user, Action.RETENTION_CHANGE)
    return RunPage([_run(run) for run in await retention_of(request).runs()])


API_ROUTES: list[Any] = [show_retention, change_retention, plan_retention, index_runs]


def _view(days: Days) -> RetentionView:
    return RetentionView([_keeping(kind, days) for kind in KEEPINGS])


def _keeping(kind: Kind, days: Mapping[Kind, int]) -> KeepingView:
    keeping = KEEPINGS[kind]
    return KeepingView(kind, keeping.title, keeping.goes, days[kind], keeping.usual, keeping.shortest, keeping.longest)


def _report(report: Report) -> ReportView:
    schools = [
        SchoolPlan(part.school_id, part.name, part.until, part.counts, part.kept_back, part.whole)
        for part in report.schools
    ]
    return ReportView({kind: report.total(kind) for kind in KEEPINGS}, schools)


def _run(run: Run) -> RunView:
    return RunView(run.id, run.started_at, run.ended_at, run.ordered_by, _report(run.report))
