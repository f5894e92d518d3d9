"""A bad network for tests: a TCP proxy on the loopback that delays, cuts, refuses and falls silent.

Each chunk that is read waits for a delay of its own and never overtakes the one before, as in TCP. The
proxy runs in a thread of its own; its methods may be called from any other.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Literal, Self

Direction = Literal["up", "down"]

_READ_BYTES = 64 * 1024
#: What a packet carries of a stream, and how long TCP waits at first before it sends a lost one again, s:
#: Linux's least. Each further loss of the same packet doubles it.
_SEGMENT_BYTES, _FIRST_RTO_S, _MOST_LOSSES = 1448, 0.2, 6
#: With so much under way in one direction nothing more is read, and the sender feels it.
_QUEUED_BYTES = 1024 * 1024
_BACKLOG = 128
#: A call from another thread, and the end of the thread, take no longer than this, s.
_LIMIT_S = 10.0


#: A host and port, or the path of a Unix socket.
Target = tuple[str, int] | str


def _own(end: socket.socket) -> socket.socket:
    end.setblocking(False)
    if end.family == socket.AF_INET:
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return end


class _Pipe:
    """One direction of one connection."""

    def __init__(
        self,
        source: socket.socket,
        sink: socket.socket,
        open_gate: asyncio.Event,
        is_to_be_lost: Callable[[], bool],
        draw_delay_s: Callable[[], float],
        draw_stall_s: Callable[[], float],
        most_bytes: Callable[[], int],
    ) -> None:
        self._source, self._sink = source, sink
        self._draw_stall_s = draw_stall_s
        self._most_bytes = most_bytes
        self._is_to_be_lost = is_to_be_lost
        self._open_gate, self._draw_delay_s = open_gate, draw_delay_s
        self._chunks: deque[tuple[float, bytes]] = deque()
        self._queued = 0
        self._arrived, self._room = asyncio.Event(), asyncio.Event()

    async def read(self) -> None:
        """Take chunks in until the end of the stream, which is an empty one."""
        loop, due = asyncio.get_running_loop(), 0.0
        while True:
            data = await loop.sock_recv(self._source, self._most_bytes())
            due = max(due, loop.time() + self._draw_delay_s()) + self._draw_stall_s()
            self._chunks.append((due, data))
            self._queued += len(data)
            self._arrived.set()
            if not data:
                return
            while self._queued > _QUEUED_BYTES - _READ_BYTES:
                self._room.clear()
                await self._room.wait()

    async def write(self) -> None:
        """Hand chunks out when they are due and the direction is not a black hole."""
        loop = asyncio.get_running_loop()
        while True:
            while not self._chunks:
                self._arrived.clear()
                await self._arrived.wait()
            due, data = self._chunks[0]
            if (left := due - loop.time()) > 0:
                await asyncio.sleep(left)
            await self._open_gate.wait()
            if self._is_to_be_lost():
                raise ConnectionResetError("the reply is dropped")
            if not data:
                self._sink.shutdown(socket.SHUT_WR)
                return
            await loop.sock_sendall(self._sink, data)
            self._chunks.popleft()
            self._queued -= len(data)
            self._room.set()


class TcpProxy:
    """Forwards what comes to `127.0.0.1:port` to `target`, and back; `target` may be set at any time.

    `delay_ms` ± `jitter_ms` (uniform, each at least 0, jitter at most the delay) is added in each
    direction; both may be set at any time and count for the chunks read after that. The same seed draws
    the same delays in the same order. Raises ValueError for a negative delay. Use it in a `with` block.

    `loss` is the share of packets (0 to below 1) that are lost in each direction; it may be set at any time.
    TCP sends those again, so nothing is missing: the stream stands still until then, for 200 ms, twice that
    when the second one is lost too, and so on, and with it all that comes behind. What a stream can carry
    falls by that, as it does in a real network: to about 70 KB a second at 0.1.
    """

    def __init__(
        self,
        target: Target,
        *,
        delay_ms: float = 0.0,
        jitter_ms: float = 0.0,
        loss: float = 0.0,
        seed: int = 0,
    ) -> None:
        if not 0 <= jitter_ms <= delay_ms:
            raise ValueError("the jitter is between 0 and the delay")
        if not 0 <= loss < 1:
            raise ValueError("the loss is a share of the packets, below 1")
        self.delay_ms, self.jitter_ms, self.loss = delay_ms, jitter_ms, loss
        self.target = target
        self._replies_to_drop = 0
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tcp-proxy", daemon=True)
        self._gates: dict[Direction, asyncio.Event] = {"up": asyncio.Event(), "down": asyncio.Event()}
        self._accepting: asyncio.Task[None] | None = None
        self._listener: socket.socket | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.accepted = 0
        """How many connections were taken so far."""
        # This one never listens. It keeps the port while the proxy refuses.
        self._holder = self._bound(0)
        self.port: int = self._holder.getsockname()[1]

    # From here on: called from other threads.

    def cut(self) -> None:
        """Reset every connection; new ones are taken."""
        self._call(self._drop_all())

    def refuse(self) -> None:
        """Reset every connection and refuse new ones, until `resume`."""
        self._call(self._refuse())

    def black_hole(self, direction: Direction) -> None:
        """Nothing arrives any more in this direction ("up" is towards the target), until `resume`.

        What is sent meanwhile arrives then, as TCP sends again what was lost.
        """
        self._loop.call_soon_threadsafe(self._gates[direction].clear)

    def drop_reply(self, count: int = 1) -> None:
        """Lose the next `count` replies, each with its connection; forgotten with `resume`.

        What was asked arrives and is done, and whoever asked can't know it: a commit without its answer.
        """
        self._loop.call_soon_threadsafe(self._drop_replies, count)

    @property
    def replies_to_drop(self) -> int:
        """How many replies are still to be lost."""
        return self._replies_to_drop

    def resume(self) -> None:
        """Take new connections again, let both directions through, and drop no more replies."""
        self._call(self._listen())

    @property
    def open_connections(self) -> int:
        """How many connections go through it now."""
        return len(self._connections)

    def start(self) -> Self:
        self._thread.start()
        self.resume()
        return self

    def stop(self) -> None:
        """Reset what is open, give the port back and end the thread. Calling it again does nothing."""
        if self._thread.is_alive():
            self._call(self._refuse())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_LIMIT_S)
        if not self._loop.is_closed():
            self._holder.close()
            self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_LIMIT_S)

    # From here on: in the proxy's own thread.

    def _bound(self, port: int) -> socket.socket:
        end = socket.socket()
        end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        end.bind(("127.0.0.1", port))
        return end

    def _drop_replies(self, count: int) -> None:
        self._replies_to_drop = count

    def _loses_this_reply(self) -> bool:
        self._replies_to_drop -= (lost := self._replies_to_drop > 0)
        return lost

    async def _listen(self) -> None:
        self._replies_to_drop = 0
        for gate in self._gates.values():
            gate.set()
        if self._listener is None:
            self._listener = self._bound(self.port)
            self._listener.setblocking(False)
            self._listener.listen(_BACKLOG)
            self._accepting = self._loop.create_task(self._accept(self._listener))

    async def _refuse(self) -> None:
        if self._listener is not None and self._accepting is not None:
            await _ended([self._accepting])
            self._listener.close()
            self._listener = self._accepting = None
        await self._drop_all()

    async def _drop_all(self) -> None:
        await _ended(list(self._connections))

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            client, _ = await self._loop.sock_accept(listener)
            self.accepted += 1
            task = self._loop.create_task(self._forward(_own(client)))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def _forward(self, client: socket.socket) -> None:
        family = socket.AF_UNIX if isinstance(self.target, str) else socket.AF_INET
        server, clean = _own(socket.socket(family)), False
        try:
            with suppress(OSError):
                await self._loop.sock_connect(server, self.target)
                await self._pump(client, server)
                clean = True
        finally:
            for end in (client, server):
                if not clean:
                    # With this a close is a reset: neither side takes it for an end that was meant.
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.close()

    async def _pump(self, client: socket.socket, server: socket.socket) -> None:
        network = self._draw_delay_s, self._draw_stall_s, self._most_bytes
        up = _Pipe(client, server, self._gates["up"], lambda: False, *network)
        down = _Pipe(server, client, self._gates["down"], self._loses_this_reply, *network)
        tasks = [self._loop.create_task(work) for work in (up.read(), up.write(), down.read(), down.write())]
        try:
            await asyncio.gather(*tasks)
        finally:
            await _ended(tasks)

    def _draw_delay_s(self) -> float:
        return (self.delay_ms + self._random.uniform(-self.jitter_ms, self.jitter_ms)) / 1000.0

    def _draw_stall_s(self) -> float:
        """How long the stream stands still before this packet arrives."""
        losses = 0
        # Without a loss nothing is drawn, so that the delays are those of the seed.
        while self.loss and losses < _MOST_LOSSES and self._random.random() < self.loss:
            losses += 1
        return float(_FIRST_RTO_S * (2**losses - 1))

    def _most_bytes(self) -> int:
        return _SEGMENT_BYTES if self.loss else _READ_BYTES


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel them and wait until they are over."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
