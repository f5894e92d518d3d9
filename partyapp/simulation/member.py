"""One simulated member: the Python client, with a player that begins as late as a browser's does."""

from typing import Any

from party_client import AsyncPartyApi, AsyncPartyConnection

from partyapp.shared.kernel.clock import monotonic_ms
from partyapp.shared.kernel.quantile import quantile
from partyapp.simulation.player import SimulatedPlayer
from partyapp.simulation.samples import Samples

#: How long the player takes to move after `play` and after a seek, s.
BEGINS_S = 0.08
#: So many of a member's own errors are kept.
_MOST_OWN = 500
#: How long its first socket may take, s.
OPEN_S = 60.0


class SimulatedMember:
    """A member of `party_id`, the plan's party `party`. `heard` and `pongs` take what all members hear."""

    def __init__(
        self,
        api: AsyncPartyApi,
        party: int,
        party_id: str,
        heard: dict[str, tuple[float, int]],
        pongs: Samples,
    ) -> None:
        self.api, self.party = api, party
        self.connection = AsyncPartyConnection(api, party_id)
        self.player = SimulatedPlayer(monotonic_ms, begins_s=BEGINS_S)
        self.errors = Samples(_MOST_OWN)
        self._heard, self._pongs = heard, pongs
        self.connection.follow(self.player)
        self.connection.on("playback", self._on_playback)
        self.connection.on("pong", self._on_pong)

    @property
    def is_open(self) -> bool:
        """Whether it is in its party now."""
        return self.connection.state == "open"

    @property
    def worst_error_ms(self) -> float:
        """What 95 % of its errors don't exceed; NaN without any."""
        return quantile(sorted(self.errors.kept), 0.95)

    def error_ms(self, party_ms: float) -> float | None:
        """How far its picture is from the party's, now that it is `party_ms`; None while nothing plays."""
        point = self.connection.timeline.at(party_ms)
        if point is None or not point.playing or not self.is_open:
            return None
        return abs(point.position_s - self.player.true_s) * 1000.0

    def _on_playback(self, message: dict[str, Any]) -> None:
        what = f"{self.party}/{message['revision']}"
        _, members = self._heard.get(what, (0.0, 0))
        self._heard[what] = monotonic_ms(), members + 1

    def _on_pong(self, message: dict[str, Any]) -> None:
        self._pongs.add(monotonic_ms() - float(message["t1"]))
