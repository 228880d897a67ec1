"""What a roster's text for a period says, such as 3(A), 1(A-B) 2(C), 4(MWF) or P2: a period, and on which days.

The form with brackets is that of PowerSchool's section expressions. Only what can mean one thing is read; all else
stays the name of a period as a whole.
"""

import re
from collections.abc import Collection, Mapping

import msgspec

from corridor.campus.weekdays import letters_of, read_weekdays

_PART = re.compile(r"\s*([\w&' ]{1,20}?)\s*\(([^()]{1,40})\)\s*[,;]?")
_CYCLES = frozenset("ABCDEFGH")
_WEEKDAYS = frozenset("MTWRFSU")
_FEWEST_WEEKDAYS = 3


class Reading(msgspec.Struct, frozen=True):
    """`days` are 1 (Monday) to 7 and `cycles` days of a rotation, both in order; null for every school day."""

    period: str
    days: tuple[int, ...] | None = None
    cycles: tuple[str, ...] | None = None


class Dialect(msgspec.Struct, frozen=True):
    """How a school's texts are to be understood.

    `periods` are its bell periods' names, by what is left of them without words such as "period"; `names` are all of
    them. `cycles` are the days of a rotation that its calendar knows, by their upper case. `letters` are all single
    letters in brackets: A to H alone are days of a rotation, three of MTWRF alone are weekdays.
    """

    periods: Mapping[str, str]
    names: frozenset[str]
    cycles: Mapping[str, str]
    letters: frozenset[str]

    @property
    def letters_are_cycles(self) -> bool:
        return bool(self.letters - _WEEKDAYS) and self.letters <= _CYCLES | set(self.cycles)

    @property
    def letters_are_weekdays(self) -> bool:
        return len(self.letters) >= _FEWEST_WEEKDAYS and self.letters <= _WEEKDAYS


def dialect_of(texts: Collection[str], periods: Collection[str], cycles: Collection[str]) -> Dialect:
    """From all the texts of a school, the names of its bell periods and the days of its calendar's rotation."""
    by_key: dict[str, str | None] = {}
    for name in periods:
        key = _key(name)
        by_key[key] = None if by_key.get(key, name) != name else name
    letters = {
        letter
        for text in texts
        for _, days in _PART.findall(text)
        for token in re.split(r"[\s,;/]+", days.upper())
        for letter in token.split("-")
        if len(letter) == 1 and letter.isalpha() and token != "M-F"
    }
    return Dialect(
        {key: name for key, name in by_key.items() if name},
        frozenset(periods),
        {cycle.upper(): cycle for cycle in cycles},
        frozenset(letters),
    )


def read_meeting(text: str, dialect: Dialect) -> list[Reading] | None:
    """The meetings that the text stands for, or None to leave it as it is."""
    if text in dialect.names:
        return None
    if "(" not in text:
        known = dialect.periods.get(_key(text))
        return [Reading(known)] if known and known != text else None
    readings = []
    position = 0
    while position < len(text):
        found = _PART.match(text, position)
        days = _days(found[2], dialect) if found else None
        if found is None or days is None:
            return None
        weekdays, cycles = days
        readings.append(Reading(dialect.periods.get(_key(found[1]), found[1].strip()), weekdays, cycles))
        position = found.end()
    return list(dict.fromkeys(readings))


def _days(text: str, dialect: Dialect) -> tuple[tuple[int, ...] | None, tuple[str, ...] | None] | None:
    """Weekdays or days of a rotation; None for what is neither or both."""
    weekdays: set[int] = set()
    cycles: set[str] = set()
    for token in re.split(r"[\s,;/]+", re.sub(r"\s*-\s*", "-", text.strip())):
        if found := _weekdays(token, dialect):
            weekdays |= found
        elif named := _cycles(token, dialect):
            cycles |= named
        else:
            return None
    if weekdays and cycles:
        return None
    return tuple(sorted(weekdays)) or None, tuple(sorted(cycles)) or None


def _weekdays(token: str, dialect: Dialect) -> frozenset[int] | None:
    if token.upper() in dialect.cycles or token.isdigit():
        return None
    if len(token) == 1:
        return letters_of(token) if dialect.letters_are_weekdays else None
    first, dash, last = token.upper().partition("-")
    if dash:
        named = len(first) > 1 and len(last) > 1
        clear = first in _WEEKDAYS and last in _WEEKDAYS and (first == "M" or dialect.letters_are_weekdays)
        return read_weekdays(token) if named or clear else None
    days = read_weekdays(token)
    return days or None


def _cycles(token: str, dialect: Dialect) -> frozenset[str] | None:
    first, dash, last = token.upper().partition("-")
    if not dash:
        if first in dialect.cycles:
            return frozenset({dialect.cycles[first]})
        return frozenset({first}) if first in _CYCLES and dialect.letters_are_cycles else None
    if not (first in _CYCLES and last in _CYCLES and first <= last and dialect.letters_are_cycles):
        return None
    return frozenset(dialect.cycles.get(chr(each), chr(each)) for each in range(ord(first), ord(last) + 1))


def _key(name: str) -> str:
    """The name without the word for a period and without leading zeros, in small letters."""
    plain = re.sub(r"^(?:period|per\.?|pd\.?|p)[\s.]*(?=[0-9])", "", name.strip().casefold())
    return re.sub(r"^0+(?=[0-9])", "", plain)
