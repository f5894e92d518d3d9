"""The settings as an operator may see them: what holds, where it comes from, and nothing that is secret."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from urllib.parse import parse_qsl, urlencode, urlsplit

from partyapp.shared.kernel.bounds import Rate
from partyapp.shared.ops.film_settings import S3Place
from partyapp.shared.ops.oidc_settings import OidcSettings
from partyapp.shared.ops.settings import Settings
from partyapp.shared.ops.telemetry import ENDPOINTS

log = logging.getLogger(__name__)

#: What stands in the place of a secret.
MASK = "***"
_SECRET_QUERY = ("password", "sslpassword", "ssl_password", "sentinel_password", "passfile", "sslkey")

_Read = Callable[[Settings], object]


def _rate(name: str) -> _Read:
    def read(settings: Settings) -> str:
        rate: Rate = getattr(settings.rates, name)
        units = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}
        return f"{rate.amount}/{units[rate.per_s]}"

    return read


def _films(settings: Settings) -> object:
    place = settings.films.place
    return f"s3://{place.bucket}/{place.prefix}" if isinstance(place, S3Place) else place


def _oidc(read: Callable[[OidcSettings], object]) -> _Read:
    return lambda settings: None if settings.oidc is None else read(settings.oidc)


def _pairs(required: Mapping[str, frozenset[str]]) -> str:
    return " ".join(f"{claim}={value}" for claim, values in required.items() for value in sorted(values))


_RATES = (
    "address", "sign_in", "device_code", "handshake", "user", "lifecycle", "key", "socket", "messages",
    "commands", "party_commands", "chat", "reactions",
)  # fmt: skip

#: How each variable reads once it is understood.
_READ: dict[str, _Read] = {
    "DATABASE_URL": lambda s: without_password(s.database_url.replace("postgresql+psycopg", "postgresql", 1)),
    "REDIS_URL": lambda s: without_password(s.redis_url),
    "LIVE_REDIS_URL": lambda s: without_password(s.live_redis_url),
    "PARTY_REDIS_PREFIX": lambda s: s.redis_prefix,
    "PARTY_SECRET_KEY": lambda s: MASK,
    "PARTY_SECRET_KEY_PREVIOUS": lambda s: MASK if s.previous_secret_key else None,
    "HOST": lambda s: s.host,
    "PORT": lambda s: s.port,
    "PARTY_PUBLIC_URL": lambda s: s.public_url,
    "PARTY_ENV": lambda s: s.environment,
    "PARTY_ALLOWED_ORIGINS": lambda s: " ".join(sorted(s.allowed_origins)),
    "PARTY_TOKEN_TTL_S": lambda s: s.token_ttl_s,
    "PARTY_SESSION_GRACE_S": lambda s: s.session_grace_s,
    "AUTH_JWKS_URL": lambda s: s.jwks_url and without_password(s.jwks_url),
    "AUTH_ISSUER": lambda s: s.jwt_issuer,
    "AUTH_AUDIENCE": lambda s: s.jwt_audience,
    "PARTY_API_KEYS": lambda s: ",".join(f"{key_id}:{MASK}" for key_id in sorted(s.api_keys)),
    "PARTY_GUESTS": lambda s: int(s.guests),
    "AUTH_KEY_IDS": lambda s: " ".join(sorted(s.jwt_key_ids)),
    "PARTY_COMMAND_WAIT_S": lambda s: s.command_wait_s,
    "PARTY_TICK_INTERVAL_S": lambda s: s.tick_interval_s,
    "PARTY_HEARTBEAT_S": lambda s: s.heartbeat_s,
    "PARTY_SILENCE_S": lambda s: s.silence_s,
    "PARTY_HOST_GRACE_S": lambda s: s.host_grace_s,
    "PARTY_ABANDONED_S": lambda s: s.abandoned_s,
    "PARTY_UNVISITED_S": lambda s: s.unvisited_s,
    "PARTY_REMIND_S": lambda s: s.remind_s,
    "PARTY_KEEP_PARTIES_DAYS": lambda s: s.kept.parties or 0,
    "PARTY_CHAT_DAYS": lambda s: s.kept.chat or 0,
    "PARTY_KEEP_NOTIFICATIONS_DAYS": lambda s: s.kept.notifications or 0,
    "PARTY_KEEP_FILMS_DAYS": lambda s: s.kept.films or 0,
    "PARTY_LOGIN_PROXIES": lambda s: ",".join(map(str, s.login_networks)),
    "PARTY_OIDC_ISSUER": _oidc(lambda o: o.issuer),
    "PARTY_OIDC_CLIENT_ID": _oidc(lambda o: o.client_id),
    "PARTY_OIDC_CLIENT_SECRET": _oidc(lambda o: o.client_secret and MASK),
    "PARTY_OIDC_SCOPES": _oidc(lambda o: " ".join(o.scopes)),
    "PARTY_OIDC_LABEL": _oidc(lambda o: o.label),
    "PARTY_OIDC_NAME_CLAIMS": _oidc(lambda o: " ".join(o.name_claims)),
    "PARTY_OIDC_REQUIRE": _oidc(lambda o: _pairs(o.required)),
    "PARTY_TRUSTED_HOPS": lambda s: s.trusted_hops,
    "PARTY_MAX_PARTIES": lambda s: s.quotas.parties,
    "PARTY_MAX_MEMBERS": lambda s: s.quotas.members,
    "PARTY_MAX_SOCKETS": lambda s: s.quotas.sockets,
    "PARTY_METRICS_TOKEN": lambda s: s.metrics_token and MASK,
    "PARTY_DATABASE_POOL": lambda s: s.database_pool,
    "RATELIMIT_ENABLED": lambda s: int(s.rates.enabled),
    **{f"RATELIMIT_{name.upper()}": _rate(name) for name in _RATES},
    "PARTY_WEBHOOK_ALLOW_PRIVATE": lambda s: int(s.webhooks.allow_private),
    "PARTY_WEBHOOK_FIRST_RETRY_S": lambda s: s.webhooks.first_retry_s,
    "PARTY_WEBHOOK_LONGEST_RETRY_S": lambda s: s.webhooks.longest_retry_s,
    "PARTY_WEBHOOK_RETRY_FOR_S": lambda s: s.webhooks.retry_for_s,
    "PARTY_WEBHOOK_CONCURRENCY": lambda s: s.webhooks.concurrency,
    "PARTY_NOTIFY_SCHEMES": lambda s: ",".join(sorted(s.notify.schemes)),
    "PARTY_NOTIFY_ALLOW_PRIVATE": lambda s: int(s.notify.allow_private),
    "PARTY_NOTIFY_FIRST_RETRY_S": lambda s: s.notify.first_retry_s,
    "PARTY_NOTIFY_LONGEST_RETRY_S": lambda s: s.notify.longest_retry_s,
    "PARTY_NOTIFY_RETRY_FOR_S": lambda s: s.notify.retry_for_s,
    "PARTY_NOTIFY_CONCURRENCY": lambda s: s.notify.concurrency,
    "PARTY_NOTIFY_PER_HOUR": lambda s: s.notify.per_hour,
    "PARTY_SMTP_URL": lambda s: s.notify.mail and MASK,
    "PARTY_MAIL_FROM": lambda s: s.notify.mail and s.notify.mail.sender,
    "PARTY_FILMS": _films,
    "PARTY_LIBRARY_DIR": lambda s: s.films.library,
    "PARTY_UPLOAD_MAX_BYTES": lambda s: s.films.upload_max_bytes,
    "PARTY_UPLOAD_QUOTA_BYTES": lambda s: s.films.upload_quota_bytes,
    "PARTY_UPLOAD_TTL_S": lambda s: s.films.upload_ttl_s,
    "PARTY_SENDFILE": lambda s: s.films.sendfile,
}

#: Read by gunicorn, the Procfile or a library alone, or a part of a URL by now: with the value that holds
#: without them.
_PROCESSES = {
    "PARTY_REDIS_TLS_VERIFY": "1",
    "PARTY_REDIS_TLS_CA": "",
    "PARTY_OIDC_ALLOW_HTTP": "0",
    "WEB_CONCURRENCY": "1",
    "WORKER_CONCURRENCY": "2",
    "TRANSCODE_CONCURRENCY": "",
    "PARTY_LOG_LEVEL": "INFO",
    "PARTY_ACCESS_LOG": "0",
    "PARTY_DATA_DIR": "",
    "PARTY_S3_ENDPOINT": "",
    "PARTY_S3_PUBLIC_URL": "",
    "PROMETHEUS_MULTIPROC_DIR": "",
    "PARTY_WEB_URL": "",
    "SYNCPLAY_ENABLED": "1",
    "SYNCPLAY_PORT": "8999",
    "SYNCPLAY_HOST": "",
    "SYNCPLAY_TLS_CERT": "",
    "SYNCPLAY_TLS_KEY": "",
}


@dataclass(frozen=True, kw_only=True)
class ShownSetting:
    """A setting's value for a person; `source` is `environment` or `default`."""

    name: str
    value: str
    source: str


