"""The languages that families read: English, which the code is written in, and what `locale/` translates it to.

A text is looked up by its English words, as in gettext, and `locale/es.po` is a gettext catalogue.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from corridor.base.errors import SetupError

ENGLISH: Final = "en"
NAMES: Mapping[str, str] = {"en": "English", "es": "Español"}
"""By code, each in its own language."""

_FOLDER = Path(__file__).parent / "locale"
_LINE = re.compile(r'(?:(msgid|msgid_plural|msgstr(?:\[\d\])?)\s+)?(".*")$')
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


class Catalogue(msgspec.Struct, frozen=True):
    """Texts by their English words; those of `plurals` in the singular and the plural."""

    texts: Mapping[str, str] = {}
    plurals: Mapping[str, tuple[str, str]] = {}


class Language(msgspec.Struct, frozen=True):
    """One language, for a page or a letter."""

    code: str
    catalogue: Catalogue = Catalogue()

    def say(self, text: str, /, **values: object) -> str:
        """The text in this language, `%(name)s` in it replaced by the values. A text that is not translated is
        English."""
        return _filled(self.catalogue.texts.get(text) or text, values)

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        """One of two texts, by a number, which is `%(num)s` in them."""
        forms = self.catalogue.plurals.get(one) or (one, many)
        return _filled(forms[number != 1], {"num": number, **values})

    def day(self, day: date) -> str:
        """Such as "Tuesday, November 24"."""
        values = {"weekday": self.say(_WEEKDAYS[day.weekday()]), "month": self.say(_MONTHS[day.month - 1])}
        return self.say("%(weekday)s, %(month)s %(day)s", **values, day=day.day)

    def date(self, day: date) -> str:
        """Such as "November 24, 2026"."""
        return self.say(
            "%(month)s %(day)s, %(year)s", month=self.say(_MONTHS[day.month - 1]), day=day.day, year=day.year
        )

    def moment(self, instant: datetime, time_zone: str) -> str:
        """A day and a time on the school's clock, such as "November 24, 2026 at 10:42"."""
        here = instant.astimezone(ZoneInfo(time_zone))
        return self.say("%(date)s at %(time)s", date=self.date(here.date()), time=f"{here:%H:%M}")

    def clock(self, at: datetime | time) -> str:
        return f"{at:%H:%M}"

    def listed(self, words: list[str], last: str = "and") -> str:
        """Words in a row: "a, b and c"."""
        if len(words) < 2:
            return "".join(words)
        return self.say(
            "%(some)s and %(last)s" if last == "and" else "%(some)s or %(last)s",
            some=", ".join(words[:-1]),
            last=words[-1],
        )


def language(code: str) -> Language:
    """The language of this code, English for one that nobody has translated to."""
    return _languages().get(code) or _languages()[ENGLISH]


def wanted(asked: str, kept: str, accepted: str) -> str:
    """The code to use: what was just asked for, else what the browser keeps in its cookie, else the first that it
    accepts (RFC 9110, 12.5.4) and we have, else English."""
    for code in (asked, kept):
        if code in NAMES:
            return code
    for part in accepted.split(","):
        code = part.partition(";")[0].strip().lower().partition("-")[0]
        if code in NAMES:
            return code
    return ENGLISH


@cache
def _languages() -> Mapping[str, Language]:
    others = (Language(code, read_catalogue(_FOLDER / f"{code}.po")) for code in NAMES if code != ENGLISH)
    return {ENGLISH: Language(ENGLISH), **{each.code: each for each in others}}


def read_catalogue(path: Path) -> Catalogue:
    """A gettext catalogue with two plural forms. Raises `SetupError` with the line that cannot be read."""
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, str]] = {}
    for entry in _entries(path):
        english = entry.get("msgid", "")
        if "msgid_plural" in entry:
            plurals[english] = (entry.get("msgstr[0]", ""), entry.get("msgstr[1]", ""))
        elif english:
            texts[english] = entry.get("msgstr", "")
    return Catalogue(texts, plurals)


def _entries(path: Path) -> Iterator[dict[str, str]]:
    entry: dict[str, str] = {}
    field = ""
    lines = map(str.strip, path.read_text(encoding="utf-8").splitlines())
    for number, line in enumerate(lines, start=1):
        if not line or line.startswith("#"):
            continue
        found = _LINE.match(line)
        if found is None or not (found[1] or field):
            raise SetupError(f"The catalogue {path.name} cannot be read at line {number}: {line}")
        if found[1] == "msgid" and entry:
            yield entry
            entry = {}
        field = found[1] or field
        entry[field] = entry.get(field, "") + ast.literal_eval(found[2])
    yield entry


def _filled(text: str, values: Mapping[str, object]) -> str:
    return text % values if values else text
