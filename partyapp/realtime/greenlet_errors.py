"""What greenlets raise that nobody waits for: into the log, like everything else, not as gevent has it."""

import logging
from types import TracebackType
from typing import Any

import gevent

log = logging.getLogger(__name__)


def log_greenlet_errors() -> None:
    """Have the event loop of this thread log them.

    gevent would print the exception's text and the greenlet's arguments, which may hold what a person wrote.
    """
    gevent.get_hub().print_exception = _log_error


def _log_error(
    context: Any, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    told = None if error is None else (kind, error, trace)
    log.error("%s failed: %s", type(context).__name__, kind.__name__, exc_info=told)
