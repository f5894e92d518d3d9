"""The bus between processes: one Redis subscription connection a process, whatever the number of rooms.

Pub/sub loses what is published while a connection is down, and redis-py hides that it was. So every
confirmed subscription is reported, so that the room can be compared with Postgres, and a heartbeat of
our own proves that the connection still carries anything: a half-open one is noticed within a few seconds
and made anew.
"""

import logging
import random
from collections.abc import Sequence
from typing import Any, Protocol

import gevent
import redis
from gevent.event import Event
from gevent.queue import Empty, Full, Queue

from partyapp.realtime.pubsub.subscription import Subscription, SubscriptionEnded
from partyapp.shared.kernel.backoff import Backoff
from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.run_forever import run_forever
from partyapp.shared.storage.redis_client import RedisGone
from partyapp.shared.storage.redis_names import DEFAULT_NAMES, RedisNames

log = logging.getLogger(__name__)

ROOM_PREFIX = "party:room:"
TICK_CHANNEL = "party:tick"
#: How many publications may wait while Redis is gone; with the tick, rooms that missed the rest catch up.
MAX_UNSENT = 5000
#: How many are sent with one wait for Redis.
MAX_BATCH = 50
HEARTBEAT_S = 1.5
SILENCE_S = 5.0
#: Before a lost subscription is made anew, in s.
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 2.0
_BEAT = b"beat"


class Listener(Protocol):
    """What takes what comes in. Called in the event loop: it must not wait."""

    def received(self, channel: str, payload: bytes) -> None:
        """A message came in on a channel."""

    def subscribed(self, channel: str) -> None:
        """A channel carries messages from now on; what was published before may be missing."""


class Bus(Protocol):
    """What the rooms need of a bus, on whatever server. Nothing of it raises or waits in the caller."""

    @property
    def own_channel(self) -> str:
        """Where this process alone listens."""

    @property
    def connected(self) -> bool:
        """True while the own channel is known to carry messages."""

    @property
    def idle(self) -> bool:
        """True once all that was published has been sent."""

    def start(self) -> None:
        """Begin to listen and to send."""

    def stop(self) -> None:
        """End within a moment."""

    def subscribe(self, channel: str) -> None:
        """Listen to a channel from soon on."""

    def unsubscribe(self, channel: str) -> None:
        """Stop listening to it."""

    def publish(self, channel: str, payload: bytes) -> None:
        """Send soon, in order for each channel."""


