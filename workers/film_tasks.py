"""Tasks that prepare films, on a queue of their own: they last as long as a film takes.

What there is to do is in Postgres, and a lease there says whose turn it is. So neither a task that is sent
twice nor one that is lost does any harm: Celery only has somebody look.
"""

import logging
from typing import Any

from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.ops.task_queue import PREPARE_FILMS_TASK
from workers.celery_app import app, jobs

log = logging.getLogger(__name__)

#: Far beyond what a film may take, in s: the limit of the other queues must not reach these tasks.
LONGEST_S = 14 * 24 * 3600


@app.task(name="party.scan_library")
def scan_library() -> None:
    """Look through the library's folder."""
    try:
        jobs().scan_library()
    except Unavailable:
        log.warning("the library is not looked through without Postgres")


@app.task(name=PREPARE_FILMS_TASK, time_limit=LONGEST_S, acks_late=False)
def prepare_films(**_: Any) -> None:
    """Prepare films until none waits."""
    try:
        while jobs().prepare_film():
            pass
    except Unavailable:
        log.warning("no films are prepared without Postgres")
