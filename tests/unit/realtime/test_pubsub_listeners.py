"""The greenlets that listen go on whatever is raised in them, and try again ever more rarely."""

from __future__ import annotations

import logging
from collections.abc import Callable

import gevent
import pytest
import redis

from partyapp.realtime.pubsub import redis_pubsub, shard_connection, sharded_pubsub
from partyapp.realtime.pubsub.redis_pubsub import FIRST_PAUSE_S, LONGEST_PAUSE_S, SILENCE_S, RedisPubSub
from partyapp.realtime.pubsub.shard_connection import ShardConnection
from partyapp.realtime.pubsub.sharded_pubsub import LEAST_PAUSE_S, ShardedPubSub
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.live_redis import LiveCluster

#: Nobody is there.
_CLIENT = redis.Redis(host="127.0.0.1", port=1)


class Enough(BaseException):
    """Ends the work, as the end of the process does."""


class Pauses:
    """Takes the place of a module's pauses, and ends the work after so many of them."""

    def __init__(self, patch: pytest.MonkeyPatch, most: int, *modules: object) -> None:
        self.taken: list[float] = []
        self._most = most
        for module in modules:
            patch.setattr(f"{module.__name__}.gevent.sleep", self._take)  # type: ignore[attr-defined]
            patch.setattr(f"{module.__name__}.random.uniform", lambda low, high: 1.0)  # type: ignore[attr-defined]

    def _take(self, pause_s: float) -> None:
        self.taken.append(pause_s)
        if len(self.taken) == self._most:
            raise Enough


class AlwaysSet:
    """An event that is set again at once."""

    def wait(self, _: float) -> bool:
        return True

    def set(self) -> None:
        """It is."""

    def clear(self) -> None:
        """For a moment."""


def run(work: Callable[[], None]) -> None:
    with pytest.raises(Enough):
        work()


def fails() -> None:
    raise ValueError("what a person wrote")


@pytest.fixture(autouse=True)
def _errors(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)


def test_a_listener_that_fails_waits_longer_each_time_until_it_holds(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bus = RedisPubSub(_CLIENT, str(new_id()), None)  # type: ignore[arg-type]
    pauses, now_s = Pauses(monkeypatch, 7, redis_pubsub), [100.0]
    monkeypatch.setattr(redis_pubsub, "monotonic_s", lambda: now_s[0])

    def listen() -> None:
        if len(pauses.taken) == 5:
            now_s[0] += SILENCE_S + 1
        fails()

    monkeypatch.setattr(bus, "_listen", listen)
    run(bus._listen_forever)
    first = FIRST_PAUSE_S
    assert pauses.taken == [first, 2 * first, 4 * first, 8 * first, LONGEST_PAUSE_S, first, 2 * first]
    assert len(caplog.records) == 7


def test_a_loss_of_redis_is_repeated_soon_once_the_connection_had_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bus = RedisPubSub(_CLIENT, str(new_id()), None)  # type: ignore[arg-type]
    pauses, now_s = Pauses(monkeypatch, 6, redis_pubsub), [100.0]
    monkeypatch.setattr(redis_pubsub, "monotonic_s", lambda: now_s[0])

    def listen() -> None:
        # A connection that holds for hours, is lost, and holds again.
        now_s[0] += 3600
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(bus, "_listen", listen)
    run(bus._listen_forever)
    assert pauses.taken == [FIRST_PAUSE_S] * 6


def test_the_listener_to_a_node_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(f"{shard_connection.__name__}.gevent.spawn", lambda *_: gevent.Greenlet())
    node = ShardConnection(_CLIENT, None)  # type: ignore[arg-type]
    node.want("party:room:x")
    pauses = Pauses(monkeypatch, 6, shard_connection)
    monkeypatch.setattr(node, "_listen", fails)
    # That it receives doesn't help: each message may be the one that fails.
    monkeypatch.setattr(shard_connection, "monotonic_s", lambda: node._received_s)
    run(node._listen_forever)
    first = FIRST_PAUSE_S
    assert pauses.taken == [first, 2 * first, 4 * first, 8 * first, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    assert len(caplog.records) == 6


def test_the_router_goes_on(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    class Cluster(LiveCluster):
        def __init__(self) -> None:
            """A map that can be read."""

        def refresh(self) -> None:
            """It is read."""

    bus = ShardedPubSub(Cluster(), str(new_id()), None)  # type: ignore[arg-type]
    pauses = Pauses(monkeypatch, 6, sharded_pubsub)
    monkeypatch.setattr(bus, "_route", lambda: fails() if len(pauses.taken) != 3 else None)
    # There is always news, so that nothing but the pause holds it back.
    monkeypatch.setattr(bus, "_look", AlwaysSet())
    run(bus._route_forever)
    least = LEAST_PAUSE_S
    assert pauses.taken == [least, 2 * least, 4 * least, least, least, 2 * least]
    assert len(caplog.records) == 5
