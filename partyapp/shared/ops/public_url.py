"""`PARTY_PUBLIC_URL`: the address at which people outside reach this service."""

import re
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?\.?")


def read_public_url(text: str | None) -> str | None:
    """The URL as scheme, host and port, without a slash at the end; None when none is given.

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
    if parts.path.strip("/"):
        raise ValueError("must not hold a path: Party serves from the top of a host")
    shown = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{_written(host)}{shown}"


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
