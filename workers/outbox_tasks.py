"""Tasks that pass committed events on, and throw old things away."""

import logging

from partyapp.shared.errors import Unavailable
from workers.celery_app import app, worker

log = logging.getLogger(__name__)


@app.task(name="party.relay")
def relay() -> None:
    """Tell the other contexts what was committed."""
    try:
        worker().relay()
    except Unavailable:
        log.warning("no relay without Postgres")


@app.task(name="party.forget")
def forget() -> None:
    """Delete what is kept for a time only."""
    try:
        worker().forget()
    except Unavailable:
        log.warning("nothing forgotten without Postgres")
