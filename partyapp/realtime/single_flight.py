"""Work that is done by one at a time, and once more for those who asked for it while it was under way."""

from collections.abc import Callable


class SingleFlight:
    """One piece of work that may wait. Nobody else waits for it."""

    __slots__ = ("_is_asked", "_is_running")

    def __init__(self) -> None:
        self._is_asked = self._is_running = False

    def run(self, work: Callable[[], bool]) -> None:
        """Do `work`, again as long as it returns True or somebody has asked since it began last.

        Returns at once where it is under way: then whoever does it goes on. Raises what `work` raises.
        """
        self._is_asked = True
        if self._is_running:
            return
        self._is_running = True
        try:
            while self._is_asked:
                self._is_asked = False
                # Who asks during the work has set it by then.
                self._is_asked = work() or self._is_asked
        finally:
            self._is_running = False
