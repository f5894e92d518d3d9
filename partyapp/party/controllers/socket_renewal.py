"""A fresh token for a socket that is open: it goes on as long as that token, and nothing is opened anew."""

from typing import Protocol

from partyapp.party.controllers.party_socket import PartySocket
from partyapp.party.controllers.socket_messages import Renew
from partyapp.realtime.websocket.socket_messages import SocketMessages
from partyapp.shared.kernel.errors import Forbidden, Refusal
from partyapp.shared.kernel.principal import Principal


class Tokens(Protocol):
    """Reads bearer tokens."""

    def verify(self, token: str) -> Principal:
        """Who the token names. Raises `Unauthenticated` or `Unavailable`. It may wait."""
        ...


class SocketRenewal:
    """The handler of `renew`."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def register(self, messages: SocketMessages[PartySocket]) -> None:
        """Have it handle its message."""
        messages.register(Renew, self.on_renew)

    def on_renew(self, socket: PartySocket, message: Renew) -> None:
        """Verify the token beside the event loop, then answer `renewed`, or `error` with the reason."""
        socket.spawn(lambda: self._renew(socket, message.access_token))

    def _renew(self, socket: PartySocket, token: str) -> None:
        try:
            principal = self._tokens.verify(token)
            if principal.user_id != socket.principal.user_id:
                raise Forbidden("The token is another person's. Open a socket of their own.")
            if principal.party_id not in (None, socket.party_id):
                raise Forbidden("The token is for another party.")
        except Refusal as refusal:
            socket.send({"type": "error", "problem": refusal.problem()})
            return
        socket.renew(principal)
        socket.send({"type": "renewed", "expires_at_ms": principal.expires_at_ms})
