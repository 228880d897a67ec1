"""The table of rights in the documentation."""

from pathlib import Path

from corridor.cli.permissions import markdown

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"


def test_the_documentation_prints_the_table_as_it_is() -> None:
    """When this fails: corridor permissions, and put what it prints at the end of docs/permissions.md."""
    assert PAGE.read_text(encoding="utf-8").endswith("\n".join(markdown()) + "\n")
