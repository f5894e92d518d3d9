"""The worker with the echo context: `celery --app tests.support.echo.worker worker`."""

from __future__ import annotations

from typing import Any

from celery.signals import worker_process_init

from partyapp.commands.kinds import CommandKind
from tests.support.echo.context import KIND, SayCommand, SayRunner
from workers.celery_app import app, jobs

__all__ = ["app"]


@worker_process_init.connect
def _register(**_: Any) -> None:
    runner = SayRunner(jobs().resources.live)
    jobs().kinds.register(CommandKind(name=KIND, command=SayCommand, runner=runner))
