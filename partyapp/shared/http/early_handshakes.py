"""Handshakes that are answered before gunicorn has read them.

What gunicorn does for a request (reading it, timers, an answer that is never sent) is a fifth of what it
takes to let somebody in, once thousands come back at the same time. The first bytes of a connection are
looked at where they are, in the kernel. Unless they become a socket here they stay there, and gunicorn reads
them as if nobody had.
"""

import os
import socket
from collections.abc import Iterable
from typing import Any

from gevent.socket import wait_read

from partyapp.shared.http.plain_heads import MOST_BYTES, PlainHeads

#: In the WSGI environment of such a request: its `Early`.
EARLY = "party.early"


class Early:
    """A handshake whose bytes are in the kernel still."""

    __slots__ = ("_client", "_length", "taken")

    def __init__(self, client: socket.socket, length: int) -> None:
        self._client = client
        self._length = length
        self.taken = False

    def take(self) -> None:
        """Read it: from here on the connection is a socket, and nothing of gunicorn's."""
        self.taken = True
        self._client.recv(self._length)


class EarlyHandshakes:
    """What a worker of gunicorn does with a new connection.

    The application is called as gunicorn does, with `EARLY` in the environment: it ends by `StopIteration`
    once it has made a socket of the connection. Whatever it does else, gunicorn is to call it again.
    """

    def __init__(self, worker: Any) -> None:
        self._worker = worker
        self._handle = worker.handle
        self._heads = PlainHeads(worker.cfg)

    def __call__(self, listener: Any, client: Any, peer: Any) -> None:
        """Serve one connection to its end, or until it is a socket. Who calls closes it."""
        try:
            data = self._first_bytes(client)
        except OSError:
            # gunicorn meets the same error, and knows which of them to log.
            data = b""
        if data is not None and not self._becomes_socket(listener, client, peer, data):
            self._handle(listener, client, peer)

    def _first_bytes(self, client: Any) -> bytes | None:
        """What has come in, left where it is; None when that is nothing for as long as gunicorn waits."""
        client.settimeout(0.0)
        try:
            return bytes(client.recv(MOST_BYTES, socket.MSG_PEEK))
        except BlockingIOError:
            pass
        finally:
            client.settimeout(None)
        # It ends itself without an error.
        with self._worker.timeout_ctx():
            wait_read(client.fileno())
            return bytes(client.recv(MOST_BYTES, socket.MSG_PEEK))
        return None

    def _becomes_socket(self, listener: Any, client: Any, peer: Any, data: bytes) -> bool:
        read = self._heads.read(data, client, peer, listener.getsockname())
        if read is None:
            return False
        environ, length = read
        early = environ[EARLY] = Early(client, length)
        try:
            self._worker.wsgi(environ, _answer_nothing)
        except StopIteration:
            return True
        except Exception as error:
            if early.taken:
                self._worker.handle_error(None, client, peer, error)
                return True
        return False


def _answer_nothing(status: str, headers: Iterable[tuple[str, str]], *_: Any) -> None:
    """Drop the answer: gunicorn reads the request itself, and the application answers it then."""


def install_early_handshakes(worker: Any) -> None:
    """Have this worker do so, unless it has more to find out about a connection than its first bytes say."""
    cfg = worker.cfg
    if cfg.is_ssl or cfg.proxy_protocol != "off" or cfg.max_requests or os.environ.get("SCRIPT_NAME"):
        return
    worker.handle = EarlyHandshakes(worker)
