"""What an operator sets, and what is refused before anything starts."""

from __future__ import annotations

import pytest

from partyapp.shared.ops.settings import (
    BadSettings,
    Settings,
    sqlalchemy_url,
)

SECRET = "an unguessable secret of 40 characters.."
GOOD = {"PARTY_SECRET_KEY": SECRET, "DATABASE_URL": "postgres://u:p@h/d", "REDIS_URL": "redis://r:6379/0"}
DEFAULTS = {key: getattr(Settings.from_environment(GOOD), key) for key in Settings.__dataclass_fields__}


def test_what_is_needed_is_enough() -> None:
    settings = Settings.from_environment(GOOD)
    assert settings.database_url == "postgresql+psycopg://u:p@h/d"
    assert settings.redis_url == "redis://r:6379/0"
    assert (settings.command_wait_s, settings.heartbeat_s, settings.silence_s) == (5.0, 20.0, 30.0)
    assert settings.allowed_origins == frozenset()
    assert settings.jwks_url is None


def test_the_secret_is_not_in_the_text() -> None:
    assert SECRET not in repr(Settings.from_environment(GOOD))


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("PARTY_SECRET_KEY", None, "PARTY_SECRET_KEY"),
        ("PARTY_SECRET_KEY", "", "PARTY_SECRET_KEY"),
        ("PARTY_SECRET_KEY", "s" * 31, "32 bytes"),
        ("DATABASE_URL", None, "DATABASE_URL"),
        ("DATABASE_URL", "", "DATABASE_URL"),
        ("REDIS_URL", None, "REDIS_URL"),
        ("REDIS_URL", "redis+cluster://r:6379", "LIVE_REDIS_URL"),
        ("LIVE_REDIS_URL", "redis+cluster://", "LIVE_REDIS_URL"),
        ("LIVE_REDIS_URL", "http://r", "LIVE_REDIS_URL"),
        ("PARTY_HEARTBEAT_S", "soon", "PARTY_HEARTBEAT_S"),
        ("PARTY_HEARTBEAT_S", "0", "positive"),
        ("PARTY_TICK_INTERVAL_S", "-1", "positive"),
        ("PARTY_TOKEN_TTL_S", "nan", "positive"),
        ("PARTY_SILENCE_S", "inf", "positive"),
        ("PARTY_DATABASE_POOL", "1e12", "positive"),
        ("PARTY_PUBLIC_URL", "party.example", "PARTY_PUBLIC_URL must begin"),
        ("PARTY_ALLOWED_ORIGINS", "https://a.example,*", "PARTY_ALLOWED_ORIGINS must name each origin"),
        ("PARTY_API_KEYS", "films:short", "PARTY_API_KEYS holds a secret for films"),
        ("PARTY_GUESTS", "no", "PARTY_GUESTS must be 1 or 0"),
        ("PARTY_SECRET_KEY_PREVIOUS", "s" * 31, "PARTY_SECRET_KEY_PREVIOUS must hold at least 32 bytes"),
    ],
)
def test_what_cannot_work_is_refused_in_a_line(name: str, value: str | None, complaint: str) -> None:
    environ = {key: text for key, text in GOOD.items() if key != name}
    if value is not None:
        environ[name] = value
    with pytest.raises(BadSettings, match=complaint) as caught:
        Settings.from_environment(environ)
    assert "\n" not in str(caught.value)
    assert "s" * 31 not in str(caught.value), "a secret, even a bad one, is not repeated"


def test_the_live_channels_are_at_redis_unless_told_otherwise() -> None:
    assert Settings.from_environment(GOOD).live_redis_url == GOOD["REDIS_URL"]
    cluster = "redis+cluster://u:p@a:7000,b:7001"
    settings = Settings.from_environment(GOOD | {"LIVE_REDIS_URL": cluster})
    assert settings.live_redis_url == cluster
    assert cluster not in repr(settings), "there is a password in it"


