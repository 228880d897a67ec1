"""Secrets that must be read again, such as those of two-step sign-in: kept in the database only under a key from the
settings, which is not in the database."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from corridor.base.errors import SetupError
from corridor.base.settings import Settings


class Sealer:
    """Seals under the settings' key, and opens what was sealed under it or under `previous_secret_key`.

    `purpose` is part of the key: what was sealed for one purpose cannot be passed off for another.
    """

    def __init__(self, settings: Settings) -> None:
        previous = settings.previous_secret_key
        self._keys = [settings.key(), *([previous.encode()] if previous else [])]
        self._boxes: dict[str, MultiFernet] = {}

    def seal(self, secret: str, purpose: str) -> bytes:
        return self._box(purpose).encrypt(secret.encode())

    def open(self, sealed: bytes, purpose: str) -> str:
        """Raises `SetupError` when neither key opens it."""
        try:
            return self._box(purpose).decrypt(sealed).decode()
        except InvalidToken:
            raise SetupError(
                "A secret in the database was sealed under another secret_key. Put the old key back, or give it as "
                "previous_secret_key and run: corridor secrets rotate"
            ) from None

    def renewed(self, sealed: bytes, purpose: str) -> bytes:
        """The same secret under the newest key. Raises `SetupError` when neither key opens it."""
        return self.seal(self.open(sealed, purpose), purpose)

    def _box(self, purpose: str) -> MultiFernet:
        if purpose not in self._boxes:
            self._boxes[purpose] = MultiFernet([Fernet(_derived(key, purpose)) for key in self._keys])
        return self._boxes[purpose]


def _derived(key: bytes, purpose: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"corridor sealed {purpose}".encode())
    return base64.urlsafe_b64encode(kdf.derive(key))
