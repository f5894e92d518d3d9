"""What an operator sees of the settings: all of them, as they hold, and no secret."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from partyapp.shared.ops.settings import Settings
from partyapp.shared.ops.settings_shown import say_start, shown_settings, without_password

DOCS = Path(__file__).parents[3] / "docs" / "operations.md"
SECRETS = ("geheim-1", "geheim-2", "geheim-3", "w4x9Qm-k7Zt2vB8hJ5rN-w4x9Qm-k7Zt2vB8hJ5rN")
ENVIRONMENT = {
    "DATABASE_URL": f"postgres://party:{SECRETS[0]}@db.example/party?sslmode=verify-full",
    "REDIS_URL": f"rediss://:{SECRETS[1]}@redis.example:6380/0?ssl_ca_certs=/etc/ca.pem",
    "PARTY_SECRET_KEY": SECRETS[3],
    "PARTY_METRICS_TOKEN": SECRETS[2],
    "RATELIMIT_USER": "10/hour",
    "PARTY_KEEP_FILMS_DAYS": "30",
    "WORKER_CONCURRENCY": "4",
}


def shown() -> dict[str, tuple[str, str]]:
    settings = Settings.from_environment(ENVIRONMENT)
    return {one.name: (one.value, one.source) for one in shown_settings(settings, ENVIRONMENT)}


def test_each_setting_is_shown_as_it_holds_with_where_it_is_from() -> None:
    found = shown()
    assert found["DATABASE_URL"] == (
        "postgresql://party:***@db.example/party?sslmode=verify-full",
        "environment",
    )
    assert found["REDIS_URL"][0] == "rediss://:***@redis.example:6380/0?ssl_ca_certs=/etc/ca.pem"
    assert found["LIVE_REDIS_URL"] == (found["REDIS_URL"][0], "default")
    assert found["PARTY_SECRET_KEY"] == found["PARTY_METRICS_TOKEN"] == ("***", "environment")
    assert (found["RATELIMIT_USER"], found["RATELIMIT_CHAT"]) == (
        ("10/hour", "environment"),
        ("1/second", "default"),
    )
    assert (found["PARTY_KEEP_FILMS_DAYS"][0], found["PARTY_KEEP_PARTIES_DAYS"][0]) == ("30", "365")
    assert (found["WORKER_CONCURRENCY"][0], found["PARTY_PUBLIC_URL"]) == ("4", ("", "default"))


def test_what_is_documented_is_shown_and_nothing_else() -> None:
    text = DOCS.read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row)}
    named |= set(re.findall(r"`(PARTY_(?:KEEP_[A-Z]+|CHAT)_DAYS)`", text)) | {"TRANSCODE_CONCURRENCY"}
    assert named == set(shown())


def test_the_line_at_a_start_has_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    say_start("web", Settings.from_environment(ENVIRONMENT), ENVIRONMENT)
    (line,) = [record.getMessage() for record in caplog.records]
    assert re.match(r"party \d\S* starts as web: ", line)
    assert "DATABASE_URL=postgresql://party:***@db.example" in line
    assert "PARTY_PUBLIC_URL" not in line
    assert not [secret for secret in SECRETS if secret in line + str(shown())]


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (
            "postgresql:///party?host=/run&user=a&password=x",
            "postgresql:///party?host=/run&user=a&password=***",
        ),
        ("redis://user:p@ss@host", "redis://user:***@host"),
        ("redis+cluster://u:p@a:1,b:2", "redis+cluster://u:***@a:1,b:2"),
        ("unix:///run/redis.sock?db=1&password=x", "unix:///run/redis.sock?db=1&password=***"),
        ("https://idp.example/keys", "https://idp.example/keys"),
        ("postgresql://[broken", "***"),
    ],
)
def test_no_password_of_a_url_is_shown(url: str, wanted: str) -> None:
    assert without_password(url) == wanted
