"""The task that sends notifications to people's channels, beside webhooks: services answer when they like.

What there is to do is in Postgres, under leases. So neither a task that is sent twice nor one that is lost
does any harm.
"""

import logging
from threading import Lock

from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.ops.task_queue import DELIVER_NOTIFICATIONS_TASK
from workers.celery_app import app, jobs

log = logging.getLogger(__name__)

#: A pool of threads may be given two of these tasks. One of them is enough for the process.
_delivering = Lock()


@app.task(name=DELIVER_NOTIFICATIONS_TASK, acks_late=False)
def deliver_notifications() -> None:
    """Deliver what is due."""
    if not _delivering.acquire(blocking=False):
        return
    try:
        jobs().deliver_notifications()
    except Unavailable:
        log.warning("no notifications are delivered without Postgres")
    finally:
        _delivering.release()
