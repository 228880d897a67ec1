"""Every look has words of its own."""

import re
from pathlib import Path

import pytest

import corridor
from corridor.base.ids import new_id
from corridor.identity.access import Look
from corridor.identity.principal import Role
from corridor.privacy.who_looked import Entry
from corridor.privacy.wording import ROLE_WORDS, what_was_seen
from tests.school import MORNING

_CALL = re.compile(r'looked\([^"]*?"([a-z ]+)",\s*Look\.([A-Z]+)')


def entry(what: str, kind: str, number: int = 1) -> Entry:
    return Entry(MORNING, new_id(), kind, new_id(), "Lee Cho", "teacher", "account", what, number, (), None, None, None)


def looks_in_the_code() -> set[tuple[str, str]]:
    sources = (path.read_text(encoding="utf-8") for path in Path(corridor.__file__).parent.rglob("*.py"))
    return {found for source in sources for found in _CALL.findall(source)}


def test_what_is_seen_anywhere_is_said_in_words() -> None:
    found = looks_in_the_code()
    assert ("board", "LIST") in found
    assert ("record", "RECORD") in found
    for what, look in sorted(found):
        said = what_was_seen(entry(what, Look[look]))
        assert re.match(r"(saw|took a copy of) (a|an|the|that|what|who|today)\b", said), said


def test_every_role_has_words() -> None:
    assert set(ROLE_WORDS) == set(Role)


@pytest.mark.parametrize(
    ("seen", "own", "schools"),
    [
        (entry("board", Look.LIST, 42), "saw the board, with 41 others", "saw the board, 42 students"),
        (entry("class", Look.LIST, 2), "saw a class, with 1 other", "saw a class, 2 students"),
        (entry("board", Look.LIST, 0), "saw the board", "saw the board"),
        (entry("record", Look.EXPORT), "took a copy of the record", "took a copy of the record, 1 student"),
        (
            entry("link", "disclosure", 3),
            "received who is out and where through a link, with 2 others",
            "received who is out and where through a link, 3 students",
        ),
    ],
)
def test_lists_say_how_many_more_there_were(seen: Entry, own: str, schools: str) -> None:
    assert (what_was_seen(seen), what_was_seen(seen, whose=False)) == (own, schools)
