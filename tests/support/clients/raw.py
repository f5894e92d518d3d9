"""A TCP connection on which a client's bytes are written by hand, HTTP or frames, well formed or not."""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

from wsproto.frame_protocol import FrameProtocol, Opcode

from tests.support.waiting import LIMIT_S

#: The key of RFC 6455's own example.
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
_READ_BYTES = 1 << 16


def frame(
    payload: bytes,
    opcode: int = Opcode.TEXT,
    *,
    fin: bool = True,
    size: int | None = None,
    mask: bytes | None = None,
) -> bytes:
    """A client's masked frame (RFC 6455 §5.2); `size` is what its head says, where that is a lie."""
    said, mask = len(payload) if size is None else size, mask or random.randbytes(4)
    first = (0x80 if fin else 0) | opcode
    if said < 126:
        head = struct.pack("!BB", first, 0x80 | said)
    elif said < 65536:
        head = struct.pack("!BBH", first, 0x80 | 126, said)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, said)
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def connect(url: str, limit_s: float = LIMIT_S) -> socket.socket:
    """A TCP connection to the server of this URL."""
    where = urlsplit(url)
    return socket.create_connection((where.hostname or "", where.port or 0), timeout=limit_s)


def exchange(url: str, *parts: bytes, limit_s: float = LIMIT_S) -> bytes:
    """Send these bytes as they are; what comes back until the server ends the connection.

    Raises TimeoutError if it stays open and silent for `limit_s` seconds.
    """
    found = b""
    with connect(url, limit_s) as tcp, suppress(ConnectionResetError):
        for part in parts:
            tcp.sendall(part)
        while piece := tcp.recv(_READ_BYTES):
            found += piece
    return found


class RawSocket:
    """One end of a TCP connection, from the handshake on or from the first frame on.

    `status` is that of the handshake's answer, 0 for none. What is read is kept in `received` as it came
    and, once `read` is called, also as frames.
    """

    def __init__(self, tcp: socket.socket) -> None:
        self.tcp = tcp
        self.status, self.received = 0, b""
        self._frames = FrameProtocol(client=True, extensions=[])
        self._text = ""
        self._in_pieces = False
        self.texts: list[str] = []
        self.pings = 0
        self.pongs: list[bytes] = []
        self.close_code: int | None = None
        self.ended = False

    @classmethod
    def open(cls, url: str, limit_s: float = LIMIT_S) -> Self:
        """Connect; nothing is sent yet."""
        return cls(connect(url, limit_s))

    def upgrade(self, host: str, target: str, headers: Mapping[str, str | None]) -> int:
        """Ask for the upgrade with these headers beside or in place of the usual ones, None for one left
        out, and read the head of the answer; its status is returned."""
        sent: dict[str, str | None] = {
            "Host": host,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": KEY,
            **headers,
        }
        lines = [f"{name}: {value}" for name, value in sent.items() if value is not None]
        self.send("\r\n".join([f"GET {target} HTTP/1.1", *lines, "", ""]).encode("latin-1"))
        return self.read_head()

    def read_head(self) -> int:
        """Read an HTTP answer's head; its status is returned, 0 if there was none."""
        head = b""
        while b"\r\n\r\n" not in head and (data := self.tcp.recv(4096)):
            head += data
        words = head.split(b" ", 2)
        self.status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
        self.received = head.partition(b"\r\n\r\n")[2]
        return self.status

    def send(self, data: bytes | bytearray) -> None:
        """Send these bytes as they are."""
        self.tcp.sendall(data)

    def text(self, text: str, *, fin: bool = True) -> None:
        """Send a text frame; after one that was not final, the next fragment."""
        opcode = Opcode.CONTINUATION if self._in_pieces else Opcode.TEXT
        self._in_pieces = not fin
        self.send(frame(text.encode(), opcode, fin=fin))

    def binary(self, payload: bytes) -> None:
        """Send a binary frame."""
        self.send(frame(payload, Opcode.BINARY))

    def ping(self, payload: bytes = b"") -> None:
        """Send a ping of the protocol itself."""
        self.send(frame(payload, Opcode.PING))

    def send_close(self, code: int = 1000) -> None:
        """Send a close frame."""
        self.send(frame(struct.pack("!H", code), Opcode.CLOSE))

    def read(self, at_most: int = 1 << 20) -> int:
        """Take in what a non-blocking connection has now, at most so many bytes; how many there were."""
        try:
            data = self.tcp.recv(at_most)
        except BlockingIOError:
            return 0
        except ConnectionError:
            data = b""
        if not data:
            self.ended = True
            return 0
        self._frames.receive_bytes(data)
        for received in self._frames.received_frames():
            self._take(received)
        return len(data)

    def _take(self, received: Any) -> None:
        if received.opcode is Opcode.TEXT or received.opcode is Opcode.CONTINUATION:
            self._text += received.payload
            if received.message_finished:
                self.texts.append(self._text)
                self._text = ""
        elif received.opcode is Opcode.PING:
            self.pings += 1
        elif received.opcode is Opcode.PONG:
            self.pongs.append(bytes(received.payload))
        elif received.opcode is Opcode.CLOSE:
            self.close_code = int(received.payload[0])

    def end_of_stream(self) -> None:
        """Send nothing more, and take in what comes until the server ends its side too."""
        self.tcp.shutdown(socket.SHUT_WR)
        while data := self.tcp.recv(_READ_BYTES):
            self.received += data

    def reset(self) -> None:
        """End the connection with a reset."""
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.tcp.close()

    def close(self) -> None:
        """End the connection without a close frame."""
        self.tcp.close()
