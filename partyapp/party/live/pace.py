"""How often a member should ping and report: often while anything is unsure, seldom once all is well.

A member whose picture is proven to be in sync tells nothing new in most of its statuses, and says by itself
when its error changes; one whose clock is known within a few milliseconds tells nothing new in most of its
pings. Who has jitter keeps pinging once a second: with fewer exchanges the error grows there. `make
bench-sync` has a row "party, paced" that keeps this schedule; with a ping in 8 s its median error is a third
larger. Whatever changes is reported at once in any case.
"""

from typing import NamedTuple


class Pace(NamedTuple):
    """How often the server wants to hear a member: its pings and its statuses, in ms."""

    ping_ms: int
    status_ms: int

    def view(self) -> dict[str, int]:
        """The contract's `pace`."""
        return {"ping_ms": self.ping_ms, "status_ms": self.status_ms}


#: A wait while anything is unsure, and those of pings and of statuses while all is well, in ms.
OFTEN_MS = 1000
SELDOM_PING_MS = 4000
SELDOM_STATUS_MS = 8000

#: After a join, a stall or a seek, and as long as a member isn't proven to be in sync.
OFTEN = Pace(OFTEN_MS, OFTEN_MS)

#: For so long, in ms, a member has to be in sync, and to know its clock within this bound (ms), before it is
#: asked less often.
CALM_AFTER_MS = 10_000.0
KNOWN_BOUND_MS = 8.0


class _Streak:
    """For how long something has been so."""

    __slots__ = ("_since_ms",)

    def __init__(self) -> None:
        self._since_ms: float | None = None

    def lasts(self, holds: bool, now_ms: float) -> bool:
        """Whether it has held for `CALM_AFTER_MS` by now."""
        if not holds:
            self._since_ms = None
            return False
        if self._since_ms is None:
            self._since_ms = now_ms
        return now_ms - self._since_ms >= CALM_AFTER_MS


class PaceRule:
    """Decides the pace of one member. Instants in ms of party time."""

    __slots__ = ("_in_sync", "_known", "pace")

    def __init__(self) -> None:
        self.pace = OFTEN
        self._in_sync, self._known = _Streak(), _Streak()

    def note(self, in_sync: bool, bound_ms: float | None, now_ms: float) -> Pace | None:
        """Take notice of a status; returns the pace where it becomes another one."""
        in_sync = self._in_sync.lasts(in_sync, now_ms)
        known = self._known.lasts(bound_ms is not None and bound_ms <= KNOWN_BOUND_MS, now_ms)
        pace = Pace(
            ping_ms=SELDOM_PING_MS if in_sync and known else OFTEN_MS,
            status_ms=SELDOM_STATUS_MS if in_sync else OFTEN_MS,
        )
        if pace == self.pace:
            return None
        self.pace = pace
        return pace
