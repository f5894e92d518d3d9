"""A proxy as some networks have it: requests pass, an upgrade to WebSocket is refused or left hanging."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_READ_BYTES = 64 * 1024
_HEAD_BYTES = 32 * 1024


class NoWebSockets:
    """Listens on a port of its own. `status` is the answer to an upgrade; None: there is none."""

    def __init__(self, target: tuple[str, int], status: int | None) -> None:
        self._target, self.status = target, status
        self.refused = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Take connections until `close`."""
        with suppress(OSError):
            while True:
                inbound, _ = self._listener.accept()
                self._open.append(inbound)
                threading.Thread(target=self._take, args=(inbound,), daemon=True).start()

    def close(self) -> None:
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _take(self, inbound: socket.socket) -> None:
        with suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head and len(head) < _HEAD_BYTES:
                read = inbound.recv(_READ_BYTES)
                if not read:
                    return
                head += read
            if b"upgrade: websocket" in head.lower():
                self._refuse(inbound)
                return
            outbound = socket.create_connection(self._target)
            self._open.append(outbound)
            outbound.sendall(head)
            threading.Thread(target=_copy, args=(outbound, inbound), daemon=True).start()
            _copy(inbound, outbound)

    def _refuse(self, inbound: socket.socket) -> None:
        self.refused += 1
        if self.status is None:
            return
        answer = f"HTTP/1.1 {self.status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        inbound.sendall(answer.encode())
        inbound.close()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_READ_BYTES):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def no_websockets(port: int, status: int | None = 403) -> Iterator[NoWebSockets]:
    """Such a proxy before the service at this port of the loopback."""
    proxy = NoWebSockets(("127.0.0.1", port), status)
    threading.Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.close()
