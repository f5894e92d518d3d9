"""How far ahead of the party a member's player is, from what its client says of it.

mpv begins to draw a frame as soon as the one before is on the screen (`--video-timing-offset`), and tells
that frame's position from then on. So while it plays it tells one frame more than is seen, and each sample is
high by up to a frame: the picture, and the sound with it, is half a frame behind what is told on average.
The client asks ten times a second, and frames and questions keep their phase to each other, so two questions
in a row see two places in a frame, and the mean of the samples near their median is nearer to the truth than
any of them. What remains can't be seen from here: up to 10 ms at 25 frames a second.
"""

from array import array
from statistics import fmean, median

#: Half of a frame at 25 to 30 frames a second, in s.
HALF_FRAME_S = 0.018

#: What is further from the median than this (s) is a late answer or a hiccup of the player.
_NEAR_S = 0.030

FEWEST = 5
MOST = 9


class PositionSamples:
    """The last samples since the member was last told to move; errors in s, ahead is positive."""

    __slots__ = ("_errors",)

    def __init__(self) -> None:
        # An array, since there are thousands of members: a deque takes ten times as much.
        self._errors = array("d")

    def __len__(self) -> int:
        return len(self._errors)

    def add(self, error_s: float) -> None:
        """One sample of a player that plays: the position said, minus the party's at that instant."""
        self._errors.append(error_s)
        del self._errors[:-MOST]

    def clear(self) -> None:
        """The member was told to move: what came before says nothing any more."""
        del self._errors[:]

    def latest(self, count: int) -> list[float]:
        """The last samples as they came in, oldest first; fewer if there are fewer."""
        return list(self._errors)[-count:]

    def error_s(self, fewest: int = FEWEST) -> float | None:
        """How far ahead the picture is, in s; None with fewer samples than that."""
        if len(self._errors) < fewest:
            return None
        middle = median(self._errors)
        near = [error for error in self._errors if abs(error - middle) <= _NEAR_S]
        return (fmean(near) if near else middle) - HALF_FRAME_S
