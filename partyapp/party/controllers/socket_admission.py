"""Who may have a socket: what is checked before a request becomes one (RFC 6455 §4.2.1).

It reads the WSGI environment, since most handshakes are answered before Flask is asked; see `socket_front`.
"""

import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from werkzeug.wrappers import Request
from werkzeug.wsgi import get_host

from partyapp.party.application.inbound_ports import PartyView, Tickets
from partyapp.party.contract import CLIENTS
from partyapp.party.domain.errors import NotAMember, PartyEnded
from partyapp.party.domain.state import PartyStatus
from partyapp.realtime.websocket.connection_limit import ConnectionLimit, ConnectionSlot
from partyapp.shared.kernel.errors import (
    BadRequest,
    Forbidden,
    QuotaExceeded,
    Unauthenticated,
    UpgradeRequired,
    ValidationFailed,
)
from partyapp.shared.kernel.ids import parse_id
from partyapp.shared.kernel.principal import Principal

log = logging.getLogger(__name__)

#: So much of what a client sent is repeated in a refusal, in characters.
_SHOWN = 100
#: What a client may say that it has seen: of the party, and of other contexts, by their own names.
_SEEN = ("last_revision", "last_chat_seq")
_QUERY = {"ticket", "device_id", "client", *_SEEN}
#: What has to be ASCII, beside `Host`, which is IDNA.
_READ_AS_ASCII = ("HTTP_CONNECTION", "HTTP_UPGRADE", "HTTP_SEC_WEBSOCKET_PROTOCOL")
#: So many of the hosts that were asked for are remembered.
_HOSTS = 64
_NO_QUERY: Mapping[str, str] = MappingProxyType({})


class Handshake:
    """A request to become a socket of a party, by its WSGI environment."""

    __slots__ = ("args", "environ", "party_id")

    def __init__(self, environ: dict[str, Any], party_id: UUID) -> None:
        self.environ = environ
        self.party_id = party_id
        self.args: Mapping[str, str] = _NO_QUERY
        if environ.get("QUERY_STRING"):
            self.args = Request(environ, populate_request=False).args.to_dict()


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

    def open_socket(self, upgraded: Any, admission: Admission, answer: bytes) -> None:
        """Take one; `answer` is that to the handshake, which it is still to be sent."""
        ...


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

    def admit(self, asked: Handshake, principal: Principal | None) -> Admission:
        """Let somebody in: who brings a token, `principal`, or else a ticket. Raises a `Refusal`.

        The admission's slot is taken; it is for the caller to give it back, unless a socket was opened.
        """
        _check_handshake(asked.environ)
        _check_origin(asked.environ, self.origins)
        return _admission(asked, principal, self)


def _admission(asked: Handshake, bearer: Principal | None, gate: WebSocketGate) -> Admission:
    args, party_id = asked.args, asked.party_id
    unknown = args.keys() - _QUERY
    if unknown:
        raise ValidationFailed(errors={name[:64]: ["Unknown field."] for name in unknown})
    device = args.get("device_id")
    device_id = parse_id(device)
    if device is not None and device_id is None:
        raise ValidationFailed(errors={"device_id": ["Must be a UUID."]})
    client = args.get("client")
    if client is not None and client not in CLIENTS:
        raise ValidationFailed(errors={"client": [f"Must be one of: {', '.join(CLIENTS)}."]})
    seen = {name: _number(name, args[name]) for name in _SEEN if name in args}
    principal = _principal(asked, bearer, gate)
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


def _principal(asked: Handshake, bearer: Principal | None, gate: WebSocketGate) -> Principal:
    ticket = asked.args.get("ticket")
    if ticket and "HTTP_AUTHORIZATION" not in asked.environ:
        return gate.people.current(gate.tickets.redeem(ticket, asked.party_id))
    if bearer is None:
        raise Unauthenticated()
    return bearer


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 11):
        raise ValidationFailed(errors={name: ["Must be a whole number, 0 or more."]})
    return int(text)


def _check_handshake(environ: dict[str, Any]) -> None:
    """RFC 6455 §4.2.1."""
    # A proxy that isn't told to pass the upgrade on takes `Upgrade` away, and leaves the rest.
    is_upgrade = "websocket" in environ.get("HTTP_UPGRADE", "").lower()
    asks = "upgrade" in environ.get("HTTP_CONNECTION", "").lower()
    if not is_upgrade or not asks or environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
        raise UpgradeRequired()
    try:
        key = base64.b64decode(environ.get("HTTP_SEC_WEBSOCKET_KEY", ""), validate=True)
    except ValueError:
        key = b""
    if len(key) != 16:
        raise BadRequest("Sec-WebSocket-Key must be 16 bytes in base64.")
    if not _is_idna(get_host(environ)) or not all(environ.get(name, "").isascii() for name in _READ_AS_ASCII):
        raise BadRequest("The handshake's headers can't be read.")


@lru_cache(_HOSTS)
def _is_idna(host: str) -> bool:
    """Whether a host is one; Werkzeug refuses another where it finds out what is asked for."""
    try:
        host.encode("idna").decode("idna")
    except UnicodeError:
        return False
    return True


def _check_origin(environ: dict[str, Any], origins: frozenset[str]) -> None:
    """A browser names the page that connects; only our own pages and the configured ones may."""
    origin = environ.get("HTTP_ORIGIN")
    if origin is None or origin in origins:
        return
    host = get_host(environ)
    if not _is_of_host(origin, host):
        log.info("socket refused: a page of %r is none of host %r", origin[:_SHOWN], host[:_SHOWN])
        raise Forbidden(
            f"This page may not connect here: its origin is {origin[:_SHOWN]}, and the request came "
            f"to the host {host[:_SHOWN]}. PARTY_PUBLIC_URL says where this service's own "
            "page is, PARTY_ALLOWED_ORIGINS which other pages may connect."
        )


def _is_of_host(origin: str, host: str) -> bool:
    try:
        page = urlsplit(origin)
    except ValueError:
        return False
    return page.scheme in ("http", "https") and page.netloc == host
