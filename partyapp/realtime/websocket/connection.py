"""One WebSocket after its upgrade: read in the event loop, written by one writer that never blocks.

The socket is taken over from the server that did the handshake. There is no greenlet, thread or request
context per socket: the loop calls back when there is something to read, and, only while the peer's buffer
is full, when there is room to write.
"""

import logging
import socket
from typing import Any
from uuid import UUID

import gevent
from gevent.monkey import get_original

from partyapp.realtime.websocket.connection_handler import ConnectionHandler
from partyapp.realtime.websocket.frames import (
    CloseCode,
    FrameReader,
    PeerClosed,
    Violation,
    close_frame,
    ping_frame,
    pong_frame,
)
from partyapp.realtime.websocket.send_queue import Overflow, Priority, SendQueue
from partyapp.realtime.websocket.write_batcher import WriteBatcher
from partyapp.shared.kernel.clock import Clock, monotonic_s
from partyapp.shared.ops import metrics

log = logging.getLogger(__name__)

_RawSocket = get_original("socket", "socket")
_READ, _WRITE = 1, 2
_RECEIVE_BYTES = 32 * 1024
#: So many frames gather in a turn at most; together they stay well below what a kernel takes at once.
MAX_GATHERED = 32

#: How long, in s, a peer may leave us without room to write, and may take to answer our close frame.
WRITE_DEADLINE_S, CLOSE_DEADLINE_S = 5.0, 2.0


