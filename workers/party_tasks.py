"""Tasks of the party context. Each is a hint to look: what there is to do stands in Postgres."""

import logging
from uuid import UUID

from partyapp.party.infrastructure.command_dispatcher import RUN_COMMAND_TASK
from partyapp.shared.clock import WallClock
from partyapp.shared.errors import Unavailable
from partyapp.shared.task_queue import LIFECYCLE_QUEUE
from workers.celery_app import app, settings, worker

log = logging.getLogger(__name__)


@app.task(name=RUN_COMMAND_TASK)
def run_command(command_id: str, reply_to: str = "") -> None:
    """Take an accepted command to its outcome."""
    try:
        worker().run_command(UUID(command_id), reply_to)
    except Unavailable:
        # The row stays pending; the sweep drives it again when Postgres is back.
        log.warning("command %s waits for Postgres", command_id)


@app.task(name="party.tick")
def tick() -> None:
    """One tick. The slot is cut from the wall clock, so that two beats ask for the same one."""
    slot = int(WallClock().now_ms() / 1000 / settings.tick_interval_s)
    try:
        worker().tick(slot)
    except Unavailable:
        log.warning("no tick without Postgres")


@app.task(name="party.sweep")
def sweep() -> None:
    """Drive forgotten commands again."""

    def queue(command_id: UUID) -> None:
        run_command.apply_async(kwargs={"command_id": str(command_id)}, queue=LIFECYCLE_QUEUE)

    try:
        worker().sweep(queue)
    except Unavailable:
        log.warning("no sweep without Postgres")
