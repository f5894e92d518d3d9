"""A receiver of webhooks: a real HTTP server on the loopback whose answers a test decides."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Request:
    """What was received."""

    path: str
    headers: dict[str, str]
    body: bytes
    #: The number of its connection, from 1.
    connection: int

    @property
    def message(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def verified(self, secret: str) -> dict[str, Any]:
        """The message. Raises WebhookVerificationError unless it was signed with the secret."""
        found: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return found


#: What is answered: a status with headers and a body, or a function that writes what it likes.
Reply = int | tuple[int, dict[str, str], bytes] | Callable[[BaseHTTPRequestHandler], None]


class WebhookReceiver:
    """Answers each POST as `reply` says, 204 by default, and remembers it."""

    def __init__(
        self, reply: Callable[[Request], Reply] = lambda _: 204, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self.received: list[Request] = []
        self.reply = reply
        self._connections = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Nagle's algorithm would hold the end of an answer back.
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                receiver._connections += 1
                self.number = receiver._connections

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.path, headers, body, self.number)
                receiver.received.append(request)
                self.answer(receiver.reply(request))

            def answer(self, reply: Reply) -> None:
                if callable(reply):
                    reply(self)
                    return
                status, more, body = (reply, {}, b"") if isinstance(reply, int) else reply
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                if "transfer-encoding" not in more:
                    self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                # Whoever hangs up in the middle is what some tests are about.
                return

        self._server = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
