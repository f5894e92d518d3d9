"""Traces of what workers do. A process of the pool begins after it was forked; a worker of threads itself."""

from typing import Any

from celery.concurrency.prefork import TaskPool
from celery.signals import worker_init, worker_process_init, worker_process_shutdown, worker_shutdown

from partyapp.shared.ops.telemetry import start_telemetry, stop_telemetry


@worker_process_init.connect
def _begin_in_pool(**_: Any) -> None:
    start_telemetry("worker", trusts_callers=True)


@worker_init.connect
def _begin_in_threads(sender: Any = None, **_: Any) -> None:
    pool = getattr(sender, "pool_cls", None)
    if isinstance(pool, type) and not issubclass(pool, TaskPool):
        start_telemetry("worker", trusts_callers=True)


@worker_process_shutdown.connect
@worker_shutdown.connect
def _end(**_: Any) -> None:
    stop_telemetry()
