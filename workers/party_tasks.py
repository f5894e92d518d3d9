"""Tasks of commands and the tick. A task only says where to look: what there is to do is in Postgres."""

import logging
from uuid import UUID

from celery import Task

from partyapp.commands.dispatcher import RUN_COMMANDS_TASK
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.ops.task_queue import LIFECYCLE_QUEUE, kind_of
from workers.celery_app import app, jobs, settings

log = logging.getLogger(__name__)


@app.task(name=RUN_COMMANDS_TASK, bind=True)
def run_commands(self: Task, ids: list[str], reply_to: str = "") -> None:
    """Take accepted commands to their outcomes. A header of the task may name their kind."""
    kind = kind_of(self.request)
    for done, command_id in enumerate(ids):
        try:
            jobs().run_command(UUID(command_id), reply_to, kind)
        except Unavailable:
            # The rows stay pending; the sweep drives them again when Postgres is back.
            log.warning("%s commands wait for Postgres", len(ids) - done)
            return


@app.task(name="party.tick")
def tick() -> None:
    """One tick. The slot is cut from the wall clock, so that two beats ask for the same one."""
    slot = int(WallClock().now_ms() / 1000 / settings.tick_interval_s)
    try:
        jobs().tick(slot)
    except Unavailable:
        log.warning("no tick without Postgres")


@app.task(name="party.sweep")
def sweep() -> None:
    """Have commands run whose task got lost."""
    try:
        for command_id in jobs().stale_commands():
            run_commands.apply_async(kwargs={"ids": [str(command_id)]}, queue=LIFECYCLE_QUEUE)
    except Unavailable:
        log.warning("no sweep without Postgres")
