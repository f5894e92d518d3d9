"""What a process has at one node of a Cluster: a connection that subscribes, and what it publishes there.

It is to a node what the plain bus is to a server. Two things are a Cluster's own: the node may answer that a
channel's slot is another's now (to SSUBSCRIBE and to SPUBLISH), and it takes subscriptions away when a slot
leaves it. Both are reported to the bus, which knows the map.
"""

import logging
import random
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import gevent
import redis
from gevent.event import Event
from redis.exceptions import MovedError

from partyapp.realtime.pubsub.redis_pubsub import (
    FIRST_PAUSE_S,
    HEARTBEAT_S,
    LONGEST_PAUSE_S,
    MAX_UNSENT,
    SILENCE_S,
)
from partyapp.realtime.pubsub.subscription import Subscription, SubscriptionEnded
from partyapp.shared.kernel.backoff import Backoff
from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.run_forever import run_forever
from partyapp.shared.storage.live_redis import slot_of
from partyapp.shared.storage.redis_client import RedisGone

log = logging.getLogger(__name__)

_BATCH = 200
Publication = tuple[str, bytes]


class ShardEvents(Protocol):
    """What a connection reports to the bus."""

    def received(self, channel: str, payload: bytes) -> None:
        """A publication came in."""

    def confirmed(self, channel: str) -> None:
        """A subscription is in force from now on; what came before may have been missed."""

    def misplaced(self, channels: Iterable[str], moved: MovedError | None) -> None:
        """The node doesn't have these channels, or it has said so of a publication."""

    def troubled(self) -> None:
        """The node doesn't answer as it should: perhaps its slots are another's by now."""


