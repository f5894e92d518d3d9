"""`PARTY_PUBLIC_URL`: the address at which people outside reach this service."""

import re
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
#: What a path in front may be made of: names that mean the same however a proxy writes them.
_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
#: What stands at the top of this service. A proxy may take the path away, and then nobody could tell.
_OWN = frozenset({"api", "embed", "login", "media", "metrics", "p", "static"})
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?\.?")


def read_public_url(text: str | None) -> str | None:
    """The URL as scheme, host, port and path, without a slash at the end; None when none is given.

    Raises ValueError with a sentence for an operator, which doesn't repeat the value.
    """
    if not text:
        return None
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("is no URL") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("must begin with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user or a password")
    if "?" in text or "#" in text:
        raise ValueError("must not hold a query or a fragment")
    shown = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{_written(host)}{shown}{_path(parts.path)}"


def origin_of(url: str) -> str:
    """Scheme, host and port of such a URL, as a browser names a page's origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def path_of(url: str | None) -> str:
    """The path of such a URL, below which the service is; empty at the top of a host."""
    return urlsplit(url).path if url else ""


def _path(path: str) -> str:
    """The path without slashes at its end. Raises ValueError for what no proxy passes on unchanged."""
    path = path.rstrip("/")
    if not _PATH.fullmatch(path):
        raise ValueError("must hold a path of letters, digits and -._~ alone, if any")
    first = path.strip("/").partition("/")[0]
    if first in _OWN:
        raise ValueError(f"must not hold a path that begins with /{first}, which Party itself uses")
    return path


def _written(host: str) -> str:
    """The host as it stands in a URL. Raises ValueError for what is none."""
    if ":" in host:
        # `urlsplit` has checked what stands in brackets.
        return f"[{host}]"
    try:
        name = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not _HOST.fullmatch(name):
        raise ValueError("must name a host")
    return name
