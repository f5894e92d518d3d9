"""Tasks of commands and the tick. A task only says where to look: what there is to do is in Postgres."""

import logging
from uuid import UUID

from celery import Task

from partyapp.commands.dispatcher import RUN_COMMANDS_TASK
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.request_id import set_request_id
from partyapp.shared.kernel.tracing import traced
from partyapp.shared.ops.task_queue import LIFECYCLE_QUEUE, kind_of, requests_of, traces_of
from workers.celery_app import app, jobs

log = logging.getLogger(__name__)


@app.task(name=RUN_COMMANDS_TASK, bind=True)
def run_commands(self: Task, ids: list[str], reply_to: str = "") -> None:
    """Take accepted commands to their outcomes. A header of the task may name their kind."""
    kind, requests = kind_of(self.request), requests_of(self.request)
    traces = traces_of(self.request)
    waiting = 0
    for done, command_id in enumerate(ids):
        set_request_id(requests.get(command_id, ""))
        log.debug("command %s", command_id)
        try:
            with traced("run command", traces.get(command_id, "")):
                jobs().run_command(UUID(command_id), reply_to, kind)
        except Unavailable:
            # The row stays pending; the sweep drives it again. One alone may be about a party whose row is
            # locked, which is no reason to keep the others waiting.
            waiting += 1
            if waiting > 1:
                log.warning("%s commands wait for Postgres", len(ids) - done + 1)
                return


@app.task(name="party.tick")
def tick() -> None:
    """One tick."""
    try:
        jobs().tick()
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
