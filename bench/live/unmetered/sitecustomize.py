"""In the processes of `bench.live.metrics_cost`'s other side: metrics are kept nowhere, members not counted.

Python imports it at its start, where nothing may be imported that gevent has to replace later; so each module
is changed once the program itself has imported it.
"""

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


def nothing(*_given: Any, **_named: Any) -> None:
    """In place of what writes."""


def itself(metric: Any, *_values: Any, **_named: Any) -> Any:
    """In place of what looks a label's own metric up."""
    return metric


def unmeter(module: ModuleType) -> None:
    """prometheus-client's own metrics."""
    module.MetricWrapperBase.labels = itself
    for name in ("Counter", "Gauge", "Histogram", "Summary"):
        for write in ("inc", "dec", "set", "observe"):
            if hasattr(getattr(module, name), write):
                setattr(getattr(module, name), write, nothing)


def uncount(module: ModuleType) -> None:
    """What goes through all members every few seconds."""
    module.SyncMetrics.each_second = nothing


CHANGED: dict[str, Callable[[ModuleType], None]] = {
    "prometheus_client.metrics": unmeter,
    "partyapp.party.live.sync_metrics": uncount,
}


class Changing(MetaPathFinder):
    """Finds these modules where they are, and changes them when they have been run."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        change = CHANGED.get(name)
        spec = PathFinder.find_spec(name, path, target) if change is not None else None
        if spec is None or spec.loader is None or change is None:
            return None
        run = spec.loader.exec_module

        def changed(module: ModuleType) -> None:
            run(module)
            change(module)

        loader: Loader = spec.loader
        loader.exec_module = changed  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, Changing())
