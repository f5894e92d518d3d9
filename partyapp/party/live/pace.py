"""How often a member should ping and report: often while anything is unsure, seldom once all is well.

A member whose picture is proven to be in sync tells nothing new in most of its statuses, and says by itself
when its error changes; one whose clock is known within a few milliseconds tells nothing new in most of its
pings. Who has jitter keeps pinging once a second: with fewer exchanges the error grows there. `make
bench-sync` has a row "party, paced" that keeps this schedule; with a ping in 8 s its median error is a third
larger. Whatever changes is reported at once in any case.

Once a second is more than a process can listen to when everybody comes back at once: those who are unsure
share a budget, and all of them are asked less often where it doesn't suffice.
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

#: After a join, a stall or a seek, and as long as a member isn't proven to be in sync, on a quiet process.
OFTEN = Pace(OFTEN_MS, OFTEN_MS)

#: So many messages a second a process asks at most of those it asks often, as long as they are few enough to
#: be asked in `SELDOM_PING_MS`: a fifth of what one core reads.
BUDGET_A_SECOND = 2000

#: For so long, in ms, a member has to be in sync, and to know its clock within this bound (ms), before it is
#: asked less often.
CALM_AFTER_MS = 10_000.0
KNOWN_BOUND_MS = 8.0


class PaceBudget:
    """How often the members of one process are asked for what is unsure: once in 1, 2 or 4 s.

    Less often as soon as their messages are more than `a_second`, and more often again once those would be
    half of that: so who comes and goes doesn't change it all the time.
    """

    __slots__ = ("_a_second", "_asked", "often_ms")

    def __init__(self, a_second: float = BUDGET_A_SECOND) -> None:
        self._a_second = a_second
        self._asked = 0
        self.often_ms = OFTEN_MS

    def ask(self, more: int) -> None:
        """So many kinds of messages are asked often that weren't; fewer where it is negative."""
        self._asked += more
        while self.often_ms < SELDOM_PING_MS and self._in(self.often_ms) > self._a_second:
            self.often_ms *= 2
        while self.often_ms > OFTEN_MS and self._in(self.often_ms // 2) <= self._a_second / 2:
            self.often_ms //= 2

    def _in(self, every_ms: int) -> float:
        """The messages a second of members who send each in this time."""
        return self._asked * 1000.0 / every_ms


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
    """Decides the pace of one member. Instants in ms of party time.

    Its part of the budget is taken from `begin` to `end`.
    """

    __slots__ = ("_budget", "_counted", "_in_sync", "_known", "_taken", "pace")

    def __init__(self, budget: PaceBudget | None = None) -> None:
        self._budget = budget or PaceBudget()
        self._counted = False
        #: How many of the two kinds, pings and statuses, are counted in the budget.
        self._taken = 0
        self._in_sync, self._known = _Streak(), _Streak()
        self.pace = OFTEN

    def begin(self) -> None:
        """The member comes, and nothing is known of it."""
        self._counted = True
        self._take(2)
        self.pace = Pace(self._budget.often_ms, self._budget.often_ms)

    def end(self) -> None:
        """The member has gone."""
        self._take(0)
        self._counted = False

    def note(self, in_sync: bool, bound_ms: float | None, now_ms: float) -> Pace | None:
        """Take notice of a status; returns the pace where it becomes another one."""
        in_sync = self._in_sync.lasts(in_sync, now_ms)
        known = self._known.lasts(bound_ms is not None and bound_ms <= KNOWN_BOUND_MS, now_ms)
        pings_often, statuses_often = not (in_sync and known), not in_sync
        self._take(pings_often + statuses_often)
        often_ms = self._budget.often_ms
        pace = Pace(
            ping_ms=often_ms if pings_often else SELDOM_PING_MS,
            status_ms=often_ms if statuses_often else SELDOM_STATUS_MS,
        )
        if pace == self.pace:
            return None
        self.pace = pace
        return pace

    def _take(self, kinds: int) -> None:
        if self._counted and kinds != self._taken:
            self._budget.ask(kinds - self._taken)
            self._taken = kinds
