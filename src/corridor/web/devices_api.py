"""Kiosks, PINs and badges over the API."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import delete, get, patch, post, put
from litestar.params import FromPath, JSONBody

from corridor.identity.api import identity_of
from corridor.identity.device_tables import Badge, Device
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest
from corridor.web.credential_desk import credential_desk, credentials_of

_TAG = ["Kiosks"]
_DEVICES = {"permission": Action.DEVICE_MANAGE}
_CREDENTIALS = {"permission": Action.CREDENTIAL_CHANGE}
_STUDENT = "/schools/{school_id:uuid}/students/{student_id:uuid}"


class DeviceView(msgspec.Struct):
    """`waits`: approved, but its browser has not fetched its cookie yet."""

    id: UUID
    school_id: UUID
    location_id: UUID
    name: str
    waits: bool
    paired_at: datetime
    last_seen_at: datetime | None
    revoked_at: datetime | None


class DevicePage(msgspec.Struct):
    items: list[DeviceView]
    next: None = None


class PairInput(msgspec.Struct, forbid_unknown_fields=True):
    """`code` is what the kiosk's screen shows."""

    code: str
    name: str
    location_id: UUID


class DeviceChanges(msgspec.Struct, forbid_unknown_fields=True):
    """What is null stays as it is."""

    name: str | None = None
    location_id: UUID | None = None


class PinInput(msgspec.Struct, forbid_unknown_fields=True):
    """4 to 8 digits."""

    pin: str

    def __repr__(self) -> str:
        return "PinInput()"


class BadgeInput(msgspec.Struct, forbid_unknown_fields=True):
    number: str


class BadgeView(msgspec.Struct):
    """`kind` is badge or card. The number is not kept."""

    id: UUID
    kind: str
    assigned_at: datetime


class CredentialsView(msgspec.Struct):
    """By what a kiosk knows the student; none of it can be read back."""

    pin_set_at: datetime | None
    badges: list[BadgeView]


@get("/schools/{school_id:uuid}/devices", tags=_TAG, summary="Kiosks", opt=_DEVICES)
async def index_devices(request: PassRequest, school_id: FromPath[UUID]) -> DevicePage:
    """By name, the revoked ones among them."""
    rows = await identity_of(request).devices.of_school(request.user, school_id)
    return DevicePage([_device(row.device) for row in rows])


@post("/schools/{school_id:uuid}/devices", tags=_TAG, summary="Pair a kiosk", opt=_DEVICES)
async def pair_device(request: PassRequest, school_id: FromPath[UUID], data: JSONBody[PairInput]) -> DeviceView:
    """Approve the code that a browser at /kiosk shows. A code is good for ten minutes, and once."""
    require(request.user, Action.DEVICE_MANAGE, school_id=school_id)
    device = await identity_of(request).devices.approve(
        request.user, code=data.code, name=data.name, location_id=data.location_id, school_id=school_id
    )
    return _device(device)


@patch("/devices/{device_id:uuid}", tags=_TAG, summary="Rename or move a kiosk", opt=_DEVICES)
async def change_device(request: PassRequest, device_id: FromPath[UUID], data: JSONBody[DeviceChanges]) -> DeviceView:
    """A kiosk can be moved to another room of its school."""
    device = await identity_of(request).devices.change(
        request.user, device_id, name=data.name, location_id=data.location_id
    )
    return _device(device)


@delete("/devices/{device_id:uuid}", tags=_TAG, summary="Revoke a kiosk", opt=_DEVICES)
async def revoke_device(request: PassRequest, device_id: FromPath[UUID]) -> None:
    """Its cookie is refused from now on, by every server within two seconds."""
    await identity_of(request).devices.revoke(request.user, device_id)


@get(_STUDENT + "/credentials", tags=_TAG, summary="A student's PIN and badges", opt=_CREDENTIALS)
async def show_credentials(
    request: PassRequest, school_id: FromPath[UUID], student_id: FromPath[UUID]
) -> CredentialsView:
    desk = await credential_desk(request, school_id)
    ((_, known),) = await credentials_of(request, [desk.student(student_id)])
    return CredentialsView(known.pin_set_at, [_badge(badge) for badge in known.badges])


@put(_STUDENT + "/pin", tags=_TAG, summary="Set a student's PIN", status_code=204, opt=_CREDENTIALS)
async def set_pin(
    request: PassRequest, school_id: FromPath[UUID], student_id: FromPath[UUID], data: JSONBody[PinInput]
) -> None:
    """In place of any other. Obvious ones are refused."""
    desk = await credential_desk(request, school_id)
    student = desk.student(student_id)
    await identity_of(request).credentials.set_pin(request.user, student.id, school_id, data.pin)


@delete(_STUDENT + "/pin", tags=_TAG, summary="Take a student's PIN away", opt=_CREDENTIALS)
async def drop_pin(request: PassRequest, school_id: FromPath[UUID], student_id: FromPath[UUID]) -> None:
    desk = await credential_desk(request, school_id)
    student = desk.student(student_id)
    await identity_of(request).credentials.drop_pin(request.user, student.id, school_id)


@post(_STUDENT + "/badges", tags=_TAG, summary="Assign a badge", status_code=201, opt=_CREDENTIALS)
async def assign_badge(
    request: PassRequest, school_id: FromPath[UUID], student_id: FromPath[UUID], data: JSONBody[BadgeInput]
) -> CredentialsView:
    """The answer is what the student has then."""
    desk = await credential_desk(request, school_id)
    student = desk.student(student_id)
    await identity_of(request).credentials.assign_badge(request.user, student.id, school_id, data.number)
    ((_, known),) = await credentials_of(request, [student])
    return CredentialsView(known.pin_set_at, [_badge(badge) for badge in known.badges])


@delete(_STUDENT + "/badges/{badge_id:uuid}", tags=_TAG, summary="Withdraw a badge or card", opt=_CREDENTIALS)
async def withdraw_badge(
    request: PassRequest, school_id: FromPath[UUID], student_id: FromPath[UUID], badge_id: FromPath[UUID]
) -> None:
    desk = await credential_desk(request, school_id)
    student = desk.student(student_id)
    await identity_of(request).credentials.withdraw_badge(request.user, student.id, school_id, badge_id)


API_ROUTES: list[Any] = [
    index_devices,
    pair_device,
    change_device,
    revoke_device,
    show_credentials,
    set_pin,
    drop_pin,
    assign_badge,
    withdraw_badge,
]


def _device(device: Device) -> DeviceView:
    return DeviceView(
        device.id,
        device.school_id,
        device.location_id,
        device.name,
        device.token_hash is None and device.revoked_at is None,
        device.paired_at,
        device.last_seen_at,
        device.revoked_at,
    )


def _badge(badge: Badge) -> BadgeView:
    return BadgeView(badge.id, badge.kind, badge.assigned_at)
