"""A client's TCP connection: lines in with bounds, messages out with a bound, and TLS in mid-stream."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from ipaddress import ip_address

from partyapp.gateways.syncplay import wire
from partyapp.gateways.syncplay.session import Session
from partyapp.gateways.syncplay.session_ports import SessionPorts
from partyapp.shared.kernel.clock import monotonic_s

log = logging.getLogger(__name__)

#: So many lines a second may come in the long run, and so many at once: a client answers each State.
PER_S, AT_ONCE = 25.0, 200.0
#: A client that takes nothing for so long that this piles up, in bytes, is hung up on.
MAX_UNSENT = 128 * 1024
#: So long a client may take for its TLS handshake, in s.
TLS_S = 12.0

TlsContext = Callable[[], ssl.SSLContext | None]


class LineLimits:
    """How many connections there may be in all, and how many of one address that have no party yet."""

    def __init__(self, most: int, most_waiting: int) -> None:
        self._most, self._most_waiting = most, most_waiting
        self.open: set[ClientLine] = set()

    def let_in(self, line: "ClientLine", address: str) -> bool:
        """Count a new connection; False where there are too many."""
        if len(self.open) >= self._most:
            return False
        waiting = sum(each.address == address and not each.has_party for each in self.open)
        if waiting >= self._most_waiting:
            return False
        self.open.add(line)
        return True


class ClientLine(asyncio.Protocol):
    """One connection. Whatever is wrong with what comes in ends this one only."""

    __slots__ = (
        "_allowance", "_ports", "_is_secure", "_limits", "_reader", "_seen_s", "_session", "_tls",
        "_transport", "_upgrade", "address",
    )  # fmt: skip

    def __init__(self, ports: SessionPorts, limits: LineLimits, tls: TlsContext) -> None:
        self._ports = ports
        self._limits = limits
        self._tls = tls
        self._reader = wire.LineReader()
        self._transport: asyncio.Transport | None = None
        self._session: Session | None = None
        self._allowance, self._seen_s = AT_ONCE, monotonic_s()
        self._is_secure = False
        self._upgrade: asyncio.Task[None] | None = None
        self.address = ""

    @property
    def has_party(self) -> bool:
        """Whether the client is a member of a party."""
        return self._session is not None and self._session.member is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has called."""
        assert isinstance(transport, asyncio.Transport)
        self.address = _address_of(transport)
        if not self._limits.let_in(self, self.address):
            transport.abort()
            return
        self._transport = transport
        self._session = Session(self._ports, self, self.address)

    def data_received(self, data: bytes) -> None:
        """Read what came in."""
        if self._session is None or self._transport is None or self._transport.is_closing():
            return
        try:
            for message in self._reader.feed(data):
                self._count()
                if self._session is None:
                    return
                self._session.received(message)
        except wire.BadLine as bad:
            self._give_up(str(bad))
        except Exception as error:
            # A bug of ours must end nobody else's connection.
            log.error("a client's line failed: %s", type(error).__name__, exc_info=True)
            self._give_up(None)

    def connection_lost(self, error: Exception | None) -> None:
        """It is gone."""
        self._limits.open.discard(self)
        self._transport = None
        session, self._session = self._session, None
        if session is not None:
            session.lost()

    def tell(self, *messages: wire.Message) -> None:
        """Send messages."""
        transport = self._transport
        if not messages or transport is None or transport.is_closing():
            return
        transport.write(b"".join(map(wire.line_of, messages)))
        if transport.get_write_buffer_size() > MAX_UNSENT:
            transport.abort()

    def begin_tls(self) -> bool:
        """Begin TLS where a certificate is configured."""
        context = None if self._is_secure or self._upgrade is not None else self._tls()
        if context is None:
            return False
        self.tell(wire.tls(True))
        self._upgrade = asyncio.get_running_loop().create_task(self._secure(context))
        return True

    def end(self, text: str | None) -> None:
        """Hang up, with a text that is shown."""
        if text:
            self.tell(wire.error(text))
        if self._transport is not None:
            self._transport.close()

    async def _secure(self, context: ssl.SSLContext) -> None:
        transport = self._transport
        if transport is None:
            return
        try:
            secure = await asyncio.get_running_loop().start_tls(
                transport, self, context, server_side=True, ssl_handshake_timeout=TLS_S
            )
        except (OSError, ssl.SSLError) as error:
            log.info("a client's TLS failed: %s", type(error).__name__)
            transport.abort()
            return
        self._transport, self._is_secure = secure, True
        self._upgrade = None

    def _count(self) -> None:
        now_s = monotonic_s()
        self._allowance = min(AT_ONCE, self._allowance + (now_s - self._seen_s) * PER_S) - 1.0
        self._seen_s = now_s
        if self._allowance < 0:
            raise wire.BadLine("Too much at once.")

    def _give_up(self, text: str | None) -> None:
        session, self._session = self._session, None
        self.end(text)
        if session is not None:
            session.lost()


def _address_of(transport: asyncio.Transport) -> str:
    """The peer's IP address; one of IPv4 in its own form."""
    peer = transport.get_extra_info("peername")
    try:
        found = ip_address(str(peer[0]).partition("%")[0])
    except (TypeError, IndexError, ValueError):
        return "0.0.0.0"
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
