"""Reads the few environment variables that `party up` takes, and refuses bad ones in one line."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from partyapp.local_run.errors import LocalRunError

DEFAULT_PORT = 8000
DEFAULT_DATA_DIR = ".party"
DATABASE_SCHEMES = ("postgres", "postgresql", "postgresql+psycopg")
REDIS_SCHEMES = ("redis", "rediss", "unix")
MAX_PROCESSES = 64


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What the environment asks for. A URL of None means: embed that server.

    `port` is 1-65535; `data_dir` is absolute; `web_concurrency` is the number of web processes, 1-64.
    """

    port: int
    data_dir: Path
    database_url: str | None
    redis_url: str | None
    web_concurrency: int


def read_options(environ: Mapping[str, str]) -> RunOptions:
    """Check the environment; a variable that is set but empty counts as not set.

    Raises LocalRunError naming the variable. The message never repeats a URL: it may hold a password.
    """
    whole_number(environ, "WORKER_CONCURRENCY", default=2, low=1, high=MAX_PROCESSES)
    return RunOptions(
        port=whole_number(environ, "PORT", default=DEFAULT_PORT, low=1, high=65535),
        data_dir=data_dir_of(environ),
        database_url=_url(environ, "DATABASE_URL", DATABASE_SCHEMES),
        redis_url=_url(environ, "REDIS_URL", REDIS_SCHEMES),
        web_concurrency=whole_number(environ, "WEB_CONCURRENCY", default=1, low=1, high=MAX_PROCESSES),
    )


def data_dir_of(environ: Mapping[str, str]) -> Path:
    """The data folder, absolute; it need not exist yet."""
    text = environ.get("PARTY_DATA_DIR") or DEFAULT_DATA_DIR
    try:
        return Path(text).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise LocalRunError(f"PARTY_DATA_DIR is not a usable path: {error}.") from error


def whole_number(environ: Mapping[str, str], name: str, *, default: int, low: int, high: int) -> int:
    """The variable `name` as a whole number from `low` to `high`, `default` when it is not set."""
    text = environ.get(name, "").strip()
    if not text:
        return default
    # `int` alone would take "8_000", "+8000" and digits of other scripts.
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else -1
    if not low <= value <= high:
        raise LocalRunError(f"{name} must be a whole number from {low} to {high}, not {text[:40]!r}.")
    return value


def _url(environ: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
    text = environ.get(name, "").strip()
    if not text:
        return None
    try:
        scheme = urlsplit(text).scheme
    except ValueError:
        scheme = ""
    if scheme not in schemes:
        wanted = " or ".join(f"{each}://" for each in schemes)
        raise LocalRunError(f"{name} must be a URL that begins with {wanted}.")
    return text


def check_port_is_free(port: int) -> None:
    """Raise LocalRunError when something listens on `port` already, or the port may not be bound."""
    # Linux refuses the wildcard when any address is taken; macOS needs the loopback asked for as well.
    for address in ("127.0.0.1", "0.0.0.0"):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except PermissionError as error:
                raise LocalRunError(f"Port {port} may not be used by this user; set PORT.") from error
            except OSError as error:
                raise LocalRunError(f"Port {port} is in use; stop what uses it, or set PORT.") from error
