"""A student's turn at a kiosk: who has just identified, for a short while, at one device. Signed, kept nowhere.

A turn ends by itself `IDLE` after it was last used and `LONGEST` after it began. It is worth nothing at another device,
nor at the same one once its cookie was replaced.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from corridor.base.ids import new_id

IDLE = timedelta(seconds=45)
LONGEST = timedelta(minutes=5)
_SIGNATURE_BYTES = 32


class Turn(msgspec.Struct, frozen=True, array_like=True):
    """`id` tells turns apart; `began` and `until` are seconds since 1970."""

    id: UUID
    device_id: UUID
    student_id: UUID
    began: int
    until: int


def new_turn(device_id: UUID, student_id: UUID, now: datetime) -> Turn:
    began = int(now.timestamp())
    return Turn(new_id(), device_id, student_id, began, began + int(IDLE.total_seconds()))


def used(turn: Turn, now: datetime) -> Turn:
    """The same turn, lasting on."""
    last = turn.began + int(LONGEST.total_seconds())
    return msgspec.structs.replace(turn, until=min(last, int((now + IDLE).timestamp())))


def sealed(turn: Turn, key: bytes, device_token: str) -> str:
    """For the turn's cookie."""
    body = msgspec.json.encode(turn)
    return base64.urlsafe_b64encode(_signature(body, key, device_token) + body).decode()


def opened(text: str, key: bytes, *, device_id: UUID, device_token: str, now: datetime) -> Turn | None:
    """The turn that `sealed` made for this device, unless it is over."""
    try:
        raw = base64.urlsafe_b64decode(text.encode())
    except (ValueError, binascii.Error):
        return None
    signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(body, key, device_token)):
        return None
    turn = msgspec.json.decode(body, type=Turn)
    moment = now.timestamp()
    return turn if turn.device_id == device_id and turn.began - 1 <= moment < turn.until else None


def _signature(body: bytes, key: bytes, device_token: str) -> bytes:
    bound = hashlib.sha256(device_token.encode()).digest()
    return hmac.digest(key, b"turn\0" + bound + body, hashlib.sha256)
