"""Kiosks: who a device's cookie stands for, and what staff do with devices."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.errors import Conflict, NotFound
from corridor.campus.tables import Location, School
from corridor.identity import pairing
from corridor.identity.audit import audit
from corridor.identity.buckets import Buckets
from corridor.identity.cache import Known, PrincipalCache
from corridor.identity.device_tables import Device
from corridor.identity.permissions import Action, require
from corridor.identity.principal import Principal, Role
from corridor.identity.sessions import SEEN_EVERY, digest


class DeviceRow(NamedTuple):
    """A device with the name of its room."""

    device: Device
    room: str


class Devices:
    """One a process. What it changes counts at once in this process and within `cache.LIFETIME` in the others."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._cache = PrincipalCache(self._load, clock)
        self._new_codes = Buckets(burst=40, refill=timedelta(seconds=15))
        self._wrong_codes = Buckets(burst=10, refill=timedelta(seconds=30))

    async def by_cookie(self, token: str) -> Principal | None:
        """Which device a browser's cookie stands for."""
        return await self._cache.get(digest(token))

    async def begin_pairing(self, *, address: str, user_agent: str, browser: str | None) -> pairing.Pending:
        """The code for a browser to show: the one it has (`browser` is its cookie), else a new one.

        Raises `TooManyAttempts` for an address that asks too often.
        """
        now = self._clock.now()
        async with self._database.session() as session:
            known = await pairing.pending_of(session, browser, now) if browser else None
            if browser and known is not None and known.device_id is None:
                return pairing.Pending(browser, known.code, known.expires_at)
            self._new_codes.check(address, now)
            self._new_codes.count(address, now)
            return await pairing.begin(session, address=address, user_agent=user_agent, now=now)

    async def waits(self, browser: str) -> bool:
        """Whether the code of this browser can still be approved, and has not been."""
        async with self._database.session() as session:
            known = await pairing.pending_of(session, browser, self._clock.now())
        return known is not None and known.device_id is None

    async def fetch(self, browser: str) -> pairing.Paired | None:
        """See `pairing.fetch`."""
        async with self._database.session() as session:
            return await pairing.fetch(session, browser, self._clock.now())

    async def approve(self, approver: Principal, *, code: str, name: str, location_id: UUID, school_id: UUID) -> Device:
        """See `pairing.approve`. Wrong codes are limited."""
        now = self._clock.now()
        self._wrong_codes.check(str(approver.id), now)
        try:
            async with self._database.session() as session:
                return await pairing.approve(
                    session,
                    approver,
                    code=code,
                    name=name,
                    location_id=location_id,
                    school_id=school_id,
                    now=now,
                )
        except (NotFound, Conflict):
            self._wrong_codes.count(str(approver.id), now)
            raise

    async def of_school(self, viewer: Principal, school_id: UUID) -> list[DeviceRow]:
        """The school's devices by name, the revoked ones among them."""
        require(viewer, Action.DEVICE_MANAGE, school_id=school_id)
        found = (
            select(Device, Location.name)
            .join(Location, Location.id == Device.location_id)
            .where(Device.school_id == school_id)
            .order_by(Device.name, Device.id)
        )
        async with self._database.session() as session:
            return [DeviceRow(*row) for row in await session.execute(found)]

    async def change(
        self, by: Principal, device_id: UUID, *, name: str | None = None, location_id: UUID | None = None
    ) -> Device:
        """Give it another name or another room of the same school. Raises `NotFound`, `Conflict` or `InvalidInput`."""
        now = self._clock.now()
        async with self._database.session() as session:
            device = await self._in_use(session, by, device_id)
            if name is not None:
                device.name = pairing.device_name(name)
            if location_id is not None:
                room = await pairing.location_of(session, by, location_id, device.school_id)
                device.location_id = room.id
            await audit(
                session,
                now,
                by,
                "device.changed",
                about=device.id,
                school_id=device.school_id,
                name=device.name,
                location_id=device.location_id,
            )
        self._cache.forget_principal(device_id)
        return device

    async def revoke(self, by: Principal, device_id: UUID) -> Device:
        """End a device for good; a second time changes nothing."""
        now = self._clock.now()
        async with self._database.session() as session:
            device = await self._mine(session, by, device_id)
            if device.revoked_at is None:
                device.revoked_at = now
                await pairing.sweep(session, device.id)
                await audit(session, now, by, "device.revoked", about=device.id, school_id=device.school_id)
        self._cache.forget_principal(device_id)
        return device

    async def renew(self, device_id: UUID) -> str | None:
        """A fresh token for a device in use, the one before ends; for what may open it without being paired anew."""
        async with self._database.session() as session:
            device = await session.get(Device, device_id, with_for_update=True)
            if device is None or device.revoked_at is not None:
                return None
            token = pairing.give_token(device)
        self._cache.forget_principal(device_id)
        return token

    async def _mine(self, session: AsyncSession, by: Principal, device_id: UUID) -> Device:
        require(by, Action.DEVICE_MANAGE)
        device = await session.get(Device, device_id, with_for_update=True)
        if device is None or not by.reaches(device.school_id):
            raise NotFound("There is no such kiosk, or it is not at one of your schools.")
        return device

    async def _in_use(self, session: AsyncSession, by: Principal, device_id: UUID) -> Device:
        device = await self._mine(session, by, device_id)
        if device.revoked_at is not None:
            raise Conflict("This kiosk was revoked. Pair it anew.")
        return device

    async def _load(self, token_hash: bytes) -> Known | None:
        now = self._clock.now()
        async with self._database.session() as session:
            return await _load_device(session, token_hash, now)


async def _load_device(session: AsyncSession, token_hash: bytes, now: datetime) -> Known | None:
    """The device of this cookie, noting that it was seen; None for an unknown or revoked one."""
    device = (
        await session.scalars(
            select(Device)
            .join(School, School.id == Device.school_id)
            .where(Device.token_hash == token_hash, Device.revoked_at.is_(None), School.active)
        )
    ).one_or_none()
    if device is None:
        return None
    if device.last_seen_at is None or now - device.last_seen_at >= SEEN_EVERY:
        await session.execute(update(Device).where(Device.id == device.id).values(last_seen_at=now))
    principal = Principal(
        id=device.id,
        kind="device",
        role=Role.KIOSK,
        name=device.name,
        school_ids=frozenset({device.school_id}),
        location_id=device.location_id,
    )
    return Known(principal, None)
