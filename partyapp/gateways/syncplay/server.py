"""Runs the gateway: listens, keeps its certificate fresh, and stops when it is asked to."""

import asyncio
import logging
import os
import signal
import ssl
from contextlib import suppress

from partyapp.gateways.syncplay.client_line import ClientLine, LineLimits
from partyapp.gateways.syncplay.gateway import Gateway
from partyapp.gateways.syncplay.web_api import WebApi
from partyapp.shared.ops.sender_address import SenderAddress
from partyapp.shared.ops.syncplay_settings import SyncplaySettings

log = logging.getLogger(__name__)

#: So many clients at most, and so many of one address that have no party yet.
MOST_CLIENTS, MOST_WAITING = 10_000, 50
#: A port that is taken is tried again so often, in s.
LISTEN_AGAIN_S = 5.0
BACKLOG = 1024


class Certificate:
    """The TLS context of the configured files, read anew when they have changed; none without them."""

    def __init__(self, settings: SyncplaySettings) -> None:
        self._cert, self._key = settings.tls_cert, settings.tls_key
        self._read_at = 0.0
        self._context: ssl.SSLContext | None = None

    def __call__(self) -> ssl.SSLContext | None:
        """The context for a connection that begins now."""
        if self._cert is None:
            return None
        try:
            changed = os.stat(self._cert).st_mtime
            if changed != self._read_at:
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(self._cert, self._key)
                self._context, self._read_at = context, changed
        except (OSError, ssl.SSLError) as error:
            # The one before goes on; a renewal is perhaps half-way.
            log.error("the certificate can't be read: %s", type(error).__name__)
        return self._context


async def serve(settings: SyncplaySettings, web_url: str, secret: str) -> None:
    """Serve clients until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    web = WebApi(web_url, SenderAddress(secret))
    gateway = Gateway(web_url, web, secret)
    limits, certificate = LineLimits(MOST_CLIENTS, MOST_WAITING), Certificate(settings)
    server = None
    while server is None and not stop.is_set():
        try:
            server = await loop.create_server(
                lambda: ClientLine(gateway, limits, certificate),
                settings.host,
                settings.port,
                backlog=BACKLOG,
                reuse_address=True,
            )
        except OSError as error:
            # Somebody else's Syncplay server, perhaps: the party itself goes on without desktop members.
            log.error("port %d can't be listened on: %s", settings.port, error.strerror)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LISTEN_AGAIN_S)
    if server is not None:
        log.info("Syncplay clients are served on port %d, for web at %s", settings.port, web_url)
        await stop.wait()
        server.close()
        for line in list(limits.open):
            # They come back, and to the same membership.
            line.end(None)
    web.close()
