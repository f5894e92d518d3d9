"""The URL of a Redis behind Sentinels, and the client that is made of it."""

from __future__ import annotations

from typing import Any

import pytest

from partyapp.shared.storage.redis_client import create_redis
from partyapp.shared.storage.sentinel_url import is_sentinel, read_sentinel_url


def test_it_says_whom_to_ask_for_what() -> None:
    found = read_sentinel_url(
        "rediss+sentinel://party:p%40w@a:1,[::1]/my%20main/4?sentinel_password=s3&ssl_cert_reqs=none"
    )
    assert found.sentinels == (("a", 1), ("::1", 26379))
    assert (found.master, found.is_tls) == ("my main", True)
    assert found.server == "rediss://party:p%40w@sentinel/4?ssl_cert_reqs=none"
    assert found.login == {"password": "s3"}
    assert "p%40w" not in repr(found)
    assert "s3" not in repr(found)


def test_what_isnt_said_has_its_default() -> None:
    found = read_sentinel_url("redis+sentinel://a/main")
    assert (found.database, found.server, found.login) == (0, "redis://sentinel/0", {})
    assert not is_sentinel("redis://a/0")


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://a",
        "redis+sentinel://a/",
        "redis+sentinel://a/main/x",
        "redis://a/main",
        "redis+sentinel://:hush@/m",
    ],
)
def test_another_form_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"redis\+sentinel://") as refused:
        read_sentinel_url(url)
    assert "hush" not in str(refused.value)


def test_a_client_has_the_limits_of_any_other() -> None:
    url = "rediss+sentinel://me:p%40w@a,b/main/2?ssl_cert_reqs=none&sentinel_password=s3"
    pool: Any = create_redis(url, timeout_s=0.5, max_connections=7).connection_pool
    assert (pool.max_connections, pool.timeout) == (7, 0.5)
    connection = pool.make_connection()
    assert (connection.db, connection.socket_timeout) == (2, 0.5)
    asked = pool.sentinel_manager.sentinels[0].connection_pool.connection_kwargs
    assert (asked["password"], asked["ssl_cert_reqs"], asked["socket_timeout"]) == ("s3", "none", 0.5)
