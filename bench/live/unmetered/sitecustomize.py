"""In the processes of `bench.live.metrics_cost`: a switch for what they count and log.

While the switch is off, metrics are kept nowhere, members are not counted, and nothing is logged. It is the
first byte of the file PARTY_BENCH_SWITCH, which all of them have in memory, so a turn of it counts at once.

Python imports this at its start, where nothing may be imported that gevent has to replace later; so each
module is changed once the program itself has imported it.
"""

import mmap
import os
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

with open(os.environ["PARTY_BENCH_SWITCH"], "rb") as file:
    SWITCH = mmap.mmap(file.fileno(), 1, access=mmap.ACCESS_READ)
OFF = ord("0")


def nothing(*_given: Any, **_named: Any) -> None:
    """In place of what writes."""


def itself(metric: Any, *_values: Any, **_named: Any) -> Any:
    """In place of what looks a label's own metric up."""
    return metric


def switched(owner: Any, name: str, off: Callable[..., Any]) -> None:
    """Have the owner's function be another one while the switch is off."""
    real = getattr(owner, name)

    def either(*given: Any, **named: Any) -> Any:
        return off(*given, **named) if SWITCH[0] == OFF else real(*given, **named)

    setattr(owner, name, either)


def unmeter(module: ModuleType) -> None:
    """prometheus-client's own metrics."""
    switched(module.MetricWrapperBase, "labels", itself)
    for name in ("Counter", "Gauge", "Histogram", "Summary"):
        for write in ("inc", "dec", "set", "observe"):
            if hasattr(getattr(module, name), write):
                switched(getattr(module, name), write, nothing)


def uncount(module: ModuleType) -> None:
    """What goes through all members every few seconds."""
    switched(module.SyncMetrics, "each_second", nothing)


def unlog(module: ModuleType) -> None:
    """What is logged, by whatever level."""
    switched(module.Logger, "isEnabledFor", lambda _logger, _level: False)


CHANGED: dict[str, Callable[[ModuleType], None]] = {
    "prometheus_client.metrics": unmeter,
    "partyapp.party.live.sync_metrics": uncount,
    "logging": unlog,
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
