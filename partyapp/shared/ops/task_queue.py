"""Waking a worker: a Celery task that names rows to look at.

Celery on Redis may lose any task, so nothing depends on one arriving; a sweep finds what was missed.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from celery import Celery

from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.request_id import current_request_id
from partyapp.shared.kernel.tracing import current_trace
from partyapp.shared.ops.broker import celery_broker
from partyapp.shared.storage.redis_names import DEFAULT_NAMES, RedisNames

log = logging.getLogger(__name__)

LIFECYCLE_QUEUE = "party.lifecycle"
TICK_QUEUE = "party.tick"
RELAY_QUEUE = "party.relay"
TRANSCODE_QUEUE = "party.transcode"
WEBHOOK_QUEUE = "party.webhooks"

#: Has a worker look for films to prepare.
PREPARE_FILMS_TASK = "party.prepare_films"

#: Has a worker look for webhooks to deliver.
DELIVER_WEBHOOKS_TASK = "party.deliver_webhooks"

#: Has a worker look for notifications to deliver.
DELIVER_NOTIFICATIONS_TASK = "party.deliver_notifications"

#: A task, its queue, the channel on which its outcomes are waited for, and the kind of its rows.
_Group = tuple[str, str, str, str]

#: The message header that names the kind of a task's rows. Workers of an older program ignore it.
KIND_HEADER = "party_kind"
#: The one that names the request of each row, for the logs.
REQUESTS_HEADER = "party_requests"

#: The one that names the trace of each row, where requests are traced.
TRACES_HEADER = "party_traces"

#: After a task, ids for the same kind of task are gathered for so long, in s, and sent together. In a crowd
#: they share what a task costs in Redis and Celery; a lone one doesn't wait.
GATHER_S = 0.01

#: After a task of several, gathering takes as many times as long, up to this: the denser the crowd, the more
#: there is to share.
MOST_TIMES = 3

#: At most so many ids go into one task, so that a crowd's are shared out among the pool's processes.
MOST_IDS = 8


class TaskQueue(Protocol):
    """Wakes a worker to look at one row. Never raises and never blocks the caller for long."""

    def wake(self, task: str, queue: str, row_id: str, reply_to: str, kind: str = "") -> None:
        """`reply_to` is the channel for the outcome, `kind` what kind of row it is, if that is known."""
        ...


def kind_of(request: Any) -> str | None:
    """The kind of a task's rows, from the request of a bound task; None when its sender didn't say."""
    found = (request.headers or {}).get(KIND_HEADER)
    return None if found is None else str(found)


def requests_of(request: Any) -> dict[str, str]:
    """The ids of the requests by the ids of their rows, as far as a bound task's sender said."""
    return _by_row(request, REQUESTS_HEADER)


def traces_of(request: Any) -> dict[str, str]:
    """The same for the places in their traces, each a `traceparent`."""
    return _by_row(request, TRACES_HEADER)


def _by_row(request: Any, header: str) -> dict[str, str]:
    found = (request.headers or {}).get(header)
    return dict(found) if isinstance(found, dict) else {}


def create_celery(redis_url: str, names: RedisNames = DEFAULT_NAMES) -> Celery:
    """The Celery application; see docs/decisions for why each setting is what it is."""
    # By default the broker's keys are not prefixed: the version before would not find the queues.
    prefixed = {} if names.is_default else {"global_keyprefix": f"{names.prefix}:"}
    url, tls, transport = celery_broker(redis_url)
    app = Celery("party", broker=url)
    app.conf.update(
        broker_use_ssl=tls,
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_pool="partyapp.shared.ops.worker_pool:ResilientPool",
        worker_prefetch_multiplier=1,
        # A pool process that is still starting when the machine stands still for a moment is well.
        worker_proc_alive_timeout=30,
        task_time_limit=30,
        task_default_queue=LIFECYCLE_QUEUE,
        task_serializer="json",
        accept_content=["json"],
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=2,
        broker_heartbeat=0,
        worker_soft_shutdown_timeout=10,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        timezone="UTC",
        broker_transport_options={
            "visibility_timeout": 60,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "max_retries": 0,
            **prefixed,
            **transport,
        },
    )
    return app


class CeleryTaskQueue:
    """Sends tasks from a few threads of its own, so that a dead Redis never holds a request up.

    A task has the arguments `ids` and `reply_to`, and the header `KIND_HEADER` if the kind of its rows is
    known. At most `bound` ids wait; more are dropped, since the sweep finds their rows anyway.
    """

    def __init__(
        self,
        celery: Celery,
        *,
        senders: int = 4,
        bound: int = 2000,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._celery, self._sleep = celery, sleep
        self._threads = ThreadPoolExecutor(max_workers=senders, thread_name_prefix="task-queue")
        self._room = threading.BoundedSemaphore(bound)
        self._lock = threading.Lock()
        self._gathered: dict[_Group, list[str]] = {}
        self._requests: dict[str, str] = {}
        self._traces: dict[str, str] = {}
        #: When the next task may be sent, s.
        self._next_s = 0.0

    def wake(self, task: str, queue: str, row_id: str, reply_to: str, kind: str = "") -> None:
        """Send the id soon, or never."""
        if not self._room.acquire(blocking=False):
            return
        group = (task, queue, reply_to, kind)
        with self._lock:
            request_id = current_request_id()
            if request_id:
                self._requests[row_id] = request_id
            trace = current_trace()
            if trace:
                self._traces[row_id] = trace
            ids = self._gathered.setdefault(group, [])
            ids.append(row_id)
            if len(ids) == MOST_IDS:
                del self._gathered[group]
                self._threads.submit(self._send, group, ids)
            elif len(ids) == 1:
                self._threads.submit(self._send_gathered, group, ids)

    def _send_gathered(self, group: _Group, ids: list[str]) -> None:
        """Send these ids, and what is added to them until a moment after the last task."""
        self._sleep(max(0.0, self._next_s - monotonic_s()))
        with self._lock:
            if self._gathered.get(group) is not ids:
                return
            del self._gathered[group]
        self._send(group, ids)

    def _send(self, group: _Group, ids: list[str]) -> None:
        self._next_s = monotonic_s() + GATHER_S * min(len(ids), MOST_TIMES)
        task, queue, reply_to, kind = group
        arguments = {"ids": ids, "reply_to": reply_to}
        headers: dict[str, Any] = {KIND_HEADER: kind} if kind else {}
        for header, known in ((REQUESTS_HEADER, self._requests), (TRACES_HEADER, self._traces)):
            found = {row_id: known.pop(row_id) for row_id in ids if row_id in known}
            if found:
                headers[header] = found
        try:
            self._celery.send_task(
                task, kwargs=arguments, queue=queue, headers=headers or None, retry=False, ignore_result=True
            )
        except Exception as error:
            # Whatever goes wrong here costs a few seconds at most: the row is written and the sweep comes.
            log.warning("no worker was woken for %s: %s", task, type(error).__name__)
        finally:
            self._room.release(len(ids))
