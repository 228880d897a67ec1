"""The command line: `corridor`."""

from pathlib import Path

import click

from corridor import __version__
from corridor.base import logs
from corridor.base.settings import load_settings
from corridor.cli.accounts import token, user
from corridor.cli.installation import init, migrate, openapi
from corridor.cli.ledger import ledger
from corridor.cli.permissions import permissions
from corridor.cli.privacy import privacy
from corridor.cli.roster import import_group
from corridor.cli.secrets import secrets
from corridor.cli.serving import demo, serve, simulate
from corridor.cli.terminal import CorridorGroup


@click.group(cls=CorridorGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the database and the secret key.")
@click.pass_context
def main(ctx: click.Context, data_dir: Path | None) -> None:
    """Corridor: hall passes for a school district, on your own machine.

    Settings come from the environment (CORRIDOR_DATA_DIR, CORRIDOR_DATABASE_URL, ...) and from corridor.toml.
    """
    ctx.obj = load_settings(data_dir=data_dir)
    logs.configure(ctx.obj.log_format)


_INSTALLATION = (init, migrate, serve, secrets, openapi, permissions)
_RECORDS = (import_group, user, token, ledger, privacy)
_DEMO = (demo, simulate)
for command in (*_INSTALLATION, *_RECORDS, *_DEMO):
    main.add_command(command)