class Connection:
    """A socket with one writer and a bounded queue."""

    __slots__ = (
        "_batcher", "_blocked_since_s", "_clock", "_closing_since_s", "_gathered", "_loop", "_partial",
        "_paused", "_peer_closed", "_readable", "_reader", "_send_queue", "_socket", "_writable", "_wrote_in",
        "closed", "expires_at_ms", "handler", "last_pinged_s", "last_received_s", "session_id",
    )  # fmt: skip

    def __init__(
        self, upgraded: Any, clock: Clock, expires_at_ms: float = 0.0, batcher: WriteBatcher | None = None
    ) -> None:
        self._socket: socket.socket = _RawSocket(fileno=socket.dup(upgraded.fileno()))
        self._socket.setblocking(False)
        self._clock = clock
        self.expires_at_ms = expires_at_ms
        self._loop = gevent.get_hub().loop
        self._batcher = batcher or WriteBatcher(self._loop)
        self._wrote_in, self._gathered = -1, list[bytes]()
        self._reader, self._send_queue = FrameReader(), SendQueue()
        self._partial = b""
        self._readable: Any = None
        self._writable: Any = None
        self._blocked_since_s = self._closing_since_s = 0.0
        self.closed = self._paused = self._peer_closed = False
        self.session_id: UUID | None = None
        self.handler: ConnectionHandler | None = None
        self.last_received_s = self.last_pinged_s = monotonic_s()

    def start(self) -> None:
        """Begin to read. `handler` must be set."""
        if not self.closed:
            self._readable = self._loop.io(self._socket.fileno(), _READ)
            self._readable.start(self._on_readable)

    def begin_with(self, answer: bytes) -> None:
        """Send this, the handshake's answer, in one write with the first frame."""
        self._gathered.append(answer)

    @property
    def hung_up(self) -> bool:
        """True when the peer has gone already, as one does whose handshake took too long for it."""
        try:
            return not self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def send(self, frame: bytes, kind: Priority = Priority.CHANGE) -> None:
        """Write the frame now if the peer has room, else let it wait its turn. Never blocks."""
        if self.closed or self._closing_since_s:
            return
        if self._writable is not None or self._send_queue.needs_snapshot:
            try:
                self._send_queue.put(kind, frame)
            except Overflow:
                self.close(CloseCode.TOO_SLOW)
            if self._writable is None and (waiting := self._send_queue.take()):
                self._write(waiting)
            return
        batcher = self._batcher
        is_answer = kind is Priority.ANSWER
        if is_answer or self._wrote_in != batcher.number:
            # An answer never waits: a pong says when it was sent.
            if not is_answer:
                self._wrote_in = batcher.number
                batcher.begin()
            if self._gathered:
                self._gathered.append(frame)
                self.end_turn()
            else:
                self._write(frame)
            return
        self._gathered.append(frame)
        if len(self._gathered) == 1:
            batcher.wait(self)
        elif len(self._gathered) == MAX_GATHERED:
            self.end_turn()

    def end_turn(self) -> None:
        """Write what has gathered since the turn's first frame."""
        if self._gathered:
            frames, self._gathered = b"".join(self._gathered), []
            if not self.closed:
                self._write(frames)

    def renew(self, welcome: bytes) -> None:
        """Send a fresh welcome in place of the changes that were dropped; changes flow again after it."""
        self._send_queue.needs_snapshot = False
        self.send(welcome)

    def pause_reading(self) -> None:
        """Stop reading, so that TCP holds a peer back that sends faster than we can act."""
        if self._readable is not None and not self._paused:
            self._paused = True
            self._readable.stop()

    def resume_reading(self) -> None:
        """Read on."""
        if self._readable is not None and self._paused and not self.closed:
            self._paused = False
            self._readable.start(self._on_readable)

    def close(self, code: int) -> None:
        """Send a close frame, and end the socket once the peer has answered or `CLOSE_DEADLINE_S` is over.

        Not before: a proxy that hears our end resets who still sends, and has not read the close frame yet.
        """
        if self.closed or self._closing_since_s:
            return
        self.end_turn()
        self._closing_since_s = monotonic_s()
        metrics.count_closed(code)
        gevent.spawn_later(CLOSE_DEADLINE_S, self.drop)
        self._send_queue.clear()
        if self._writable is None:
            self._write(close_frame(code))
        else:
            self._partial += close_frame(code)
        self.resume_reading()

    def dismiss(self, code: int) -> None:
        """Close with `code` once what the peer asked for is answered."""
        if self.handler is None:
            self.close(code)
        else:
            self.handler.on_dismissed(code)

    def heartbeat(self, now_s: float, party_ms: float, heartbeat_s: float, silence_s: float) -> None:
        """Ping when it is time, and end what is silent, stuck or expired. Called each second."""
        if self._closing_since_s:
            return
        if self._writable is not None and now_s - self._blocked_since_s > WRITE_DEADLINE_S:
            self.close(CloseCode.TOO_SLOW)
        elif now_s - self.last_received_s > silence_s:
            self.close(CloseCode.SILENT)
        elif self.expires_at_ms and party_ms > self.expires_at_ms:
            self.close(CloseCode.TOKEN_EXPIRED)
        elif now_s - self.last_pinged_s >= heartbeat_s:
            self.last_pinged_s = now_s
            self.send(ping_frame(), Priority.ANSWER)

    def drop(self) -> None:
        """End the socket at once."""
        if self.closed:
            return
        self.closed = True
        metrics.count_dropped(is_told=bool(self._closing_since_s))
        for watcher in (self._readable, self._writable):
            if watcher is not None:
                watcher.stop()
                watcher.close()
        self._readable = self._writable = None
        self._send_queue.clear()
        self._gathered.clear()
        self._partial = b""
        self._socket.close()
        if self.handler is not None:
            self.handler.on_closed()

    def _on_readable(self) -> None:
        if (data := self._receive()) is None:
            return
        received_ms = self._clock.now_ms()
        self.last_received_s = monotonic_s()
        if self._closing_since_s:
            self._drain(data)
            return
        try:
            for what, payload in self._reader.feed(data):
                if self.closed or self._closing_since_s:
                    break
                if what == "text" and self.handler is not None:
                    self.handler.on_text(str(payload), received_ms)
                elif what == "ping" and isinstance(payload, bytes):
                    self.send(pong_frame(payload), Priority.ANSWER)
        except (PeerClosed, Violation) as end:
            self._peer_closed = isinstance(end, PeerClosed)
            self.close(end.answer)
            self._drain(b"")
        except Exception as error:
            # Nothing may leave a callback of the loop; the text could hold what a person wrote.
            log.error("a socket's handler failed: %s", type(error).__name__, exc_info=True)
            self.close(CloseCode.OURS)

    def _drain(self, data: bytes) -> None:
        """What follows our close frame is read for the peer's own alone."""
        self._peer_closed = self._peer_closed or self._reader.finds_close(data)
        self._end_writing()

    def _receive(self) -> bytes | None:
        """What has come in; None when that is nothing, or the end, and then the socket is dropped."""
        try:
            if data := self._socket.recv(_RECEIVE_BYTES):
                return data
        except BlockingIOError:
            return None
        except OSError:
            pass
        self.drop()
        return None

    def _write(self, frame: bytes) -> None:
        try:
            sent = self._socket.send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            # The peer is gone; dropping later keeps whoever is broadcasting free of our clean-up.
            self._closing_since_s = self._closing_since_s or monotonic_s()
            self._loop.run_callback(self.drop)
            return
        if sent < len(frame):
            self._partial = frame[sent:]
            self._blocked_since_s = monotonic_s()
            self._writable = self._loop.io(self._socket.fileno(), _WRITE)
            self._writable.start(self._on_writable)

    def _on_writable(self) -> None:
        try:
            while self._partial:
                sent = self._socket.send(self._partial)
                self._partial = self._partial[sent:]
                self._blocked_since_s = monotonic_s()
                if not self._partial:
                    self._partial = self._send_queue.take() or b""
        except BlockingIOError:
            return
        except OSError:
            self.drop()
            return
        self._writable.stop()
        self._writable.close()
        self._writable = None
        if self._closing_since_s:
            self._end_writing()
        elif self._send_queue.needs_snapshot and self.handler is not None:
            self.handler.on_room_to_write()

    def _end_writing(self) -> None:
        """Tell the peer that nothing follows, once it has closed and was sent all."""
        if self.closed or not self._peer_closed or self._writable is not None:
            return
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self._loop.run_callback(self.drop)
