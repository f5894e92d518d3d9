"""Where Redis is, and how far its certificate is looked at.

These are `REDIS_URL`, `LIVE_REDIS_URL`, `PARTY_REDIS_TLS_VERIFY` and `PARTY_REDIS_TLS_CA`.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from partyapp.shared.storage.cluster_url import is_cluster, read_cluster_url
from partyapp.shared.storage.sentinel_url import is_sentinel, read_sentinel_url

PLAIN_SCHEMES = ("redis", "rediss", "unix")
VERIFY, AUTHORITY = "PARTY_REDIS_TLS_VERIFY", "PARTY_REDIS_TLS_CA"
#: What is asked of a server's certificate, by redis-py's options.
_CHECKS = {
    "1": {},
    "ca": {"ssl_check_hostname": "false"},
    "0": {"ssl_cert_reqs": "none", "ssl_check_hostname": "false"},
}


@dataclass(frozen=True, kw_only=True)
class RedisSettings:
    """The servers' URLs, with what is asked of their certificates as options."""

    url: str = field(repr=False)
    #: None: the same server.
    live_url: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "RedisSettings":
        """Raises ValueError with a sentence for an operator, which repeats no URL."""
        main, live = env.get("REDIS_URL", ""), env.get("LIVE_REDIS_URL") or None
        _check(main, "REDIS_URL", cluster=False)
        if live is not None:
            _check(live, "LIVE_REDIS_URL", cluster=True)
        options = _tls_options(env)
        if options and not any(is_tls(url) for url in (main, live or main)):
            raise ValueError(f"{VERIFY} and {AUTHORITY} are for rediss:// and the like, and no URL is one")
        return cls(url=_with(main, options), live_url=None if live is None else _with(live, options))


def is_tls(url: str) -> bool:
    """Whether the URL asks for TLS."""
    return url.partition("://")[0].startswith("rediss")


def _check(url: str, name: str, *, cluster: bool) -> None:
    if not url:
        raise ValueError(f"{name} must be set; `party up` sets it for a local run")
    if is_cluster(url) and not cluster:
        raise ValueError(
            "REDIS_URL must be one server, since Celery's broker can't be a Cluster; "
            "give the Cluster as LIVE_REDIS_URL"
        )
    try:
        if is_cluster(url):
            read_cluster_url(url)
        elif is_sentinel(url):
            read_sentinel_url(url)
        elif url.partition("://")[0] not in PLAIN_SCHEMES:
            also = " or redis+cluster://" if cluster else ""
            raise ValueError(f"must begin with redis://, rediss://, unix:// or redis+sentinel://{also}")
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _tls_options(env: Mapping[str, str]) -> dict[str, str]:
    verify = env.get(VERIFY) or "1"
    if verify not in _CHECKS:
        raise ValueError(f"{VERIFY} must be 1, ca (any host name) or 0 (any certificate)")
    options = dict(_CHECKS[verify])
    authority = env.get(AUTHORITY)
    if authority:
        try:
            ssl.create_default_context(cafile=authority)
        except OSError as error:
            raise ValueError(
                f"{AUTHORITY} can't be used: {error.strerror or 'no certificate is in it'}"
            ) from None
        options["ssl_ca_certs"] = authority
    return options


def _with(url: str, options: Mapping[str, str]) -> str:
    """The URL with these options, where it has none of its own that says otherwise."""
    if not is_tls(url) or not options:
        return url
    place, _, query = url.partition("?")
    return f"{place}?{urlencode({**options, **dict(parse_qsl(query))})}"
