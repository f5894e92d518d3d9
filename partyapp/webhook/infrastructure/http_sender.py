"""`WebhookSender` by urllib3's connections, each to an address that was checked.

A request asks for one answer: a redirect isn't followed, nothing is sent twice but what an idle connection
has lost, and of an answer at most `MOST_BYTES` are read.
"""

import logging
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.client import HTTPException
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError

from partyapp.shared.kernel.clock import monotonic_s
from partyapp.webhook.domain.message import Answer
from partyapp.webhook.infrastructure.addresses import BadTarget, resolve, target_addresses
from partyapp.webhook.infrastructure.connections import Cutter, PinnedConnection, pinned_connection

#: A request may take so long in all, in s: name, connection, TLS, and the answer to its end.
LIMIT_S = 10.0
#: More of an answer than this is not read, and its connection is closed.
MOST_BYTES = 16 * 1024
#: What a name was resolved to, and a connection that nobody uses, are kept for so long, in s.
KEPT_S = 30.0
#: At most so many idle connections are kept to one host.
_MOST_IDLE = 64

# It would log the paths of requests, which may hold a secret, where an answer's headers are broken.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)

_Host = tuple[str, str, int]


class HttpSender:
    """Sends webhooks from any number of threads."""

    def __init__(
        self,
        *,
        allow_private: bool,
        limit_s: float = LIMIT_S,
        resolver: Callable[[str, int], list[str]] = resolve,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_private, self._limit_s, self._resolver = allow_private, limit_s, resolver
        self._trust = trust or ssl.create_default_context()
        self._cutter = Cutter()
        self._lock = threading.Lock()
        self._addresses: dict[_Host, tuple[float, str]] = {}
        self._idle: dict[_Host, list[tuple[float, PinnedConnection]]] = {}

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send it and wait for the answer. Raises nothing: what went wrong is the answer's `error`."""
        began_s = monotonic_s()
        until_s = began_s + self._limit_s
        try:
            answer = self._post(url, headers, body, until_s)
        except BadTarget as error:
            answer = Answer(error=error.reason)
        except ssl.SSLError:
            answer = Answer(error="timeout" if monotonic_s() >= until_s else "tls")
        except (OSError, HTTPError, HTTPException, ValueError) as error:
            is_late = isinstance(error, TimeoutError) or monotonic_s() >= until_s
            answer = Answer(error="timeout" if is_late else _name_of(error))
        return replace(answer, took_ms=(monotonic_s() - began_s) * 1000)

    def _post(self, url: str, headers: Mapping[str, str], body: bytes, until_s: float) -> Answer:
        parts = urlsplit(url)
        name = parts.hostname or ""
        host = parts.scheme, name, parts.port or (443 if parts.scheme == "https" else 80)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        address = self._address(host)
        kept = self._take(host, address)
        if kept is not None:
            try:
                return self._exchange(host, kept, path, headers, body, until_s)
            except (ConnectionError, HTTPException, HTTPError):
                # It was closed while nobody used it, most likely; the message's id tells if it came twice.
                if monotonic_s() >= until_s:
                    raise
        fresh = pinned_connection(*host, address, self._trust)
        return self._exchange(host, fresh, path, headers, body, until_s)

    def _exchange(
        self,
        host: _Host,
        connection: PinnedConnection,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        until_s: float,
    ) -> Answer:
        is_whole = False
        try:
            with self._cutter.by(until_s, connection):
                connection.timeout = max(0.001, until_s - monotonic_s())
                connection.request("POST", path, body, headers, preload_content=False, decode_content=False)
                response = connection.getresponse()
                response.read(MOST_BYTES, decode_content=False)
                # One read of what is left says whether that was the end.
                is_whole = response.closed or not response.read(1, decode_content=False)
            if monotonic_s() >= until_s:
                # One that was cut off in its headers looks like one that ended there.
                raise TimeoutError
            return Answer(status=response.status, retry_after_s=_retry_after_s(response.headers))
        finally:
            if is_whole and connection.is_connected and monotonic_s() < until_s:
                self._give_back(host, connection)
            else:
                connection.close()

    def _address(self, host: _Host) -> str:
        now_s = monotonic_s()
        with self._lock:
            kept = self._addresses.get(host)
        if kept is not None and kept[0] > now_s:
            return kept[1]
        found = target_addresses(
            host[1],
            host[2],
            allow_private=self._allow_private,
            resolver=self._resolver,
            wait_s=min(self._limit_s, 5.0),
        )
        with self._lock:
            self._addresses[host] = now_s + KEPT_S, found[0]
        return found[0]

    def _take(self, host: _Host, address: str) -> PinnedConnection | None:
        """An idle connection to that address. The others are closed."""
        now_s = monotonic_s()
        while True:
            with self._lock:
                idle = self._idle.get(host)
                if not idle:
                    return None
                kept_until_s, connection = idle.pop()
            if kept_until_s > now_s and connection.address == address and connection.is_connected:
                return connection
            connection.close()

    def _give_back(self, host: _Host, connection: PinnedConnection) -> None:
        with self._lock:
            idle = self._idle.setdefault(host, [])
            if len(idle) < _MOST_IDLE:
                idle.append((monotonic_s() + KEPT_S, connection))
                return
        connection.close()


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """A number of seconds; a date is not understood, and the own schedule holds."""
    text = (headers.get("Retry-After") or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _name_of(error: Exception) -> str:
    """One word, which names no address and no path."""
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, ConnectionError):
        return "closed"
    return "unreachable" if isinstance(error, OSError) else "bad_answer"
