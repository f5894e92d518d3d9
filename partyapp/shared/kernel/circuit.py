"""A circuit breaker: who has just failed to answer is left alone for a while, so that not everybody waits."""

from collections.abc import Callable

from partyapp.shared.kernel.clock import monotonic_s


class Circuit:
    """Closed while the last call went well. After a failure it is open for `pause_s`, then one call may try.

    The states are those of Nygard, "Release It!", 2nd ed., ch. 5. It is not for threads: a check and what
    follows from it are one step of the event loop.
    """

    def __init__(self, pause_s: float, now_s: Callable[[], float] = monotonic_s) -> None:
        self._pause_s = pause_s
        self._now_s = now_s
        self._open_until_s = 0.0

    def lets_through(self) -> bool:
        """Whether to call now. While one tries after a pause, the others are still kept away."""
        if not self._open_until_s:
            return True
        if self._now_s() < self._open_until_s:
            return False
        self._open_until_s = self._now_s() + self._pause_s
        return True

    def failed(self) -> None:
        """A call waited in vain."""
        self._open_until_s = self._now_s() + self._pause_s

    def worked(self) -> None:
        """A call was answered."""
        self._open_until_s = 0.0
