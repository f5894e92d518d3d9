"""When what did not arrive is tried again, and how much one person is sent."""

from dataclasses import dataclass

from partyapp.shared.kernel.backoff import equal_jitter

_HOUR_MS = 3_600_000.0


@dataclass(frozen=True, kw_only=True)
class Retries:
    """Waits that double from `first_ms` to `longest_ms`.

    There are no more `for_ms` after the first try, if there were `least` of them.
    """

    first_ms: float = 5000.0
    longest_ms: float = 1_800_000.0
    for_ms: float = 6 * _HOUR_MS
    least: int = 5

    def are_over(self, tries: int, first_try_ms: float, now_ms: float) -> bool:
        """Whether it is given up after so many tries."""
        return tries >= self.least and now_ms - first_try_ms >= self.for_ms

    def wait_ms(self, tries: int, chance: float) -> float:
        """The wait after so many tries, 1 or more; half of it is left to `chance`, drawn from 0 to 1."""
        return equal_jitter(self.first_ms, self.longest_ms, tries, chance)


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What one person may be sent: `most` at once, and as many in an hour."""

    left: float
    at_ms: float

    def refilled(self, now_ms: float, most: int) -> "Allowance":
        """What is left by now."""
        gained = max(0.0, now_ms - self.at_ms) * most / _HOUR_MS
        return Allowance(left=min(float(most), self.left + gained), at_ms=now_ms)

    def wait_ms(self, most: int) -> float:
        """How long until there is one; 0 when there is."""
        return max(0.0, (1.0 - self.left) * _HOUR_MS / most)

    def taken(self) -> "Allowance":
        """With one less."""
        return Allowance(left=self.left - 1.0, at_ms=self.at_ms)
