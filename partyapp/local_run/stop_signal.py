"""Turns Ctrl-C and SIGTERM into something every wait of `party up` can look at."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType

from partyapp.local_run.errors import StopRequestedError

POLL_S = 0.05
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignal:
    """Set by the first signal and by any further one; never unset.

    A pipe wakes the waits up. `threading.Event` can't be used: its `set` takes a lock that the
    interrupted main thread may hold at that very moment.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._write_end, False)

    @property
    def is_set(self) -> bool:
        """Whether somebody asked to stop."""
        return self._is_set

    def set(self, _signum: int = 0, _frame: FrameType | None = None) -> None:
        """Ask to stop; fit to be a signal handler."""
        self._is_set = True
        # A full pipe wakes the waiter just as well.
        with contextlib.suppress(BlockingIOError):
            os.write(self._write_end, b"x")

    def wait(self, timeout_s: float) -> bool:
        """Wait until the stop is asked for, at most `timeout_s` seconds; True when it was."""
        if not self._is_set:
            select.select([self._read_end], [], [], timeout_s)
        return self._is_set

    def wait_until(self, condition: Callable[[], bool], *, limit_s: float) -> bool:
        """Poll `condition` until it holds (True) or `limit_s` seconds are over (False).

        Raises StopRequestedError when the stop is asked for meanwhile.
        """
        deadline = time.monotonic() + limit_s
        while True:
            if self._is_set:
                raise StopRequestedError
            if condition():
                return True
            if time.monotonic() >= deadline:
                return False
            self.wait(POLL_S)

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._read_end)
        os.close(self._write_end)


@contextlib.contextmanager
def stop_on_signals() -> Iterator[StopSignal]:
    """Install the handlers for the time of the block; main thread only."""
    stop = StopSignal()
    # Whoever started us with SIGHUP ignored (nohup) wants us to outlive the terminal.
    wanted = [each for each in SIGNALS if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN]
    before = {each: signal.signal(each, stop.set) for each in wanted}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        stop.close()


def poll_until(condition: Callable[[], bool], *, limit_s: float) -> bool:
    """Poll `condition` whether or not a stop was asked for: for the stopping itself."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        select.select([], [], [], POLL_S)
    return True
