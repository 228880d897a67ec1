"""Numbers of badges and cards: read, kept and made under a key that is not in the database. Pure."""

import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from uuid import UUID

from corridor.base.errors import InvalidInput
from corridor.base.settings import Settings

SHORTEST = 5
LONGEST = 64
CARD_PREFIX = "CQ"
_CARD_BYTES = 15


def normal_number(text: str) -> str:
    """What a reader typed, in the form in which numbers are compared: letters and digits only, without case."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(letter for letter in plain if letter.isalnum())[: LONGEST + 1]


def check_number(number: str) -> None:
    """Refuse what is no badge number. Raises `InvalidInput`."""
    if not SHORTEST <= len(number) <= LONGEST:
        raise InvalidInput(
            f"A badge number has {SHORTEST} to {LONGEST} letters and digits; this one has {len(number)}.",
            field="number",
        )
    if number.startswith(CARD_PREFIX) and len(number) == len(CARD_PREFIX) + _CARD_BYTES * 8 // 5:
        raise InvalidInput("This is the number of a printed QR card, which has its student already.", field="number")


class BadgeKeys:
    """Turns numbers into what is kept of them."""

    def __init__(self, settings: Settings) -> None:
        previous = settings.previous_secret_key
        keys = [settings.key(), *([previous.encode()] if previous else [])]
        self._keys: Sequence[bytes] = [hmac.digest(key, b"corridor badge numbers", hashlib.sha256) for key in keys]

    def hash(self, number: str) -> bytes:
        """What is stored of a number."""
        return self.hashes(number)[0]

    def hashes(self, number: str) -> list[bytes]:
        """What may be stored of it, the newest key's first."""
        return [hmac.digest(key, b"number\0" + number.encode(), hashlib.sha256) for key in self._keys]

    def card_numbers(self, badge_id: UUID) -> list[str]:
        """The number of the QR card with this id, which is stored nowhere; the newest key's first."""
        digests = (hmac.digest(key, b"card\0" + badge_id.bytes, hashlib.sha256) for key in self._keys)
        return [CARD_PREFIX + base64.b32encode(digest[:_CARD_BYTES]).decode() for digest in digests]
