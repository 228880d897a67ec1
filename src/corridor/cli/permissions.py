"""`corridor permissions`: the table of rights, as the documentation prints it."""

from collections.abc import Iterator

import click

from corridor.identity.permissions import COLUMNS, TABLE, Scope

_WORDS = {
    Scope.OWN: "own",
    Scope.SECTIONS: "my classes",
    Scope.LOCATION: "my place",
    Scope.SCHOOL: "school",
    Scope.DISTRICT: "district",
}


def markdown() -> Iterator[str]:
    """The lines of a Markdown table: an action a row, a role a column."""
    yield "| Action | " + " | ".join(role.replace("_", " ") for role in COLUMNS) + " |"
    yield "|---" * (len(COLUMNS) + 1) + "|"
    for action, row in TABLE.items():
        yield f"| `{action}` | " + " | ".join(_WORDS[scope] if scope else "" for scope in row) + " |"


@click.command()
def permissions() -> None:
    """Print who may do what, and how far each right goes."""
    for line in markdown():
        click.echo(line)
