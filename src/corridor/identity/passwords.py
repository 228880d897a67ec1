"""Passwords: Argon2id, computed beside the event loop, a few at a time."""

import asyncio
import os
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from corridor.base.errors import InvalidInput, Unavailable

SHORTEST = 10
LONGEST = 1024
_LONGEST_QUEUE = 400

T = TypeVar("T")


class Verdict(NamedTuple):
    """`renewed_hash` is to be stored in place of the old one, which was made with outdated parameters."""

    correct: bool
    renewed_hash: str | None


class Passwords:
    """Hashes and checks passwords.

    Argon2id with 19 MiB, two passes and one lane (OWASP Password Storage Cheat Sheet): one lane, so that one check is
    one thread. At most `at_once` run together, by default one core less than there are, so that a whole school signing
    in at eight slows nobody who is signed in already.
    """

    def __init__(self, *, at_once: int | None = None) -> None:
        at_once = at_once or max(1, (os.cpu_count() or 2) - 1)
        self._hasher = PasswordHash((Argon2Hasher(memory_cost=19 * 1024, time_cost=2, parallelism=1),))
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="password")
        self._queued = 0
        self._nobodys_hash = self._hasher.hash(os.urandom(16))

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(_normal(password)))

    async def verify(self, password: str, known_hash: str | None) -> Verdict:
        """Check a password. Without a hash the answer is no, after as much work, so that the time taken does not tell
        whether an account exists. Raises `Unavailable` when too many wait already."""
        presented = _normal(password)
        correct, renewed = await self._run(
            lambda: self._hasher.verify_and_update(presented[:LONGEST], known_hash or self._nobodys_hash)
        )
        return Verdict(correct and known_hash is not None and len(presented) <= LONGEST, renewed)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._queued >= _LONGEST_QUEUE:
            raise Unavailable("Very many people are signing in just now. Try again in a few seconds.")
        self._queued += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._queued -= 1


def check_new_password(password: str, username: str, *, shortest: int = SHORTEST) -> None:
    """Refuse a password that is too easy to guess. Raises `InvalidInput` with what to do."""
    length = len(_normal(password))
    if length < shortest:
        raise InvalidInput(f"The password has {length} characters; it needs at least {shortest}.")
    if length > LONGEST:
        raise InvalidInput(f"The password has {length} characters; at most {LONGEST} are possible.")
    if shortest > 1 and _normal(password).lower() == username.lower():
        raise InvalidInput("The password is the username. Choose another one.")


def _normal(password: str) -> str:
    """The same password whichever keyboard composed its accents (NIST SP 800-63B, section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