class ShardConnection:
    """Nothing here raises or waits in the caller's greenlet."""

    def __init__(self, client: redis.Redis, bus: ShardEvents) -> None:
        self._client = client
        self._bus = bus
        self._wanted: set[str] = set()
        self._confirmed: set[str] = set()
        self._changes: set[str] = set()
        self._changed = Event()
        self._some_wanted = Event()
        self._unsent: deque[Publication] = deque(maxlen=MAX_UNSENT)
        self._to_send = Event()
        self._sending = False
        self._received_s = 0.0
        self._subscription: Subscription | None = None
        works = (self._listen_forever, self._change_forever, self._heartbeat_forever, self._send_forever)
        self._greenlets = [gevent.spawn(run_forever, work) for work in works]

    @property
    def idle(self) -> bool:
        """True while nothing is wanted here and nothing waits to be sent."""
        return self.all_sent and not (self._wanted or self._changes)

    @property
    def all_sent(self) -> bool:
        """True while nothing waits to be sent."""
        return not (self._unsent or self._sending)

    def carries(self, channel: str) -> bool:
        """True while the channel's subscription is known to carry messages."""
        return channel in self._confirmed and monotonic_s() - self._received_s < SILENCE_S

    def stop(self) -> None:
        """End within a moment."""
        gevent.killall(self._greenlets, timeout=1)
        self._disconnect()
        self._client.close()

    def want(self, channel: str) -> None:
        """Listen to it from soon on."""
        self._wanted.add(channel)
        self._some_wanted.set()
        self._change(channel)

    def drop(self, channel: str) -> None:
        """Stop listening to it."""
        self._wanted.discard(channel)
        self._confirmed.discard(channel)
        self._change(channel)

    def publish(self, publication: Publication) -> None:
        """Send soon, in order; the oldest are dropped beyond `MAX_UNSENT`."""
        self._unsent.append(publication)
        self._to_send.set()

    def take_back(self, belongs: Callable[[str], bool]) -> list[Publication]:
        """Give back what waits here for channels that belong elsewhere, in order."""
        if all(belongs(channel) for channel, _ in self._unsent):
            return []
        waiting = list(self._unsent)
        self._unsent.clear()
        self._unsent.extend(one for one in waiting if belongs(one[0]))
        return [one for one in waiting if not belongs(one[0])]

    def _change(self, channel: str) -> None:
        self._changes.add(channel)
        self._changed.set()

    def _listen_forever(self) -> None:
        backoff = Backoff(FIRST_PAUSE_S, LONGEST_PAUSE_S)
        while True:
            self._some_wanted.wait()
            try:
                self._listen()
                backoff.worked()
            except RedisGone as error:
                cause = error.__cause__ or error
                log.warning("the subscription to a node was lost: %s", type(cause).__name__)
                self._bus.troubled()
                # What was received is the proof of a connection that held; a fresh loss is mended soon.
                if monotonic_s() - self._received_s < SILENCE_S:
                    backoff.worked()
            except Exception:
                # A bug of ours: without this greenlet nothing of this node's would be heard any more.
                log.exception("the listener failed")
            self._disconnect()
            gevent.sleep(backoff.failed() * random.uniform(0.5, 1.0))

    def _listen(self) -> None:
        subscription = Subscription(self._client)
        asked = set(self._wanted)
        _ssubscribe(subscription, asked)
        self._subscription = subscription
        # What was asked for while the connection was being made was left to it.
        _ssubscribe(subscription, self._wanted - asked)
        opened_s = received_s = monotonic_s()
        while self._wanted:
            try:
                message = subscription.next(1.0)
            except MovedError as error:
                self._lose([one for one in self._wanted if slot_of(one) == error.slot_id], error)
                continue
            if message is not None:
                received_s = self._received_s = monotonic_s()
                self._take_in(message)
            elif monotonic_s() - max(received_s, opened_s) > SILENCE_S:
                raise redis.ConnectionError("nothing received, not even an answer to our own heartbeat")
        self._some_wanted.clear()

    def _take_in(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "pong":
            return
        channel = message["channel"].decode()
        if channel not in self._wanted:
            # A wish taken back while the connection was being made; a message on its way is no matter.
            if kind == "ssubscribe":
                self._change(channel)
        elif kind == "smessage":
            self._bus.received(channel, message["data"])
        elif kind == "ssubscribe":
            self._confirmed.add(channel)
            self._bus.confirmed(channel)
        elif kind == "sunsubscribe":
            # We didn't ask for it: its slot has left this node.
            self._lose([channel], None)

    def _lose(self, channels: list[str], moved: MovedError | None) -> None:
        self._wanted.difference_update(channels)
        self._confirmed.difference_update(channels)
        self._bus.misplaced(channels, moved)

    def _change_forever(self) -> None:
        while True:
            self._changed.wait()
            self._changed.clear()
            while self._changes:
                channel = self._changes.pop()
                subscription = self._subscription
                if subscription is None:
                    # A new connection subscribes to all that is wanted.
                    continue
                try:
                    subscription.send("ssubscribe" if channel in self._wanted else "sunsubscribe", channel)
                except SubscriptionEnded:
                    # The listener has been woken and makes another.
                    continue

    def _heartbeat_forever(self) -> None:
        # The answer comes by the subscription itself, so it proves the connection without a channel for each
        # node. A publication to a channel for all would go to every node of the Cluster.
        while True:
            gevent.sleep(HEARTBEAT_S)
            subscription = self._subscription
            try:
                if subscription is not None:
                    subscription.send("ping")
            except SubscriptionEnded:
                continue

    def _send_forever(self) -> None:
        pause_s = 0.05
        while True:
            self._to_send.wait()
            self._to_send.clear()
            while self._unsent:
                batch = [self._unsent.popleft() for _ in range(min(_BATCH, len(self._unsent)))]
                self._sending = True
                failed = self._send(batch)
                room = MAX_UNSENT - len(self._unsent)
                self._unsent.extendleft(reversed(failed[-room:] if room else []))
                self._sending = False
                if not failed:
                    pause_s = 0.05
                    continue
                self._bus.troubled()
                pause_s = min(pause_s * 2, 1.0)
                gevent.sleep(pause_s * random.uniform(0.5, 1.0))

    def _send(self, batch: list[Publication]) -> list[Publication]:
        """Publish them; returns those that failed. A repeat may publish twice, which is harmless."""
        pipeline = self._client.pipeline(transaction=False)
        for channel, payload in batch:
            pipeline.spublish(channel, payload)
        try:
            answers = pipeline.execute(raise_on_error=False)
        except RedisGone:
            return batch
        for answer in answers:
            if isinstance(answer, MovedError):
                self._bus.misplaced([], answer)
        return [one for one, answer in zip(batch, answers, strict=True) if isinstance(answer, Exception)]

    def _disconnect(self) -> None:
        self._confirmed.clear()
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.end()


def _ssubscribe(subscription: Subscription, channels: Iterable[str]) -> None:
    """One command a slot: the server refuses channels of several slots in one."""
    slots: dict[int, list[str]] = {}
    for channel in channels:
        slots.setdefault(slot_of(channel), []).append(channel)
    for together in slots.values():
        subscription.send("ssubscribe", *together)
