"""Tasks that pass committed events on, and throw old things away."""

import logging

from partyapp.shared.kernel.errors import Unavailable
from workers.celery_app import app, jobs

log = logging.getLogger(__name__)


@app.task(name="party.relay")
def relay() -> None:
    """Tell the other contexts what was committed."""
    try:
        jobs().relay()
    except Unavailable:
        log.warning("no relay without Postgres")


@app.task(name="party.forget")
def purge() -> None:
    """Delete what is kept for a time only."""
    try:
        jobs().purge()
    except Unavailable:
        log.warning("nothing forgotten without Postgres")
