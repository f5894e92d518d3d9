"""Traces: nothing without a place to send them to, and nothing in them that isn't listed."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased

from partyapp.shared.kernel.tracing import current_trace, traced
from partyapp.shared.ops import telemetry
from partyapp.shared.ops.telemetry import start_telemetry
from partyapp.shared.ops.telemetry_scrubbing import ScrubbedExporter
from partyapp.shared.ops.telemetry_setup import EntrySampler, NoPropagator, OpenTelemetryTracer

SECRET = "sEcReT-canary"


class Failing(SpanExporter):
    """Takes what it is told to."""

    results: list[SpanExportResult | Exception]

    def export(self, spans: object) -> SpanExportResult:
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result


def provider_with(exporter: SpanExporter) -> TracerProvider:
    provider = TracerProvider(sampler=ParentBased(EntrySampler(ALWAYS_ON)), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider


@pytest.mark.thorough
def test_without_a_place_to_send_to_nothing_is_imported_or_traced() -> None:
    code = (
        "import sys, partyapp.app, workers.tracing\n"
        "from partyapp.shared.ops.telemetry import start_telemetry, stop_telemetry\n"
        "assert not start_telemetry('web', trusts_callers=True); stop_telemetry()\n"
        # redis-py imports the API and metrics itself, where they are installed.
        "ours = ('opentelemetry.instrumentation', 'opentelemetry.exporter', 'opentelemetry.sdk.trace')\n"
        "print([name for name in sys.modules if name.startswith(ours)])"
    )
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)}
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    assert found.stdout.strip() == "[]"
    assert current_trace() == ""
    with traced("nothing", ""):
        assert current_trace() == ""


def test_where_the_extra_is_missing_a_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def not_there(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(telemetry, "find_spec", not_there)
    with caplog.at_level(logging.WARNING):
        began = start_telemetry(
            "web", trusts_callers=False, environ={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
        )
    assert not began
    assert "install partyapp[otel]" in caplog.text


def test_only_what_is_listed_leaves() -> None:
    memory = InMemorySpanExporter()
    tracer = provider_with(ScrubbedExporter(memory)).get_tracer("tests")
    with (
        pytest.raises(ValueError, match=SECRET),
        tracer.start_as_current_span("GET /p/<id>", kind=trace.SpanKind.SERVER) as span,
    ):
        span.set_attribute("http.target", f"/p/1?invite={SECRET}")
        span.set_attribute("http.request.header.authorization", SECRET)
        span.set_attribute("http.route", "/p/<id>")
        raise ValueError(SECRET)
    (found,) = memory.get_finished_spans()
    assert found.attributes == {"http.route": "/p/<id>"}
    assert [dict(event.attributes or {}) for event in found.events] == [
        {"exception.type": "ValueError", "exception.escaped": "False"}
    ]
    assert not found.status.is_ok
    assert SECRET not in found.to_json()


@pytest.mark.parametrize(
    ("route", "name"), [({"http.route": "/media/<grant>/<file>"}, "GET /media/<grant>/<file>"), ({}, "GET")]
)
def test_a_request_that_no_route_takes_is_not_named_by_its_path(route: dict[str, str], name: str) -> None:
    memory = InMemorySpanExporter()
    tracer = provider_with(ScrubbedExporter(memory)).get_tracer("tests")
    with tracer.start_as_current_span(f"GET /media/{SECRET}/a", kind=trace.SpanKind.SERVER) as span:
        span.set_attributes({"http.method": "GET", **route})
    (found,) = memory.get_finished_spans()
    assert found.name == name
    assert SECRET not in found.to_json()


def test_what_nobody_asked_for_begins_no_trace() -> None:
    memory = InMemorySpanExporter()
    tracer = provider_with(memory).get_tracer("tests")
    with tracer.start_as_current_span("SELECT", kind=trace.SpanKind.CLIENT):
        pass
    with (
        tracer.start_as_current_span("run/party.tick", kind=trace.SpanKind.CONSUMER),
        tracer.start_as_current_span("SELECT", kind=trace.SpanKind.CLIENT),
    ):
        pass
    assert [span.name for span in memory.get_finished_spans()] == ["SELECT", "run/party.tick"]


def test_nobody_elses_trace_is_gone_on_with() -> None:
    carrier = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    context = NoPropagator().extract(carrier)
    assert not trace.get_current_span(context).get_span_context().is_valid


def test_a_command_is_a_span_of_its_request_wherever_it_runs() -> None:
    memory = InMemorySpanExporter()
    provider = provider_with(memory)
    tracer = OpenTelemetryTracer(provider)
    assert tracer.current() == ""
    with provider.get_tracer("tests").start_as_current_span("POST", kind=trace.SpanKind.SERVER) as request:
        parent = tracer.current()
    with (
        provider.get_tracer("tests").start_as_current_span("run/task", kind=trace.SpanKind.CONSUMER) as task,
        tracer.span("run command", parent),
    ):
        pass
    command = next(one for one in memory.get_finished_spans() if one.name == "run command")
    assert command.parent is not None
    assert command.parent.span_id == request.get_span_context().span_id
    assert command.context.trace_id == request.get_span_context().trace_id
    assert [link.context.span_id for link in command.links] == [task.get_span_context().span_id]


def test_a_collector_that_takes_nothing_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    failing = Failing()
    failing.results = [SpanExportResult.FAILURE, OSError("no"), SpanExportResult.SUCCESS]
    exporter = ScrubbedExporter(failing)
    with caplog.at_level(logging.WARNING):
        results = [exporter.export([]) for _ in range(3)]
    assert results == [SpanExportResult.FAILURE, SpanExportResult.FAILURE, SpanExportResult.SUCCESS]
    assert [record.message.partition("ENDPOINT ")[2] for record in caplog.records] == [
        "takes no spans; they are dropped",
        "takes spans again",
    ]
