"""Who stands in for a teacher, over HTTP. A teacher reaches what concerns themself alone."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody

from corridor.base.errors import InvalidInput, NotFound
from corridor.campus.timetable import local
from corridor.day.policy import Delegation
from corridor.day.state import SchoolState
from corridor.identity.permissions import Action, person_limit, require
from corridor.passes.api import PassRequest, actor_id, command_id_of, id_for, services_of
from corridor.policy.commands import Keep
from corridor.web.policy_desk import decide, drop, replied, state_for

_PATH = "/schools/{school_id:uuid}/delegations"
_PERMISSION = {"permission": Action.DELEGATION_CHANGE}
_TAGS = ["Substitutes"]


class DelegationView(msgspec.Struct, frozen=True):
    """From `starts_on` to `ends_on`, both included; `today` says whether that is now. `section_ids` are the classes it
    is about, empty for all of the teacher's. A `substitute` runs the classes; without that requests go to both."""

    id: UUID
    teacher_id: UUID
    to_id: UUID
    starts_on: date
    ends_on: date
    section_ids: list[UUID]
    substitute: bool
    today: bool


class DelegationPage(msgspec.Struct):
    """The newest first."""

    items: list[DelegationView]
    next: None = None


class DelegationInput(msgspec.Struct, forbid_unknown_fields=True):
    """A teacher may leave out `teacher_id`: it is themself."""

    to_id: UUID
    starts_on: date
    ends_on: date
    teacher_id: UUID | None = None
    section_ids: Annotated[list[UUID], msgspec.Meta(max_length=200)] = []
    substitute: bool = False


@get(_PATH, tags=_TAGS, summary="Who stands in for whom", opt=_PERMISSION)
async def index_delegations(request: PassRequest, school_id: FromPath[UUID]) -> DelegationPage:
    """A teacher sees those for themself, and those in which they stand in."""
    state = await state_for(request, Action.DELEGATION_CHANGE, school_id)
    own = person_limit(request.user, Action.DELEGATION_CHANGE)
    found = [each for each in state.delegations.values() if own is None or own in (each.teacher_id, each.to_id)]
    found.sort(key=lambda each: (each.starts_on, each.id), reverse=True)
    return DelegationPage([_view(request, state, each) for each in found])


@post(_PATH, tags=_TAGS, summary="Name who stands in", opt=_PERMISSION)
async def create_delegation(
    request: PassRequest, school_id: FromPath[UUID], data: JSONBody[DelegationInput]
) -> Response[DelegationView]:
    """After the last day it is over without anyone's doing."""
    teacher_id = data.teacher_id or person_limit(request.user, Action.DELEGATION_CHANGE)
    require(request.user, Action.DELEGATION_CHANGE, school_id=school_id, person_id=teacher_id)
    if teacher_id is None:
        raise InvalidInput("Say for which teacher.", field="teacher_id")
    return await _keep(request, school_id, id_for(command_id_of(request), school_id), teacher_id, data, 201)


@put(_PATH + "/{delegation_id:uuid}", tags=_TAGS, summary="Change who stands in", opt=_PERMISSION)
async def change_delegation(
    request: PassRequest, school_id: FromPath[UUID], delegation_id: FromPath[UUID], data: JSONBody[DelegationInput]
) -> Response[DelegationView]:
    """It stays the same teacher's."""
    before = await _found(request, school_id, delegation_id)
    if data.teacher_id not in (None, before.teacher_id):
        raise InvalidInput("It stays the same teacher's. Remove it and name another.", field="teacher_id")
    return await _keep(request, school_id, delegation_id, before.teacher_id, data, 200)


@delete(_PATH + "/{delegation_id:uuid}", tags=_TAGS, summary="Have nobody stand in", opt=_PERMISSION)
async def remove_delegation(request: PassRequest, school_id: FromPath[UUID], delegation_id: FromPath[UUID]) -> None:
    """Counts at once."""
    await _found(request, school_id, delegation_id)
    await drop(request, school_id, "delegation", delegation_id)


API_ROUTES: list[Any] = [index_delegations, create_delegation, change_delegation, remove_delegation]


async def _found(request: PassRequest, school_id: UUID, delegation_id: UUID) -> Delegation:
    state = await state_for(request, Action.DELEGATION_CHANGE, school_id)
    own = person_limit(request.user, Action.DELEGATION_CHANGE)
    found = state.delegations.get(delegation_id)
    if found is None or own not in (None, found.teacher_id):
        raise NotFound("There is no such thing, or it is not yours to change.")
    return found


async def _keep(
    request: PassRequest, school_id: UUID, id: UUID, teacher_id: UUID, data: DelegationInput, status_code: int
) -> Response[DelegationView]:
    value = Delegation(
        id, teacher_id, data.to_id, data.starts_on, data.ends_on, frozenset(data.section_ids), data.substitute
    )
    answer = await decide(request, school_id, Keep(actor_id(request.user), value))
    state = await services_of(request).ledger.state(school_id)
    return replied(answer, _view(request, state, msgspec.json.decode(answer.body, type=Delegation)), status_code)


def _view(request: PassRequest, state: SchoolState, each: Delegation) -> DelegationView:
    today = local(state.campus, services_of(request).clock.now()).date()
    return DelegationView(
        each.id,
        each.teacher_id,
        each.to_id,
        each.starts_on,
        each.ends_on,
        sorted(each.section_ids),
        each.substitute,
        each.starts_on <= today <= each.ends_on,
    )
