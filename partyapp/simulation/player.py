"""A simulated player for the clients' followers: exact, or as video sites put them into frames."""

from __future__ import annotations

import math
from collections.abc import Callable

from party_client.player import Traits
from party_client.types import PlayerState


class SimulatedPlayer:
    """A player by a clock of ms. `begins_s`: how long it takes to move after `play`, and after a seek.

    `off_ppm`: how much faster than real time it plays. What its traits don't allow, it does not do: a seek is
    down to the whole step, a rate changes nothing, a position is as old as `answer_ms`.
    """

    def __init__(
        self,
        now_ms: Callable[[], float],
        traits: Traits | None = None,
        *,
        begins_s: float = 0.0,
        off_ppm: float = 0.0,
    ) -> None:
        self._now_ms = now_ms
        self._traits = traits or Traits()
        self._begins_s, self._speed = begins_s, 1.0 + off_ppm * 1e-6
        self._at_s, self._from_ms, self._rate, self._playing = 0.0, 0.0, 1.0, False
        self._stalled_ms = -math.inf
        self._history: list[tuple[float, float]] = []
        self.calls: list[str] = []

    @property
    def traits(self) -> Traits:
        return self._traits

    @property
    def true_s(self) -> float:
        """Where its picture is."""
        return self._true_at(self._now_ms())

    def position_s(self) -> float:
        return max(0.0, self._true_at(max(self._now_ms() - self._traits.answer_ms, self._from_ms)))

    def state(self) -> PlayerState:
        if self._playing and self._now_ms() < self._stalled_ms:
            return "buffering"
        return "playing" if self._playing else "paused"

    def play(self) -> None:
        self.calls.append("play")
        self._settle(self._begins_s)
        self._playing = True

    def pause(self) -> None:
        self.calls.append("pause")
        self._settle(0.0)
        self._playing = False

    def seek(self, position_s: float) -> None:
        self.calls.append("seek")
        self._settle(self._begins_s)
        step_s = self._traits.seek_step_s
        self._at_s = math.floor(position_s / step_s + 1e-9) * step_s if step_s else position_s

    def set_rate(self, rate: float) -> None:
        self.calls.append("rate")
        if self._traits.rate:
            self._settle(0.0)
            self._rate = rate

    def stall(self, for_s: float) -> None:
        """Load for so long."""
        self._settle(for_s)
        self._stalled_ms = self._now_ms() + for_s * 1000

    def _settle(self, still_s: float) -> None:
        self._at_s, self._from_ms = self.true_s, self._now_ms() + still_s * 1000

    def _true_at(self, at_ms: float) -> float:
        moved_s = max(0.0, at_ms - self._from_ms) / 1000 if self._playing else 0.0
        return self._at_s + moved_s * self._rate * self._speed
