"""The words that templates put together."""

from datetime import UTC, datetime

import pytest

from corridor.web.templating import from_when, hhmmss, ordinal


@pytest.mark.parametrize(
    ("number", "rank"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (21, "21st"),
        (112, "112th"),
    ],
)
def test_a_rank_is_written_as_it_is_said(number: int, rank: str) -> None:
    assert ordinal(number) == rank


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("at 10:15", "from 10:15"),
        ("tomorrow at 08:00", "from tomorrow 08:00"),
        ("on Monday at 08:00", "from Monday 08:00"),
        ("on January 4", "from January 4"),
    ],
)
def test_a_time_says_from_when_something_goes(when: str, said: str) -> None:
    assert from_when(when) == said


def test_an_offer_ends_at_a_second() -> None:
    assert hhmmss(datetime(2026, 10, 6, 12, 30, 31, tzinfo=UTC), "America/New_York") == "08:30:31"
