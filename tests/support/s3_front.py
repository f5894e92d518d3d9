"""What a real S3 store does and moto doesn't, in front of it: addresses end, and CORS has rules."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

_EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
_PASSED = ("content-length", "content-type", "content-range", "accept-ranges", "etag")
_LONG_AGO = datetime.fromtimestamp(0, UTC)
#: A browser that could get a whole film at once would never ask again.
PART, PART_S = 32 * 1024, 0.1


@dataclass
class S3Front:
    """What it does with addresses that browsers bring; `asked` and `refused` are their paths."""

    store: str
    url: str = ""
    #: As a bucket has them (`get_bucket_cors`).
    cors_rules: list[dict[str, Any]] = field(default_factory=list)
    ended_before: datetime = _LONG_AGO
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def end_all(self) -> None:
        """Have all addresses that were signed by now end, as if their time were over."""
        self.ended_before = datetime.now(UTC)

    def allows(self, origin: str | None, header: str | None) -> bool:
        """Whether a page of that origin may GET, and say that header if it asks first."""
        return any(
            origin in rule["AllowedOrigins"]
            and "GET" in rule["AllowedMethods"]
            and (header is None or header.lower() in rule.get("AllowedHeaders", ()))
            for rule in self.cors_rules
        )

    def has_ended(self, query: str) -> bool:
        """Whether the address has ended. Its time is in whole seconds."""
        signed = datetime.strptime(parse_qs(query)["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return signed < self.ended_before


@contextmanager
def s3_front(store: str) -> Iterator[S3Front]:
    """A front of `store`, for GET alone; slow enough for a film to be played while it comes."""
    front = S3Front(store)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            front.asked.append(url.path)
            if front.has_ended(url.query):
                front.refused.append(url.path)
                self._answer(403, {"content-type": "application/xml", "content-length": str(len(_EXPIRED))})
                self.wfile.write(_EXPIRED)
                return
            wanted = {"Range": self.headers["Range"]} if self.headers["Range"] else {}
            with httpx.stream("GET", front.store + self.path, headers=wanted, trust_env=False) as found:
                self._answer(found.status_code, {n: v for n, v in found.headers.items() if n in _PASSED})
                for part in found.iter_raw(PART):
                    self.wfile.write(part)
                    ended.wait(PART_S)

        def do_OPTIONS(self) -> None:
            self._answer(204, {"access-control-allow-headers": "range"})

        def _answer(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if front.allows(self.headers["Origin"], self.headers["Access-Control-Request-Headers"]):
                self.send_header("Access-Control-Allow-Origin", self.headers["Origin"])
            self.end_headers()

        def handle(self) -> None:
            # Browsers leave in the middle of a film all the time.
            with suppress(OSError, httpx.TransportError):
                super().handle()

        def log_message(self, *_: object) -> None:
            pass

    ended = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    front.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
