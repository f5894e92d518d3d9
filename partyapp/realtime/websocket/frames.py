"""WebSocket frames (RFC 6455 §5): encoding once for many sockets, and reading with bounds."""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Any

from wsproto.frame_protocol import FrameProtocol, Opcode, ParseFailed

MAX_MESSAGE_BYTES = 16 * 1024


class CloseCode(IntEnum):
    """Why a socket is closed; PROTOCOL says what a client does about each."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    BINARY = 1003
    BAD_TEXT = 1007
    TOO_BIG = 1009
    OURS = 1011
    RESTART = 1012
    TOKEN_EXPIRED = 4401
    REMOVED = 4403
    SILENT = 4408
    REPLACED = 4409
    PARTY_ENDED = 4410
    TOO_SLOW = 4413
    TOO_MANY = 4429


class Violation(Exception):
    """What was read breaks the protocol; the socket is closed with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class PeerClosed(Exception):
    """The peer sent a close frame with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x80 | opcode, size) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, size) + payload


def text_frame(payload: bytes) -> bytes:
    """One unmasked text frame around UTF-8 bytes; the same bytes may go to any number of sockets."""
    return _frame(Opcode.TEXT, payload)


def ping_frame() -> bytes:
    """An empty ping."""
    return _frame(Opcode.PING, b"")


def pong_frame(payload: bytes) -> bytes:
    """The answer to a peer's ping."""
    return _frame(Opcode.PONG, payload)


def close_frame(code: int) -> bytes:
    """A close frame without a reason text."""
    return _frame(Opcode.CLOSE, struct.pack("!H", code))


class FrameReader:
    """Reads a client's frames; wsproto does the parsing, this adds the size limit and the joining."""

    __slots__ = ("_parser", "_parts", "_size")

    def __init__(self) -> None:
        self._parser = FrameProtocol(client=False, extensions=[])
        self._parts: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[tuple[str, str | bytes]]:
        """Yield `("text", str)`, `("ping", bytes)` and `("pong", bytes)` as they are complete.

        Raises `Violation` for a binary frame, a message over 16 KiB or broken framing, `PeerClosed` at
        the end.
        """
        self._parser.receive_bytes(data)
        try:
            for frame in self._parser.received_frames():
                payload: Any = frame.payload
                if frame.opcode is Opcode.CLOSE:
                    raise PeerClosed(int(payload[0]))
                if frame.opcode is Opcode.PING:
                    yield "ping", bytes(payload)
                elif frame.opcode is Opcode.PONG:
                    yield "pong", bytes(payload)
                elif frame.opcode is Opcode.BINARY:
                    raise Violation(CloseCode.BINARY)
                else:
                    text = self._joined(payload, frame.message_finished)
                    if text is not None:
                        yield "text", text
        except ParseFailed as error:
            raise Violation(int(error.code)) from None

    def _joined(self, payload: str, finished: bool) -> str | None:
        self._size += len(payload) if payload.isascii() else len(payload.encode())
        if self._size > MAX_MESSAGE_BYTES:
            raise Violation(CloseCode.TOO_BIG)
        if finished and not self._parts:
            self._size = 0
            return payload
        if payload:
            self._parts.append(payload)
        if not finished:
            return None
        text = "".join(self._parts)
        self._parts.clear()
        self._size = 0
        return text
