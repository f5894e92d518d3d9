"""What a member's player does, from the samples that its client sends: where it is, and whether it moves.

Instants in ms of party time, positions and errors in s (ahead is positive).
"""

import math

from partyapp.gateways.syncplay.position_samples import PositionSamples

#: Whoever falls so far behind without a command is loading; whoever is nearer than this is no longer.
BUFFERING_S = 2.0
RECOVERED_S = 1.0

#: Two samples this fast (s of film per s) after each other: the player moves.
MOVING_RATE = 0.5

#: A settled member is told a position this much (s) too low until it has shown twice, or not once, that its
#: client tells what it was told: a room so little behind makes no client do anything (1.3 s at least does).
PROBE_S = 0.7
ECHOES = 2

#: While it is told a room 2.5 s behind, who says it is so far behind tells what it was told, not its player.
ECHOED_S = -1.5


class PlayerWatch:
    """The player of one connection."""

    __slots__ = (
        "_behind", "_echoed", "_trusted_from_ms", "buffering", "echoes", "is_known", "moving", "paused",
        "paused_error_s", "position_s", "sampled_ms", "samples",
    )  # fmt: skip

    def __init__(self) -> None:
        self.samples = PositionSamples()
        self._trusted_from_ms = -math.inf
        self._behind = 0
        self.buffering = False
        self.moving = False
        #: Whether the client tells our own position as its player's (an option of it): then nothing is known.
        self.echoes = False
        #: Whether that was found out.
        self.is_known = False
        self._echoed = 0
        self.paused: bool | None = None
        self.position_s: float | None = None
        self.sampled_ms: float | None = None
        self.paused_error_s: float | None = None

    def distrust_until(self, until_ms: float) -> None:
        """The member was told to move: what it reports of instants before this is not where its player is."""
        self.samples.clear()
        self._trusted_from_ms = until_ms
        self.paused_error_s = None
        self._behind = 0

    def heard(
        self, at_ms: float, position_s: float, paused: bool | None, party_s: float, *, plays: bool
    ) -> None:
        """At that instant the player was there, and the party was at `party_s` and played or stood still."""
        self._note_motion(at_ms, position_s)
        self.position_s, self.sampled_ms, self.paused = position_s, at_ms, paused
        if at_ms < self._trusted_from_ms:
            return
        error_s = position_s - party_s
        if not plays:
            self.samples.clear()
            self.paused_error_s = error_s
            self.buffering = self.buffering and abs(error_s) > RECOVERED_S
            return
        self.paused_error_s = None
        self._note_buffering(error_s)
        self.samples.add(error_s)

    def heard_slowing(self, at_ms: float, position_s: float, party_s: float) -> None:
        """The same, while it was told a room that is 2.5 s behind the party."""
        self._note_motion(at_ms, position_s)
        self.position_s, self.sampled_ms = position_s, at_ms
        self.echoes = self.echoes or position_s - party_s < ECHOED_S

    def heard_probe(self, error_s: float) -> None:
        """It answered a State that said `PROBE_S` too little."""
        usual_s = self.samples.error_s(fewest=3)
        if usual_s is None:
            return
        self._echoed = self._echoed + 1 if error_s < usual_s - PROBE_S / 2 else 0
        self.echoes = self.echoes or self._echoed >= ECHOES
        self.is_known = self.echoes or not self._echoed

    def error_s(self) -> float | None:
        """How far ahead its picture is; None while unknown."""
        if self.echoes:
            return None
        return self.samples.error_s(fewest=3) if self.paused_error_s is None else self.paused_error_s

    def _note_motion(self, at_ms: float, position_s: float) -> None:
        if self.sampled_ms is not None and self.position_s is not None and at_ms > self.sampled_ms:
            rate = (position_s - self.position_s) / (at_ms - self.sampled_ms) * 1000.0
            self.moving = rate >= MOVING_RATE

    def _note_buffering(self, error_s: float) -> None:
        if error_s < -BUFFERING_S:
            self._behind += 1
            self.buffering = self.buffering or self._behind > 1
        else:
            self._behind = 0
            self.buffering = self.buffering and error_s < -RECOVERED_S
