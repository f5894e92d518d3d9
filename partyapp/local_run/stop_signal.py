"""Being asked to stop: Ctrl-C, SIGTERM, or a terminal that was closed."""

import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from partyapp.local_run.errors import StopRequestedError

POLL_EVERY_S = 0.05


class StopSignal:
    """Notes that an end is asked for; every wait of a start and of the run itself is one on this.

    A pipe wakes the wait. `threading.Event` would not do: its `set` may deadlock in a signal handler.
    """

    def __init__(self) -> None:
        self._requested = False
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)

    def note(self, _signum: int, _frame: FrameType | None) -> None:
        """The signal handler. A second signal changes nothing: the end is under way, and has its limits."""
        if not self._requested:
            self._requested = True
            os.write(self._write, b"!")

    def wait_until(self, is_so: Callable[[], bool], *, limit_s: float) -> bool:
        """Wait until `is_so` says yes: True then, False after `limit_s` seconds.

        Raises `StopRequestedError` at once when an end is asked for, or was before.
        """
        deadline = time.monotonic() + limit_s
        while True:
            if self._requested:
                raise StopRequestedError
            if is_so():
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            select.select([self._read], [], [], min(POLL_EVERY_S, left))

    def pause(self, seconds: float) -> None:
        """Wait that long. Raises `StopRequestedError` at once when an end is asked for."""
        if self._requested or select.select([self._read], [], [], seconds)[0]:
            raise StopRequestedError

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._read)
        os.close(self._write)


@contextmanager
def stop_on_signals() -> Iterator[StopSignal]:
    """Take the signals that ask for an end, as long as the block runs."""
    stop = StopSignal()
    before = {}
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # `nohup party up &` means that the terminal may go.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            before[number] = signal.signal(number, stop.note)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        stop.close()


def poll_until(is_so: Callable[[], bool], *, limit_s: float) -> bool:
    """Wait until `is_so` says yes: True then, False after `limit_s` seconds. Signals don't end this wait."""
    deadline = time.monotonic() + limit_s
    while not is_so():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_EVERY_S)
    return True
