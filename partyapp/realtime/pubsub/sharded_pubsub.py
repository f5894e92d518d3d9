"""The bus on a Cluster: every channel is a sharded one, with one connection to each node that is needed.

What is published to a plain channel of a Cluster goes to all of its nodes. A sharded channel lives in the
shard of its slot, so more nodes carry more rooms. The map of the slots changes while we run: a node reports
it by MOVED or by taking subscriptions away, a dead one is silent, and beyond that the map is read now and
then. Whatever moved is subscribed to anew and reported, so that its room is compared with Postgres.
"""

import logging
import random
from collections import deque
from collections.abc import Iterable
from functools import partial

import gevent
from gevent.event import Event
from redis.exceptions import MovedError

from partyapp.realtime.pubsub.prefixed_bus import InsideNames, PrefixedBus
from partyapp.realtime.pubsub.redis_pubsub import (
    LONGEST_PAUSE_S,
    MAX_UNSENT,
    TICK_CHANNEL,
    Bus,
    Listener,
    RedisPubSub,
    process_channel,
)
from partyapp.realtime.pubsub.shard_connection import Publication, ShardConnection
from partyapp.shared.kernel.backoff import Backoff
from partyapp.shared.storage.cluster_url import Address
from partyapp.shared.storage.live_redis import LiveCluster, LiveRedis
from partyapp.shared.storage.redis_client import RedisGone
from partyapp.shared.storage.redis_names import DEFAULT_NAMES, RedisNames

log = logging.getLogger(__name__)

#: The map is read anew this often though nothing seems to have changed.
LOOK_EVERY_S = 10.0
#: Between two looks at the map, however much trouble there is.
LEAST_PAUSE_S = 0.2
#: So many channels are placed before others get their turn.
_AT_ONCE = 200


