"""Where Redis is, and how far its certificate is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from partyapp.shared.ops.redis_settings import RedisSettings
from tests.support.tls_front import server_certificate

REFUSED = [
    ({}, "REDIS_URL must be set"),
    ({"REDIS_URL": "http://h"}, "REDIS_URL: must begin with redis://"),
    ({"REDIS_URL": "redis+cluster://h"}, "give the Cluster as LIVE_REDIS_URL"),
    ({"REDIS_URL": "redis+sentinel://:hush@h:1"}, "redis.sentinel://.user:password@.host:port"),
    ({"REDIS_URL": "redis+sentinel://:hush@h:x/main"}, "redis.sentinel://"),
    (
        {"REDIS_URL": "redis://h", "LIVE_REDIS_URL": "redis+sentinel:///main"},
        "LIVE_REDIS_URL: the URL of a Redis",
    ),
    ({"REDIS_URL": "rediss://h", "PARTY_REDIS_TLS_VERIFY": "no"}, "PARTY_REDIS_TLS_VERIFY must be 1, ca"),
    ({"REDIS_URL": "rediss://h", "PARTY_REDIS_TLS_CA": "/nowhere.pem"}, "TLS_CA can't be used: No such file"),
    ({"REDIS_URL": "rediss://h", "PARTY_REDIS_TLS_CA": __file__}, "TLS_CA can't be used"),
    ({"REDIS_URL": "redis://h", "PARTY_REDIS_TLS_VERIFY": "0"}, "are for rediss://"),
]


@pytest.mark.parametrize(("env", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_cant_be_used_is_said_without_the_url(env: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        RedisSettings.from_environment(env)
    assert "hush" not in str(refused.value)


def test_what_is_asked_of_certificates_holds_for_every_url_in_tls(tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    server_certificate(tmp_path, authority, "localhost")
    found = RedisSettings.from_environment(
        {
            "REDIS_URL": "rediss+sentinel://a,b/main",
            "LIVE_REDIS_URL": "rediss+cluster://c?ssl_ca_certs=/own.pem",
            "PARTY_REDIS_TLS_VERIFY": "ca",
            "PARTY_REDIS_TLS_CA": str(authority),
        }
    )
    assert found.url.partition("?")[2].split("&")[0] == "ssl_check_hostname=false"
    assert str(authority).replace("/", "%2F") in found.url
    assert found.live_url is not None
    assert "own.pem" in found.live_url, "what a URL says itself goes first"
    assert "authority" not in found.live_url


def test_a_url_without_tls_stays_as_it_is() -> None:
    env = {"REDIS_URL": "redis://h", "LIVE_REDIS_URL": "rediss://h", "PARTY_REDIS_TLS_VERIFY": "0"}
    found = RedisSettings.from_environment(env)
    assert (found.url, found.live_url) == (
        "redis://h",
        "rediss://h?ssl_cert_reqs=none&ssl_check_hostname=false",
    )
    assert "h?" not in repr(found)
