"""Settings, read from the environment once and handed down. Nothing else reads the environment."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from partyapp.shared.kernel.bounds import BadBound, Quotas, Rates, positive_number
from partyapp.shared.ops.allowed_origins import read_allowed_origins
from partyapp.shared.ops.api_keys import read_api_keys, read_guests
from partyapp.shared.ops.film_settings import FilmSettings
from partyapp.shared.ops.kept_days import KeptDays
from partyapp.shared.ops.login_proxies import Network, read_login_proxies
from partyapp.shared.ops.notify_settings import NotifySettings
from partyapp.shared.ops.oidc_settings import OidcSettings, read_oidc
from partyapp.shared.ops.public_url import origin_of, path_of, read_public_url
from partyapp.shared.ops.redis_settings import RedisSettings
from partyapp.shared.ops.secret_settings import read_previous_secret, read_secret
from partyapp.shared.ops.syncplay_settings import SyncplaySettings
from partyapp.shared.ops.webhook_settings import WebhookSettings
from partyapp.shared.storage.redis_names import DEFAULT_PREFIX, RedisNames, read_prefix

T = TypeVar("T")


#: Unknown values mean production, so that a mistyped one makes nothing laxer.
RELAXED_ENVIRONMENTS = frozenset({"local", "test"})


class BadSettings(Exception):
    """The environment can't be used; the message is one line for an operator."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator may set. Durations are in seconds unless the name says otherwise."""

    database_url: str
    redis_url: str
    secret_key: str = field(repr=False)
    #: The one before, while it is replaced: what it signed and encrypted can still be read.
    previous_secret_key: str | None = field(default=None, repr=False)
    environment: str = "production"
    token_ttl_s: int = 24 * 3600
    #: So long a token that has ended can still be renewed.
    session_grace_s: float = 30 * 24 * 3600.0
    jwks_url: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    #: Where the live channels are, if not at `redis_url`; a Cluster by the scheme `redis+cluster`.
    live_redis: str | None = field(default=None, repr=False)
    #: What every name in Redis begins with; see `RedisNames`.
    redis_prefix: str = DEFAULT_PREFIX
    jwt_key_ids: frozenset[str] = frozenset()
    #: The secrets with which others' servers sign tokens, by the key's id.
    api_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    #: Whether anybody may sign in by a name alone.
    guests: bool = True
    #: The pages of other origins that may use all of this service, as browsers name them.
    allowed_origins: frozenset[str] = frozenset()
    command_wait_s: float = 5.0
    tick_interval_s: float = 5.0
    heartbeat_s: float = 20.0
    silence_s: float = 30.0
    host_grace_s: float = 60.0
    abandoned_s: float = 1800.0
    unvisited_s: float = 7 * 24 * 3600.0
    #: How long is kept what would grow for ever.
    kept: KeptDays = field(default_factory=KeptDays)
    #: So long before a party's date its members are reminded; 0: never.
    remind_s: float = 600.0
    database_pool: int = 20
    trusted_hops: int = 0
    #: The proxies that say who somebody is.
    login_networks: tuple[Network, ...] = ()
    #: Where people sign in on the page; None: nowhere.
    oidc: OidcSettings | None = None
    #: What `/metrics` asks for; None: nothing.
    metrics_token: str | None = field(default=None, repr=False)
    #: Where people outside reach the service: scheme, host, port and path. None: wherever a request came to.
    public_url: str | None = None
    #: Where web listens.
    host: str = "0.0.0.0"
    port: int = 8000
    rates: Rates = field(default_factory=Rates)
    quotas: Quotas = field(default_factory=Quotas)
    films: FilmSettings = field(default_factory=FilmSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    syncplay: SyncplaySettings = field(default_factory=SyncplaySettings)

    @property
    def live_redis_url(self) -> str:
        """The server of the live channels."""
        return self.live_redis or self.redis_url

    @property
    def public_path(self) -> str:
        """The path below which people outside reach the service; empty at the top of a host."""
        return path_of(self.public_url)

    @property
    def socket_origins(self) -> frozenset[str]:
        """The pages that may open sockets, beside those of the host that a request came to."""
        own = () if self.public_url is None else (origin_of(self.public_url),)
        return self.allowed_origins.union(own)

    @property
    def redis_names(self) -> RedisNames:
        """The names of this deployment's keys and channels."""
        return RedisNames(self.redis_prefix)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment. Raises `BadSettings` where something needed is missing or too weak."""
        env = os.environ if environ is None else environ
        environment = env.get("PARTY_ENV") or "production"
        redis = _part(env, RedisSettings.from_environment)
        return cls(
            database_url=sqlalchemy_url(_needed(env, "DATABASE_URL")),
            redis_url=redis.url,
            secret_key=deployment_secret(env, environment),
            previous_secret_key=_previous_secret(env, environment),
            environment=environment,
            token_ttl_s=int(_number(env, "PARTY_TOKEN_TTL_S", cls.token_ttl_s)),
            session_grace_s=_number(env, "PARTY_SESSION_GRACE_S", cls.session_grace_s),
            jwks_url=env.get("AUTH_JWKS_URL") or None,
            jwt_issuer=env.get("AUTH_ISSUER") or None,
            jwt_audience=env.get("AUTH_AUDIENCE") or None,
            live_redis=redis.live_url,
            redis_prefix=_told(env, "PARTY_REDIS_PREFIX", read_prefix),
            api_keys=_told(env, "PARTY_API_KEYS", read_api_keys),
            guests=_told(env, "PARTY_GUESTS", read_guests),
            jwt_key_ids=frozenset(env.get("AUTH_KEY_IDS", "").split()),
            allowed_origins=_told(env, "PARTY_ALLOWED_ORIGINS", read_allowed_origins),
            command_wait_s=_number(env, "PARTY_COMMAND_WAIT_S", cls.command_wait_s),
            tick_interval_s=_number(env, "PARTY_TICK_INTERVAL_S", cls.tick_interval_s),
            heartbeat_s=_number(env, "PARTY_HEARTBEAT_S", cls.heartbeat_s),
            silence_s=_number(env, "PARTY_SILENCE_S", cls.silence_s),
            host_grace_s=_number(env, "PARTY_HOST_GRACE_S", cls.host_grace_s),
            abandoned_s=_number(env, "PARTY_ABANDONED_S", cls.abandoned_s),
            unvisited_s=_number(env, "PARTY_UNVISITED_S", cls.unvisited_s),
            kept=_part(env, KeptDays.from_environment),
            remind_s=_number_or_zero(env, "PARTY_REMIND_S", cls.remind_s),
            database_pool=int(_number(env, "PARTY_DATABASE_POOL", cls.database_pool)),
            trusted_hops=_hops(env),
            login_networks=_part(env, partial(read_login_proxies, hops=_hops(env))),
            oidc=_whole_providers(env, environment),
            metrics_token=env.get("PARTY_METRICS_TOKEN") or None,
            public_url=_told(env, "PARTY_PUBLIC_URL", read_public_url),
            host=env.get("HOST") or cls.host,
            port=int(_number(env, "PORT", cls.port)),
            rates=_part(env, Rates.from_environment),
            quotas=_part(env, Quotas.from_environment),
            **_parts(env),
        )


def _parts(env: Mapping[str, str]) -> dict[str, Any]:
    """Those of whole contexts and gateways."""
    return {
        "films": _part(env, FilmSettings.from_environment),
        "notify": _part(env, NotifySettings.from_environment),
        "webhooks": _part(env, WebhookSettings.from_environment),
        "syncplay": _part(env, SyncplaySettings.from_environment),
    }


def _part(env: Mapping[str, str], read: Callable[[Mapping[str, str]], T]) -> T:
    """Settings that have a class of their own."""
    try:
        return read(env)
    except ValueError as error:
        raise BadSettings(str(error)) from None


def settings_or_exit() -> Settings:
    """The settings of this process. One that can't be used ends it with status 1 and one line."""
    try:
        return Settings.from_environment()
    except BadSettings as error:
        raise SystemExit(f"party: {error}") from None


def deployment_secret(env: Mapping[str, str], environment: str) -> str:
    """What all processes sign by. Raises `BadSettings` for one that is missing or too weak."""
    return _part(env, partial(read_secret, is_relaxed=environment in RELAXED_ENVIRONMENTS))


def _previous_secret(env: Mapping[str, str], environment: str) -> str | None:
    return _part(env, partial(read_previous_secret, is_relaxed=environment in RELAXED_ENVIRONMENTS))


def _whole_providers(env: Mapping[str, str], environment: str) -> OidcSettings | None:
    """Where people sign in. Refuses a provider that is named in part, or that anybody on the way could be."""
    names = ("AUTH_JWKS_URL", "AUTH_ISSUER", "AUTH_AUDIENCE")
    missing = [name for name in names if not env.get(name)]
    if missing and (len(missing) < len(names) or env.get("AUTH_KEY_IDS")):
        raise BadSettings(f"{' and '.join(missing)} must be set too: an identity provider needs all three")
    url = env.get("AUTH_JWKS_URL", "")
    if url and environment not in RELAXED_ENVIRONMENTS and not url.lower().startswith("https://"):
        raise BadSettings("AUTH_JWKS_URL must begin with https:// in production")
    return _part(env, partial(read_oidc, is_relaxed=environment in RELAXED_ENVIRONMENTS))


def _needed(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise BadSettings(f"{name} must be set; `party up` sets it for a local run")
    return value


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    try:
        return positive_number(env, name, default)
    except BadBound as error:
        raise BadSettings(str(error)) from None


def _number_or_zero(env: Mapping[str, str], name: str, default: float) -> float:
    """The same for a number that may be 0."""
    return 0.0 if env.get(name) == "0" else _number(env, name, default)


def _hops(env: Mapping[str, str]) -> int:
    text = env.get("PARTY_TRUSTED_HOPS") or "0"
    if text not in tuple("0123456789"):
        raise BadSettings("PARTY_TRUSTED_HOPS must be a digit: how many proxies of yours stand in front")
    return int(text)


def _told(env: Mapping[str, str], name: str, read: Callable[[str | None], T]) -> T:
    """What `read` makes of the variable; its ValueError says in words what is wrong with it."""
    try:
        return read(env.get(name))
    except ValueError as error:
        raise BadSettings(f"{name} {error}") from None


def sqlalchemy_url(url: str) -> str:
    """The URL with the driver named: hosts hand out `postgres://`, SQLAlchemy wants `postgresql+psycopg://`."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url
