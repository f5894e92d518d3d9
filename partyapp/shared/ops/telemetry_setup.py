"""What makes spans of requests, tasks, statements and commands of Redis: OpenTelemetry's own parts.

SQLAlchemy has none that fits: every statement of ours goes through psycopg, whose part sees them all.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from threading import Thread
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.propagate import set_global_textmap
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from partyapp.shared.kernel.tracing import set_tracer
from partyapp.shared.ops.telemetry_scrubbing import REQUEST_ID, ScrubbedExporter

#: How long one attempt to send spans may take where the environment doesn't say, s.
_SEND_S = 3.0
#: Asked all the time, and of no interest.
_NOT_TRACED = "healthz,readyz,metrics"
_W3C = TraceContextTextMapPropagator()
_processors: list[BatchSpanProcessor] = []


class EntrySampler(Sampler):
    """Begins a trace for requests and tasks alone: the heartbeats of pools and channels are no trace."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: trace.SpanKind | None = None,
        attributes: Any = None,
        links: Sequence[trace.Link] | None = None,
        trace_state: Any = None,
    ) -> SamplingResult:
        """By the sampler of the environment, for what comes from outside."""
        if kind not in (trace.SpanKind.SERVER, trace.SpanKind.CONSUMER):
            return SamplingResult(Decision.DROP)
        return self._sampler.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        """For people."""
        return f"EntrySampler({self._sampler.get_description()})"


class NoPropagator(TextMapPropagator):
    """Goes on with nobody's trace. A CompositePropagator of none would make None the context, which fails."""

    def extract(self, carrier: Any, context: Context | None = None, getter: Any = None) -> Context:
        """The context as it is."""
        return Context() if context is None else context

    def inject(self, carrier: Any, context: Context | None = None, setter: Any = None) -> None:
        """Nothing is told."""

    @property
    def fields(self) -> set[str]:
        """No headers."""
        return set()


class OpenTelemetryTracer:
    """The tracer of `partyapp.shared.kernel.tracing`."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("partyapp")

    def current(self) -> str:
        """The `traceparent` of the span at hand."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get("traceparent", "")

    @contextmanager
    def span(self, name: str, parent: str) -> Iterator[None]:
        """A span of the trace of `parent`, with a link to what is at hand; without one a span in that."""
        here = trace.get_current_span().get_span_context()
        context = _W3C.extract({"traceparent": parent}) if parent else None
        links = [trace.Link(here)] if context is not None and here.is_valid else []
        with self._tracer.start_as_current_span(name, context=context, links=links):
            yield


def install(process: str, environ: Mapping[str, str], trusts_callers: bool) -> None:
    """Trace this process. Called once, and in a process that isn't forked any more."""
    named = {} if environ.get("OTEL_SERVICE_NAME") else {"service.name": f"party-{process}"}
    provider = TracerProvider(
        # What the environment says of sampling holds for what begins a trace.
        sampler=ParentBased(EntrySampler(TracerProvider().sampler)),
        resource=Resource.create({**named, "service.version": version("partyapp")}),
        shutdown_on_exit=False,
    )
    says = environ.get("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT") or environ.get("OTEL_EXPORTER_OTLP_TIMEOUT")
    exporter = OTLPSpanExporter(timeout=None if says else _SEND_S)
    # It holds at most 2,048 spans; those that come while it is full are dropped.
    processor = BatchSpanProcessor(ScrubbedExporter(exporter))
    provider.add_span_processor(processor)
    _processors.append(processor)
    trace.set_tracer_provider(provider)
    set_global_textmap(_W3C if trusts_callers else NoPropagator())
    set_tracer(OpenTelemetryTracer(provider))
    PsycopgInstrumentor().instrument()
    RedisInstrumentor().instrument()
    if process == "web":
        FlaskInstrumentor().instrument(excluded_urls=_NOT_TRACED, response_hook=_note_request_id)
    else:
        CeleryInstrumentor().instrument()


def uninstall(limit_ms: int) -> None:
    """Send what is still to be sent."""
    for processor in _processors:
        # It would wait for 30 s, as no limit can be given to it.
        ending = Thread(target=processor.shutdown, name="telemetry-end", daemon=True)
        ending.start()
        ending.join(limit_ms / 1000.0)
    _processors.clear()


def _note_request_id(span: trace.Span, status: str, headers: Sequence[tuple[str, str]]) -> None:
    found = [value for name, value in headers if name.lower() == "x-request-id"]
    if span is not None and span.is_recording() and found:
        span.set_attribute(REQUEST_ID, found[0])
