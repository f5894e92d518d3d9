"""The server of the live channels: what its URL may say, and that a bad one gives nothing away."""

from __future__ import annotations

import pytest
import redis

from partyapp.shared.storage.live_redis import LiveCluster, LivePlain, create_live_redis, slot_of


def test_the_scheme_decides() -> None:
    main = redis.Redis(port=1)
    same = create_live_redis("redis://a", main=main, main_url="redis://a")
    assert isinstance(same, LivePlain)
    assert same.client is main, "one server, one pool"
    other = create_live_redis("redis://b", main=main, main_url="redis://a")
    assert isinstance(other, LivePlain)
    assert other.client is not main
    assert isinstance(
        create_live_redis("redis+cluster://a,b:7000", main=main, main_url="redis://a"), LiveCluster
    )


def test_a_client_of_a_node_has_the_credentials_and_options_of_the_url() -> None:
    cluster = LiveCluster("rediss+cluster://user:pass%40word@a,[::1]:7000?protocol=2")
    pool = cluster.client(("::1", 7001)).connection_pool
    assert pool.connection_class is redis.SSLConnection
    known = pool.connection_kwargs
    assert (known["host"], known["port"], known["username"], known["password"], known["protocol"]) == (
        "::1",
        7001,
        "user",
        "pass@word",
        2,
    )


@pytest.mark.parametrize(
    "url", ["redis+cluster://", "redis+cluster://user:hun/ter2@a", "redis+cluster://a:hunter2", "redis://a"]
)
def test_a_bad_url_is_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="a Cluster's URL is") as refused:
        LiveCluster(url)
    assert "hun" not in str(refused.value)


def test_a_cluster_that_is_gone_is_told_as_redis_being_gone() -> None:
    cluster = LiveCluster("redis+cluster://127.0.0.1:1")
    assert cluster.owner("party:tick") is None, "not known yet, and not waited for"
    for call in (cluster.refresh, cluster.ping, lambda: cluster.publish("party:tick", b"")):
        with pytest.raises(redis.ConnectionError):
            call()


def test_slots_are_those_of_the_specification() -> None:
    # The specification's own example of CRC16.
    assert slot_of("123456789") == 0x31C3
