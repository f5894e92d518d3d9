"""What workers and beat have in common: settings, the Celery application, its logs. It loads no context."""

import logging
import os
import socket
from typing import Any

from celery.signals import setup_logging

from partyapp.shared.ops.logs import configure_logs
from partyapp.shared.ops.settings import settings_or_exit
from partyapp.shared.ops.task_queue import create_celery

settings = settings_or_exit()
app = create_celery(settings.redis_url, settings.redis_names)


def process_name() -> str:
    """This process among all of the deployment."""
    return f"{socket.gethostname()}:{os.getpid()}"


@setup_logging.connect
def _logs(**_: Any) -> None:
    configure_logs(settings.environment, os.environ.get("PARTY_LOG_LEVEL") or "INFO")
    # Two lines a task, and one when beat sends it, cost as much as the task's share of Redis. What fails is
    # logged all the same.
    for name in ("celery.worker.strategy", "celery.app.trace", "celery.beat"):
        logging.getLogger(name).setLevel(logging.WARNING)
