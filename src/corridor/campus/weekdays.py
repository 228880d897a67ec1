"""Weekdays, as people write them: Mon-Fri, MWF, Tue Thu, 1-5."""

import re
from collections.abc import Iterable

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT = tuple(day[:3] for day in WEEKDAYS)

_ALL = {"weekdays": (1, 2, 3, 4, 5), "every day": (1, 2, 3, 4, 5, 6, 7), "daily": (1, 2, 3, 4, 5, 6, 7)}
_NAMES = {
    **{
        name[:length].casefold(): number
        for number, name in enumerate(WEEKDAYS, 1)
        for length in range(3, len(name) + 1)
    },
    "m": 1,
    "tu": 2,
    "t": 2,
    "w": 3,
    "th": 4,
    "r": 4,
    "f": 5,
    "sa": 6,
    "s": 6,
    "su": 7,
    "u": 7,
    **{str(number): number for number in range(1, 8)},
}
# The letters of MTWRFSU, of which Tu, Th, Sa and Su have two.
_LETTERS = re.compile(r"th|tu|sa|su|[mtwrfsu]")


def read_weekdays(text: str) -> frozenset[int] | None:
    """1 (Monday) to 7; None for what is no list of weekdays. Nothing written is no day."""
    wanted = " ".join(text.casefold().replace(".", " ").split())
    if wanted in _ALL:
        return frozenset(_ALL[wanted])
    days: set[int] = set()
    for part in re.split(r"[\s,;/&+]+|\band\b", re.sub(r"\s*[-\u2013]\s*", "-", wanted)):
        found = _part(part)
        if found is None:
            return None
        days |= found
    return frozenset(days)


def write_weekdays(days: Iterable[int]) -> str:
    """Mon Tue Wed, as `read_weekdays` reads them."""
    return " ".join(SHORT[day - 1] for day in sorted(days))


def letters_of(text: str) -> frozenset[int] | None:
    """The days of MWF, TTh, TR or MTWRF; None for other letters, and for a day that comes twice or out of turn."""
    letters = _LETTERS.findall(text.casefold())
    days = [_NAMES[letter] for letter in letters]
    whole = "".join(letters) == text.casefold()
    return frozenset(days) if whole and days and days == sorted(set(days)) else None


def _part(part: str) -> frozenset[int] | None:
    if not part:
        return frozenset()
    first, dash, last = part.partition("-")
    if dash:
        begin, end = _NAMES.get(first), _NAMES.get(last)
        return frozenset(range(begin, end + 1)) if begin and end and begin <= end else None
    return frozenset({_NAMES[part]}) if part in _NAMES else letters_of(part)
