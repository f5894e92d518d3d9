"""`party config` and `party secret`: what holds for this deployment, and a secret for it."""

import json
import os
import secrets

import click
from rich.console import Console
from rich.table import Table

from partyapp.shared.ops.settings import BadSettings, Settings
from partyapp.shared.ops.settings_shown import shown_settings


@click.command()
@click.option("--set", "only_set", is_flag=True, help="Only what the environment sets.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each setting.")
def config(only_set: bool, as_json: bool) -> None:
    """Print the settings as they hold, each with its source, and *** in the place of secrets.

    Exits with 1 and one line where they can't be used.
    """
    try:
        settings = Settings.from_environment(os.environ)
    except BadSettings as error:
        raise click.ClickException(str(error)) from None
    found = [one for one in shown_settings(settings, os.environ) if one.source != "default" or not only_set]
    if as_json:
        for one in found:
            click.echo(json.dumps(vars(one), ensure_ascii=False))
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for one in found:
        # A value is text, not markup.
        table.add_row(one.name, one.value.replace("[", r"\["), one.source)
    Console(soft_wrap=False, highlight=False).print(table)


@click.command()
def secret() -> None:
    """Print a new secret, fit for PARTY_SECRET_KEY, PARTY_METRICS_TOKEN or a password in a URL."""
    click.echo(secrets.token_urlsafe(48))
