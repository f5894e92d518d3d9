"""The settings of the gateway for Syncplay's clients: its own, and what the page tells of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from partyapp.shared.kernel.bounds import flag

#: Syncplay's own port.
DEFAULT_PORT = 8999


@dataclass(frozen=True, kw_only=True)
class SyncplaySettings:
    """Where clients are listened to, and by which certificate.

    `tls_cert` and `tls_key` are files of PEM; without a certificate clients are told that there is no TLS.
    """

    enabled: bool = True
    host: str | None = None
    port: int = DEFAULT_PORT
    tls_cert: str | None = None
    tls_key: str | None = None

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "SyncplaySettings":
        """Read `SYNCPLAY_…`. Raises `ValueError` with one line for an operator."""
        cert, key = env.get("SYNCPLAY_TLS_CERT") or None, env.get("SYNCPLAY_TLS_KEY") or None
        if key is not None and cert is None:
            raise ValueError("SYNCPLAY_TLS_KEY needs SYNCPLAY_TLS_CERT too")
        return cls(
            enabled=flag(env, "SYNCPLAY_ENABLED", default=cls.enabled),
            host=(env.get("SYNCPLAY_HOST") or "").strip("[]") or None,
            port=_port(env),
            tls_cert=cert,
            tls_key=key,
        )


def _port(env: Mapping[str, str]) -> int:
    text = env.get("SYNCPLAY_PORT") or str(DEFAULT_PORT)
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= 65535):
        raise ValueError("SYNCPLAY_PORT must be a whole number from 1 to 65535")
    return int(text)


def web_url_of(env: Mapping[str, str]) -> str:
    """Where the gateway finds web: on this machine, unless `PARTY_WEB_URL` says otherwise.

    Raises `ValueError` with one line for an operator.
    """
    url = env.get("PARTY_WEB_URL")
    if url:
        if not url.startswith(("http://", "https://")):
            raise ValueError("PARTY_WEB_URL must begin with http:// or https://")
        return url.rstrip("/")
    host = (env.get("HOST") or "").strip("[]")
    if host in ("", "0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{env.get('PORT') or 8000}"
