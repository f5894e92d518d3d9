"""Connections to addresses that were checked, kept for the next request; and what cuts them off in time.

The host's name stays that of the URL, for the `Host` header, for TLS's server name and for its certificate.
Only the socket goes to the address that was checked, so nothing that the name says later changes it.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from urllib3.connection import HTTPConnection, HTTPSConnection

from partyapp.shared.kernel.clock import monotonic_s

#: How often requests that take too long are looked for, in s.
_LOOK_S = 0.25


class _Pinned:
    """What a connection adds to know its address, and to be cut off while it does TLS, too."""

    address: str
    _wire: socket.socket | None = None

    def open_socket(self, port: int, timeout_s: float) -> socket.socket:
        """A socket to the address. A second handle on it stays when TLS takes the first one over."""
        opened = socket.create_connection((self.address, port), timeout_s)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.let_go()
        self._wire = opened.dup()
        return opened

    def cut_off(self) -> None:
        """End whatever waits for the other side, from another thread."""
        if self._wire is not None:
            with suppress(OSError):
                self._wire.shutdown(socket.SHUT_RDWR)

    def let_go(self) -> None:
        """Close the second handle."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None


class PinnedHttp(_Pinned, HTTPConnection):
    """HTTP to a checked address."""

    def _new_conn(self) -> socket.socket:
        return self.open_socket(self.port, float(self.timeout or 0))

    def close(self) -> None:
        """Close both handles."""
        super().close()
        self.let_go()


class PinnedHttps(_Pinned, HTTPSConnection):
    """HTTPS to a checked address, with the certificate of the host."""

    def _new_conn(self) -> socket.socket:
        return self.open_socket(self.port, float(self.timeout or 0))

    def close(self) -> None:
        """Close both handles."""
        super().close()
        self.let_go()


PinnedConnection = PinnedHttp | PinnedHttps


def pinned_connection(
    scheme: str, host: str, port: int, address: str, trust: ssl.SSLContext
) -> PinnedConnection:
    """A connection that is opened when it is used. It asks no proxy, whatever the environment names."""
    secure = scheme == "https"
    made = PinnedHttps(host, port, ssl_context=trust) if secure else PinnedHttp(host, port)
    made.address = address
    return made


class Cutter:
    """Cuts requests off that take longer than they may, whatever their sockets' own time-outs say.

    Those begin anew with every byte that arrives.
    """

    def __init__(self) -> None:
        self._under_way: dict[int, tuple[float, PinnedConnection]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def by(self, until_s: float, connection: PinnedConnection) -> Iterator[None]:
        """Cut the connection off if the block isn't left by then, on the monotonic clock."""
        key = id(connection)
        with self._lock:
            self._under_way[key] = until_s, connection
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="webhook-cutter", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._under_way.pop(key, None)

    def _look(self) -> None:
        pause = threading.Event()
        while not pause.wait(_LOOK_S):
            now_s = monotonic_s()
            with self._lock:
                late = [found for until_s, found in self._under_way.values() if until_s <= now_s]
            for connection in late:
                connection.cut_off()
