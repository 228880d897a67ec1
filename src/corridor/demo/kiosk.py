"""The demo's kiosk: paired already, in the room of the demo's class, whose students have PINs and badges."""

from uuid import UUID

import msgspec
from sqlalchemy import select

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.errors import Conflict
from corridor.base.ids import derived_id, new_id
from corridor.campus.tables import Location, Person, School
from corridor.demo.accounts import Cast
from corridor.identity.device_tables import Device
from corridor.identity.principal import Principal, Role
from corridor.identity.service import IdentityService

PINS = ("4711", "8024")
"""Of the demo's first and second student."""

_DEVICE = derived_id("demo kiosk")


class DemoKiosk(msgspec.Struct, frozen=True):
    """Opened with one click by whoever tries the demo. `about` says what to type there."""

    device_id: UUID
    room: str
    about: str


async def write_kiosk(
    database: Database, identity: IdentityService, cast: Cast, school_source_id: str, clock: Clock
) -> DemoKiosk:
    """Put the kiosk into the class's room, and give its students what they say who they are with."""
    now = clock.now()
    async with database.session() as session:
        school_id = (await session.execute(select(School.id).where(School.source_id == school_source_id))).scalar_one()
        rooms = select(Location.id).where(Location.school_id == school_id, Location.name == cast.section.room)
        room_id = (await session.execute(rooms)).scalar_one()
        device = await session.get(Device, _DEVICE)
        if device is None:
            device = Device(
                id=_DEVICE,
                school_id=school_id,
                location_id=room_id,
                name="Kiosk at the door",
                token_hash=None,
                paired_by=None,
                paired_at=now,
                user_agent="",
                address="",
                last_seen_at=None,
                revoked_at=None,
            )
            session.add(device)
        device.location_id, device.revoked_at = room_id, None
        known = select(Person).where(Person.source_id.in_(cast.section.student_ids))
        people = {person.source_id: person for person in await session.scalars(known)}
    set_up = Principal(
        id=new_id(), kind="account", role=Role.SCHOOL_ADMIN, name="Set-up", school_ids=frozenset({school_id})
    )
    students = [people[id] for id in cast.section.student_ids if id in people]
    credentials = identity.credentials
    has = await credentials.of([student.id for student in students])
    for student, pin in zip(students, PINS, strict=False):
        await credentials.set_pin(set_up, student.id, school_id, pin)
    for student in students:
        if not has[student.id].badges:
            try:
                await credentials.assign_badge(set_up, student.id, school_id, badge_number(student.identifier or ""))
            except Conflict:
                continue
    first, second = students[:2]
    about = (
        f"student ID {first.identifier}, PIN {PINS[0]} or student ID {second.identifier}, PIN {PINS[1]}; "
        f"or scan a badge: type {badge_number(first.identifier or '')}"
    )
    return DemoKiosk(_DEVICE, cast.section.room, about)


def badge_number(identifier: str) -> str:
    """What is on the badge of a made-up student."""
    return f"QW{identifier}B"
