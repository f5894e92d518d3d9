"""When to tell the service where a player is: as often as it wants, and at once after a change."""

import math

from party_client.types import Json

#: A change is told at once, but never faster than this, ms.
_CHANGE_PAUSE_MS = 300.0
#: An error that has changed by more than this, s, is news within a second.
_NEWS_S, _NEWS_PAUSE_MS = 0.025, 1000.0


class StatusPace:
    """Of one player."""

    def __init__(self) -> None:
        self._told_ms = -math.inf
        self._told: tuple[object, object] | None = None
        self._told_error_s = 0.0

    def is_due(self, status: Json, error_s: float | None, every_ms: float, now_ms: float) -> bool:
        """Whether to tell it now (ms of the own clock); it counts as told then."""
        what = status["state"], status["revision"]
        error_s = self._told_error_s if error_s is None else error_s
        pause_ms = every_ms
        if what != self._told:
            pause_ms = _CHANGE_PAUSE_MS
        elif abs(error_s - self._told_error_s) > _NEWS_S:
            pause_ms = min(every_ms, _NEWS_PAUSE_MS)
        if now_ms - self._told_ms < pause_ms:
            return False
        self._told_ms, self._told, self._told_error_s = now_ms, what, error_s
        return True