def test_the_public_address_is_taken_without_its_slash() -> None:
    assert Settings.from_environment(GOOD).public_url is None
    settings = Settings.from_environment(GOOD | {"PARTY_PUBLIC_URL": "https://party.example/"})
    assert settings.public_url == "https://party.example"


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("PARTY_TOKEN_TTL_S", "token_ttl_s"),
        ("PARTY_SESSION_GRACE_S", "session_grace_s"),
        ("PARTY_COMMAND_WAIT_S", "command_wait_s"),
        ("PARTY_TICK_INTERVAL_S", "tick_interval_s"),
        ("PARTY_HEARTBEAT_S", "heartbeat_s"),
        ("PARTY_SILENCE_S", "silence_s"),
        ("PARTY_HOST_GRACE_S", "host_grace_s"),
        ("PARTY_ABANDONED_S", "abandoned_s"),
        ("PARTY_UNVISITED_S", "unvisited_s"),
        ("PARTY_REMIND_S", "remind_s"),
        ("PARTY_DATABASE_POOL", "database_pool"),
        ("PORT", "port"),
    ],
)
def test_each_number_has_its_own_name(name: str, field: str) -> None:
    ours = getattr(Settings.from_environment(GOOD), field)
    settings = Settings.from_environment(GOOD | {name: str(ours + 7)})
    assert getattr(settings, field) == ours + 7
    assert [key for key in Settings.__dataclass_fields__ if getattr(settings, key) != DEFAULTS[key]] == [
        field
    ]


def test_members_are_reminded_ten_minutes_before_a_date() -> None:
    assert Settings.from_environment(GOOD).remind_s == 600.0


def test_numbers_and_lists_are_read() -> None:
    settings = Settings.from_environment(
        GOOD
        | {
            "PARTY_HEARTBEAT_S": "0.5",
            "PARTY_DATABASE_POOL": "7",
            "PARTY_SILENCE_S": "",
            "PARTY_ALLOWED_ORIGINS": " https://a.example  https://b.example ",
            "AUTH_JWKS_URL": "https://idp.example/jwks",
            "AUTH_ISSUER": "https://idp.example/",
            "AUTH_AUDIENCE": "party",
            "AUTH_KEY_IDS": "one two",
        }
    )
    assert (settings.heartbeat_s, settings.database_pool, settings.silence_s) == (0.5, 7, 30.0)
    assert settings.allowed_origins == {"https://a.example", "https://b.example"}
    assert settings.jwks_url == "https://idp.example/jwks"
    assert settings.jwt_key_ids == {"one", "two"}


@pytest.mark.parametrize(
    "secret",
    [
        "s" * 64,
        "abcabcabc" * 5,
        "change-me-change-me-change-me-change-me",
        "CHANGEME0123456789abcdefghijklmnopqrstuv",
        "your-secret-key-goes-here-0123456789abcdef",
        "<put forty characters of chance in here..>",
    ],
)
@pytest.mark.parametrize("environment", [None, "", "production", "prod", "staging"])
def test_a_typed_secret_starts_nothing_but_a_local_run(secret: str, environment: str | None) -> None:
    environ = GOOD | {"PARTY_SECRET_KEY": secret}
    strict = environ if environment is None else environ | {"PARTY_ENV": environment}
    with pytest.raises(BadSettings, match="PARTY_SECRET_KEY") as caught:
        Settings.from_environment(strict)
    assert secret not in str(caught.value)
    assert Settings.from_environment(environ | {"PARTY_ENV": "local"}).secret_key == secret


PROVIDER = {
    "AUTH_JWKS_URL": "https://idp.example/jwks",
    "AUTH_ISSUER": "https://idp.example/",
    "AUTH_AUDIENCE": "party",
}


@pytest.mark.parametrize("missing", PROVIDER)
def test_a_provider_is_named_whole_or_not_at_all(missing: str) -> None:
    rest = {name: value for name, value in PROVIDER.items() if name != missing}
    with pytest.raises(BadSettings, match=missing):
        Settings.from_environment(GOOD | rest)
    assert Settings.from_environment(GOOD | PROVIDER).jwt_audience == "party"


@pytest.mark.parametrize("url", ["http://idp.example/jwks", "file:///etc/keys", "ftp://h/k", "idp.example"])
def test_keys_of_a_provider_come_encrypted(url: str) -> None:
    environ = GOOD | PROVIDER | {"AUTH_JWKS_URL": url}
    with pytest.raises(BadSettings, match="https"):
        Settings.from_environment(environ)
    assert Settings.from_environment(environ | {"PARTY_ENV": "local"}).jwks_url == url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://u@h:5432/d?sslmode=require", "postgresql+psycopg://u@h:5432/d?sslmode=require"),
        ("postgresql://u@h/postgres://d", "postgresql+psycopg://u@h/postgres://d"),
        ("postgresql+psycopg://u@/d?host=/run/pg", "postgresql+psycopg://u@/d?host=/run/pg"),
    ],
)
def test_the_driver_is_named(url: str, expected: str) -> None:
    assert sqlalchemy_url(url) == expected
    assert sqlalchemy_url(expected) == expected
