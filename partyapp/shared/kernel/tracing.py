"""Which trace what is done belongs to. It knows of no tracer; without one, nothing is traced at no cost.

`partyapp.shared.ops.telemetry` puts a tracer in place where one is wanted.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Tracer(Protocol):
    """What makes spans."""

    def current(self) -> str:
        """The place in its trace of what is done now, as a W3C `traceparent`; empty without one."""
        ...

    def span(self, name: str, parent: str) -> AbstractContextManager[object]:
        """What is done in this context is a span of the trace of `parent`, a `traceparent` or empty."""
        ...


class NoTracer:
    """Where nothing is traced."""

    def current(self) -> str:
        """Nowhere."""
        return ""

    def span(self, name: str, parent: str) -> AbstractContextManager[object]:
        """Nothing."""
        return nullcontext()


_tracers: list[Tracer] = [NoTracer()]


def set_tracer(tracer: Tracer) -> None:
    """Have this process traced from here on."""
    _tracers[:] = [tracer]


def is_traced() -> bool:
    """Whether this process is."""
    return not isinstance(_tracers[0], NoTracer)


def current_trace() -> str:
    """See `Tracer.current`."""
    return _tracers[0].current()


def traced(name: str, parent: str) -> AbstractContextManager[object]:
    """See `Tracer.span`."""
    return _tracers[0].span(name, parent)
