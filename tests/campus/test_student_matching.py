"""Whom a list of students means."""

import pytest

from corridor.base.ids import new_id
from corridor.campus.student_matching import Matches, Register, StudentCard, match, read_list
from corridor.campus.table_file import UnfitFile


def card(given: str, family: str, *, identifier: str | None = None, email: str | None = None, grade: str = "9",
         called: str | None = None) -> StudentCard:  # fmt: skip
    return StudentCard(new_id(), identifier, None, email, None, given, family, called or given, family, grade)


ANA = card("Ana", "Ruiz", identifier="00123", email="ana@school.example")
BEN = card("Benjamin", "Ode", identifier="777", called="Ben")
EVE_9 = card("Eve", "Stone", grade="09")
EVE_10 = card("Eve", "Stone", grade="10")
REGISTER = Register([ANA, BEN, EVE_9, EVE_10])


def found(text: str) -> Matches:
    return match(REGISTER, read_list(text.encode()))


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("Student ID\n00123\n777\n", [ANA, BEN]),
        ("student_number;Name\n123;whoever\n", [ANA]),
        ("E-Mail\nANA@school.example\n", [ANA]),
        ('Name\n"Ruiz, Ana"\nBen Ode\nbenjamin ODE\n', [ANA, BEN]),
        ("Last Name\tFirst Name\nRuíz\tAna\n", [ANA]),
        ("Student,Grade\nEve Stone,9\n", [EVE_9]),
        ("\ufeffid\n777\n", [BEN]),
    ],
)
def test_headers_are_read_leniently(text: str, whom: list[StudentCard]) -> None:
    assert found(text).student_ids == tuple(each.id for each in whom)


def test_what_nobody_has_is_told_with_its_line() -> None:
    matches = found("id,name\n777,\n,Nobody Here\n\n999,Ana Ruiz\n")
    assert [(row.line, row.text) for row in matches.not_found] == [(3, "Nobody Here"), (5, "999")]


def test_a_name_that_two_have_is_never_guessed() -> None:
    matches = found("Name\nEve Stone\n")
    assert matches.student_ids == ()
    assert matches.ambiguous[0].line == 2
    assert "grade 09" in matches.ambiguous[0].why


def test_a_student_who_is_named_twice_is_counted_once() -> None:
    matches = found("id\n777\n0777\n")
    assert (matches.student_ids, matches.repeated) == ((BEN.id,), 1)


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"colour\nred\n", "naïve\n".encode("utf-16"), b"id\n"])
def test_what_is_no_list_is_refused(content: bytes) -> None:
    with pytest.raises(UnfitFile):
        read_list(content)
