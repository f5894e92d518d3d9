"""How many requests go out at once, and whose: who is slow or fails has a lane of its own.

An endpoint begins in the slow lane, since nobody knows it, and moves to the fast one when it accepts
something within `SLOW_MS`. A slow or failing one moves back. So the threads of the fast lane are never all
held by endpoints that keep them waiting, and one endpoint never has all of them.
"""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from partyapp.webhook.application.turns import TurnResult
from partyapp.webhook.domain.endpoint import WebhookEndpoint

#: What takes longer than this, in ms, is slow.
SLOW_MS = 1000.0
#: So many turns of one slow endpoint may be under way; of one that is down, one.
SLOW_TURNS = 2


def may_be_tried(endpoint: WebhookEndpoint, now_ms: float) -> bool:
    """Whether anything may be sent to the endpoint now."""
    return endpoint.disabled is None and endpoint.not_before_ms <= now_ms


class Lanes:
    """Counts the turns under way. The fast lane has `width` threads, the slow one a quarter as many."""

    def __init__(self, width: int) -> None:
        self.fast_width, self.slow_width = width, max(2, width // 4)
        self._fast: set[UUID] = set()
        #: Turns under way by endpoint, and how many of them are in the fast lane.
        self._turns: Counter[UUID] = Counter()
        self._in_fast = 0
        #: When each last had a turn, as a place in the order of all turns.
        self._last: dict[UUID, int] = {}
        self._begun = 0

    def is_fast(self, endpoint_id: UUID) -> bool:
        """Whose turns the endpoint's next ones go with."""
        return endpoint_id in self._fast

    def wanted(self, endpoints: Iterable[WebhookEndpoint], now_ms: float) -> dict[UUID, int]:
        """How many streams to claim now of each of these endpoints, which have some that are due."""
        fast: list[WebhookEndpoint] = []
        slow: list[WebhookEndpoint] = []
        for found in endpoints:
            if may_be_tried(found, now_ms):
                (fast if self.is_fast(found.id) and not found.is_down else slow).append(found)
        wanted: dict[UUID, int] = {}
        # Twice as many as there are threads, so that none waits for the next claim.
        room = 2 * self.fast_width - self._in_fast
        for found in sorted(fast, key=lambda one: self._turns[one.id]):
            # Three quarters at most; and while there is little room, no more than an equal share of it.
            most = 2 * self.fast_width * 3 // 4 - self._turns[found.id]
            wanted[found.id] = max(0, min(most, -(-room // len(fast))))
        room = self.slow_width - (self._turns.total() - self._in_fast)
        for found in sorted(slow, key=lambda one: self._last.get(one.id, 0)):
            most = (1 if found.is_down else SLOW_TURNS) - self._turns[found.id]
            wanted[found.id] = max(0, min(most, room))
            room -= wanted[found.id]
        return {endpoint_id: count for endpoint_id, count in wanted.items() if count > 0}

    def begin(self, endpoint_id: UUID) -> bool:
        """A turn begins; whether it is in the fast lane."""
        is_fast = self.is_fast(endpoint_id)
        self._turns[endpoint_id] += 1
        self._last[endpoint_id] = self._begun = self._begun + 1
        self._in_fast += is_fast
        return is_fast

    def end(self, result: TurnResult, *, was_fast: bool) -> None:
        """A turn is over."""
        self.gone(result.stream.endpoint_id, was_fast=was_fast)
        if result.failure is not None or result.slowest_ms > SLOW_MS:
            self._fast.discard(result.stream.endpoint_id)
        elif result.delivered:
            self._fast.add(result.stream.endpoint_id)

    def gone(self, endpoint_id: UUID, *, was_fast: bool) -> None:
        """A turn is over, and nothing is known of it."""
        self._turns[endpoint_id] -= 1
        self._in_fast -= was_fast
