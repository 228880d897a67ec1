"""A change is taken only from our own pages, shown to this very browser."""

import pytest

from corridor.identity.csrf import CrossSite, check_origin, new_token, token_fits

KEY = b"the installation's key"


def test_a_token_fits_the_browser_it_was_made_for() -> None:
    assert token_fits(KEY, "cookie", new_token(KEY, "cookie"))


def test_every_page_has_a_token_of_its_own() -> None:
    assert new_token(KEY, "cookie") != new_token(KEY, "cookie")


@pytest.mark.parametrize("token", [None, "", "nonsense", "ä", "AAAA"])
def test_a_forged_token_is_refused(token: str | None) -> None:
    assert not token_fits(KEY, "cookie", token)


def test_a_token_signed_with_another_key_is_refused() -> None:
    assert not token_fits(KEY, "cookie", new_token(b"another key", "cookie"))


def test_another_browser_s_token_is_refused() -> None:
    assert not token_fits(KEY, "cookie", new_token(KEY, "another cookie"))


def test_no_token_fits_a_browser_without_a_cookie() -> None:
    assert not token_fits(KEY, "", new_token(KEY, ""))
    assert not token_fits(KEY, None, new_token(KEY, ""))


@pytest.mark.parametrize("fetch_site", ["cross-site", "same-site", "nonsense"])
def test_the_browser_s_word_that_it_comes_from_elsewhere_counts(fetch_site: str) -> None:
    with pytest.raises(CrossSite):
        check_origin(fetch_site=fetch_site, origin="https://school.example", host="school.example")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://school.example.evil.example", "https://"])
def test_without_that_word_a_foreign_origin_is_refused(origin: str) -> None:
    with pytest.raises(CrossSite):
        check_origin(fetch_site=None, origin=origin, host="school.example")


@pytest.mark.parametrize(
    ("fetch_site", "origin", "host"),
    [
        ("same-origin", "https://school.example", "internal:8000"),
        ("none", None, "school.example"),
        (None, "http://10.0.0.5:8000", "10.0.0.5:8000"),
        (None, "https://School.Example", "school.example"),
        (None, None, "school.example"),
    ],
)
def test_our_own_pages_pass(fetch_site: str | None, origin: str | None, host: str) -> None:
    check_origin(fetch_site=fetch_site, origin=origin, host=host)
