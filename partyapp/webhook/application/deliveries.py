"""Delivers what is due: claims streams, sends their events from threads, and writes what came of it.

Postgres alone says what is due. A process that dies in the middle loses nothing: the leases of its streams
lapse after `LEASE_MS`, and whoever claims them next sends the same messages under the same ids.

What was accepted is gathered and written by the one thread that also claims. A failure is written by the
thread whose request failed: it takes several statements, for which what others get would wait.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from partyapp.shared.kernel.clock import Clock, monotonic_s
from partyapp.shared.kernel.errors import Unavailable
from partyapp.webhook.application.lanes import Lanes, may_be_tried
from partyapp.webhook.application.ports import EndpointPort, StreamPort
from partyapp.webhook.application.settling import SettleTurns
from partyapp.webhook.application.turns import DeliverTurn, TurnResult
from partyapp.webhook.domain.endpoint import WebhookEndpoint
from partyapp.webhook.domain.stream import ClaimedStream

log = logging.getLogger(__name__)

LEASE_MS = 15_000.0
#: A request may take 10 s. One that begins later than this after its claim, in s, might outlast the lease.
_BEGIN_WITHIN_S = (LEASE_MS - 11_000.0) / 1000
#: How often it is looked whether something is due while nothing is under way, in s.
IDLE_S = 0.25
#: What ends within so many s is written together.
GATHER_S = 0.02
#: How often endpoints are read, in s.
_ENDPOINTS_S = 0.5
#: So many threads write of failures at once, each by a connection to the database.
_WRITERS = 2


@dataclass(frozen=True)
class _Over:
    """A turn that is over. Of one that failed all is written, and this is how its endpoint does now, if it is
    still there."""

    result: TurnResult
    endpoint: WebhookEndpoint | None = None


class Deliveries:
    """One process's part of delivering. Several may run; only `run` of one object must not overlap itself."""

    def __init__(
        self,
        endpoints: EndpointPort,
        streams: StreamPort,
        deliver: DeliverTurn,
        settle: SettleTurns,
        clock: Clock,
        *,
        width: int,
    ) -> None:
        self._endpoints, self._streams = endpoints, streams
        self._deliver, self._settle, self._clock = deliver, settle, clock
        self._lanes = Lanes(width)
        self._fast = ThreadPoolExecutor(self._lanes.fast_width, thread_name_prefix="webhooks")
        self._slow = ThreadPoolExecutor(self._lanes.slow_width, thread_name_prefix="slow-webhooks")
        self._writers = threading.BoundedSemaphore(_WRITERS)
        self._under_way: dict[Future[_Over], tuple[UUID, bool]] = {}
        self._known: dict[UUID, WebhookEndpoint] = {}
        self._read_at_s = float("-inf")
        self._pause = threading.Event()

    def run(self, for_s: float, is_ending: Callable[[], bool] = lambda: False) -> int:
        """Deliver for about so many s; returns how many were accepted meanwhile.

        At once when there are no endpoints. What is under way then, at a slow receiver, is for the next run
        to write, since the others must not wait for it; only a process that is to end begins nothing new and
        waits. Raises `Unavailable` without Postgres; what was under way comes again then.
        """
        until_s, accepted = monotonic_s() + for_s, 0
        try:
            while True:
                self._read_endpoints()
                if not is_ending():
                    self._claim(is_ending)
                accepted += self._await()
                if is_ending():
                    if not self._under_way:
                        return accepted
                elif monotonic_s() >= until_s or not (self._known or self._under_way):
                    return accepted
        except BaseException:
            self._forget()
            raise

    def _await(self) -> int:
        """Until something is over, but not for long; what is over is written. How many were accepted."""
        if not self._under_way:
            if self._known:
                self._pause.wait(IDLE_S)
            return 0
        wait(self._under_way, timeout=IDLE_S, return_when=FIRST_COMPLETED)
        self._pause.wait(GATHER_S)
        return self._write()

    def run_until_idle(self) -> int:
        """Deliver what is due, and return when nothing is; returns how many were accepted."""
        accepted = 0
        while True:
            self._read_at_s = float("-inf")
            self._read_endpoints()
            self._claim(lambda: False)
            if not self._under_way:
                return accepted
            wait(self._under_way)
            accepted += self._write()

    def close(self) -> None:
        """End the threads when their requests are over."""
        self._fast.shutdown()
        self._slow.shutdown()

    def _read_endpoints(self) -> None:
        if monotonic_s() - self._read_at_s >= _ENDPOINTS_S:
            self._known = {found.id: found for found in self._endpoints.all()}
            self._read_at_s = monotonic_s()

    def _claim(self, is_ending: Callable[[], bool]) -> None:
        now_ms = self._clock.now_ms()
        ready = [found.id for found in self._known.values() if may_be_tried(found, now_ms)]
        due = self._streams.due(ready, now_ms) if ready else set()
        wanted = self._lanes.wanted([self._known[endpoint_id] for endpoint_id in due], now_ms)
        if not wanted:
            return
        begin_until_s = monotonic_s() + _BEGIN_WITHIN_S
        for stream in self._streams.claim(wanted, now_ms, now_ms + LEASE_MS):
            was_fast = self._lanes.begin(stream.endpoint_id)
            threads = self._fast if was_fast else self._slow
            work = partial(self._turn, self._known[stream.endpoint_id], stream, begin_until_s, is_ending)
            self._under_way[threads.submit(work)] = (stream.endpoint_id, was_fast)

    def _turn(
        self,
        endpoint: WebhookEndpoint,
        stream: ClaimedStream,
        begin_until_s: float,
        is_ending: Callable[[], bool],
    ) -> _Over:
        result = self._deliver(endpoint, stream, lambda: monotonic_s() < begin_until_s and not is_ending())
        if result.failure is None:
            return _Over(result)
        with self._writers:
            self._settle([result], self._known)
            return _Over(result, self._endpoints.get(endpoint.id))

    def _write(self) -> int:
        """Write what was accepted, and note what has failed; returns how many events were accepted."""
        ended: list[_Over] = []
        for future in [found for found in self._under_way if found.done()]:
            endpoint_id, was_fast = self._under_way.pop(future)
            error = future.exception()
            if error is None:
                ended.append(future.result())
                self._lanes.end(ended[-1].result, was_fast=was_fast)
                continue
            self._lanes.gone(endpoint_id, was_fast=was_fast)
            if isinstance(error, Unavailable):
                raise error
            # A bug; the lease lapses, and the others go on.
            log.error("a webhook turn failed", exc_info=error)
        self._settle([over.result for over in ended if over.result.failure is None], self._known)
        for over in ended:
            if over.result.failure is not None:
                self._note(over.result.stream.endpoint_id, over.endpoint)
        return sum(over.result.delivered for over in ended)

    def _note(self, endpoint_id: UUID, found: WebhookEndpoint | None) -> None:
        """Who is down by now must not be claimed for on old knowledge. Two turns may end in any order."""
        known = self._known.get(endpoint_id)
        if found is None:
            self._known.pop(endpoint_id, None)
        elif known is None or found.disabled or found.failures >= known.failures:
            self._known[endpoint_id] = found

    def _forget(self) -> None:
        """Whatever is still under way, after Postgres was gone, is written by nobody."""
        for future, (endpoint_id, was_fast) in self._under_way.items():
            future.cancel()
            self._lanes.gone(endpoint_id, was_fast=was_fast)
        self._under_way.clear()
