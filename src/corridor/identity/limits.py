"""How often a secret may be guessed. Growing pauses, never a lock: a prank must keep no student out of an account.

A whole school sits behind one address, so the address has a generous allowance, and a browser address from which an
account has signed in before answers for that account alone. Counts are kept by each process for itself.
"""

import ipaddress
import math
from datetime import datetime, timedelta

import msgspec

from corridor.base.errors import CorridorError
from corridor.identity.bounded import Bounded, K


class TooManyAttempts(CorridorError):
    """`extra["retry_after"]` is in whole seconds."""

    code = "too_many_attempts"
    status = 429

    def __init__(self, wait: timedelta) -> None:
        seconds = math.ceil(wait.total_seconds())
        wait_for = "a second" if seconds == 1 else f"{seconds} seconds"
        super().__init__(f"There were too many tries. Wait {wait_for}, then try again.", retry_after=seconds)


class Pauses(msgspec.Struct, frozen=True):
    """After `free` failures the next try waits 1 second, then 2, 4, ... up to `longest`; a quiet time of `forgets`
    wipes them out."""

    free: int
    longest: timedelta
    forgets: timedelta

    def after(self, failures: int) -> timedelta:
        if failures < self.free:
            return timedelta(0)
        return min(self.longest, timedelta(seconds=2 ** min(failures - self.free, 30)))


class Tolerance(msgspec.Struct, frozen=True):
    """How much guessing is borne.

    `at_one_address`: one account tried from one address. `at_any_address`: one account tried from addresses it has not
    succeeded from. `burst`: failures that an address may have over all accounts, of which one is forgiven every
    `refill`.
    """

    at_one_address: Pauses
    at_any_address: Pauses
    burst: int
    refill: timedelta


AT_ONE_ADDRESS = Pauses(free=5, longest=timedelta(minutes=1), forgets=timedelta(minutes=15))
AT_ANY_ADDRESS = Pauses(free=20, longest=timedelta(minutes=5), forgets=timedelta(hours=1))
ADDRESS_BURST = 1000
ADDRESS_REFILL = timedelta(seconds=1)

PASSWORDS = Tolerance(AT_ONE_ADDRESS, AT_ANY_ADDRESS, ADDRESS_BURST, ADDRESS_REFILL)
"""For passwords."""

SECOND_STEPS = Tolerance(
    Pauses(free=5, longest=timedelta(minutes=5), forgets=timedelta(hours=1)),
    Pauses(free=10, longest=timedelta(minutes=15), forgets=timedelta(days=1)),
    burst=200,
    refill=timedelta(seconds=10),
)
"""For codes of six digits, from someone who knows the password: about a hundred guesses a day at a million codes."""

PINS = Tolerance(
    Pauses(free=4, longest=timedelta(minutes=10), forgets=timedelta(hours=6)),
    Pauses(free=10, longest=timedelta(minutes=15), forgets=timedelta(days=1)),
    burst=100,
    refill=timedelta(seconds=5),
)
"""For short PINs at a device: the account is the student, the address the device. A class is at one kiosk, so the
device bears many slips; a student who is at home at it is not kept out by tries elsewhere."""

PASSWORD_LINKS = Tolerance(
    Pauses(free=3, longest=timedelta(minutes=15), forgets=timedelta(hours=1)),
    Pauses(free=6, longest=timedelta(hours=1), forgets=timedelta(hours=6)),
    burst=300,
    refill=timedelta(seconds=10),
)
"""For mails with a link to a new password, of which every one counts."""

_KNOWN_FOR = timedelta(days=30)


class _Failures(msgspec.Struct):
    count: int
    last: datetime

    def wait(self, pauses: Pauses, now: datetime) -> timedelta:
        if now - self.last >= pauses.forgets:
            self.count = 0
        pause = pauses.after(self.count)
        # No longer than the pause, even when the clock was set back.
        return min(pause, self.last + pause - now)


class _Allowance(msgspec.Struct):
    """A bucket of failures that empties with time."""

    level: float
    at: datetime

    def leak(self, now: datetime, refill: timedelta) -> None:
        self.level = max(0.0, self.level - max(now - self.at, timedelta(0)) / refill)
        self.at = now


class Attempts:
    """Counts failures by account and address. Pure: `now` is passed in. What an account or an address is, is the
    caller's: any text that stays the same."""

    def __init__(self, tolerance: Tolerance = PASSWORDS, *, size: int = 50_000) -> None:
        self._tolerance = tolerance
        self._pairs: Bounded[tuple[str, str], _Failures] = Bounded(size)
        self._accounts: Bounded[str, _Failures] = Bounded(size)
        self._addresses: Bounded[str, _Allowance] = Bounded(size)
        self._known: Bounded[tuple[str, str], datetime] = Bounded(size)

    def admit(self, account: str, address: str, now: datetime) -> None:
        """Let a try go ahead, counted as failed until `succeeded`, so that many at once do not slip through.

        Raises `TooManyAttempts` with the time to wait.
        """
        network = network_of(address)
        pair = (account, network)
        waits = [_wait(self._pairs, pair, self._tolerance.at_one_address, now)]
        known = self._is_known(pair, now)
        if not known:
            waits.append(_wait(self._accounts, account, self._tolerance.at_any_address, now))
            waits.append(self._address_wait(network, now))
        if (longest := max(waits)) > timedelta(0):
            raise TooManyAttempts(longest)
        _count(self._pairs, pair, now)
        if not known:
            _count(self._accounts, account, now)
            self._addresses.put(network, self._allowance(network, now, add=1))

    def succeeded(self, account: str, address: str, now: datetime) -> None:
        """Forget the failures, and remember that this account is at home at this address."""
        self.undecided(account, address, now)
        pair = (account, network_of(address))
        self._pairs.drop(pair)
        self._known.put(pair, now)

    def undecided(self, account: str, address: str, now: datetime) -> None:
        """Take back the failure that `admit` counted: the password was right, or could not be looked at."""
        network = network_of(address)
        pair = (account, network)
        _take_back(self._pairs, pair)
        if not self._is_known(pair, now):
            _take_back(self._accounts, account)
            self._addresses.put(network, self._allowance(network, now, add=-1))

    def _is_known(self, pair: tuple[str, str], now: datetime) -> bool:
        since = self._known.get(pair)
        return since is not None and now - since < _KNOWN_FOR

    def _allowance(self, network: str, now: datetime, *, add: int = 0) -> _Allowance:
        allowance = self._addresses.get(network) or _Allowance(0.0, now)
        allowance.leak(now, self._tolerance.refill)
        allowance.level = max(0.0, allowance.level + add)
        return allowance

    def _address_wait(self, network: str, now: datetime) -> timedelta:
        return (self._allowance(network, now).level - self._tolerance.burst + 1) * self._tolerance.refill


def _wait(tally: Bounded[K, _Failures], key: K, pauses: Pauses, now: datetime) -> timedelta:
    failures = tally.get(key)
    return failures.wait(pauses, now) if failures is not None else timedelta(0)


def _count(tally: Bounded[K, _Failures], key: K, now: datetime) -> None:
    failures = tally.get(key)
    if failures is None:
        tally.put(key, _Failures(1, now))
    else:
        failures.count += 1
        failures.last = now


def _take_back(tally: Bounded[K, _Failures], key: K) -> None:
    if (failures := tally.get(key)) is not None:
        failures.count = max(0, failures.count - 1)


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 one, all of which one machine has."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
