"""The Celery application of workers and beat. Each pool process builds what it needs after the fork."""

import logging
import multiprocessing
import os
import socket
from typing import Any

from celery.signals import (
    heartbeat_sent,
    setup_logging,
    worker_init,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)

from partyapp.bootstrap import BackgroundJobs, Resources, build_resources
from partyapp.shared.ops.logs import configure_logs
from partyapp.shared.ops.settings import settings_or_exit
from partyapp.shared.ops.start_checks import check_servers_or_exit
from partyapp.shared.ops.task_queue import LIFECYCLE_QUEUE, create_celery
from partyapp.shared.ops.worker_registry import WorkerRegistry
from partyapp.shared.storage.deployment_mark import DeploymentMark
from workers.schedule import beat_schedule

log = logging.getLogger(__name__)

#: A pool process runs one task at a time, so two connections are plenty.
_POOL = 2

settings = settings_or_exit()
app = create_celery(settings.redis_url, settings.redis_names)
app.conf.beat_schedule = beat_schedule(settings)
app.conf.beat_max_loop_interval = 1
app.conf.imports = [
    "workers.party_tasks",
    "workers.outbox_tasks",
    "workers.film_tasks",
    "workers.task_metrics",
    "workers.webhook_tasks",
]

_state: dict[str, Any] = {}
#: Set once the worker is to end. Its pool processes, which are forked from it, see that too.
_ending = multiprocessing.get_context("fork").Event()


def jobs() -> BackgroundJobs:
    """The jobs of this process."""
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


def process_name() -> str:
    """This process among all of the deployment."""
    return f"{socket.gethostname()}:{os.getpid()}"


@setup_logging.connect
def _logs(**_: Any) -> None:
    configure_logs(settings.environment, os.environ.get("PARTY_LOG_LEVEL") or "INFO")
    # Two lines a task cost as much as the task's share of Redis. What fails is logged all the same.
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)


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
