"""What an operator may set for a local run, read from the environment and checked before anything starts."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from partyapp.local_run.errors import LocalRunError, why
from partyapp.shared.ops.public_url import read_public_url

DEFAULT_PORT = 8000
DEFAULT_DATA_DIR = ".party"
MAXIMUM_WEB_PROCESSES = 64
ALL_OF_IPV4, ALL_OF_BOTH = "0.0.0.0", "::"

_DATABASE_SCHEMES = ("postgres", "postgresql", "postgresql+psycopg")
_REDIS_SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel")


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The checked settings. A URL that is None asks for the embedded server."""

    port: int
    #: Where web listens: an address, an IPv6 one in brackets.
    host: str
    public_url: str | None
    data_dir: Path
    database_url: str | None
    redis_url: str | None
    web_concurrency: int


def read_options(environ: Mapping[str, str]) -> RunOptions:
    """Read PORT, HOST, PARTY_PUBLIC_URL, PARTY_DATA_DIR, DATABASE_URL, REDIS_URL and WEB_CONCURRENCY.

    Raises `LocalRunError`.
    """
    return RunOptions(
        port=_whole(environ, "PORT", DEFAULT_PORT, 65535),
        host=_host(environ),
        public_url=_public_url(environ),
        data_dir=data_dir_of(environ),
        database_url=_url(environ, "DATABASE_URL", _DATABASE_SCHEMES),
        redis_url=_url(environ, "REDIS_URL", _REDIS_SCHEMES),
        web_concurrency=_whole(environ, "WEB_CONCURRENCY", 1, MAXIMUM_WEB_PROCESSES),
    )


def data_dir_of(environ: Mapping[str, str]) -> Path:
    """The data folder that PARTY_DATA_DIR names, or `.party` here."""
    path = environ.get("PARTY_DATA_DIR") or DEFAULT_DATA_DIR
    if not path.isprintable():
        raise LocalRunError("PARTY_DATA_DIR must be a path of printable characters.")
    return Path(os.path.abspath(Path(path).expanduser()))


def _host(environ: Mapping[str, str]) -> str:
    """HOST, or all addresses of the machine: those of IPv6 too where one socket takes both."""
    host = (environ.get("HOST") or (ALL_OF_BOTH if takes_both_families() else ALL_OF_IPV4)).strip("[]")
    return f"[{host}]" if ":" in host else host


def takes_both_families() -> bool:
    """Whether a socket that listens on all addresses of IPv6 hears IPv4 as well, as is usual."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::", 0))
            return probe.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 0
    except OSError:
        return False


def _public_url(environ: Mapping[str, str]) -> str | None:
    try:
        return read_public_url(environ.get("PARTY_PUBLIC_URL"))
    except ValueError as error:
        raise LocalRunError(f"PARTY_PUBLIC_URL {error}.") from None


def _whole(environ: Mapping[str, str], name: str, default: int, maximum: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= maximum):
        raise LocalRunError(f"{name} must be a whole number from 1 to {maximum}.")
    return int(text)


def _url(environ: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
    url = environ.get(name)
    if not url:
        return None
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    # The URL may hold a password, so that the message must not show it.
    if scheme not in schemes or "://" not in url or not url.isprintable():
        raise LocalRunError(f"{name} must be a URL that begins with {'://, '.join(schemes)}://.")
    return url


def check_port_is_free(port: int) -> None:
    """Raises `LocalRunError` where `port` can't be listened on, because of another program or the system."""
    for address in ("127.0.0.1", ALL_OF_IPV4, *((ALL_OF_BOTH,) if takes_both_families() else ())):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # Connections of an earlier run that are still fading away don't count as use of the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
                probe.listen(1)
            except OSError as error:
                raise LocalRunError(
                    f"Port {port} can't be used ({why(error)}); set PORT to choose another."
                ) from None
