"""Waking a worker: a Celery task as a hint that there is a row to look at.

Celery on Redis may lose any task, so nothing depends on one arriving; a sweep finds what was missed.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from celery import Celery

from partyapp.shared.settings import celery_broker_url

log = logging.getLogger(__name__)

LIFECYCLE_QUEUE = "party.lifecycle"
TICK_QUEUE = "party.tick"
RELAY_QUEUE = "party.relay"


class TaskQueue(Protocol):
    """Wakes a worker for a task, by name. Never raises and never blocks the caller for long."""

    def wake(self, task: str, queue: str, **arguments: Any) -> None: ...


class InMemoryTaskQueue:
    """A fake that remembers what was asked for."""

    def __init__(self) -> None:
        self.woken: list[tuple[str, str, dict[str, Any]]] = []

    def wake(self, task: str, queue: str, **arguments: Any) -> None:
        """Remember the call."""
        self.woken.append((task, queue, arguments))


def create_celery(redis_url: str) -> Celery:
    """The Celery application; see docs/decisions for why each setting is what it is."""
    app = Celery("party", broker=celery_broker_url(redis_url))
    app.conf.update(
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
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
        },
    )
    return app


class CeleryTaskQueue:
    """Sends tasks from a few threads of its own, so that a dead Redis never holds a request up.

    At most `bound` hints wait; more are dropped, since the sweep finds their rows anyway.
    """

    def __init__(self, celery: Celery, *, senders: int = 4, bound: int = 2000) -> None:
        self._celery = celery
        self._threads = ThreadPoolExecutor(max_workers=senders, thread_name_prefix="task-queue")
        self._room = threading.BoundedSemaphore(bound)

    def wake(self, task: str, queue: str, **arguments: Any) -> None:
        """Send the hint soon, or never."""
        if not self._room.acquire(blocking=False):
            return
        self._threads.submit(self._send, task, queue, arguments)

    def _send(self, task: str, queue: str, arguments: dict[str, Any]) -> None:
        try:
            self._celery.send_task(task, kwargs=arguments, queue=queue, retry=False, ignore_result=True)
        except Exception as error:
            # Whatever goes wrong here costs a few seconds at most: the row is written and the sweep comes.
            log.warning("no worker was woken for %s: %s", task, type(error).__name__)
        finally:
            self._room.release()
