"""What is written when turns are over: how far their streams are, and how their endpoints do."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from partyapp.shared.kernel.clock import Clock
from partyapp.webhook.application.ports import EndpointPort, StreamPort
from partyapp.webhook.application.turns import TurnResult
from partyapp.webhook.domain.endpoint import GONE, WebhookEndpoint
from partyapp.webhook.domain.message import Answer
from partyapp.webhook.domain.retries import RetrySchedule
from partyapp.webhook.domain.stream import Settlement

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class SettleTurns:
    """Writes what came of turns. Raises `Unavailable`; the leases lapse then, and their events come again."""

    endpoints: EndpointPort
    streams: StreamPort
    schedule: RetrySchedule
    clock: Clock
    #: Draws from 0 to 1.
    chance: Callable[[], float]

    def __call__(self, results: Sequence[TurnResult], known: Mapping[UUID, WebhookEndpoint]) -> None:
        """`known` are the endpoints as they were read last."""
        if not results:
            return
        now_ms = self.clock.now_ms()
        self.streams.settle([self._settlement(result, now_ms) for result in results])
        for result in results:
            endpoint = known.get(result.stream.endpoint_id)
            if result.failure is not None and endpoint is not None:
                self._failed(endpoint, result, result.failure, now_ms)
        for endpoint_id in {result.stream.endpoint_id for result in results if result.delivered}:
            if endpoint_id in known and known[endpoint_id].failures:
                self.endpoints.worked(endpoint_id, now_ms)

    def _settlement(self, result: TurnResult, now_ms: float) -> Settlement:
        stream, failure = result.stream, result.failure
        has_moved = result.cursor > stream.cursor or bool(result.replayed)
        attempts = 0 if has_moved else stream.attempts
        since_ms = None if has_moved else stream.failing_since_ms
        not_before_ms = 0.0
        if failure is not None:
            attempts += 1
            since_ms = now_ms if since_ms is None else since_ms
            not_before_ms = now_ms + self._wait_ms(attempts, failure)
        return Settlement(
            endpoint_id=stream.endpoint_id,
            party_id=stream.party_id,
            fence=stream.fence,
            cursor=result.cursor,
            attempts=attempts,
            failing_since_ms=since_ms,
            not_before_ms=not_before_ms,
            replayed=result.replayed,
            delivered=result.delivered,
            failed=int(failure is not None),
        )

    def _failed(self, endpoint: WebhookEndpoint, result: TurnResult, failure: Answer, now_ms: float) -> None:
        if failure.is_gone:
            self.endpoints.disable(endpoint.id, GONE)
            log.warning("webhook endpoint %s has answered 410 and is disabled", endpoint.id)
            return
        is_down = endpoint.counts_as_down(is_unreachable=failure.is_unreachable)
        wait_ms = self._wait_ms(endpoint.failures + 1, failure) if is_down else None
        self.endpoints.failed(
            endpoint.id,
            failure.reason,
            began_ms=result.began_ms,
            now_ms=now_ms,
            not_before_ms=None if wait_ms is None else now_ms + wait_ms,
        )
        if is_down and not endpoint.is_down:
            log.warning("webhook endpoint %s is down: %s", endpoint.id, failure.reason)
        self._give_up(endpoint, result, failure, now_ms)

    def _give_up(self, endpoint: WebhookEndpoint, result: TurnResult, failure: Answer, now_ms: float) -> None:
        """What waits for longer than the schedule lasts, where nothing was accepted for as long either.

        Otherwise an event would be given up at its first failure after an outage of our own.
        """
        before_ms, stream = self.schedule.given_up_before_ms(now_ms), result.stream
        has_moved = result.cursor > stream.cursor or bool(result.replayed)
        if endpoint.failing_since_ms is not None and endpoint.failing_since_ms <= before_ms:
            # All parties: most of them are not tried while the endpoint is down.
            party_id = None
        elif not has_moved and stream.failing_since_ms is not None and stream.failing_since_ms <= before_ms:
            party_id = stream.party_id
        else:
            return
        gone = self.streams.give_up(endpoint.id, party_id, failure.reason, before_ms=before_ms, now_ms=now_ms)
        if gone:
            log.warning("webhook endpoint %s: %s events were given up", endpoint.id, gone)

    def _wait_ms(self, failures: int, failure: Answer) -> float:
        return self.schedule.wait_ms(failures, self.chance(), failure.retry_after_s)
