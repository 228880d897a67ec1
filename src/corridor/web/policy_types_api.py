"""A school's pass types and pass settings over HTTP."""

from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody

from corridor.base.errors import NotFound
from corridor.campus.words import LocationKind
from corridor.day.state import Approval, PassSettings, PassType, SchoolState
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, actor_id, answered, command_id_of, id_for, services_of
from corridor.policy.checks import LONGEST_NAME, MOST_MINUTES
from corridor.policy.commands import SetPassSettings, SetPassType

Icon = Literal[
    "toilet",
    "glass-water",
    "heart-pulse",
    "building-2",
    "book-open",
    "message-circle",
    "gym",
    "cafeteria",
    "classroom",
    "class",
    "arrow-right",
    "map-pin",
]
"""The pictures that a pass type may have, by their name in frontend/src/icons.json."""

ICONS: tuple[str, ...] = get_args(Icon)

_USUAL_COLOUR = "#334155"
_CHANGE = {"permission": Action.PASS_TYPE_CHANGE}

Minutes = Annotated[int, msgspec.Meta(ge=1, le=MOST_MINUTES)]


class PassTypeInput(msgspec.Struct, forbid_unknown_fields=True):
    """`minutes` is the usual time, `most_minutes` the longest a student may ask for. `kinds` are the kinds of location
    for which this type is the usual one. Types are shown in the order of `position`; null keeps it, or puts a new type
    last."""

    name: Annotated[str, msgspec.Meta(max_length=LONGEST_NAME)]
    minutes: Minutes
    most_minutes: Minutes
    icon: Icon = "map-pin"
    approval: Approval = Approval.STAFF
    round_trip: bool = True
    kinds: list[LocationKind] = []
    active: bool = True
    position: Annotated[int, msgspec.Meta(ge=0, le=999)] | None = None

    def as_type(self, type_id: UUID, school_id: UUID, before: PassType | None) -> PassType:
        """The pass type under this id, in place of `before`."""
        return PassType(
            type_id,
            school_id,
            self.name,
            self.icon,
            before.colour if before else _USUAL_COLOUR,
            self.minutes,
            self.most_minutes,
            self.approval,
            self.round_trip,
            tuple(dict.fromkeys(self.kinds)),
            self.active,
            self.position if self.position is not None else before.position if before else 0,
        )


class PassSettingsInput(msgspec.Struct, forbid_unknown_fields=True):
    """`lapse_minutes`: how long a request waits for an answer, 1 to 240. `grace_minutes`: how long after its time is up
    a pass ends by itself, 0 to 240. `offer_seconds`: how long a place in line is held, 10 to 600."""

    lapse_minutes: int
    grace_minutes: int
    offer_seconds: int


def find_type(state: SchoolState, type_id: UUID) -> PassType:
    """Raises `NotFound`."""
    found = state.pass_types.get(type_id)
    if found is None:
        raise NotFound("There is no such pass type.")
    return found


@post("/schools/{school_id:uuid}/pass-types", tags=["Rules"], summary="Add a pass type", opt=_CHANGE)
async def create_pass_type(
    request: PassRequest, school_id: FromPath[UUID], data: JSONBody[PassTypeInput]
) -> Response[PassType]:
    """Students and staff may take passes of it from now on."""
    require(request.user, Action.PASS_TYPE_CHANGE, school_id=school_id)
    command_id = command_id_of(request)
    pass_type = data.as_type(id_for(command_id, school_id), school_id, None)
    command = SetPassType(actor_id(request.user), pass_type)
    return answered(await services_of(request).ledger.submit(school_id, command, command_id), 201)


@put(
    "/schools/{school_id:uuid}/pass-types/{pass_type_id:uuid}",
    tags=["Rules"],
    summary="Change a pass type",
    opt=_CHANGE,
)
async def change_pass_type(
    request: PassRequest, school_id: FromPath[UUID], pass_type_id: FromPath[UUID], data: JSONBody[PassTypeInput]
) -> Response[PassType]:
    """Counts for the next pass; those that are out keep the minutes they have."""
    require(request.user, Action.PASS_TYPE_CHANGE, school_id=school_id)
    ledger = services_of(request).ledger
    before = find_type(await ledger.state(school_id), pass_type_id)
    command = SetPassType(actor_id(request.user), data.as_type(pass_type_id, school_id, before))
    return answered(await ledger.submit(school_id, command, command_id_of(request)), 200)


@get(
    "/schools/{school_id:uuid}/pass-settings",
    tags=["Rules"],
    summary="Pass settings",
    opt={"permission": Action.PASS_TYPE_VIEW},
)
async def show_pass_settings(request: PassRequest, school_id: FromPath[UUID]) -> PassSettings:
    """How long requests, overdue passes and offered places last."""
    require(request.user, Action.PASS_TYPE_VIEW, school_id=school_id)
    return (await services_of(request).ledger.state(school_id)).settings


@put("/schools/{school_id:uuid}/pass-settings", tags=["Rules"], summary="Change the pass settings", opt=_CHANGE)
async def change_pass_settings(
    request: PassRequest, school_id: FromPath[UUID], data: JSONBody[PassSettingsInput]
) -> Response[PassSettings]:
    """Counts from now on, for passes that are open too."""
    require(request.user, Action.PASS_TYPE_CHANGE, school_id=school_id)
    settings = PassSettings(data.lapse_minutes, data.grace_minutes, data.offer_seconds)
    command = SetPassSettings(actor_id(request.user), settings)
    return answered(await services_of(request).ledger.submit(school_id, command, command_id_of(request)), 200)


API_ROUTES: list[Any] = [create_pass_type, change_pass_type, show_pass_settings, change_pass_settings]
