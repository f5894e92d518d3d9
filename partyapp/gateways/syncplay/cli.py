"""`party syncplay`: the gateway's process."""

import asyncio
import gc
import os
import signal

import click

from partyapp.gateways.syncplay.server import serve
from partyapp.shared.ops.logs import configure_logs
from partyapp.shared.ops.settings import BadSettings, deployment_secret
from partyapp.shared.ops.syncplay_settings import SyncplaySettings, web_url_of


@click.command()
def syncplay() -> None:
    """Let Syncplay's desktop clients join parties.

    SYNCPLAY_PORT (8999), SYNCPLAY_HOST (all addresses), SYNCPLAY_TLS_CERT, SYNCPLAY_TLS_KEY and PARTY_WEB_URL
    are taken from the environment, and so is PARTY_SECRET_KEY, which has to be that of web.
    """
    environment = os.environ.get("PARTY_ENV") or "production"
    try:
        settings = SyncplaySettings.from_environment(os.environ)
        web_url = web_url_of(os.environ)
        secret = deployment_secret(os.environ, environment)
    except (BadSettings, ValueError) as error:
        raise click.ClickException(str(error)) from None
    configure_logs(environment, os.environ.get("PARTY_LOG_LEVEL") or "INFO")
    if not settings.enabled:
        # A platform that starts every process of the Procfile would start one that ends again and again.
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
        return
    # What was imported stays for good, and needn't be looked through again and again.
    gc.collect()
    gc.freeze()
    asyncio.run(serve(settings, web_url, secret))
