"""Accommodations over HTTP: private, for those alone who may see them."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from corridor.base.errors import NotFound
from corridor.campus.timetable import local
from corridor.day.policy import Accommodation
from corridor.day.state import SchoolState
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, actor_id, command_id_of, id_for, services_of
from corridor.policy.commands import Keep
from corridor.web.policy_desk import decide, drop, replied, state_for


class Standing(StrEnum):
    CURRENT = "current"
    COMING = "coming"
    PAST = "past"


class AccommodationView(msgspec.Struct, frozen=True):
    """`exempt` are the kinds of rules that do not apply, `time_percent` is of the usual time. `no_line`: the student
    need not wait for a place. `always_approved`: nobody has to approve. For these pass types; without any for all."""

    id: UUID
    student_id: UUID
    standing: Standing
    starts_on: date
    ends_on: date | None
    exempt: list[str]
    time_percent: int
    no_line: bool
    always_approved: bool
    pass_type_ids: list[UUID]
    note: str | None


class AccommodationPage(msgspec.Struct):
    """The newest first."""

    items: list[AccommodationView]
    next: None = None


class AccommodationChanges(msgspec.Struct, forbid_unknown_fields=True):
    """As an accommodation is; `starts_on` left out is today, `ends_on` null for no end."""

    starts_on: date | None = None
    ends_on: date | None = None
    exempt: Annotated[list[str], msgspec.Meta(max_length=50)] = []
    time_percent: int = 100
    no_line: bool = False
    always_approved: bool = False
    pass_type_ids: Annotated[list[UUID], msgspec.Meta(max_length=100)] = []
    note: str | None = None


class AccommodationInput(AccommodationChanges, kw_only=True, forbid_unknown_fields=True):
    student_id: UUID


@get(
    "/schools/{school_id:uuid}/accommodations",
    tags=["Accommodations"],
    summary="Accommodations",
    opt={"permission": Action.ACCOMMODATION_VIEW},
)
async def index_accommodations(
    request: PassRequest, school_id: FromPath[UUID], student_id: FromQuery[UUID | None] = None
) -> AccommodationPage:
    """Current, coming and past ones, of one student or of all."""
    state = await state_for(request, Action.ACCOMMODATION_VIEW, school_id)
    today = today_of(request, state)
    found = [
        each
        for some in state.accommodations.values()
        for each in some
        if student_id is None or each.student_id == student_id
    ]
    kind = Look.RECORD if student_id else Look.LIST
    await looked(request, school_id, "accommodations", kind, student_ids={each.student_id for each in found})
    return AccommodationPage([_view(each, today) for each in sorted(found, key=_newest_first)])


@post(
    "/schools/{school_id:uuid}/accommodations",
    tags=["Accommodations"],
    summary="Add an accommodation",
    opt={"permission": Action.ACCOMMODATION_CHANGE},
)
async def create_accommodation(
    request: PassRequest, school_id: FromPath[UUID], data: JSONBody[AccommodationInput]
) -> Response[AccommodationView]:
    """Nobody hears of it but those who may see accommodations."""
    require(request.user, Action.ACCOMMODATION_CHANGE, school_id=school_id)
    id = id_for(command_id_of(request), school_id)
    return await _keep(request, school_id, id, data.student_id, data, 201)


@put(
    "/schools/{school_id:uuid}/accommodations/{accommodation_id:uuid}",
    tags=["Accommodations"],
    summary="Change an accommodation",
    opt={"permission": Action.ACCOMMODATION_CHANGE},
)
async def change_accommodation(
    request: PassRequest,
    school_id: FromPath[UUID],
    accommodation_id: FromPath[UUID],
    data: JSONBody[AccommodationChanges],
) -> Response[AccommodationView]:
    """It stays the same student's. Counts for what the student asks for next."""
    state = await state_for(request, Action.ACCOMMODATION_CHANGE, school_id)
    before = accommodation_in(state, accommodation_id)
    return await _keep(request, school_id, accommodation_id, before.student_id, data, 200)


@delete(
    "/schools/{school_id:uuid}/accommodations/{accommodation_id:uuid}",
    tags=["Accommodations"],
    summary="Remove an accommodation",
    opt={"permission": Action.ACCOMMODATION_CHANGE},
)
async def remove_accommodation(
    request: PassRequest, school_id: FromPath[UUID], accommodation_id: FromPath[UUID]
) -> None:
    """To keep on record that there was one, give it a last day instead."""
    require(request.user, Action.ACCOMMODATION_CHANGE, school_id=school_id)
    await drop(request, school_id, "accommodation", accommodation_id)


API_ROUTES: list[Any] = [index_accommodations, create_accommodation, change_accommodation, remove_accommodation]


def accommodation_in(state: SchoolState, id: UUID) -> Accommodation:
    """Raises `NotFound`."""
    for some in state.accommodations.values():
        for each in some:
            if each.id == id:
                return each
    raise NotFound("There is no such accommodation, or someone has removed it.")


def standing_on(accommodation: Accommodation, today: date) -> Standing:
    if today < accommodation.starts_on:
        return Standing.COMING
    if accommodation.ends_on and accommodation.ends_on < today:
        return Standing.PAST
    return Standing.CURRENT


def today_of(request: PassRequest, state: SchoolState) -> date:
    """The date on the school's own clock."""
    return local(state.campus, services_of(request).clock.now()).date()


async def _keep(
    request: PassRequest, school_id: UUID, id: UUID, student_id: UUID, data: AccommodationChanges, status_code: int
) -> Response[AccommodationView]:
    today = today_of(request, await services_of(request).ledger.state(school_id))
    value = Accommodation(
        id=id,
        student_id=student_id,
        starts_on=data.starts_on or today,
        ends_on=data.ends_on,
        exempt=frozenset(data.exempt),
        time_percent=data.time_percent,
        no_line=data.no_line,
        always_approved=data.always_approved,
        pass_type_ids=frozenset(data.pass_type_ids),
        note=data.note,
    )
    answer = await decide(request, school_id, Keep(actor_id(request.user), value))
    return replied(answer, _view(msgspec.json.decode(answer.body, type=Accommodation), today), status_code)


def _view(each: Accommodation, today: date) -> AccommodationView:
    return AccommodationView(
        each.id,
        each.student_id,
        standing_on(each, today),
        each.starts_on,
        each.ends_on,
        sorted(each.exempt),
        each.time_percent,
        each.no_line,
        each.always_approved,
        sorted(each.pass_type_ids),
        each.note,
    )


def _newest_first(each: Accommodation) -> tuple[int, UUID]:
    return -each.starts_on.toordinal(), each.id
