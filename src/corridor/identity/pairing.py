"""How a browser becomes a kiosk: it shows a code, staff approve it, and it fetches a cookie of its own."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import Conflict, InvalidInput, NotFound, Unavailable
from corridor.base.ids import new_id
from corridor.base.text import one_line
from corridor.campus.tables import Location
from corridor.identity.audit import audit
from corridor.identity.device_tables import Device, DevicePairing
from corridor.identity.permissions import Action, require
from corridor.identity.principal import Principal
from corridor.identity.sessions import digest

LASTS = timedelta(minutes=10)
"""How long a code can be approved, and then how long the browser has to fetch its cookie."""

# Letters that nobody takes for another one, and that make no words (RFC 8628, section 6.1).
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_HALF = 4
_MOST_PENDING = 1000
_LONGEST_NAME = 80
_LONGEST_USER_AGENT = 200


class Pending(msgspec.Struct, frozen=True):
    """A browser that waits. `browser` is for its cookie and nowhere else; `code` is what its screen shows."""

    browser: str
    code: str
    expires_at: datetime

    def __repr__(self) -> str:
        return "Pending()"


class Paired(msgspec.Struct, frozen=True):
    """`token` is for the device's cookie and nowhere else."""

    device_id: UUID
    token: str

    def __repr__(self) -> str:
        return f"Paired({self.device_id})"


def shown_code(code: str) -> str:
    """As the screen shows it: BCDF-GHJK."""
    return f"{code[:_HALF]}-{code[_HALF:]}"


def typed_code(text: str) -> str:
    """What somebody typed, in the form in which codes are kept."""
    return "".join(letter for letter in text.upper() if letter.isalnum())[:20]


def device_name(text: str) -> str:
    """Raises `InvalidInput` for a name that is none."""
    name = one_line(text)
    if not name or len(name) > _LONGEST_NAME:
        raise InvalidInput(
            f"Give the kiosk a name of at most {_LONGEST_NAME} characters, such as Room 204.", field="name"
        )
    return name


async def pending_of(session: AsyncSession, browser: str, now: datetime) -> DevicePairing | None:
    """What the browser with this cookie waits for, if it can still be approved or fetched."""
    found = select(DevicePairing).where(DevicePairing.browser_hash == digest(browser), DevicePairing.expires_at > now)
    return (await session.scalars(found)).one_or_none()


async def begin(session: AsyncSession, *, address: str, user_agent: str, now: datetime) -> Pending:
    """A new code. Raises `Unavailable` when too many wait already."""
    await session.execute(delete(DevicePairing).where(DevicePairing.expires_at <= now))
    if (await session.scalar(select(func.count()).select_from(DevicePairing)) or 0) >= _MOST_PENDING:
        raise Unavailable("Very many devices ask for a code just now. Try again in a few minutes.")
    browser = secrets.token_urlsafe(32)
    pairing = DevicePairing(
        id=new_id(),
        code="".join(secrets.choice(_LETTERS) for _ in range(2 * _HALF)),
        browser_hash=digest(browser),
        created_at=now,
        expires_at=now + LASTS,
        address=address,
        user_agent=user_agent[:_LONGEST_USER_AGENT],
        device_id=None,
    )
    session.add(pairing)
    return Pending(browser, pairing.code, pairing.expires_at)


async def approve(
    session: AsyncSession,
    approver: Principal,
    *,
    code: str,
    name: str,
    location_id: UUID,
    school_id: UUID,
    now: datetime,
) -> Device:
    """Make the browser that shows this code a device of the location.

    Raises `NotFound` for a code that nobody shows (any more) and for a location out of reach, `Conflict` for a code
    that was approved already.
    """
    name = device_name(name)
    location = await location_of(session, approver, location_id, school_id)
    pairing = (
        await session.scalars(
            select(DevicePairing)
            .where(DevicePairing.code == typed_code(code), DevicePairing.expires_at > now)
            .with_for_update()
        )
    ).one_or_none()
    if pairing is None:
        raise NotFound(
            "No kiosk shows this code now. Codes last ten minutes: read it again from the kiosk's screen.",
            field="code",
        )
    if pairing.device_id is not None:
        raise Conflict("This code has been used. Load the kiosk's page again for a new one.", field="code")
    device = Device(
        id=new_id(),
        school_id=location.school_id,
        location_id=location.id,
        name=name,
        token_hash=None,
        paired_by=approver.person_id or approver.id,
        paired_at=now,
        user_agent=pairing.user_agent,
        address=pairing.address,
        last_seen_at=None,
        revoked_at=None,
    )
    session.add(device)
    await session.flush()
    pairing.device_id = device.id
    pairing.expires_at = now + LASTS
    await audit(
        session,
        now,
        approver,
        "device.paired",
        about=device.id,
        school_id=device.school_id,
        location_id=location.id,
        name=name,
    )
    return device


async def fetch(session: AsyncSession, browser: str, now: datetime) -> Paired | None:
    """The cookie of the device that this browser was approved as, once; None while nobody has approved it, and for a
    device that was revoked meanwhile."""
    pairing = (
        await session.scalars(
            select(DevicePairing)
            .where(DevicePairing.browser_hash == digest(browser), DevicePairing.expires_at > now)
            .with_for_update()
        )
    ).one_or_none()
    if pairing is None or pairing.device_id is None:
        return None
    device = await session.get_one(Device, pairing.device_id, with_for_update=True)
    await session.delete(pairing)
    if device.revoked_at is not None:
        return None
    return Paired(device.id, give_token(device))


def give_token(device: Device) -> str:
    """A fresh token for the device; the one before counts no longer."""
    token = secrets.token_urlsafe(32)
    device.token_hash = digest(token)
    return token


async def location_of(session: AsyncSession, principal: Principal, location_id: UUID, school_id: UUID) -> Location:
    """A location of the school, in use, where the principal manages devices. Raises `NotFound`."""
    require(principal, Action.DEVICE_MANAGE, school_id=school_id)
    location = await session.get(Location, location_id)
    if location is None or not location.active or location.school_id != school_id:
        raise NotFound("There is no such location in use at this school.")
    return location


async def sweep(session: AsyncSession, device_id: UUID) -> None:
    """Let nobody fetch a cookie of this device any more."""
    await session.execute(delete(DevicePairing).where(DevicePairing.device_id == device_id))
