"""A bus whose channels have a prefix of the deployment's own on the server; see `RedisNames`."""

from partyapp.realtime.pubsub.redis_pubsub import Bus, Listener
from partyapp.shared.storage.redis_names import RedisNames


class InsideNames:
    """Passes on what comes in, under the names that the code knows."""

    def __init__(self, listener: Listener, names: RedisNames) -> None:
        self._listener, self._names = listener, names

    def received(self, channel: str, payload: bytes) -> None:
        """See `Listener`."""
        self._listener.received(self._names.inside(channel), payload)

    def subscribed(self, channel: str) -> None:
        """See `Listener`."""
        self._listener.subscribed(self._names.inside(channel))


class PrefixedBus:
    """The bus at hand, under the names that the code knows. See `Bus`."""

    def __init__(self, bus: Bus, names: RedisNames) -> None:
        self._bus, self._names = bus, names

    @property
    def own_channel(self) -> str:
        """See `Bus`."""
        return self._names.inside(self._bus.own_channel)

    @property
    def connected(self) -> bool:
        """See `Bus`."""
        return self._bus.connected

    @property
    def idle(self) -> bool:
        """See `Bus`."""
        return self._bus.idle

    def start(self) -> None:
        """See `Bus`."""
        self._bus.start()

    def stop(self) -> None:
        """See `Bus`."""
        self._bus.stop()

    def subscribe(self, channel: str) -> None:
        """See `Bus`."""
        self._bus.subscribe(self._names(channel))

    def unsubscribe(self, channel: str) -> None:
        """See `Bus`."""
        self._bus.unsubscribe(self._names(channel))

    def publish(self, channel: str, payload: bytes) -> None:
        """See `Bus`."""
        self._bus.publish(self._names(channel), payload)
