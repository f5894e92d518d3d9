"""One device's live connection to a party, as PROTOCOL.md describes it, read by a thread of its own."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import websocket

from tests.support.waiting import LIMIT_S, Unexpected, eventually

Json = dict[str, Any]

SUBPROTOCOL = "party.v1"
_CHANGES = ("playback", "event")


class Socket:
    """One WebSocket with a thread that reads it; every message received is kept in `messages`."""

    def __init__(
        self,
        base_url: str,
        party_id: str,
        headers: Mapping[str, str],
        query: Mapping[str, Any],
        read: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Connect. With `read` false nothing is read before `start_reading`, and no ping is answered.
        Raises websocket.WebSocketBadStatusException if refused before the upgrade.
        """
        address = f"{base_url.replace('http', 'ws', 1)}/api/parties/{party_id}/ws"
        if query:
            address += "?" + urlencode(query)
        self.messages: list[Json] = []
        self.received_at: list[float] = []
        self._replayed_after = int(query["last_revision"]) if "last_revision" in query else None
        self._seen: dict[str, int] = {}
        self._changed = threading.Condition()
        self._closed_with: int | None = None
        self._ended = False
        self.raw = websocket.create_connection(
            address,
            timeout=LIMIT_S,
            header=dict(headers),
            subprotocols=[SUBPROTOCOL],
            suppress_origin=True,
            enable_multithread=True,
            sslopt={} if tls is None else {"context": tls},
        )
        # A read waits without limit in its own thread; `close` ends it by shutting the socket down.
        self.raw.settimeout(None)
        self._reader = threading.Thread(target=self._read, daemon=True)
        if read:
            self.start_reading()

    def start_reading(self) -> None:
        """Read from now on, where the constructor was told not to."""
        self._reader.start()

    def _read(self) -> None:
        with suppress(websocket.WebSocketException, OSError, ValueError):
            while True:
                opcode, data = self.raw.recv_data()
                now = time.monotonic() * 1000
                with self._changed:
                    if opcode == websocket.ABNF.OPCODE_CLOSE:
                        self._closed_with = int.from_bytes(data[:2], "big") if len(data) >= 2 else 1005
                        break
                    self.messages.append(json.loads(data))
                    self.received_at.append(now)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def expect(
        self, kind: str, timeout: float = LIMIT_S, where: Callable[[Json], bool] = lambda message: True
    ) -> Json:
        """The next message of this type that `where` accepts; each type is read on from its last match.

        Raises Unexpected after `timeout` seconds, or as soon as the socket has closed without one.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for index in range(self._seen.get(kind, 0), len(self.messages)):
                    message = self.messages[index]
                    if message.get("type") == kind and where(message):
                        self._seen[kind] = index + 1
                        return message
                left = deadline - time.monotonic()
                if left <= 0 or self._ended:
                    why = f"closed with {self._closed_with}" if self._ended else f"after {timeout} s"
                    raise Unexpected(f"no {kind} ({why}); had {self.messages[-8:]}")
                self._changed.wait(left)

    def wait_begun(self) -> None:
        """Wait for the first message: what is changed before it is in the welcome, and comes as no message.

        A connection that ends without one has begun too; what is waited for next tells so.
        """
        with self._changed:
            self._changed.wait_for(lambda: bool(self.messages) or self._ended, LIMIT_S)

    def send(self, message: Json) -> None:
        self.raw.send(json.dumps(message))

    def send_raw(self, payload: str | bytes, opcode: int = websocket.ABNF.OPCODE_TEXT) -> None:
        self.raw.send(payload, opcode)

    def command(self, action: str, *, id: str | None = None, timeout: float = LIMIT_S, **fields: Any) -> Json:
        """Send a command and wait for its answer: the `ack` or the `error` that carries its id."""
        command_id = id or str(uuid.uuid4())
        answered = len(self.messages)
        self.send({"type": "command", "id": command_id, "action": action, **fields})
        return self.answer(command_id, timeout, answered)

    def answer(self, command_id: str, timeout: float = LIMIT_S, start: int = 0) -> Json:
        """The first `ack` or `error` for this command among the messages from index `start` on."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for message in self.messages[start:]:
                    if message.get("type") in ("ack", "error") and message.get("id") == command_id:
                        return message
                left = deadline - time.monotonic()
                if left <= 0 or self._ended:
                    raise Unexpected(
                        f"no answer to {command_id}; closed {self._closed_with}; {self.messages[-8:]}"
                    )
                self._changed.wait(left)

    def ping(self, n: int, prev: Json | None = None, timeout: float = LIMIT_S) -> Json:
        """One exchange of the clock: its four stamps in ms, t1 and t4 by this machine's monotonic clock."""
        frame: Json = {"type": "ping", "n": n, "t1": time.monotonic() * 1000}
        self.send(frame if prev is None else {**frame, "prev": prev})
        pong = self.expect("pong", timeout, lambda message: message["n"] == n)
        arrived = self.received_at[self.messages.index(pong)]
        return {"n": n, "t1": pong["t1"], "t2": pong["t2"], "t3": pong["t3"], "t4": arrived}

    def of_type(self, kind: str) -> list[Json]:
        with self._changed:
            return [message for message in self.messages if message.get("type") == kind]

    @property
    def revisions(self) -> list[int]:
        """The revisions of the changes received, in the order they arrived."""
        with self._changed:
            return [revision_of(message) for message in self.messages if message.get("type") in _CHANGES]

    def check_no_gap(self) -> None:
        """Raise Unexpected unless each change is the next after the one before, or after a fresh welcome."""
        with self._changed:
            messages = list(self.messages)
        expected, resumed = 0, self._replayed_after
        for message in messages:
            if message["type"] == "welcome":
                expected = message["party"]["revision"] + 1
            elif message["type"] in _CHANGES:
                revision = revision_of(message)
                if resumed is not None and revision == resumed + 1:
                    expected, resumed = revision, None
                if revision != expected:
                    raise Unexpected(f"revision {revision} came where {expected} was due: {self.revisions}")
                expected += 1

    def wait_for_revision(self, revision: int, timeout: float = LIMIT_S) -> None:
        """Wait until the change of this revision has arrived, whatever its kind. Raises Unexpected."""
        eventually(lambda: revision in self.revisions, timeout)

    def next_frame(self, timeout: float) -> tuple[int, bytes]:
        """The opcode and payload of the next frame of a socket made with `read=False`; no ping is answered.

        Raises websocket.WebSocketTimeoutException after `timeout` seconds without one.
        """
        connection: Any = self.raw
        connection.settimeout(timeout)
        frame = connection.recv_frame()
        return frame.opcode, frame.data

    @property
    def is_open(self) -> bool:
        """False once the connection is gone, even if the end of its stream is all that was seen of it."""
        return not self._ended

    def wait_closed(self, timeout: float = LIMIT_S) -> int | None:
        """The code of the server's close frame; None if the stream ended without one.

        Raises Unexpected if the socket is still open after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while not self._ended:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Unexpected(f"still open after {timeout} s; had {self.messages[-5:]}")
                self._changed.wait(left)
            return self._closed_with

    def close(self, code: int = 1000) -> None:
        """Send a close frame and end the connection; no harm to a socket that has closed already."""
        with suppress(websocket.WebSocketException, OSError):
            self.raw.send_close(code)
        self._await_reader()
        self.drop()

    def _await_reader(self) -> None:
        if self._reader.is_alive():
            self._reader.join(1.0)

    def drop(self) -> None:
        """Close the connection without a close frame, as a device does that loses its network."""
        if (connection := self.raw.sock) is not None:
            # Closing alone would leave the reading thread waiting; a shutdown wakes it.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            self._await_reader()
            connection.close()


def revision_of(message: Json) -> int:
    """The revision that a `playback` or `event` message brings."""
    return int(message["event"]["revision"] if message["type"] == "event" else message["revision"])
