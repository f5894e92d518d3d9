"""Tasks that deliver committed events, remind of dates, and delete what is old."""

import logging

from partyapp.shared.kernel.errors import Unavailable
from workers.celery_app import app, jobs

log = logging.getLogger(__name__)


@app.task(name="party.relay")
def relay() -> None:
    """Deliver what was committed to the other contexts."""
    try:
        jobs().relay()
    except Unavailable:
        log.warning("no relay without Postgres")


@app.task(name="party.remind")
def remind() -> None:
    """Remind the members of parties whose date is near."""
    try:
        jobs().remind()
    except Unavailable:
        log.warning("nobody is reminded without Postgres")


@app.task(name="party.forget")
def purge() -> None:
    """Delete what is kept for a time only."""
    try:
        jobs().purge()
    except Unavailable:
        log.warning("nothing deleted without Postgres")
