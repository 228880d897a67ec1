"""Zones over HTTP: the areas of a campus that locations lie in."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, patch, post
from litestar.params import FromPath, JSONBody

from corridor.campus.commands import AddZone, ChangeZone, ZoneChanges
from corridor.campus.model import Zone
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, actor_id, answered, command_id_of, id_for, services_of


class ZoneInput(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class ZonePage(msgspec.Struct):
    """By name."""

    items: list[Zone]
    next: None = None


@get(
    "/schools/{school_id:uuid}/zones",
    tags=["Campus"],
    summary="Zones",
    opt={"permission": Action.LOCATION_VIEW},
)
async def index_zones(request: PassRequest, school_id: FromPath[UUID]) -> ZonePage:
    """The areas of the campus, and those that are no longer in use."""
    require(request.user, Action.LOCATION_VIEW, school_id=school_id)
    campus = (await services_of(request).ledger.state(school_id)).campus
    return ZonePage(sorted(campus.zones.values(), key=lambda zone: zone.name.casefold()))


@post(
    "/schools/{school_id:uuid}/zones",
    tags=["Campus"],
    summary="Add a zone",
    opt={"permission": Action.LOCATION_CHANGE},
)
async def create_zone(request: PassRequest, school_id: FromPath[UUID], data: JSONBody[ZoneInput]) -> Response[Zone]:
    """Locations may lie in it from now on."""
    require(request.user, Action.LOCATION_CHANGE, school_id=school_id)
    command_id = command_id_of(request)
    command = AddZone(id_for(command_id, school_id), actor_id(request.user), data.name)
    return answered(await services_of(request).ledger.submit(school_id, command, command_id), 201)


@patch(
    "/schools/{school_id:uuid}/zones/{zone_id:uuid}",
    tags=["Campus"],
    summary="Change a zone",
    opt={"permission": Action.LOCATION_CHANGE},
)
async def change_zone(
    request: PassRequest, school_id: FromPath[UUID], zone_id: FromPath[UUID], data: JSONBody[ZoneChanges]
) -> Response[Zone]:
    """Rename it, or put it out of use, which needs that no location lies in it."""
    require(request.user, Action.LOCATION_CHANGE, school_id=school_id)
    command = ChangeZone(zone_id, actor_id(request.user), data)
    return answered(await services_of(request).ledger.submit(school_id, command, command_id_of(request)), 200)


API_ROUTES: list[Any] = [index_zones, create_zone, change_zone]
