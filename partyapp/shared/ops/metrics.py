"""What an operator counts, for Prometheus."""

import os
from collections.abc import Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client import REGISTRY as PROCESS_REGISTRY
from prometheus_client.multiprocess import MultiProcessCollector

SOCKETS = Gauge("party_sockets", "Open WebSockets", multiprocess_mode="livesum")
ROOMS = Gauge("party_rooms", "Parties with a socket on this process", multiprocess_mode="livesum")
REQUESTS = Counter("party_http_requests", "HTTP answers by endpoint and status", ["endpoint", "status"])
MESSAGES_IGNORED = Counter("party_messages_ignored", "Messages of other processes that this one can't read")
RATE_LIMITED = Counter("party_rate_limited", "Requests over a rate limit, by the limit", ["rule"])

FAILING_WORK = Gauge(
    "party_failing_work",
    "What background work fails at again and again, by task",
    ["task"],
    multiprocess_mode="mostrecent",
)
_failing_tasks: set[str] = set()


def count_failing_work(counts: Mapping[str, int]) -> None:
    """Set how much of each task fails; a task that is not named has recovered."""
    _failing_tasks.update(counts)
    for task in _failing_tasks:
        FAILING_WORK.labels(task).set(counts.get(task, 0))


def exposition() -> tuple[bytes, str]:
    """The metrics of all web processes of this machine, and their content type."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST
    return generate_latest(PROCESS_REGISTRY), CONTENT_TYPE_LATEST
