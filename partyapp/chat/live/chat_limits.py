"""How much one person may say and react: eight seconds' worth at once, by buckets of this process."""

from uuid import UUID

from partyapp.shared.kernel.bounds import Rate
from partyapp.shared.ops.token_buckets import TokenBuckets, must_have

BURST_S = 8.0
_DETAILS = {
    "chat": "You write faster than the others can read.",
    "reactions": "You react faster than anybody can see.",
}


class ChatLimit:
    """One rule of `Rates`, by people."""

    def __init__(self, rule: str, rate: Rate, *, enabled: bool) -> None:
        self._rule = rule
        self._enabled = enabled
        self._buckets = TokenBuckets(rate, burst_s=BURST_S)

    def __call__(self, user_id: UUID) -> None:
        """Count one. Raises `RateLimited` when it is one too many."""
        if not self._enabled:
            return
        who = str(user_id)
        must_have(self._buckets, who, rule=self._rule, detail=_DETAILS[self._rule])
        self._buckets.take(who)

    def each_second(self) -> None:
        """Forget those who have said nothing lately."""
        self._buckets.drop_full()
