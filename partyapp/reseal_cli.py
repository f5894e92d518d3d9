"""`party reseal`: the step after which the secret before the present one is needed no more."""

import click

from partyapp.bootstrap.channels import reseal_channels
from partyapp.bootstrap.webhooks import reseal_webhook_secrets
from partyapp.cli_resources import opened_resources


@click.command()
def reseal() -> None:
    """Encrypt what is kept for long under PARTY_SECRET_KEY anew, so that the previous one can go.

    These are the signing secrets of servers' keys, the secrets of webhooks, and the addresses of people's
    channels.
    """
    with opened_resources() as resources:
        keys, endpoints = resources.api_keys.reseal(), reseal_webhook_secrets(resources)
        channels = reseal_channels(resources)
        click.echo(
            f"{keys} signing secrets, {endpoints} of webhooks and {channels} addresses of channels "
            "are under the present secret"
        )
