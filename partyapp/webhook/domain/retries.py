"""When what failed is tried again."""

from dataclasses import dataclass

from partyapp.shared.kernel.backoff import equal_jitter
from partyapp.shared.kernel.clock import DAY_MS


@dataclass(frozen=True, kw_only=True)
class RetrySchedule:
    """Waits that double from `first_ms` to `longest_ms`; an event is given up after `for_ms`. In ms."""

    first_ms: float = 5000.0
    longest_ms: float = 3_600_000.0
    for_ms: float = 3 * DAY_MS

    def wait_ms(self, failures: int, chance: float, retry_after_s: float | None = None) -> float:
        """The wait after so many failures in a row, 1 or more; `chance` is drawn from 0 to 1.

        Half of it is left to chance. A receiver may ask for longer, up to the longest.
        """
        drawn = equal_jitter(self.first_ms, self.longest_ms, failures, chance)
        asked = min(self.longest_ms, (retry_after_s or 0.0) * 1000)
        return max(drawn, asked)

    def given_up_before_ms(self, now_ms: float) -> float:
        """What has failed since before then is given up."""
        return now_ms - self.for_ms
