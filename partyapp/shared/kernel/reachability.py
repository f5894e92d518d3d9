"""Tells of the loss of a server once, with the reason, and of its return, however often it is asked."""

import logging

from partyapp.shared.kernel.clock import monotonic_ms

_LONGEST = 300


class Reachability:
    """Whether this process reaches one server. Any thread may say so."""

    def __init__(self, server: str, log: logging.Logger) -> None:
        self._server, self._log = server, log
        self._gone_ms: float | None = None

    @property
    def is_gone(self) -> bool:
        """Whether the last that was heard of it is its loss."""
        return self._gone_ms is not None

    def gone(self, reason: object) -> None:
        """It was not reached. `reason` is an error of the server's or the network's, or words."""
        if self._gone_ms is None:
            self._gone_ms = monotonic_ms()
            text = " ".join(str(reason).split()) or type(reason).__name__
            self._log.warning("%s is gone: %s", self._server, text[:_LONGEST])

    def back(self) -> None:
        """It was reached."""
        gone_ms, self._gone_ms = self._gone_ms, None
        if gone_ms is not None:
            self._log.warning("%s is back after %.1f s", self._server, (monotonic_ms() - gone_ms) / 1000)
