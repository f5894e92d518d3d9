"""The same Redis as Celery's broker: kombu spells addresses, TLS and Sentinels in its own way."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from partyapp.shared.storage.sentinel_url import is_sentinel, read_sentinel_url


def celery_broker(redis_url: str) -> tuple[str, dict[str, str | bool] | None, dict[str, Any]]:
    """The broker's URL, what it is spoken to by in TLS (None: without), and what its transport needs."""
    if not is_sentinel(redis_url):
        return celery_broker_url(redis_url), celery_broker_tls(redis_url), {}
    found = read_sentinel_url(redis_url)
    tls = celery_broker_tls(found.server)
    asked = {**({"ssl": True, **tls} if tls else {}), **found.login}
    # Of several URLs kombu takes the login and the database from the first.
    urls = (
        f"sentinel://{found.credentials}{_shown(host)}:{port}/{found.database}"
        for host, port in found.sentinels
    )
    waits = {"socket_timeout": 5, "socket_connect_timeout": 2}
    return ";".join(urls), tls, {"master_name": found.master, "sentinel_kwargs": {**waits, **asked}}


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def celery_broker_tls(redis_url: str) -> dict[str, str | bool] | None:
    """How Celery's broker is spoken to over `rediss://`, by the options that redis-py takes from the URL.

    kombu by itself would accept any certificate there.
    """
    parts = urlsplit(redis_url)
    if parts.scheme != "rediss":
        return None
    given: dict[str, str | bool] = {
        name: value for name, value in parse_qsl(parts.query) if name.startswith("ssl_")
    }
    checks = given.setdefault("ssl_cert_reqs", "required") != "none"
    named = str(given.get("ssl_check_hostname", checks)).lower()
    given["ssl_check_hostname"] = named in ("true", "1", "yes")
    return given


def celery_broker_url(redis_url: str) -> str:
    """The same Redis as Celery's broker. Kombu spells a unix socket differently from redis-py."""
    if redis_url.startswith("unix://"):
        path, _, query = redis_url.removeprefix("unix://").partition("?")
        database = dict(part.split("=", 1) for part in query.split("&") if "=" in part).get("db", "0")
        return f"redis+socket://{path}?virtual_host={database}"
    if redis_url.startswith("rediss://"):
        # What the query says of TLS is handed over by `celery_broker_tls`.
        return urlsplit(redis_url)._replace(query="").geturl()
    return redis_url
