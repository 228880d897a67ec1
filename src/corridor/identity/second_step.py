"""The second step: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is not at hand."""

import base64
import hashlib
import secrets
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import InvalidInput
from corridor.base.ids import new_id
from corridor.base.sealed import Sealer
from corridor.identity.sign_in_tables import TOTP_PURPOSE, Passkey, RecoveryCode, Totp

ISSUER = "Corridor"
RECOVERY_CODES = 10
_CODE_BYTES = 10
_NEIGHBOURS = 1
"""Time steps before and after the present one whose code counts: clocks differ."""


class Methods(NamedTuple):
    """The second steps an account has. `codes_left` are its unused recovery codes."""

    totp: bool
    passkeys: int
    codes_left: int

    @property
    def any(self) -> bool:
        return self.totp or self.passkeys > 0


class Enrolment(NamedTuple):
    """What an authenticator app needs: the secret, to be typed, and the same as an address, for a QR code."""

    secret: str
    uri: str

    def __repr__(self) -> str:
        return "Enrolment()"


async def methods_of(session: AsyncSession, account_id: UUID) -> Methods:
    totp = select(Totp.account_id).where(Totp.account_id == account_id, Totp.sealed_secret.is_not(None)).exists()
    passkeys = select(func.count()).select_from(Passkey).where(Passkey.account_id == account_id).scalar_subquery()
    codes = select(func.count()).select_from(RecoveryCode)
    left = codes.where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)).scalar_subquery()
    found = (await session.execute(select(totp, passkeys, left))).one()
    return Methods(*found)


async def begin_totp(session: AsyncSession, sealer: Sealer, account_id: UUID, username: str) -> Enrolment:
    """A secret for an app, which counts once a code of it was given. The same one until then."""
    row = await _totp(session, account_id)
    if row is None:
        row = Totp(account_id=account_id)
        session.add(row)
    if row.sealed_pending is None:
        row.sealed_pending = sealer.seal(pyotp.random_base32(), TOTP_PURPOSE)
    secret = sealer.open(row.sealed_pending, TOTP_PURPOSE)
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER))


async def confirm_totp(session: AsyncSession, sealer: Sealer, account_id: UUID, code: str, now: datetime) -> None:
    """Put the secret that is being set up in force, given a code of it. Raises `InvalidInput` for a wrong one."""
    row = await _totp(session, account_id)
    if row is None or row.sealed_pending is None:
        raise InvalidInput("Nothing is being set up. Start again.", field="code")
    step = _step_of(sealer.open(row.sealed_pending, TOTP_PURPOSE), code, now)
    if step is None:
        raise InvalidInput(
            "This is not the code that the app shows now. Type the newest one, and check that the phone's time is set "
            "automatically.",
            field="code",
        )
    row.sealed_secret, row.sealed_pending = row.sealed_pending, None
    row.last_step, row.confirmed_at = step, now


async def take_code(session: AsyncSession, sealer: Sealer, account_id: UUID, code: str, now: datetime) -> str | None:
    """Use up a code of the app or a recovery code: "totp", "recovery", or `None` when it is none or was used."""
    row = await _totp(session, account_id)
    if row is not None and row.sealed_secret is not None:
        step = _step_of(sealer.open(row.sealed_secret, TOTP_PURPOSE), code, now)
        if step is not None:
            if step <= row.last_step:
                return None
            row.last_step = step
            return "totp"
    used = await session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_hash == _code_hash(account_id, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    )
    return "recovery" if used.first() else None


async def remove_totp(session: AsyncSession, account_id: UUID) -> None:
    await session.execute(delete(Totp).where(Totp.account_id == account_id))


async def new_recovery_codes(session: AsyncSession, account_id: UUID) -> list[str]:
    """Fresh codes, to be shown once; the ones before count no longer."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = [_spoken(base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode()) for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(id=new_id(), account_id=account_id, code_hash=_code_hash(account_id, code)) for code in codes
    )
    return codes


async def forget_second_step(session: AsyncSession, account_id: UUID) -> None:
    """Take away every second step of the account."""
    for table in (Totp, RecoveryCode, Passkey):
        await session.execute(delete(table).where(table.account_id == account_id))


async def _totp(session: AsyncSession, account_id: UUID) -> Totp | None:
    return await session.get(Totp, account_id, with_for_update=True, populate_existing=True)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    digits = "".join(code.split())
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(digits, for_time=now, valid_window=_NEIGHBOURS)
    except OTPVerificationError:
        return None


def _spoken(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4)).lower()


def _code_hash(account_id: UUID, code: str) -> bytes:
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(account_id.bytes + plain.encode()).digest()