class ShardedPubSub:
    """The same promises as `RedisPubSub`. Nothing here raises or waits in the caller's greenlet."""

    def __init__(
        self, cluster: LiveCluster, process_id: str, listener: Listener, names: RedisNames = DEFAULT_NAMES
    ) -> None:
        self._cluster = cluster
        self._listener = listener
        self._own_channel = names(process_channel(process_id))
        self._wanted: set[str] = {self._own_channel, names(TICK_CHANNEL)}
        self._places: dict[str, Address] = {}
        self._shards: dict[Address, ShardConnection] = {}
        #: What is for a slot that no known node has.
        self._unrouted: deque[Publication] = deque(maxlen=MAX_UNSENT)
        self._look = Event()
        self._map_is_old = True
        self._router: gevent.Greenlet | None = None

    @property
    def own_channel(self) -> str:
        """Where this process alone listens: outcomes of the commands it waits for."""
        return self._own_channel

    @property
    def connected(self) -> bool:
        """True while the subscription to the own channel is known to carry messages."""
        place = self._places.get(self._own_channel)
        shard = self._shards.get(place) if place is not None else None
        return shard is not None and shard.carries(self._own_channel)

    @property
    def idle(self) -> bool:
        """True once all that was published has been sent."""
        return not self._unrouted and all(shard.all_sent for shard in self._shards.values())

    def start(self) -> None:
        """Begin to listen and to send."""
        self._router = gevent.spawn(self._route_forever)

    def stop(self) -> None:
        """End within a moment."""
        gevent.killall([self._router] if self._router is not None else [], timeout=1)
        gevent.joinall([gevent.spawn(shard.stop) for shard in self._shards.values()], timeout=2)

    def subscribe(self, channel: str) -> None:
        """Listen to a channel from soon on."""
        if channel not in self._wanted:
            self._wanted.add(channel)
            self._place(channel)

    def unsubscribe(self, channel: str) -> None:
        """Stop listening to it."""
        self._wanted.discard(channel)
        place = self._places.pop(channel, None)
        if place is not None and place in self._shards:
            self._shards[place].drop(channel)

    def publish(self, channel: str, payload: bytes) -> None:
        """Send soon, in order for each channel. Beyond `MAX_UNSENT` a node the oldest are dropped."""
        owner = self._cluster.owner(channel)
        if owner is None:
            self._unrouted.append((channel, payload))
            self.troubled()
        else:
            self._shard(owner).publish((channel, payload))

    def received(self, channel: str, payload: bytes) -> None:
        """See `ShardEvents`."""
        self._listener.received(channel, payload)

    def confirmed(self, channel: str) -> None:
        """See `ShardEvents`."""
        self._listener.subscribed(channel)

    def misplaced(self, channels: Iterable[str], moved: MovedError | None) -> None:
        """See `ShardEvents`. The router places them, at its pace: two nodes may each name the other."""
        for channel in channels:
            self._places.pop(channel, None)
        if moved is not None:
            self._cluster.moved(moved)
        else:
            self._map_is_old = True
        self._look.set()

    def troubled(self) -> None:
        """See `ShardEvents`."""
        self._map_is_old = True
        self._look.set()

    def _route_forever(self) -> None:
        backoff = Backoff(LEAST_PAUSE_S, LONGEST_PAUSE_S)
        while True:
            pause_s = LEAST_PAUSE_S
            try:
                if self._map_is_old:
                    self._map_is_old = False
                    self._cluster.refresh()
                self._route()
                backoff.worked()
            except RedisGone as error:
                log.warning("the map of the Cluster can't be read: %s", type(error).__name__)
                self.troubled()
            except Exception:
                # A bug of ours: without this greenlet no slot that moves would be followed any more.
                log.exception("the router failed")
                self.troubled()
                pause_s = backoff.failed()
            gevent.sleep(pause_s * random.uniform(0.5, 1.5))
            if not self._look.wait(LOOK_EVERY_S):
                self._map_is_old = True
            self._look.clear()

    def _route(self) -> None:
        """Bring everything to where the map says that it belongs."""
        for address, shard in list(self._shards.items()):
            self._forward(shard.take_back(partial(self._is_at, address)))
        unrouted = list(self._unrouted)
        self._unrouted.clear()
        self._forward(unrouted)
        for number, channel in enumerate(list(self._wanted), start=1):
            self._place(channel)
            if number % _AT_ONCE == 0:
                gevent.sleep(0)
        for address, shard in list(self._shards.items()):
            if shard.idle:
                del self._shards[address]
                shard.stop()

    def _is_at(self, address: Address, channel: str) -> bool:
        # Without a better place it waits where it is.
        return self._cluster.owner(channel) in (address, None)

    def _forward(self, publications: list[Publication]) -> None:
        for channel, payload in publications:
            owner = self._cluster.owner(channel)
            if owner is None:
                self._unrouted.append((channel, payload))
            else:
                self._shard(owner).publish((channel, payload))

    def _place(self, channel: str) -> None:
        """Listen to the channel where it is, and no longer where it was."""
        owner, place = self._cluster.owner(channel), self._places.get(channel)
        if owner is None:
            self._map_is_old = True
            self._look.set()
            return
        if owner == place or channel not in self._wanted:
            return
        self._places[channel] = owner
        self._shard(owner).want(channel)
        if place is not None and place in self._shards:
            self._shards[place].drop(channel)

    def _shard(self, address: Address) -> ShardConnection:
        shard = self._shards.get(address)
        if shard is None:
            shard = self._shards[address] = ShardConnection(self._cluster.client(address), self)
        return shard


def create_bus(live: LiveRedis, process_id: str, listener: Listener) -> Bus:
    """The bus for the server at hand."""
    names = live.names
    heard = listener if names.is_default else InsideNames(listener, names)
    bus: Bus
    if isinstance(live, LiveCluster):
        bus = ShardedPubSub(live, process_id, heard, names)
    else:
        bus = RedisPubSub(live.client, process_id, heard, names)
    return bus if names.is_default else PrefixedBus(bus, names)
