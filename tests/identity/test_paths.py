"""After signing in, a browser stays on this site."""

import pytest

from corridor.identity.paths import own_path


@pytest.mark.parametrize("path", ["/", "/board", "/schools/1/board?status=active&x=%2F", "/a//b"])
def test_a_path_of_this_site_is_kept(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "elsewhere",
    [
        None,
        "",
        "board",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "\t//evil.example",
        "/\n/evil.example",
        "/board\r\nSet-Cookie: a=b",
        "/ /evil.example",
        "/bo\u0430rd",
        "/" + "a" * 3000,
    ],
)
def test_anything_else_leads_home(elsewhere: str | None) -> None:
    assert own_path(elsewhere) == "/"
