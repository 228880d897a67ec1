"""Commands about the secret key."""

import click
from rich.table import Table

from corridor import schema
from corridor.base.clock import SystemClock
from corridor.base.errors import SetupError
from corridor.base.sealed import Sealer
from corridor.base.settings import Settings
from corridor.cli.terminal import current_database, out, run
from corridor.identity.audit import audit
from corridor.identity.resealing import reseal


@click.group()
def secrets() -> None:
    """The key that secrets in the database are sealed under."""


@secrets.command()
@click.pass_obj
def rotate(settings: Settings) -> None:
    """Seal every stored secret under the new key.

    Before: stop the server, set previous_secret_key to the key until now and secret_key to a new one. Afterwards take
    previous_secret_key out of the settings again.
    """
    if not settings.previous_secret_key:
        raise SetupError(
            "The setting previous_secret_key is empty. Put the key until now there, a new one into secret_key, and run "
            "this again. Without secret_key, the key until now is in the file secret.key of the data folder."
        )

    async def work() -> dict[str, int]:
        async with current_database(settings) as database, database.session() as session:
            done = await reseal(session, Sealer(settings), schema.metadata)
            await audit(session, SystemClock().now(), None, "secrets.rotated", number=sum(done.values()))
            return done

    table = Table("what", "secrets", box=None)
    for name, number in run(work()).items():
        table.add_row(name, str(number))
    out.print(table)
    out.print("All are sealed under the new key. Now take previous_secret_key out of the settings.", soft_wrap=True)
