"""The hash chain: what makes an alteration, a removal or an insertion show.

    digest = sha256(salt + body)
    hash   = sha256(previous hash + seq + recorded_at + kind + digest)

with seq as 8 bytes big-endian, recorded_at as microseconds since 1970 in 8 bytes big-endian, and body as JSON with
sorted keys. Body and salt may be redacted; the digest that stays keeps the chain whole, and the salt that went keeps
it from being guessed.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec

SALT_BYTES = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_encode = msgspec.json.Encoder(order="sorted").encode


def genesis(school_id: UUID) -> bytes:
    """The hash before a school's first event."""
    return sha256(b"corridor ledger " + school_id.bytes).digest()


def canonical(event: msgspec.Struct) -> bytes:
    return _encode(event)


def digest(salt: bytes, body: bytes) -> bytes:
    return sha256(salt + body).digest()


def link(previous: bytes, seq: int, recorded_at: datetime, kind: str, digest: bytes) -> bytes:
    at = (recorded_at - _EPOCH) // _MICROSECOND
    return sha256(previous + seq.to_bytes(8, "big") + at.to_bytes(8, "big") + kind.encode() + digest).digest()
