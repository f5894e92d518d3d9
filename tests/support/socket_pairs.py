"""A connection of the live path on one end of a real TCP connection, and a hand-made client on the other."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import gevent
from gevent.event import Event
from wsproto.frame_protocol import FrameProtocol, Opcode

from partyapp.realtime.websocket.connection import Connection
from partyapp.shared.kernel.clock import Clock, FixedClock, monotonic_s
from tests.support.waiting import Unexpected


def run_until(check: Callable[[], object], limit_s: float = 5.0) -> None:
    """Let the event loop run until `check` is true. Raises Unexpected after `limit_s` seconds."""
    never, deadline_s = Event(), monotonic_s() + limit_s
    while not check():
        if monotonic_s() > deadline_s:
            raise Unexpected(f"not true within {limit_s} s")
        never.wait(0.002)


def run_for_a_moment() -> None:
    """Let everything that is due happen; the loop has nothing left to do afterwards."""
    for _ in range(20):
        gevent.sleep(0)
    Event().wait(0.01)


class Recorder:
    """A handler that remembers."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.received_ms: list[float] = []
        self.asked_for_welcome = 0
        self.closed = 0
        self.dismissed: list[int] = []
        self.on_message: Callable[[str], None] | None = None

    def on_text(self, text: str, received_ms: float) -> None:
        self.texts.append(text)
        self.received_ms.append(received_ms)
        if self.on_message is not None:
            self.on_message(text)

    def on_room_to_write(self) -> None:
        self.asked_for_welcome += 1

    def on_dismissed(self, code: int) -> None:
        self.dismissed.append(code)

    def on_closed(self) -> None:
        self.closed += 1


class Peer:
    """The client's end: masked frames out, the server's frames in, read only when it is asked to."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._out = FrameProtocol(client=True, extensions=[])
        self._in = FrameProtocol(client=True, extensions=[])
        self._text = ""
        self.texts: list[str] = []
        self.pings = 0
        self.pongs: list[bytes] = []
        self.close_code: int | None = None
        self.ended = False

    def text(self, text: str, *, fin: bool = True) -> None:
        """Send a text frame, or the next fragment of one."""
        self.raw(self._out.send_data(text, fin=fin))

    def binary(self, payload: bytes) -> None:
        self.raw(self._out.send_data(payload))

    def ping(self, payload: bytes = b"") -> None:
        self.raw(self._out.ping(payload))

    def say_close(self, code: int = 1000) -> None:
        self.raw(self._out.close(code))

    def raw(self, data: bytes | bytearray) -> None:
        self._end.sendall(data)

    def read(self, at_most: int = 1 << 20) -> int:
        """Take in what is there now, at most so many bytes; returns how many there were."""
        try:
            data = self._end.recv(at_most)
        except BlockingIOError:
            return 0
        except ConnectionError:
            data = b""
        if not data:
            self.ended = True
            return 0
        self._in.receive_bytes(data)
        for frame in self._in.received_frames():
            self._take(frame)
        return len(data)

    def _take(self, frame: Any) -> None:
        if frame.opcode is Opcode.TEXT or frame.opcode is Opcode.CONTINUATION:
            self._text += frame.payload
            if frame.message_finished:
                self.texts.append(self._text)
                self._text = ""
        elif frame.opcode is Opcode.PING:
            self.pings += 1
        elif frame.opcode is Opcode.PONG:
            self.pongs.append(bytes(frame.payload))
        elif frame.opcode is Opcode.CLOSE:
            self.close_code = int(frame.payload[0])

    def reads_until(self, check: Callable[[], object], limit_s: float = 5.0, at_most: int = 1 << 20) -> None:
        """Read on, `at_most` bytes at once, and let the loop run, until `check` is true."""

        def look() -> object:
            self.read(at_most)
            return check()

        run_until(look, limit_s)

    def hang_up(self) -> None:
        self._end.close()


def tcp_pair(buffer: int) -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection on the loopback; a Unix socket would never write a part of a frame."""
    with socket.socket() as listener, ExitStack() as unless_made:
        theirs = unless_made.enter_context(socket.socket())
        if buffer:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        theirs.connect(listener.getsockname())
        ours, _ = listener.accept()
        unless_made.pop_all()
        return ours, theirs


@contextmanager
def connected(
    clock: Clock | None = None, *, expires_at_ms: float = 0.0, send_buffer: int = 0
) -> Iterator[tuple[Connection, Recorder, Peer]]:
    """A started connection, its handler and its peer. `send_buffer` in bytes makes the peer's room small."""
    ours, theirs = tcp_pair(send_buffer)
    connection = Connection(ours, clock or FixedClock(), expires_at_ms)
    ours.close()
    recorder, peer = Recorder(), Peer(theirs)
    connection.handler = recorder
    connection.start()
    try:
        yield connection, recorder, peer
    finally:
        connection.drop()
        peer.hang_up()
        run_for_a_moment()


def open_files() -> int:
    """How many file descriptors this process has."""
    return len(os.listdir("/proc/self/fd"))
