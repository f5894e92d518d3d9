"""The WebSocket's handshake: everything is checked before the upgrade, then the socket is handed over.

flask-sock does the routing. The socket moves to the event loop, the request ends, and neither greenlet nor
request context stays behind.
"""

import base64
import binascii
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

import flask_sock
from flask import Flask, g, request
from simple_websocket import Server

from partyapp.party.application.inbound_ports import PartyView, Tickets
from partyapp.party.contract import CLIENTS
from partyapp.party.domain.errors import NotAMember, PartyEnded
from partyapp.party.domain.state import PartyStatus
from partyapp.realtime.websocket.connection_limit import ConnectionLimit, ConnectionSlot
from partyapp.realtime.websocket.upgrade import accepted_subprotocol, upgrade_answer
from partyapp.shared.http import current
from partyapp.shared.kernel.errors import (
    BadRequest,
    Forbidden,
    QuotaExceeded,
    UpgradeRequired,
    ValidationFailed,
)
from partyapp.shared.kernel.ids import parse_id
from partyapp.shared.kernel.principal import Principal

log = logging.getLogger(__name__)

ENDPOINT = "party_socket"
#: So much of what a client sent is repeated in a refusal, in characters.
_SHOWN = 100
#: What a client may say that it has seen: of the party, and of other contexts, by their own names.
_SEEN = ("last_revision", "last_chat_seq")
_QUERY = {"ticket", "device_id", "client", *_SEEN}
#: What has to be ASCII, beside `Host`, which is IDNA.
_READ_AS_ASCII = ("Connection", "Upgrade", "Sec-WebSocket-Protocol")


@dataclass(frozen=True, kw_only=True)
class Admission:
    """Who is let in to which party, on which device, and what they have seen already.

    `reading` is the party as it was when they were let in. `seen`: the same of other contexts.
    `client`: what they watch by, where that is no page.
    """

    party_id: UUID
    reading: PartyView
    principal: Principal
    device_id: UUID | None
    last_revision: int | None
    client: str | None = None
    seen: Mapping[str, int] = field(default_factory=dict)
    slot: ConnectionSlot


class SocketOpener(Protocol):
    """Takes upgraded sockets into their rooms."""

    def open_socket(self, upgraded: Any, admission: Admission) -> None: ...


class RateLimit(Protocol):
    """Counts what people do."""

    def hit(self, rule: str, who: str) -> None:
        """Count one. Raises `RateLimited` when that is too many by this rule."""
        ...


class Readings(Protocol):
    """Reads parties for those who connect."""

    def party(self, party_id: UUID, reader_id: UUID) -> PartyView:
        """The party, with the reader's own membership. Raises `PartyNotFound` or `Unavailable`."""
        ...


class People(Protocol):
    """What is known of people since they were given a ticket."""

    def current(self, principal: Principal) -> Principal:
        """The person under their present name. Raises `Unauthenticated` when they were signed out."""
        ...


@dataclass(frozen=True, kw_only=True)
class WebSocketGate:
    """What is checked before a request becomes a socket, and what opens it then.

    `origins` are the pages that may connect, beside those of the host that a request came to.
    `connections` bounds how many one user may have.
    """

    reader: Readings
    tickets: Tickets
    people: People
    opener: SocketOpener
    origins: frozenset[str]
    limits: RateLimit
    connections: ConnectionLimit


class Upgrade(Server):  # type: ignore[misc]
    """A handshake that was checked already, answered: what flask-sock makes for each socket.

    simple-websocket would write the request out once more and have it parsed by wsproto and h11, which takes
    longer than all else of a handshake; and it would read the socket by a thread.
    """

    def __init__(self, environ: dict[str, Any], subprotocols: Collection[str]) -> None:
        self.mode = "gunicorn"
        self.sock = environ["gunicorn.socket"]
        subprotocol = accepted_subprotocol(environ.get("HTTP_SEC_WEBSOCKET_PROTOCOL", ""), subprotocols)
        self.sock.sendall(upgrade_answer(environ["HTTP_SEC_WEBSOCKET_KEY"], subprotocol))

    def close(self, reason: int | None = None, message: str | None = None) -> None:
        """The connection is not flask-sock's to close."""


