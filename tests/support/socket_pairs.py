"""A connection of the live path on one end of a real TCP connection, and a hand-made client on the other."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import gevent
from gevent.event import Event

from partyapp.realtime.websocket.connection import Connection
from partyapp.shared.kernel.clock import Clock, FixedClock, monotonic_s
from tests.support.clients.raw import RawSocket
from tests.support.waiting import LIMIT_S, Unexpected


def run_until(check: Callable[[], object], limit_s: float = LIMIT_S) -> None:
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


class Peer(RawSocket):
    """The client's end, read only when it is asked to."""

    def __init__(self, tcp: socket.socket) -> None:
        tcp.setblocking(False)
        super().__init__(tcp)

    def reads_until(
        self, check: Callable[[], object], limit_s: float = LIMIT_S, at_most: int = 1 << 20
    ) -> None:
        """Read on, `at_most` bytes at once, and let the loop run, until `check` is true."""

        def look() -> object:
            self.read(at_most)
            return check()

        run_until(look, limit_s)


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
    clock: Clock | None = None, *, expires_at_ms: float = 0.0, send_buffer: int = 0, answer: bytes = b""
) -> Iterator[tuple[Connection, Recorder, Peer]]:
    """A started connection, its handler and its peer. `send_buffer` in bytes makes the peer's room small."""
    ours, theirs = tcp_pair(send_buffer)
    connection = Connection(ours, clock or FixedClock(), expires_at_ms)
    connection.begin_with(answer)
    ours.close()
    recorder, peer = Recorder(), Peer(theirs)
    connection.handler = recorder
    connection.start()
    try:
        yield connection, recorder, peer
    finally:
        connection.drop()
        peer.close()
        run_for_a_moment()


def open_files() -> int:
    """How many file descriptors this process has."""
    return len(os.listdir("/proc/self/fd"))
