"""Commands that prepare an installation or describe it."""

import json

import click

from corridor.app import create_app
from corridor.base.clock import SystemClock
from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.cli.terminal import current_database, out, run
from corridor.web.openapi import describe_problems


@click.command()
@click.pass_obj
def init(settings: Settings) -> None:
    """Prepare a data folder: the secret key and an empty database. Safe to repeat."""

    async def work() -> None:
        settings.key()
        async with current_database(settings):
            pass

    run(work())
    where = "the database of your settings" if settings.database_url else settings.data_dir.resolve()
    out.print(f"Ready: {where}", soft_wrap=True)
    out.print("Next: corridor import oneroster PATH, then corridor user add, then corridor serve", soft_wrap=True)


@click.command()
@click.pass_obj
def migrate(settings: Settings) -> None:
    """Bring the database's tables to this version."""

    async def work() -> None:
        async with current_database(settings):
            pass

    run(work())
    out.print("The tables are those of this version.")


@click.command()
@click.pass_obj
def openapi(settings: Settings) -> None:
    """Print the API's description (OpenAPI 3.1) as JSON."""
    app = create_app(Database("postgresql://"), SystemClock(), settings)
    describe_problems(app)
    click.echo(json.dumps(app.openapi_schema.to_schema(), indent=2))
