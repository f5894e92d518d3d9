"""What an operator counts, for Prometheus."""

import os
from collections.abc import Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client import REGISTRY as PROCESS_REGISTRY
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

SOCKETS = Gauge("party_sockets", "Open WebSockets", multiprocess_mode="livesum")
ROOMS = Gauge("party_rooms", "Parties with a socket on this process", multiprocess_mode="livesum")
REQUESTS = Counter("party_http_requests", "HTTP answers by endpoint and status", ["endpoint", "status"])
MESSAGES_IGNORED = Counter("party_messages_ignored", "Messages of other processes that this one can't read")
RATE_LIMITED = Counter("party_rate_limited", "Requests over a rate limit, by the limit", ["rule"])

#: No label grows with parties or people: what is counted of them is how many.
MEMBERS = Gauge(
    "party_members",
    "Connected members by how well they are in sync",
    ["verdict"],
    multiprocess_mode="livesum",
)
# As a histogram has it, so that `histogram_quantile` reads it: how many have at most `le`. But of those who
# are there now, and set as a whole, which costs the same for ten members and for ten thousand.
MEMBERS_BY_DRIFT = Gauge(
    "party_members_by_drift_ms", "Members at most so far off, in ms", ["le"], multiprocess_mode="livesum"
)
MEMBERS_BY_BOUND = Gauge(
    "party_members_by_clock_bound_ms",
    "Members whose clock is known to at most so many ms",
    ["le"],
    multiprocess_mode="livesum",
)
ROOMS_BY_SPREAD = Gauge(
    "party_rooms_by_spread_ms",
    "Rooms whose members are at most so far apart, in ms",
    ["le"],
    multiprocess_mode="livesum",
)
ROOT_BOUND = Gauge(
    "party_root_bound_ms", "Uncertainty of party time itself, in ms", multiprocess_mode="livemax"
)
TICK_AGE = Gauge(
    "party_tick_age_seconds", "Since when a process has ticked no room", multiprocess_mode="livemax"
)
_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
LOOP_LAG = Histogram(
    "party_loop_lag_seconds", "By how much the event loop is late for its second", buckets=_QUICK
)
# Few ends, for there are sixty endpoints, and a scrape costs what it shows.
HTTP_SECONDS = Histogram(
    "party_http_seconds",
    "From a request to its answer, by endpoint",
    ["endpoint"],
    buckets=(0.01, 0.05, 0.25, 1.0, 5.0),
)
COMMAND_SECONDS = Histogram(
    "party_command_seconds",
    "A playback command until it is committed and this process's sockets are told, by path and outcome",
    ["path", "outcome"],
    buckets=_QUICK,
)
SOCKETS_OPENED = Counter("party_sockets_opened", "WebSockets that were opened")
SOCKETS_REFUSED = Counter("party_sockets_refused", "Handshakes refused, by the problem's code", ["code"])
SOCKETS_CLOSED = Counter("party_sockets_closed", "WebSockets that ended, by close code", ["code"])
SNAPSHOTS = Counter("party_socket_snapshots", "Fresh welcomes in place of changes that a slow peer missed")
SEND_QUEUE = Gauge(
    "party_send_queue_frames", "The longest queue of frames to one socket", multiprocess_mode="livemax"
)
OUTBOX_ROWS = Gauge("party_outbox_rows", "Events not handed on yet", multiprocess_mode="mostrecent")
OUTBOX_AGE = Gauge("party_outbox_age_seconds", "Age of the oldest of them", multiprocess_mode="mostrecent")
COMMANDS_PENDING = Gauge(
    "party_commands_pending", "Accepted commands without an outcome", multiprocess_mode="mostrecent"
)
COMMANDS_AGE = Gauge(
    "party_commands_age_seconds", "Age of the oldest of them", multiprocess_mode="mostrecent"
)
QUEUE_DEPTH = Gauge(
    "party_queue_depth", "Tasks that wait for a worker, by queue", ["queue"], multiprocess_mode="mostrecent"
)
NOTIFY_CHANNELS = Gauge(
    "party_notify_channels", "People's channels, by state", ["state"], multiprocess_mode="mostrecent"
)
NOTIFY_WAITING = Gauge(
    "party_notify_waiting", "Messages that wait for a channel", multiprocess_mode="mostrecent"
)
NOTIFY_AGE = Gauge(
    "party_notify_age_seconds", "How long the oldest of them is due", multiprocess_mode="mostrecent"
)
WEBHOOK_ENDPOINTS = Gauge(
    "party_webhook_endpoints", "Receivers of webhooks, by state", ["state"], multiprocess_mode="mostrecent"
)
WEBHOOK_STREAMS = Gauge(
    "party_webhook_waiting",
    "Parties with events that a receiver doesn't have",
    multiprocess_mode="mostrecent",
)
WEBHOOK_AGE = Gauge(
    "party_webhook_age_seconds", "Age of the oldest of these events", multiprocess_mode="mostrecent"
)
WEBHOOK_DEAD = Gauge(
    "party_webhook_dead_letters",
    "Events that were given up and not sent again",
    multiprocess_mode="mostrecent",
)
WEBHOOK_FAILING = Gauge(
    "party_webhook_failing",
    "Receivers of webhooks whose latest request failed, by what it failed by",
    ["kind"],
    multiprocess_mode="mostrecent",
)
# Counted in Postgres, by processes that show no metrics of their own.
WEBHOOK_MESSAGES = Gauge(
    "party_webhook_messages",
    "Messages to the receivers there are, by outcome",
    ["outcome"],
    multiprocess_mode="mostrecent",
)
SERVER_UP = Gauge("party_server_up", "1 while the server answers", ["server"], multiprocess_mode="mostrecent")

FAILING_WORK = Gauge(
    "party_failing_work",
    "What background work fails at again and again, by task",
    ["task"],
    multiprocess_mode="mostrecent",
)
_failing_tasks: set[str] = set()


#: The close codes that are counted by themselves: those of RFC 6455 that occur, and ours. A peer sends any.
_CLOSE_CODES = frozenset({1000, 1001, 1002, 1003, 1006, 1007, 1008, 1009, 1011, 1012, *range(4400, 4500)})


def count_closed(code: int) -> None:
    """A socket is closed with this code."""
    SOCKETS_CLOSED.labels(str(int(code)) if code in _CLOSE_CODES else "other").inc()


def count_dropped(*, is_told: bool) -> None:
    """A socket is gone. Unless `is_told`, without a close frame: 1006 (RFC 6455 §7.1.5)."""
    if not is_told:
        count_closed(1006)


def count_failing_work(counts: Mapping[str, int]) -> None:
    """Set how much of each task fails; a task that is not named has recovered."""
    _failing_tasks.update(counts)
    for task in _failing_tasks:
        FAILING_WORK.labels(task).set(counts.get(task, 0))


def exposition(*others: Collector) -> tuple[bytes, str]:
    """The metrics of all web processes of this machine, those of `others`, and their content type."""
    own, content_type = _own_exposition()
    if not others:
        return own, content_type
    registry = CollectorRegistry(auto_describe=False)
    for other in others:
        registry.register(other)
    return own + generate_latest(registry), content_type


def _own_exposition() -> tuple[bytes, str]:
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST
    return generate_latest(PROCESS_REGISTRY), CONTENT_TYPE_LATEST