def shown_settings(settings: Settings, environ: Mapping[str, str]) -> list[ShownSetting]:
    """All settings as they hold, without secrets."""
    values = {name: read(settings) for name, read in _READ.items()}
    values |= {name: environ.get(name) or default for name, default in _PROCESSES.items()}
    values |= {name: without_password(environ.get(name, "")) for name in ENDPOINTS}
    return [
        ShownSetting(
            name=name,
            value="" if value is None else _text(value),
            source="environment" if environ.get(name) else "default",
        )
        for name, value in sorted(values.items())
    ]


def say_start(process: str, settings: Settings, environ: Mapping[str, str]) -> None:
    """One line in the log: which version starts as what, and what is set for it."""
    told = [one for one in shown_settings(settings, environ) if one.source == "environment"]
    words = " ".join(f"{one.name}={one.value}" for one in told)
    log.info("party %s starts as %s: %s", version("partyapp"), process, words)


def without_password(url: str) -> str:
    """The URL with a mask where a password is, in the place before the host or in the query."""
    try:
        parts = urlsplit(url)
        has_password = bool(parts.password)
    except ValueError:
        return MASK
    place = parts.netloc
    if has_password:
        user, _, host = place.rpartition("@")
        place = f"{user.partition(':')[0]}:{MASK}@{host}"
    query = parts.query
    if any(name in _SECRET_QUERY for name, _ in parse_qsl(query)):
        pairs = [(name, MASK if name in _SECRET_QUERY else value) for name, value in parse_qsl(query)]
        query = urlencode(pairs, safe=f"{MASK}/:,")
    # `geturl` would leave the slashes out where there is no host.
    if not url:
        return ""
    return f"{parts.scheme}://{place}{parts.path}{'?' if query else ''}{query}"


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) and value.is_integer() and value < 1e6 else str(value)
