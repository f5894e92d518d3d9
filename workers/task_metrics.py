"""Counts what this worker or beat does, for web's `/metrics`: see `partyapp.shared.ops.worker_metrics`."""

import os
from typing import Any

from celery import states
from celery.signals import (
    after_task_publish,
    beat_init,
    heartbeat_sent,
    task_failure,
    task_postrun,
    task_prerun,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)

from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.ops.settings_shown import say_start
from partyapp.shared.ops.task_queue import LIFECYCLE_QUEUE, TRANSCODE_QUEUE
from partyapp.shared.ops.worker_metrics import ProcessRegister, TaskFigures
from partyapp.shared.storage.redis_client import create_redis
from workers.application import app, process_name, settings

#: Between two words of beat that it is there, in s. It sends a task each second.
_BEAT_SAYS_S = 1.0

#: What a worker is, by the first of these queues that it reads.
_KINDS = {LIFECYCLE_QUEUE: "worker", TRANSCODE_QUEUE: "transcode"}

_own: dict[str, Any] = {}


def _count_here() -> None:
    """Count in this process from now on. What was there before the fork is its parent's."""
    _own.clear()
    client = create_redis(settings.redis_url, max_connections=2)
    _own["figures"] = TaskFigures(client, settings.redis_names)
    _own["figures"].start()


@worker_process_init.connect
def _in_the_pool(**_: Any) -> None:
    _count_here()
    _own["runs_tasks"] = True


@task_prerun.connect
def _began(sender: Any, **_: Any) -> None:
    if "figures" in _own:
        _own["runs_tasks"] = True
        _own["figures"].began(sender.name)


@task_postrun.connect
def _ended(sender: Any, state: str = "", **_: Any) -> None:
    if "figures" in _own:
        _own["figures"].ended(sender.name, "done" if state == states.SUCCESS else "failed")


@task_failure.connect
def _lost(sender: Any, **_: Any) -> None:
    # In the worker's first process: the one that ran the task was killed, or took too long and was then.
    if "figures" in _own and "runs_tasks" not in _own:
        _own["figures"].failed(sender.name)


@worker_ready.connect
def _ready(sender: Any, **_: Any) -> None:
    _count_here()
    client = create_redis(settings.redis_url, max_connections=2)
    queues = app.amqp.queues.consume_from
    kind = next((kind for queue, kind in _KINDS.items() if queue in queues), "webhooks")
    say_start(kind, settings, os.environ)
    _own["here"] = (kind, sender.controller.concurrency, process_name())
    _own["register"] = ProcessRegister(client, settings.redis_names)
    _alive()


@heartbeat_sent.connect
def _alive(**_: Any) -> None:
    if "register" in _own:
        _own["register"].report(*_own["here"])


@worker_shutting_down.connect
def _leaving(**_: Any) -> None:
    # No heartbeat after this one says that it is there.
    register = _own.pop("register", None)
    if register is not None:
        register.leave(*_own["here"])


@beat_init.connect
def _beat(**_: Any) -> None:
    say_start("beat", settings, os.environ)
    client = create_redis(settings.redis_url, max_connections=2)
    _own["register"] = ProcessRegister(client, settings.redis_names)
    _own["here"], _own["said_s"] = ("beat", 1, process_name()), monotonic_s() - _BEAT_SAYS_S


@after_task_publish.connect
def _sent(**_: Any) -> None:
    if "said_s" in _own and monotonic_s() - _own["said_s"] >= _BEAT_SAYS_S:
        _own["said_s"] = monotonic_s()
        _alive()
