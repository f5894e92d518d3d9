"""WebSocket frames (RFC 6455 §5): encoding once for many sockets, and reading with bounds."""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, Self

from wsproto.frame_protocol import FrameProtocol, Opcode, ParseFailed

MAX_MESSAGE_BYTES = 16 * 1024


class CloseCode(IntEnum):
    """Why a socket is closed: the code, the `reason` that the close frame carries, and what a client does.

    `reason` is ASCII of at most 123 bytes (RFC 6455 §5.5). `reconnect` is False where another socket of the
    same member and device would only be closed or refused again; docs/protocol.md has the same table.
    """

    NORMAL = 1000, "closed", True
    GOING_AWAY = 1001, "going away", True
    PROTOCOL_ERROR = 1002, "protocol error", True
    BINARY = 1003, "binary frame", True
    BAD_TEXT = 1007, "text is not UTF-8", True
    TOO_BIG = 1009, "message over 16 KiB", True
    OURS = 1011, "internal error", True
    RESTART = 1012, "service restart", True
    TOKEN_EXPIRED = 4401, "token expired", True
    REMOVED = 4403, "removed from the party", False
    SILENT = 4408, "no sign of life", True
    REPLACED = 4409, "same member and device connected anew", False
    PARTY_ENDED = 4410, "party ended", False
    TOO_SLOW = 4413, "too slow to read", True
    TOO_MANY = 4429, "too many messages", True

    reason: str
    reconnect: bool

    def __new__(cls, code: int, reason: str, reconnect: bool) -> Self:
        self = int.__new__(cls, code)
        self._value_ = code
        self.reason = reason
        self.reconnect = reconnect
        return self


#: After these there is no coming back: removed, connected elsewhere, ended.
FINAL_CODES = frozenset(int(code) for code in CloseCode if not code.reconnect)
_REASONS = {int(code): code.reason.encode("ascii") for code in CloseCode}


class Violation(Exception):
    """What was read breaks the protocol; the socket is closed with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = self.answer = code


class PeerClosed(Exception):
    """The peer sent a close frame with `code`. Ours has the same, or 1000 where that can't be sent."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code
        self.answer = code if 1000 <= code < 5000 and code not in (1005, 1006) else 1000


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
    """A close frame, with its reason if `code` is a `CloseCode`; a peer's own code is given back alone."""
    return _frame(Opcode.CLOSE, struct.pack("!H", code) + _REASONS.get(code, b""))


_FINAL, _MASKED, _MASK_BYTES = 0x80, 0x80, 4
_WHOLE_TEXT = _FINAL | Opcode.TEXT


def _frame_end(data: bytes, start: int) -> tuple[int, int]:
    """Where the payload of a client's short frame at `start` begins and ends; (0, 0) if it isn't whole.

    Short is below 64 KiB. A length that takes more bytes than it needs is left to wsproto to refuse.
    """
    size = len(data)
    if size < start + 2 + _MASK_BYTES or data[start + 1] < _MASKED:
        return 0, 0
    length, begin = data[start + 1] - _MASKED, start + 2 + _MASK_BYTES
    if length >= 126:
        length, begin = data[start + 2] << 8 | data[start + 3], begin + 2
        if data[start + 1] - _MASKED == 127 or length < 126:
            return 0, 0
    return (begin, begin + length) if begin + length <= size else (0, 0)


def _unmasked(data: bytes, begin: int, end: int) -> bytes:
    length = end - begin
    mask = (data[begin - _MASK_BYTES : begin] * (length // _MASK_BYTES + 1))[:length]
    masked = int.from_bytes(data[begin:end], "little") ^ int.from_bytes(mask, "little")
    return masked.to_bytes(length, "little")


def _whole_texts(data: bytes) -> list[tuple[int, int]]:
    """Where the payloads of text messages begin and end, if the data are nothing but whole ones."""
    texts, start = [], 0
    while start < len(data):
        if data[start] != _WHOLE_TEXT:
            return []
        begin, end = _frame_end(data, start)
        if end == 0:
            return []
        texts.append((begin, end))
        start = end
    return texts


def _ends_between_messages(data: bytes) -> bool:
    """Whether the data are whole unfragmented frames, so that nothing is left to wait for after them."""
    end = 0
    while end < len(data):
        if not data[end] & _FINAL:
            return False
        _, end = _frame_end(data, end)
        if end == 0:
            return False
    return True


class FrameReader:
    """Reads a client's frames; wsproto does the parsing, this adds the size limit and the joining.

    Nearly all that comes in is whole text messages, each in one frame. They are read without a parser, since
    that would be a tenth of a message's cost; one is kept only while the stream stands within what it got.
    """

    __slots__ = ("_broken", "_parser", "_parts", "_size")

    def __init__(self) -> None:
        self._broken = False
        self._parser: FrameProtocol | None = None
        self._parts: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[tuple[str, str | bytes]]:
        """Yield `("text", str)`, `("ping", bytes)` and `("pong", bytes)` as they are complete.

        Raises `Violation` for a binary frame, a message over 16 KiB or broken framing, `PeerClosed` at
        the end.
        """
        if self._parser is None:
            texts = _whole_texts(data)
            if texts:
                for begin, end in texts:
                    yield "text", _text(_unmasked(data, begin, end))
                return
            self._parser = FrameProtocol(client=False, extensions=[])
            yield from self._parsed(self._parser, data)
            if _ends_between_messages(data):
                self._parser = None
            return
        yield from self._parsed(self._parser, data)

    def finds_close(self, data: bytes) -> bool:
        """Whether the peer's close frame is among what has come in; all else is thrown away.

        For after our own close frame, a violation included. Nothing is found once the framing is broken.
        """
        if self._broken:
            return False
        if self._parser is None:
            self._parser = FrameProtocol(client=False, extensions=[])
        try:
            self._parser.receive_bytes(data)
            return any(frame.opcode is Opcode.CLOSE for frame in self._parser.received_frames())
        except ParseFailed:
            self._broken = True
            return False

    def _parsed(self, parser: FrameProtocol, data: bytes) -> Iterator[tuple[str, str | bytes]]:
        parser.receive_bytes(data)
        try:
            for frame in parser.received_frames():
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
            self._broken = True
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


def _text(payload: bytes) -> str:
    """A whole message's text. Raises `Violation`."""
    if len(payload) > MAX_MESSAGE_BYTES:
        raise Violation(CloseCode.TOO_BIG)
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise Violation(CloseCode.BAD_TEXT) from None
