"""Administration: kiosks, paired by the code on their screen, each in a room."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError, InvalidInput
from corridor.identity.api import identity_of
from corridor.identity.devices import DeviceRow
from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest, services_of
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.web.admin_frame import frame
from corridor.web.seen import seen_words

HOME = "/admin/devices"
_PERMISSION = {"permission": Action.DEVICE_MANAGE}
_SAID = {
    "paired": "Paired. The kiosk's screen goes on by itself.",
    "changed": "Saved. The kiosk follows within seconds.",
    "revoked": "Revoked. From now on that browser is no kiosk any more.",
}


class PairForm(msgspec.Struct):
    school: str = ""
    code: str = ""
    name: str = ""
    location: str = ""


class DeviceForm(msgspec.Struct):
    school: str = ""
    name: str = ""
    location: str = ""


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_devices(
    request: PassRequest, school: FromQuery[UUID | None] = None, said: FromQuery[str] = ""
) -> Template:
    """The kiosks of a school. `said` is what has just been done."""
    return await _page(request, await choose_school(request, Action.DEVICE_MANAGE, school), said=said)


@post(HOME, include_in_schema=False, opt=_PERMISSION)
async def pair_device(request: PassRequest, data: URLEncodedBody[PairForm]) -> Response[Any]:
    """Approve the code that a kiosk shows. Without a name the kiosk is called after its room."""
    choice = await choose_school(request, Action.DEVICE_MANAGE, uuid_in(data.school))
    try:
        location_id = uuid_in(data.location)
        state = await services_of(request).ledger.state(choice.school.id)
        room = state.campus.locations.get(location_id) if location_id else None
        if room is None:
            raise InvalidInput("Choose the room in which the kiosk stands.", field="location")
        name = data.name.strip() or room.name
        await identity_of(request).devices.approve(
            request.user, code=data.code, name=name, location_id=room.id, school_id=choice.school.id
        )
    except CorridorError as error:
        return await _page(request, choice, typed=data, error=error)
    return _to(choice, "paired")


@post(HOME + "/{device_id:uuid}", include_in_schema=False, opt=_PERMISSION)
async def change_device(
    request: PassRequest, device_id: FromPath[UUID], data: URLEncodedBody[DeviceForm]
) -> Response[Any]:
    """Rename it, or say that it stands in another room."""
    choice = await choose_school(request, Action.DEVICE_MANAGE, uuid_in(data.school))
    try:
        devices = identity_of(request).devices
        await devices.change(request.user, device_id, name=data.name, location_id=uuid_in(data.location))
    except CorridorError as error:
        return await _page(request, choice, error=error, wrong=device_id)
    return _to(choice, "changed")


@post(HOME + "/{device_id:uuid}/revoke", include_in_schema=False, opt=_PERMISSION)
async def revoke_device(
    request: PassRequest, device_id: FromPath[UUID], data: URLEncodedBody[DeviceForm]
) -> Response[Any]:
    choice = await choose_school(request, Action.DEVICE_MANAGE, uuid_in(data.school))
    await identity_of(request).devices.revoke(request.user, device_id)
    return _to(choice, "revoked")


PAGE_ROUTES: list[Any] = [show_devices, pair_device, change_device, revoke_device]


async def _page(
    request: PassRequest,
    choice: SchoolChoice,
    *,
    said: str = "",
    typed: PairForm | None = None,
    error: CorridorError | None = None,
    wrong: UUID | None = None,
) -> Template:
    services = services_of(request)
    now, time_zone = services.clock.now(), choice.school.time_zone
    state = await services.ledger.state(choice.school.id)
    rows = await identity_of(request).devices.of_school(request.user, choice.school.id)
    rooms = [place for place in state.campus.locations.values() if place.active]
    context = frame(request, choice, HOME) | {
        "devices": [_view(row, now, time_zone) for row in rows if row.device.revoked_at is None],
        "revoked": [_view(row, now, time_zone) for row in rows if row.device.revoked_at is not None],
        "rooms": sorted(rooms, key=lambda place: place.name.casefold()),
        "typed": typed or PairForm(),
        "said": _SAID.get(said),
        "error": error,
        "wrong": wrong,
    }
    return Template("admin_devices.html", context=context, status_code=error.status if error else 200)


def _view(row: DeviceRow, now: datetime, time_zone: str) -> dict[str, Any]:
    device = row.device
    return {
        "id": device.id,
        "name": device.name,
        "room": row.room,
        "location_id": device.location_id,
        "waits": device.token_hash is None,
        "seen": seen_words(device.last_seen_at, now, time_zone),
        "paired": seen_words(device.paired_at, now, time_zone),
        "revoked": seen_words(device.revoked_at, now, time_zone),
        "address": device.address,
    }


def _to(choice: SchoolChoice, said: str) -> Redirect:
    return Redirect(f"{HOME}?school={choice.school.id}&said={said}", status_code=303)
