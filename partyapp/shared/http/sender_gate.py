"""What a gateway of this deployment asks for its clients counts as asked from the clients' addresses."""

from collections.abc import Iterable
from typing import Any

from partyapp.shared.http.path_prefix import WsgiApp
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.ops.sender_address import HEADER, SenderAddress

_NAME = f"HTTP_{HEADER.upper().replace('-', '_')}"


class SenderGate:
    """Puts the address that a gateway has signed in the place of the gateway's own."""

    def __init__(self, app: WsgiApp, senders: SenderAddress, clock: Clock) -> None:
        self._app = app
        self._senders = senders
        self._clock = clock

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request."""
        header = environ.get(_NAME)
        if header is not None:
            address = self._senders.read(header, self._clock.now_ms() / 1000)
            if address is not None:
                environ["REMOTE_ADDR"] = address
        return self._app(environ, start_response)
