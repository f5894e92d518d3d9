"""The `party` command. Each subcommand imports what it needs when it runs, so that help is quick."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import click
from rich.console import Console

from partyapp.local_run.errors import LocalRunError

# Groups that live with their context; they are loaded only when they are asked for.
LAZY_COMMANDS = {
    "check": ("partyapp.check_cli", "Look for what is wrong with this deployment."),
    "parties": ("partyapp.party_cli", "Look at parties, follow and export their logs, and end them."),
    "demo": ("partyapp.demo_cli", "Fill a party with bots that watch, chat and stall, to build against."),
    "config": ("partyapp.config_cli", "Print the settings as they hold, without secrets."),
    "reseal": ("partyapp.reseal_cli", "Encrypt secrets in the database under the present PARTY_SECRET_KEY."),
    "members": ("partyapp.member_cli", "Put members out of parties."),
    "secret": ("partyapp.config_cli", "Print a new secret for PARTY_SECRET_KEY."),
    "export": ("partyapp.party_cli", "Print all that is kept of a party as lines of JSON."),
    "people": ("partyapp.people_cli", "End all that one person is signed in with."),
    "simulate": ("partyapp.simulate_cli", "Fill parties with simulated members, and say what was held."),
    "prune": ("partyapp.prune_cli", "Delete what is old, or say how much that is."),
    "keys": ("partyapp.key_cli", "Make, list and revoke the keys of others' servers."),
    "library": ("partyapp.film_cli", "Look through the folder of films."),
    "syncplay": ("partyapp.gateways.syncplay.cli", "Let Syncplay's desktop clients join parties."),
    "videos": ("partyapp.film_cli", "List, add, prepare and remove videos."),
    "webhooks": (
        "partyapp.webhook_cli",
        "Register receivers of webhooks, see how they do, and send again what they have missed.",
    ),
}


class LazyGroup(click.Group):
    """A group some of whose commands are imported on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in alphabetical order; imports nothing."""
        return sorted([*super().list_commands(ctx), *LAZY_COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; a lazy one is imported now."""
        if cmd_name not in LAZY_COMMANDS:
            return super().get_command(ctx, cmd_name)
        _find_running_servers()
        module, _ = LAZY_COMMANDS[cmd_name]
        command = getattr(import_module(module), cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help text, without importing the lazy ones."""
        rows = [(name, command.get_short_help_str()) for name, command in self.commands.items()]
        rows += [(name, text) for name, (_, text) in LAZY_COMMANDS.items()]
        with formatter.section("Commands"):
            formatter.write_dl(sorted(rows))


@click.group(cls=LazyGroup)
@click.version_option(package_name="partyapp", prog_name="party")
def party() -> None:
    """Party: watch together, everyone at the same frame."""


@party.command()
@click.option("--procfile", type=click.Path(path_type=Path), hidden=True)
@click.option("--sample/--no-sample", default=True, hidden=True)
@click.option("--films/--no-films", default=True, help="Whether films are prepared on this machine.")
@click.option(
    "--webhooks/--no-webhooks", default=True, help="Whether webhooks are delivered from this machine."
)
def up(procfile: Path | None, sample: bool, films: bool, webhooks: bool) -> None:
    """Start everything on this machine, and stop it with Ctrl-C.

    PORT (8000), HOST (all addresses), PARTY_PUBLIC_URL, PARTY_DATA_DIR (.party), PARTY_LIBRARY_DIR (a folder
    of films), WEB_CONCURRENCY (1), WORKER_CONCURRENCY (2) and TRANSCODE_CONCURRENCY are taken from the
    environment.
    Without DATABASE_URL and REDIS_URL, PostgreSQL and Valkey are started too.
    """
    from partyapp.local_run import up as local

    console = _console()
    local.up(
        os.environ,
        _printer(console),
        procfile=procfile,
        sample=sample,
        films=films,
        webhooks=webhooks,
        show_link=lambda url: _show_qr_code(console, url),
    )


@party.command()
def migrate() -> None:
    """Bring the database that DATABASE_URL names to the newest schema."""
    database_url = _database_url()
    from alembic.util import CommandError
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    from partyapp.shared.ops.migrations import upgrade

    try:
        before, after = upgrade(database_url)
    except DBAPIError as error:
        # The driver's message names the host and the user, and never the password.
        raise LocalRunError(f"The database can't be migrated: {error.orig}") from error
    except (SQLAlchemyError, CommandError) as error:
        raise LocalRunError(f"The database can't be migrated: {error}") from error
    if before == after:
        click.echo(f"The schema is at {after} already.")
    else:
        click.echo(f"The schema was at {before or 'nothing'} and is at {after} now.")


@party.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write the database that DATABASE_URL names to FILE, while everything goes on.

    PostgreSQL's own pg_dump does it; films and uploads are not in it. The file holds names, what was said and
    invite codes: only its owner may read it. Exits with 1 where there is a file of this name already.
    """
    from partyapp.local_run.installed_programs import postgres_folders
    from partyapp.shared.ops.dumps import DumpFailed, back_up

    try:
        size = back_up(_database_url(), file, postgres_folders())
    except DumpFailed as error:
        raise LocalRunError(f"No backup was made: {error}") from error
    click.echo(f"{file}  {size} bytes")


@party.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Delete what the database holds now.")
def restore(file: Path, replace: bool) -> None:
    """Put the backup in FILE into the database that DATABASE_URL names, and migrate it.

    Web, worker and the other processes have to be ended. All of it is one transaction: when it fails, the
    database is as it was.
    """
    from partyapp.local_run.installed_programs import postgres_folders
    from partyapp.shared.ops.dumps import DumpFailed
    from partyapp.shared.ops.dumps import restore as put_back

    try:
        before, after = put_back(_database_url(), file, postgres_folders(), replace=replace)
    except DumpFailed as error:
        raise LocalRunError(f"Not restored: {error}") from error
    click.echo(f"{file} is restored. Its schema was {before} and is {after} now.")


def _database_url() -> str:
    _find_running_servers()
    database_url = os.environ.get("DATABASE_URL", "").strip()
    if not database_url:
        raise LocalRunError("DATABASE_URL is not set, and no `party up` runs on this data folder.")
    return database_url


def _find_running_servers() -> None:
    """Let a command in a second terminal find the servers that `party up` embeds in the first one."""
    from partyapp.local_run.options import data_dir_of
    from partyapp.local_run.run_record import adopt_running_servers

    adopt_running_servers(os.environ, data_dir_of(os.environ))


def _console() -> Console:
    return Console(soft_wrap=True, highlight=False)


def _show_qr_code(console: Console, url: str) -> None:
    from partyapp.local_run.announcement import qr_code

    code = qr_code(url, console)
    if code is not None:
        with suppress(OSError):
            console.print(code)


def _printer(console: Console) -> Callable[[str], None]:
    def say(line: str) -> None:
        # A reader at the other end of a pipe may be gone; the processes are worth more than the line.
        with suppress(OSError):
            console.print(line, markup=False)

    return say


def main() -> None:
    """Run the command; an error is one line on stderr and exit status 1 (2 for wrong usage)."""
    try:
        # With `standalone_mode` off, click returns the status that a command exits with.
        status = party(standalone_mode=False)
        if isinstance(status, int):
            sys.exit(status)
    except click.UsageError as error:
        _fail(error.format_message(), 2)
    except click.Abort:
        _fail("stopped", 130)
    except (click.ClickException, LocalRunError) as error:
        _fail(error.format_message() if isinstance(error, click.ClickException) else str(error), 1)


def _fail(message: str, code: int) -> None:
    line = " ".join(message.split())
    Console(stderr=True, soft_wrap=True, highlight=False).print(f"party: {line}", style="red", markup=False)
    sys.exit(code)


if __name__ == "__main__":
    main()
