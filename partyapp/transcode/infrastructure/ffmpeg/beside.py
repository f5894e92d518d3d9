"""Work in a thread beside other work: either ends when the other fails."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from partyapp.transcode.domain.probed_film import PreparationStopped


class Beside:
    """Runs `work(should_stop)` in a thread for as long as the block lasts, and waits for it at the end.

    The block asks `should_stop` too, and is to raise PreparationStopped then. What `work` raised is raised at
    the end of the block, in place of that.
    """

    def __init__(self, work: Callable[[Callable[[], bool]], None], should_stop: Callable[[], bool]) -> None:
        self._work = work
        self._stop_all = should_stop
        self._stopped = threading.Event()
        self._error: BaseException | None = None
        # A program that this thread starts is killed when the thread ends (PR_SET_PDEATHSIG), as it should.
        self._thread = threading.Thread(target=self._run, name="film-sound", daemon=True)

    def should_stop(self) -> bool:
        """Whether the block should end."""
        return self._error is not None or self._stop_all()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._stopped.set()
        self._thread.join()
        if self._error is not None and (error is None or isinstance(error, PreparationStopped)):
            raise self._error from None

    def _run(self) -> None:
        try:
            self._work(lambda: self._stopped.is_set() or self._stop_all())
        except BaseException as error:  # It is raised again where the block ends.
            self._error = error
