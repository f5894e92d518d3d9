"""Requests to an identity provider: bounded in time and size, without redirects.

Certificates are checked against what the system trusts, or `SSL_CERT_FILE`, as those of its keys are; the
surroundings' `HTTPS_PROXY` and `NO_PROXY` count for it, too.
"""

import os
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec
import urllib3
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from partyapp.shared.kernel.clock import monotonic_s

#: How long a request may take in all, in s, and how long nothing may come.
TOTAL_S = 5.0
SILENCE_S = 3.0
#: No metadata, tokens or facts about a person are longer, in bytes.
LONGEST_ANSWER = 256 * 1024
#: Of so many surroundings connections are kept; they stay the same but in tests.
_MOST_POOLS = 4


class ProviderSilentError(Exception):
    """The provider gave no answer, or none that can be used; the text holds nothing secret."""


@dataclass(frozen=True)
class ProviderAnswer:
    """A status, a body, and where a redirect would lead; by the names that Authlib asks for."""

    status_code: int
    content: bytes
    location: str = ""

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        try:
            return msgspec.json.decode(self.content)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise ValueError("no JSON") from None

    def raise_for_status(self) -> None:
        """Raises `ProviderSilentError` for whatever is no success."""
        if not 200 <= self.status_code < 300:
            raise ProviderSilentError(f"answered with status {self.status_code}")

    def object(self) -> dict[str, Any]:
        """A success's JSON object. Raises `ProviderSilentError`."""
        self.raise_for_status()
        try:
            found = self.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ProviderSilentError("answered with something other than a JSON object")
        return found


class ProviderHttp:
    """Sends requests to one provider; its connections are kept."""

    def __init__(self) -> None:
        #: By the proxy, and by what says whose certificates count.
        self._pools: dict[tuple[str | None, ...], urllib3.PoolManager] = {}

    def ask(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: str | None = None
    ) -> ProviderAnswer:
        """The answer, whatever its status. Raises `ProviderSilentError`."""
        sent = {"Accept": "application/json", "Accept-Encoding": "identity"} | dict(headers or {})
        until_s = monotonic_s() + TOTAL_S
        try:
            answer = self._pool(url).request(
                method,
                url,
                headers=sent,
                body=body,
                redirect=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=SILENCE_S, read=SILENCE_S),
            )
            content = _read(answer, until_s)
        except (HTTPError, OSError, ValueError) as error:
            raise ProviderSilentError(f"can't be reached: {_why(error)}") from None
        return ProviderAnswer(answer.status, content, answer.headers.get("Location") or "")

    def _pool(self, url: str) -> urllib3.PoolManager:
        parts = urlsplit(url)
        proxy = getproxies().get(parts.scheme)
        if proxy is not None and proxy_bypass(parts.hostname or ""):
            proxy = None
        key = (proxy, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        known = self._pools.get(key)
        if known is None:
            if len(self._pools) >= _MOST_POOLS:
                self._pools.clear()
            known = self._pools[key] = _new_pool(proxy)
        return known


def _new_pool(proxy: str | None) -> urllib3.PoolManager:
    """Connections by this proxy, with the name and password in its address. Raises `ValueError`."""
    options: dict[str, Any] = {"retries": False, "maxsize": 4, "num_pools": 4}
    # It reads all of the system's certificates, so it is made once.
    options["ssl_context"] = ssl.create_default_context()
    if proxy is None:
        return urllib3.PoolManager(**options)
    parts = urlsplit(proxy)
    if parts.username is None:
        return urllib3.ProxyManager(proxy, **options)
    # urllib3 leaves them out by itself; they go in UTF-8, as urllib sends them when it reads the keys.
    pair = b64encode(f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()).decode()
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return urllib3.ProxyManager(bare, proxy_headers={"Proxy-Authorization": f"Basic {pair}"}, **options)


def _read(answer: BaseHTTPResponse, until_s: float) -> bytes:
    """The whole body; what is too long or too late ends the connection."""
    found = bytearray()
    try:
        # `read1` gives what has come, so that a body in drops is seen to take too long.
        while part := answer.read1(65536):
            found += part
            if len(found) > LONGEST_ANSWER:
                raise ProviderSilentError("answered with too much")
            if monotonic_s() > until_s:
                raise ProviderSilentError("takes too long to answer")
    except BaseException:
        answer.close()
        raise
    answer.release_conn()
    return bytes(found)


def _why(error: Exception) -> str:
    """What is wrong, without addresses that may hold a query."""
    inner = getattr(error, "reason", None) or error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({inner.verify_message}); see SSL_CERT_FILE"
    if isinstance(inner, ssl.SSLError | urllib3.exceptions.SSLError):
        found = inner.args[0] if inner.args else inner
        if isinstance(found, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({found.verify_message}); see SSL_CERT_FILE"
    return type(inner).__name__
