"""What holds today, over HTTP: who is not on campus, and whether passes are on hold."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, put
from litestar.params import FromPath, JSONBody

from corridor.base.errors import NotFound
from corridor.day.policy import Absence, Freeze
from corridor.day.state import SchoolState
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, actor_id, services_of
from corridor.policy.commands import Drop, HoldPasses, MarkAbsent
from corridor.policy.standing import absences_now
from corridor.rules.absent import absent_until
from corridor.web.policy_desk import decide, drop, replied, state_for

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class AbsenceView(msgspec.Struct, frozen=True):
    """Not on campus from `since` up to `until`; `away` says whether that is now."""

    student_id: UUID
    since: datetime
    until: datetime
    away: bool
    note: str | None


class AbsencePage(msgspec.Struct):
    """The first to leave first."""

    items: list[AbsenceView]
    next: None = None


class AbsenceInput(msgspec.Struct, forbid_unknown_fields=True):
    """Without `since` from now on, without `until` for the rest of that day. `note` is for staff."""

    since: Instant | None = None
    until: Instant | None = None
    note: str | None = None


class HoldView(msgspec.Struct, frozen=True):
    """Whether passes are on hold; `since` and `note` are null when they are not."""

    on_hold: bool
    since: datetime | None = None
    note: str | None = None


class HoldInput(msgspec.Struct, forbid_unknown_fields=True):
    note: str | None = None


@get(
    "/schools/{school_id:uuid}/absences",
    tags=["Absences and hold"],
    summary="Who is not on campus",
    opt={"permission": Action.ABSENCE_CHANGE},
)
async def index_absences(request: PassRequest, school_id: FromPath[UUID]) -> AbsencePage:
    """Those who are away now, and those who will be later."""
    state = await state_for(request, Action.ABSENCE_CHANGE, school_id)
    now = services_of(request).clock.now()
    absences = sorted(absences_now(state, now), key=lambda absence: (absence.since, absence.id))
    await looked(request, school_id, "absences", Look.LIST, student_ids={absence.id for absence in absences})
    return AbsencePage([_absence(state, absence, now) for absence in absences])


@put(
    "/schools/{school_id:uuid}/students/{student_id:uuid}/absence",
    tags=["Absences and hold"],
    summary="Mark a student as away",
    opt={"permission": Action.ABSENCE_CHANGE},
)
async def mark_absent(
    request: PassRequest,
    school_id: FromPath[UUID],
    student_id: FromPath[UUID],
    data: JSONBody[AbsenceInput | None] = None,
) -> Response[AbsenceView]:
    """Takes the place of what was said of this student before."""
    require(request.user, Action.ABSENCE_CHANGE, school_id=school_id)
    data = data or AbsenceInput()
    command = MarkAbsent(actor_id(request.user), student_id, data.since, data.until, data.note)
    answer = await decide(request, school_id, command)
    state = await services_of(request).ledger.state(school_id)
    absence = msgspec.json.decode(answer.body, type=Absence)
    return replied(answer, _absence(state, absence, services_of(request).clock.now()))


@delete(
    "/schools/{school_id:uuid}/students/{student_id:uuid}/absence",
    tags=["Absences and hold"],
    summary="Say that a student is back",
    opt={"permission": Action.ABSENCE_CHANGE},
)
async def mark_back(request: PassRequest, school_id: FromPath[UUID], student_id: FromPath[UUID]) -> None:
    """Answers 404 when nobody had marked the student as away."""
    require(request.user, Action.ABSENCE_CHANGE, school_id=school_id)
    await drop(request, school_id, "absence", student_id)


@get(
    "/schools/{school_id:uuid}/freeze",
    tags=["Absences and hold"],
    summary="Whether passes are on hold",
    opt={"permission": Action.BOARD_VIEW},
)
async def show_hold(request: PassRequest, school_id: FromPath[UUID]) -> HoldView:
    return _hold((await state_for(request, Action.BOARD_VIEW, school_id)).freeze)


@put(
    "/schools/{school_id:uuid}/freeze",
    tags=["Absences and hold"],
    summary="Put all passes on hold",
    opt={"permission": Action.FREEZE_CHANGE},
)
async def hold_passes(
    request: PassRequest, school_id: FromPath[UUID], data: JSONBody[HoldInput | None] = None
) -> Response[HoldView]:
    """Nobody may start a pass until the hold ends. Passes that are under way go on."""
    require(request.user, Action.FREEZE_CHANGE, school_id=school_id)
    answer = await decide(request, school_id, HoldPasses(actor_id(request.user), data.note if data else None))
    return replied(answer, _hold(msgspec.json.decode(answer.body, type=Freeze)))


@delete(
    "/schools/{school_id:uuid}/freeze",
    tags=["Absences and hold"],
    summary="Let passes go again",
    opt={"permission": Action.FREEZE_CHANGE},
)
async def release_passes(request: PassRequest, school_id: FromPath[UUID]) -> None:
    """Answers 404 when they were not on hold."""
    require(request.user, Action.FREEZE_CHANGE, school_id=school_id)
    try:
        await decide(request, school_id, Drop(actor_id(request.user), "freeze", school_id))
    except NotFound:
        raise NotFound("Passes are not on hold.") from None


API_ROUTES: list[Any] = [index_absences, mark_absent, mark_back, show_hold, hold_passes, release_passes]


def _absence(state: SchoolState, absence: Absence, now: datetime) -> AbsenceView:
    until = absent_until(state.campus, absence)
    return AbsenceView(absence.id, absence.since, until, absence.since <= now < until, absence.note)


def _hold(freeze: Freeze | None) -> HoldView:
    return HoldView(True, freeze.since, freeze.note) if freeze else HoldView(False)
