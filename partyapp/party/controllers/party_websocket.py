"""The WebSocket's address: who is let in is handed over as a socket.

flask-sock does the routing. The socket moves to the event loop, the request ends, and neither greenlet nor
request context stays behind. Most handshakes don't come as far: see `socket_front`.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import flask_sock
from flask import Flask, g, request
from simple_websocket import Server

from partyapp.party.controllers.socket_admission import Admission, Handshake, WebSocketGate
from partyapp.realtime.websocket.upgrade import accepted_subprotocol, upgrade_answer
from partyapp.shared.http import current

ENDPOINT = "party_socket"
_SUBPROTOCOLS = ("party.v1",)


class Upgrade(Server):  # type: ignore[misc]
    """A handshake that was checked already, answered: what flask-sock makes for each socket.

    simple-websocket would write the request out once more and have it parsed by wsproto and h11, which takes
    longer than all else of a handshake; and it would read the socket by a thread.
    """

    def __init__(self, environ: dict[str, Any], subprotocols: Collection[str] = _SUBPROTOCOLS) -> None:
        self.mode = "gunicorn"
        self.sock = environ["gunicorn.socket"]
        subprotocol = accepted_subprotocol(environ.get("HTTP_SEC_WEBSOCKET_PROTOCOL", ""), subprotocols)
        #: To be sent with the first frame, in one write.
        self.answer = upgrade_answer(environ["HTTP_SEC_WEBSOCKET_KEY"], subprotocol)

    def close(self, reason: int | None = None, message: str | None = None) -> None:
        """The connection is not flask-sock's to close."""


def install_party_websocket(app: Flask, gate: WebSocketGate) -> None:
    """Add `GET /api/parties/{uuid}/ws`."""
    # It has no parameter for that.
    flask_sock.Server = Upgrade

    def party_socket(ws: Any, party_id: UUID) -> None:
        current.set_answered()
        gate.opener.open_socket(ws.sock, g.admission, ws.answer)
        # From here on the slot belongs to the socket.
        del g.admission

    # The type stubs of flask-sock don't exist; `route` takes Flask's own options.
    flask_sock.Sock(app).route("/api/parties/<uuid:party_id>/ws", endpoint=ENDPOINT)(party_socket)

    @app.before_request
    def admit() -> None:
        if request.endpoint != ENDPOINT or request.view_args is None:
            return
        g.admission = gate.admit(
            Handshake(request.environ, request.view_args["party_id"]), g.get("principal")
        )

    @app.teardown_request
    def give_back(_: BaseException | None) -> None:
        left: Admission | None = g.pop("admission", None)
        if left is not None:
            left.slot.give_back()