class RedisPubSub:
    """Publishes and subscribes. Nothing here raises or waits in the caller's greenlet."""

    def __init__(
        self, client: redis.Redis, process_id: str, listener: Listener, names: RedisNames = DEFAULT_NAMES
    ) -> None:
        self._client = client
        self._listener = listener
        self._own_channel = names(process_channel(process_id))
        self._wanted: set[str] = {self._own_channel, names(TICK_CHANNEL)}
        #: Channels that are wanted or not any more, which `_wanted` says.
        self._changes: Queue = Queue(maxsize=100_000)
        self._unsent: Queue = Queue(maxsize=MAX_UNSENT)
        self._sending = False
        self._received_s = 0.0
        self._subscription: Subscription | None = None
        self._stopping = Event()
        self._greenlets: list[gevent.Greenlet] = []

    @property
    def own_channel(self) -> str:
        """Where this process alone listens: outcomes of the commands it waits for, and its heartbeat."""
        return self._own_channel

    @property
    def connected(self) -> bool:
        """True while the subscription is known to carry messages."""
        return monotonic_s() - self._received_s < SILENCE_S

    @property
    def idle(self) -> bool:
        """True once all that was published has been sent."""
        return not self._sending and self._unsent.empty()

    def start(self) -> None:
        """Begin to listen and to send."""
        works = (self._listen_forever, self._send_forever, self._change_forever, self._heartbeat_forever)
        self._greenlets = [gevent.spawn(run_forever, work) for work in works]

    def stop(self) -> None:
        """End within a moment."""
        self._stopping.set()
        gevent.killall(self._greenlets, timeout=1)

    def subscribe(self, channel: str) -> None:
        """Listen to a channel from soon on."""
        if channel not in self._wanted:
            self._wanted.add(channel)
            self._changed(channel)

    def unsubscribe(self, channel: str) -> None:
        """Stop listening to it."""
        if channel in self._wanted:
            self._wanted.discard(channel)
            self._changed(channel)

    def publish(self, channel: str, payload: bytes) -> None:
        """Send soon, in order. While Redis is gone the oldest are dropped beyond `MAX_UNSENT`."""
        try:
            self._unsent.put_nowait((channel, payload))
        except Full:
            self._unsent.get_nowait()
            self._unsent.put_nowait((channel, payload))

    def _changed(self, channel: str) -> None:
        try:
            self._changes.put_nowait(channel)
        except Full:
            # Far behind: a new connection subscribes to all that is wanted anyway.
            self._disconnect()

    def _send_forever(self) -> None:
        while not self._stopping.is_set():
            self._sending = False
            channel, payload = self._unsent.get()
            self._sending = True
            batch = [(channel, payload)]
            while len(batch) < MAX_BATCH:
                try:
                    batch.append(self._unsent.get_nowait())
                except Empty:
                    break
            pause_s = 0.05
            while not self._stopping.is_set():
                try:
                    self._send(batch)
                    break
                except RedisGone:
                    # A repeat may publish twice; every message carries its revision, so twice is harmless.
                    pause_s = min(pause_s * 2, 1.0)
                    gevent.sleep(pause_s * random.uniform(0.5, 1.0))

    def _send(self, batch: Sequence[tuple[str, bytes]]) -> None:
        if len(batch) == 1:
            # As with a lone command. A pipeline of one takes the processor twice as long.
            self._client.publish(*batch[0])
            return
        pipeline = self._client.pipeline(transaction=False)
        for entry in batch:
            pipeline.publish(*entry)
        pipeline.execute()

    def _listen_forever(self) -> None:
        backoff = Backoff(FIRST_PAUSE_S, LONGEST_PAUSE_S)
        while not self._stopping.is_set():
            began_s = monotonic_s()
            try:
                self._listen()
            except RedisGone as error:
                log.warning("the subscription to Redis was lost: %s", type(error.__cause__ or error).__name__)
            except Exception:
                # A bug of ours: without this greenlet the process would hear of nothing any more.
                log.exception("the listener failed")
            self._disconnect()
            if monotonic_s() - began_s > SILENCE_S:
                # It held; a fresh loss is mended soon.
                backoff.worked()
            gevent.sleep(backoff.failed() * random.uniform(0.5, 1.0))

    def _listen(self) -> None:
        subscription = Subscription(self._client)
        wanted = set(self._wanted)
        subscription.send("subscribe", *wanted)
        self._subscription = subscription
        # What was asked for while the connection was being made was left to it.
        if late := self._wanted - wanted:
            subscription.send("subscribe", *late)
        self._received_s = monotonic_s()
        while not self._stopping.is_set():
            message = subscription.next(1.0)
            if message is not None:
                self._received_s = monotonic_s()
                self._take_in(message)
            elif monotonic_s() - self._received_s > SILENCE_S:
                raise redis.ConnectionError("nothing received, not even our own heartbeat")

    def _take_in(self, message: dict[str, Any]) -> None:
        channel = message["channel"].decode()
        if message["type"] == "subscribe":
            self._listener.subscribed(channel)
        elif message["type"] == "message" and message["data"] != _BEAT:
            self._listener.received(channel, message["data"])

    def _change_forever(self) -> None:
        while not self._stopping.is_set():
            changed = {self._changes.get()}
            while len(changed) < MAX_BATCH and not self._changes.empty():
                changed.add(self._changes.get_nowait())
            subscription = self._subscription
            if subscription is None:
                # A new connection subscribes to all that is wanted.
                continue
            try:
                for what, channels in (
                    ("subscribe", changed & self._wanted),
                    ("unsubscribe", changed - self._wanted),
                ):
                    if channels:
                        subscription.send(what, *channels)
            except SubscriptionEnded:
                # The listener has been woken and makes another.
                continue

    def _heartbeat_forever(self) -> None:
        while not self._stopping.wait(HEARTBEAT_S):
            try:
                self._client.publish(self._own_channel, _BEAT)
            except RedisGone:
                continue

    def _disconnect(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.end()


def process_channel(process_id: str) -> str:
    """The channel of one process."""
    return f"party:process:{process_id}"


def room_channel(party_id: object) -> str:
    """The channel of a party's room."""
    return f"{ROOM_PREFIX}{party_id}"
