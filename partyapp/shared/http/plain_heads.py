"""Requests for a socket as most clients write them, read into the WSGI environment that gunicorn makes.

Reading a request takes gunicorn as long as admitting who sent it. What is read here has one meaning alone:
no header twice, none that speaks of a body, nothing but visible ASCII. All else is left to gunicorn.
"""

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from gunicorn.http.wsgi import base_environ

#: A longer head is left to gunicorn, in bytes.
MOST_BYTES = 8192
#: Whether so many addresses are those of proxies is remembered.
_PEERS = 1024

_HEAD = re.compile(
    r"GET (?P<target>(?P<path>/[A-Za-z0-9._~-][A-Za-z0-9/._~-]*/ws)(?:\?(?P<query>[!-\"$-~]*))?)"
    r" HTTP/1\.1\r\n"
    r"(?P<fields>(?:[A-Za-z0-9-]+:[ -~]*\r\n)+)\r\n"
)
_FIELD = re.compile(r"([A-Za-z0-9-]+): *([ -~]*)\r\n")
#: What changes how a request is read, or isn't put below its own name.
_LEFT = frozenset(("HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_EXPECT", "HTTP_TRANSFER_ENCODING"))
#: So many spellings of headers are remembered.
_SPELLINGS = 1024


@lru_cache(_SPELLINGS)
def _key(name: str) -> str:
    """A header's name in a WSGI environment."""
    return f"HTTP_{name.upper().replace('-', '_')}"


class PlainHeads:
    """Reads them for one worker of gunicorn, by its configuration."""

    def __init__(self, cfg: Any) -> None:
        self._base = {**base_environ(cfg), "wsgi.multithread": True, "REQUEST_METHOD": "GET"}
        self._base |= {"SERVER_PROTOCOL": "HTTP/1.1", "SCRIPT_NAME": ""}
        self._most_fields = cfg.limit_request_fields
        self._secure = {_key(name): value for name, value in cfg.secure_scheme_headers.items()}
        self._any_proxy, self._proxies = "*" in cfg.forwarded_allow_ips, cfg.forwarded_allow_networks()
        self._is_proxy = lru_cache(_PEERS)(self._finds_proxy)

    def read(self, data: bytes, client: Any, peer: Any, server: Any) -> tuple[dict[str, Any], int] | None:
        """The environment, without a body to read, and how long the head is in bytes; None for what is left.

        `peer` and `server` are the two ends' addresses as `socket` has them.
        """
        found = _HEAD.match(data.decode("latin-1")) if data.startswith(b"GET ") else None
        if found is None or not isinstance(peer, tuple) or not isinstance(server, tuple):
            return None
        fields = _FIELD.findall(found["fields"])
        headers = {_key(name): value.rstrip(" ") for name, value in fields}
        if len(headers) < len(fields) or len(fields) > self._most_fields or not _LEFT.isdisjoint(headers):
            return None
        environ = {
            **self._base,
            **headers,
            "gunicorn.socket": client,
            "QUERY_STRING": found["query"] or "",
            "RAW_URI": found["target"],
            "PATH_INFO": found["path"],
            "REMOTE_ADDR": peer[0],
            "REMOTE_PORT": str(peer[1]),
            "SERVER_NAME": server[0],
            "SERVER_PORT": str(server[1]),
            "wsgi.url_scheme": "http",
        }
        schemes = headers.keys() & self._secure.keys()
        if schemes and self._is_proxy(peer[0]):
            if len(schemes) > 1:
                return None
            (key,) = schemes
            if headers[key] == self._secure[key]:
                environ["wsgi.url_scheme"] = "https"
        return environ, found.end()

    def _finds_proxy(self, peer: str) -> bool:
        """Whether this address may say by which scheme it was asked."""
        return self._any_proxy or any(ip_address(peer) in network for network in self._proxies)
