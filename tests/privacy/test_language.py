"""Families read English or Spanish: every text is there in both."""

import re
from datetime import date
from pathlib import Path

import pytest

from corridor.base.errors import SetupError
from corridor.privacy.language import Language, language, read_catalogue, wanted
from tests.privacy.catalogue import texts

_PLACEHOLDER = re.compile(r"%\(\w+\)s")


def spanish() -> Language:
    return language("es")


def test_no_text_is_missing_in_spanish() -> None:
    catalogue = spanish().catalogue
    missing = [text for text, plural in texts().items() if not plural and not catalogue.texts.get(text)]
    missing += [text for text, plural in texts().items() if plural and not all(catalogue.plurals.get(text, ("",)))]
    assert missing == []


def test_the_texts_that_are_looked_for_are_found() -> None:
    """The test before this one would be content with nothing."""
    found = texts()
    assert "What a pass records" in found
    assert "Nobody has this code. Check it letter by letter." in found
    assert "Teachers" in found
    assert found["one minute"] == "%(num)s minutes"
    assert len(found) > 350


def test_a_translation_has_the_same_places_for_values() -> None:
    catalogue = spanish().catalogue
    for english, text in catalogue.texts.items():
        assert sorted(_PLACEHOLDER.findall(text)) == sorted(_PLACEHOLDER.findall(english)), english
    for english, plural in ((text, plural) for text, plural in texts().items() if plural):
        one, many = catalogue.plurals[english]
        assert set(_PLACEHOLDER.findall(many)) == set(_PLACEHOLDER.findall(plural)), english
        assert set(_PLACEHOLDER.findall(one)) <= set(_PLACEHOLDER.findall(plural)), english


def test_dates_read_as_people_say_them() -> None:
    day = date(2026, 11, 24)
    assert language("en").day(day) == "Tuesday, November 24"
    assert spanish().day(day) == "martes 24 de noviembre"
    assert spanish().date(day) == "24 de noviembre de 2026"


def test_numbers_choose_the_form() -> None:
    assert [language("en").count("one pass", "%(num)s passes", number) for number in (1, 2)] == ["one pass", "2 passes"]
    assert [spanish().count("one pass", "%(num)s passes", number) for number in (1, 2)] == ["un pase", "2 pases"]


def test_a_percent_sign_in_a_name_does_no_harm() -> None:
    assert spanish().say("The district is %(district)s.", district="100%(x)s") == "El distrito es 100%(x)s."


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "code"),
    [
        ("es", "en", "en", "es"),
        ("", "es", "en-US,en;q=0.9", "es"),
        ("", "", "es-MX,es;q=0.9,en;q=0.8", "es"),
        ("", "", "fr, es;q=0.5", "es"),
        ("xx", "<script>", "*", "en"),
        ("", "", "", "en"),
    ],
)
def test_the_language_is_the_asked_one_then_the_kept_one_then_the_browsers(
    asked: str, kept: str, accepted: str, code: str
) -> None:
    assert wanted(asked, kept, accepted) == code


def test_a_language_that_is_not_there_is_english() -> None:
    assert language("xx").code == "en"


def test_a_catalogue_that_cannot_be_read_says_where(tmp_path: Path) -> None:
    path = tmp_path / "xx.po"
    path.write_text('msgid "a"\nmsgstr "b"\nnonsense\n')
    with pytest.raises(SetupError, match="line 3"):
        read_catalogue(path)
