"""A WebSocket to web as a client, on wsproto: one asyncio protocol, no task."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from wsproto import ConnectionType
from wsproto.events import AcceptConnection, RejectConnection, RejectData, Request
from wsproto.frame_protocol import Frame, FrameProtocol, Opcode, ParseFailed
from wsproto.handshake import H11Handshake
from wsproto.utilities import ProtocolError

from partyapp.gateways.syncplay.party_messages import Problem
from partyapp.shared.kernel.clock import monotonic_ms

log = logging.getLogger(__name__)

#: The longest message that is read, in bytes; a welcome takes 30 KB, with a long chat more.
MAX_MESSAGE = 1 << 20
#: A web process that takes nothing for so long that this piles up, in bytes, is given up.
MAX_UNSENT = 256 * 1024
#: So long web may take for the upgrade, in s.
UPGRADE_S = 10.0
NORMAL, TOO_BIG, LOST = 1000, 1009, 1006
#: The first byte of a frame that is a whole text message.
WHOLE_TEXT = 0x81

#: Whole frames leave no state behind, so all sockets write theirs by the same.
_writer = FrameProtocol(client=True, extensions=[])


class SocketOwner(Protocol):
    """Whom the socket tells."""

    def opened(self, socket: "WebSocket") -> None:
        """Web has accepted the upgrade."""
        ...

    def socket_said(self, text: str, received_ms: float) -> None:
        """A message, received at this instant of the monotonic clock (ms)."""
        ...

    def socket_refused(self, status: int, problem: Problem) -> None:
        """Web refused the upgrade; the socket is gone."""
        ...

    def socket_closed(self, code: int) -> None:
        """The socket is gone; 1006 where nobody said why."""
        ...


class WebSocket(asyncio.Protocol):
    """One connection. Unless it closed the socket itself, its owner hears of the end, refused or closed."""

    __slots__ = (
        "_body", "_code", "_handshake", "_is_accepted", "_owner", "_parser", "_request", "_rest", "_status",
        "_text", "_transport",
    )  # fmt: skip

    def __init__(
        self, owner: SocketOwner, host: str, target: str, headers: Sequence[tuple[str, str]]
    ) -> None:
        self._owner: SocketOwner | None = owner
        self._request: Request | None = Request(
            host=host,
            target=target,
            subprotocols=["party.v1"],
            extra_headers=[(name.encode(), value.encode()) for name, value in headers],
        )
        self._handshake: H11Handshake | None = None
        self._is_accepted = False
        #: What reads the frames of a message that came in several, until its end.
        self._parser: FrameProtocol | None = None
        self._transport: asyncio.Transport | None = None
        self._text: list[str] | None = None
        self._code = LOST
        self._status = 0
        self._body = b""
        #: The beginning of a frame whose end is still to come.
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._owner is None:
            transport.abort()
            return
        assert self._request is not None
        self._handshake = H11Handshake(ConnectionType.CLIENT)
        transport.write(self._handshake.send(self._request))
        self._request = None
        asyncio.get_running_loop().call_later(UPGRADE_S, self._give_up)

    def data_received(self, data: bytes) -> None:
        """Read what came in."""
        received_ms = monotonic_ms()
        try:
            while not self._is_accepted and data and self._handshake is not None:
                # Line by line, so that what follows the upgrade is read as frames.
                end = data.find(b"\n") + 1 or len(data)
                self._receive_handshake(data[:end])
                data = data[end:]
            if self._is_accepted:
                self._receive_frames(self._rest + data, received_ms)
        except (ProtocolError, ParseFailed, UnicodeDecodeError):
            self._abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the owner why it is gone."""
        owner, self._owner, self._transport = self._owner, None, None
        self._handshake = None
        if owner is None:
            return
        if self._status:
            owner.socket_refused(self._status, _problem(self._body))
        else:
            owner.socket_closed(self._code)

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._owner is not None and self._is_accepted and self._transport is not None

    def send(self, text: bytes) -> None:
        """Send a message of JSON; nothing happens where the socket isn't open."""
        if not self.is_open or self._transport is None:
            return
        self._transport.write(_writer.send_data(text.decode()))
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self._abort()

    def close(self) -> None:
        """Close it; the owner hears nothing of it."""
        self._owner = None
        if self._transport is None:
            return
        if self._is_accepted:
            self._transport.write(_writer.close(NORMAL))
        self._transport.close()

    def _receive_handshake(self, data: bytes) -> None:
        assert self._handshake is not None
        self._handshake.receive_data(data)
        for event in self._handshake.events():
            if isinstance(event, AcceptConnection):
                # What the handshake took is given back.
                self._is_accepted, self._handshake = True, None
                if self._owner is not None:
                    self._owner.opened(self)
                return
            if isinstance(event, RejectConnection):
                self._status = event.status_code
                if not event.has_body:
                    self._abort()
            elif isinstance(event, RejectData):
                self._body = (self._body + bytes(event.data))[:MAX_MESSAGE]
                if event.body_finished:
                    self._abort()

    def _receive_frames(self, data: bytes, received_ms: float) -> None:
        """Read whole frames. Most hold one message each, and are read without a parser, which takes longer
        than all else that is done about them."""
        at = 0
        while self._is_accepted:
            begin, end = frame_at(data, at)
            if end - begin > MAX_MESSAGE:
                self._give_up_too_big()
                return
            if end == 0 or end > len(data):
                break
            if self._parser is None and data[at] == WHOLE_TEXT:
                self._said(data[begin:end].decode(), received_ms)
            else:
                self._parse(data[at:end], received_ms)
            at = end
        self._rest = data[at:]

    def _parse(self, data: bytes, received_ms: float) -> None:
        """A frame that is no whole message. Raises ParseFailed for one that no server sends."""
        parser = self._parser or FrameProtocol(client=True, extensions=[])
        parser.receive_bytes(data)
        for frame in parser.received_frames():
            payload: Any = frame.payload
            if frame.opcode is Opcode.TEXT:
                self._on_text(frame, received_ms)
            elif frame.opcode is Opcode.PING:
                self._write(_writer.pong(payload))
            elif frame.opcode is Opcode.CLOSE:
                self._code = int(payload[0])
                self._write(_writer.close(payload[0]))
                self._is_accepted = False
                if self._transport is not None:
                    self._transport.close()
        self._parser = None if self._text is None else parser

    def _write(self, frame: bytes | bytearray) -> None:
        if self._transport is not None:
            self._transport.write(frame)

    def _on_text(self, frame: Frame, received_ms: float) -> None:
        self._text = [*(self._text or ()), str(frame.payload)]
        if sum(map(len, self._text)) > MAX_MESSAGE:
            self._give_up_too_big()
        elif frame.message_finished:
            text, self._text = "".join(self._text), None
            self._said(text, received_ms)

    def _said(self, text: str, received_ms: float) -> None:
        if self._owner is not None:
            self._owner.socket_said(text, received_ms)

    def _give_up(self) -> None:
        """Don't wait any longer for an upgrade."""
        if not self._is_accepted:
            self._abort()

    def _give_up_too_big(self) -> None:
        self._code = TOO_BIG
        self._abort()

    def _abort(self) -> None:
        self._is_accepted = False
        if self._transport is not None:
            self._transport.abort()


def frame_at(data: bytes, start: int) -> tuple[int, int]:
    """Where the payload of a server's frame at `start` begins, and where it ends if all of it is there.

    (0, 0) while its head isn't whole. Raises ParseFailed for a masked frame, which no server sends.
    """
    size = len(data) - start
    if size < 2:
        return 0, 0
    length, begin = data[start + 1], start + 2
    if length > 127:
        raise ParseFailed("a masked frame of a server")
    if length > 125:
        more = 2 if length == 126 else 8
        if size < 2 + more:
            return 0, 0
        length, begin = int.from_bytes(data[begin : begin + more]), begin + more
    return begin, begin + length


def _problem(body: bytes) -> Problem:
    try:
        return msgspec.json.decode(body, type=Problem)
    except msgspec.MsgspecError:
        return Problem()
