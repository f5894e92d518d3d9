"""The server that carries the live channels: a plain Redis, or a Cluster with sharded channels.

Celery's broker can't be a Cluster, and the clock, presence and the roll of workers are a few keys. So only
the channels may be elsewhere (`LIVE_REDIS_URL`). Which of the two it is says the URL, not the server: every
process must publish and listen in the same way, also one that starts while the server is gone.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.crc import key_slot
from redis.exceptions import MovedError, RedisClusterException
from redis.retry import Retry

from partyapp.shared.storage.cluster_url import Address, is_cluster, read_cluster_url
from partyapp.shared.storage.redis_client import create_redis
from partyapp.shared.storage.redis_names import DEFAULT_NAMES, RedisNames


def slot_of(channel: str) -> int:
    """The channel's hash slot (Redis Cluster specification, "Key distribution model"), 0 to 16383."""
    return key_slot(channel.encode())


class LivePlain:
    """One server; a publication reaches whoever has subscribed there."""

    def __init__(self, client: redis.Redis, names: RedisNames = DEFAULT_NAMES) -> None:
        self.client = client
        self.names = names

    def publish(self, channel: str, payload: str | bytes) -> None:
        """Publish and wait for the server. Raises one of `RedisGone`."""
        self.client.publish(self.names(channel), payload)

    def ping(self) -> None:
        """Raises one of `RedisGone` when it is not reachable."""
        self.client.ping()


class LiveCluster:
    """The nodes of a Cluster, and which of them has a channel. Nothing is connected before it is used.

    redis-py keeps the map of the slots. Connections that subscribe are made from clients of their own, since
    redis-py marks those of its map to be made anew whenever it reads the map.
    """

    def __init__(self, url: str, *, timeout_s: float = 1.0, names: RedisNames = DEFAULT_NAMES) -> None:
        """Raises ValueError, which doesn't repeat the URL, when that has another form; see `ClusterUrl`."""
        self._url = read_cluster_url(url)
        self._timeout_s = timeout_s
        self.names = names
        self._cluster: RedisCluster | None = None
        self._lock = threading.Lock()

    def owner(self, channel: str) -> Address | None:
        """The node that has the channel, as far as is known. Doesn't wait."""
        cluster = self._cluster
        nodes = cluster.nodes_manager.slots_cache.get(slot_of(channel)) if cluster is not None else None
        return (nodes[0].host, int(nodes[0].port)) if nodes else None

    def refresh(self) -> None:
        """Read the map of the slots from any node. Raises one of `RedisGone`."""
        with self._reached():
            if self._cluster is None:
                self._connected()
            else:
                self._cluster.nodes_manager.initialize()

    def moved(self, error: MovedError) -> None:
        """Take the word of a node that another has the slot; a slot that nobody had needs a new map."""
        cluster = self._cluster
        if cluster is not None and error.host and error.slot_id in cluster.nodes_manager.slots_cache:
            cluster.nodes_manager.move_slot(error)

    def client(self, address: Address) -> redis.Redis:
        """A new client of one node."""
        return create_redis(self._url.of_node(address), timeout_s=self._timeout_s, max_connections=4)

    def publish(self, channel: str, payload: str | bytes) -> None:
        """Publish and wait for the node. Raises one of `RedisGone`."""
        with self._reached():
            self._connected().spublish(self.names(channel), payload)

    def ping(self) -> None:
        """Raises one of `RedisGone` when no node is reachable."""
        with self._reached():
            self._connected().ping(target_nodes=RedisCluster.RANDOM)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except RedisClusterException as error:
            # redis-py says so when it finds no node (and it is none of its RedisErrors). Perhaps every node
            # that we know of has been replaced; next time we begin with those of the URL.
            self._forget()
            raise redis.ConnectionError("no node of the Cluster can be reached") from error

    def _connected(self) -> RedisCluster:
        with self._lock:
            if self._cluster is None:
                first, *others = self._url.seeds
                options: dict[str, Any] = {
                    "startup_nodes": [_node(address) for address in others],
                    "socket_timeout": self._timeout_s,
                    "socket_connect_timeout": self._timeout_s,
                    "client_name": "party",
                    # The live nodes serve their channels also while others are gone.
                    "require_full_coverage": False,
                    "retry": Retry(NoBackoff(), 1),
                }
                self._cluster = RedisCluster.from_url(self._url.of_node(first), **options)
            return self._cluster

    def _forget(self) -> None:
        with self._lock:
            cluster, self._cluster = self._cluster, None
        if cluster is not None:
            cluster.close()


LiveRedis = LivePlain | LiveCluster


def create_live_redis(
    url: str, *, main: redis.Redis, main_url: str, names: RedisNames = DEFAULT_NAMES
) -> LiveRedis:
    """What `LIVE_REDIS_URL` names; the main client where that is the same server."""
    if is_cluster(url):
        return LiveCluster(url, names=names)
    return LivePlain(main if url == main_url else create_redis(url), names)


def _node(address: Address) -> ClusterNode:
    return ClusterNode(*address)  # type: ignore[no-untyped-call]
