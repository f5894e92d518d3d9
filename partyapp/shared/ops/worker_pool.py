"""The pool of a worker: Celery's own, but for how it takes the death of a child at an awkward moment.

Celery 5.6 ends the whole worker when a child dies before the worker is ready, or while it loses its
connection to the broker (celery issues 6052 and 9250). Nothing is lost by that where something starts the
worker again, but nothing is gained either: a child may be killed for want of memory at any time.
"""

from typing import Any

from celery.concurrency.asynpool import AsynPool
from celery.concurrency.prefork import TaskPool


class _SteadyProcesses(AsynPool):  # type: ignore[misc]
    """The processes of `ResilientPool`."""

    def did_start_ok(self) -> bool:
        """Always: what is wrong with an installation is found before the fork, by reading the settings."""
        return True

    def maintain_pool(self) -> None:
        """Replace who is dead. It can't be done before the loop's first start, which does it then."""
        if self._registered_with_event_loop:
            super().maintain_pool()

    def _track_child_process(self, proc: Any, hub: Any) -> None:
        """Watch for the end of a child, unless it was seen already and only the clearing away is due."""
        if getattr(proc, "_sentinel_poll", proc) is not None:
            super()._track_child_process(proc, hub)


class ResilientPool(TaskPool):  # type: ignore[misc]
    """Replaces a child whenever it dies."""

    Pool = _SteadyProcesses
