"""Work that goes on as long as the process, whatever is raised in it."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

#: How long to wait before it begins again, in s, so that a lasting failure doesn't fill log and processor.
PAUSE_S = 1.0


def run_forever(work: Callable[[], None], pause_s: float = PAUSE_S) -> None:
    """Do `work` until it returns; whenever it raises, log that and begin again after `pause_s` s."""
    pause = threading.Event()
    while True:
        try:
            return work()
        except Exception:
            log.exception("%s failed and begins again", getattr(work, "__qualname__", "work"))
        pause.wait(pause_s)