def install_party_websocket(app: Flask, gate: WebSocketGate) -> None:
    """Add `GET /api/parties/{uuid}/ws`."""
    app.config["SOCK_SERVER_OPTIONS"] = {"subprotocols": ["party.v1"]}
    # It has no parameter for that.
    flask_sock.Server = Upgrade

    def party_socket(ws: Any, party_id: UUID) -> None:
        current.set_answered()
        gate.opener.open_socket(ws.sock, g.admission)
        # From here on the slot belongs to the socket.
        del g.admission

    # The type stubs of flask-sock don't exist; `route` takes Flask's own options.
    flask_sock.Sock(app).route("/api/parties/<uuid:party_id>/ws", endpoint=ENDPOINT)(party_socket)

    @app.before_request
    def admit() -> None:
        if request.endpoint != ENDPOINT or request.view_args is None:
            return
        _check_handshake()
        _check_origin(gate.origins)
        # Frames are encoded once for all, so none may be compressed for one (HTTP header, RFC 7692).
        request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        g.admission = _admission(request.view_args["party_id"], gate)

    @app.teardown_request
    def give_back(_: BaseException | None) -> None:
        left: Admission | None = g.pop("admission", None)
        if left is not None:
            left.slot.give_back()


def _admission(party_id: UUID, gate: WebSocketGate) -> Admission:
    unknown = request.args.keys() - _QUERY
    if unknown:
        raise ValidationFailed(errors={name[:64]: ["Unknown field."] for name in unknown})
    device = request.args.get("device_id")
    device_id = parse_id(device)
    if device is not None and device_id is None:
        raise ValidationFailed(errors={"device_id": ["Must be a UUID."]})
    client = request.args.get("client")
    if client is not None and client not in CLIENTS:
        raise ValidationFailed(errors={"client": [f"Must be one of: {', '.join(CLIENTS)}."]})
    seen = {name: number for name in _SEEN if (number := _number(name)) is not None}
    ticket = request.args.get("ticket")
    has_header = "Authorization" in request.headers
    if ticket and not has_header:
        principal = gate.people.current(gate.tickets.redeem(ticket, party_id))
    else:
        principal = current.principal()
    gate.limits.hit("socket", str(principal.user_id))
    reading = gate.reader.party(party_id, principal.user_id)
    if reading.state.status is PartyStatus.ENDED and reading.readable_whole:
        raise PartyEnded()
    if reading.own is None:
        raise NotAMember()
    slot = gate.connections.take(principal.user_id, (party_id, device_id))
    if slot is None:
        raise QuotaExceeded("You are connected as often as you may be; close another socket first.")
    return Admission(
        party_id=party_id,
        reading=reading,
        principal=principal,
        device_id=device_id,
        client=client,
        last_revision=seen.pop("last_revision", None),
        seen=seen,
        slot=slot,
    )


def _number(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 11):
        raise ValidationFailed(errors={name: ["Must be a whole number, 0 or more."]})
    return int(text)


def _check_handshake() -> None:
    """RFC 6455 §4.2.1."""
    # A proxy that isn't told to pass the upgrade on takes `Upgrade` away, and leaves the rest.
    is_upgrade = "websocket" in request.headers.get("Upgrade", "").lower()
    asks = "upgrade" in request.headers.get("Connection", "").lower()
    if not is_upgrade or not asks or request.headers.get("Sec-WebSocket-Version") != "13":
        raise UpgradeRequired()
    try:
        key = base64.b64decode(request.headers.get("Sec-WebSocket-Key", ""), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 16:
        raise BadRequest("Sec-WebSocket-Key must be 16 bytes in base64.")
    try:
        request.host.encode("ascii").decode("idna")
        for name in _READ_AS_ASCII:
            request.headers.get(name, "").encode("ascii")
    except UnicodeError:
        raise BadRequest("The handshake's headers can't be read.") from None


def _check_origin(origins: frozenset[str]) -> None:
    """A browser names the page that connects; only our own pages and the configured ones may."""
    origin = request.headers.get("Origin")
    if origin is None or origin in origins:
        return
    own = urlsplit(origin)
    if own.scheme not in ("http", "https") or own.netloc != request.host:
        log.info("socket refused: a page of %r is none of host %r", origin[:_SHOWN], request.host[:_SHOWN])
        raise Forbidden(
            f"This page may not connect here: its origin is {origin[:_SHOWN]}, and the request came "
            f"to the host {request.host[:_SHOWN]}. PARTY_PUBLIC_URL says where this service's own "
            "page is, PARTY_ALLOWED_ORIGINS which other pages may connect."
        )
