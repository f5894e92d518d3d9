"""Party time in the gateway, learned from the answers to its pings: one clock for all of its members."""

from partyapp.gateways.syncplay.party_messages import Pong
from partyapp.shared.kernel.clock import PartyClock, monotonic_ms


class PartyTime:
    """The process's party clock. Whichever member's socket brings an exchange, all learn from it."""

    def __init__(self) -> None:
        self._clock = PartyClock()

    @property
    def known(self) -> bool:
        """Whether there was an exchange."""
        return self._clock.anchored

    def now_ms(self) -> float:
        """Party time in ms."""
        return self._clock.now_ms()

    def at(self, mono_ms: float) -> float:
        """The party time, in ms, of an instant of the monotonic clock."""
        return self._clock.now_ms() - (monotonic_ms() - mono_ms)

    def learn(self, pong: Pong, received_ms: float) -> None:
        """Take the answer to a ping that was sent at `pong.t1`; both are ms of the monotonic clock."""
        served_ms = (pong.t2 + pong.t3) / 2
        if not pong.t1 <= received_ms:
            return
        if pong.clock_epoch != self._clock.epoch:
            self._clock.epoch = pong.clock_epoch
            self._clock.anchor(pong.t1, served_ms, received_ms)
        else:
            self._clock.discipline(pong.t1, served_ms, received_ms)
