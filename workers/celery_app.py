"""The Celery application of workers. Each pool process builds what it needs after the fork."""

import logging
import multiprocessing
from threading import Lock
from typing import Any

from celery.signals import (
    heartbeat_sent,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)

from partyapp.bootstrap import BackgroundJobs, Resources, build_resources
from partyapp.shared.kernel.request_id import set_request_id
from partyapp.shared.ops.start_checks import check_servers_or_exit
from partyapp.shared.ops.task_queue import LIFECYCLE_QUEUE
from partyapp.shared.ops.worker_registry import WorkerRegistry
from partyapp.shared.storage.deployment_mark import DeploymentMark
from workers import tracing
from workers.application import app, process_name, settings

__all__ = ["app", "jobs", "tracing"]

log = logging.getLogger(__name__)

#: A pool process runs one task at a time, so two connections are plenty. Of the process `webhooks` several
#: threads have one each; there may be as many more at times.
_POOL = 3

app.conf.imports = [
    "workers.party_tasks",
    "workers.outbox_tasks",
    "workers.film_tasks",
    "workers.task_metrics",
    "workers.webhook_tasks",
    "workers.channel_tasks",
]

_state: dict[str, Any] = {}
#: A pool of threads begins with two tasks at once.
_building = Lock()
#: Set once the worker is to end. Its pool processes, which are forked from it, see that too.
_ending = multiprocessing.get_context("fork").Event()


def jobs() -> BackgroundJobs:
    """The jobs of this process."""
    with _building:
        if "jobs" not in _state:
            resources = build_resources(settings, _POOL)
            resources.reference.start()
            _state["jobs"] = BackgroundJobs(resources, _ending.is_set)
    found: BackgroundJobs = _state["jobs"]
    return found


def _registry() -> WorkerRegistry:
    if "resources" not in _state:
        resources: Resources = build_resources(settings, _POOL)
        resources.reference.start()
        _state["resources"] = resources
    registry: WorkerRegistry = _state["resources"].workers
    return registry


def runs_commands() -> bool:
    """Whether this worker counts where it is asked if commands are run: one for films alone does not."""
    return LIFECYCLE_QUEUE in app.amqp.queues.consume_from


@task_prerun.connect
def _begin(**_: Any) -> None:
    # What the task before was for is over.
    set_request_id("")


@worker_init.connect
@worker_process_init.connect
def _fresh(**_: Any) -> None:
    # Connections must not be shared across a fork.
    _state.clear()


@worker_init.connect
def _check(**_: Any) -> None:
    _state["mark"] = check_servers_or_exit(settings)


@worker_ready.connect
@heartbeat_sent.connect
def _alive(**_: Any) -> None:
    if runs_commands():
        _registry().report(process_name())
    mark: DeploymentMark | None = _state.get("mark")
    alone = mark is None or mark.hold()
    if _state.get("alone", True) and not alone:
        log.error("another deployment uses this Redis under the same prefix; set PARTY_REDIS_PREFIX for one")
    _state["alone"] = alone


@worker_shutting_down.connect
def _leaving(**_: Any) -> None:
    _ending.set()
    if runs_commands():
        _registry().leave(process_name())
