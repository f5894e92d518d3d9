"""What leaves in a span: a list of what is known to hold no secret, and nothing else.

Paths may hold invites and grants, queries tickets, headers tokens, and an error's words whatever was wrong;
the parts that make spans note all of these. So a span is written anew from what is listed here.
"""

import logging
from collections.abc import Sequence
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status

log = logging.getLogger(__name__)

#: Under this name a request's span holds the request's id, which is in the logs.
REQUEST_ID = "party.request_id"
_KEPT = frozenset({
    REQUEST_ID,
    "http.method", "http.request.method", "http.status_code", "http.response.status_code", "http.route",
    "http.scheme", "url.scheme", "http.flavor", "network.protocol.version",
    # A statement has its values apart from it, and those of a command of Redis are left out.
    "db.system", "db.system.name", "db.name", "db.namespace", "db.statement", "db.query.text",
    "db.operation", "db.operation.name", "db.redis.args_length",
    "celery.action", "celery.task_name", "celery.state", "messaging.destination",
    "messaging.destination.name", "messaging.message.id", "messaging.message_id",
    "error.type", "exception.type", "exception.escaped",
})  # fmt: skip


class ScrubbedExporter(SpanExporter):
    """Sends what may leave by another exporter, and says once that it can't, and that it can again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._works = True
        # Its own lines come with every batch.
        for name in ("opentelemetry.exporter", "opentelemetry.sdk"):
            logging.getLogger(name).setLevel(logging.CRITICAL)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them; those that can't be sent are lost."""
        try:
            result = self._exporter.export([scrubbed(span) for span in spans])
        except Exception as error:
            log.debug("spans were lost: %s", type(error).__name__)
            result = SpanExportResult.FAILURE
        works = result is SpanExportResult.SUCCESS
        if works != self._works:
            self._works = works
            if works:
                log.warning("the collector at OTEL_EXPORTER_OTLP_ENDPOINT takes spans again")
            else:
                log.warning("the collector at OTEL_EXPORTER_OTLP_ENDPOINT takes no spans; they are dropped")
        return result

    def shutdown(self) -> None:
        """End."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Whether all was sent in that time."""
        return self._exporter.force_flush(timeout_millis)


def scrubbed(span: ReadableSpan) -> ReadableSpan:
    """The same span, with what may leave."""
    return ReadableSpan(
        name=_name(span),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_kept(span.attributes),
        events=[Event(event.name, _kept(event.attributes), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        # An error's description is its text.
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _name(span: ReadableSpan) -> str:
    """Its name; of a request that no route takes, which is named by its whole path, the method alone."""
    if span.kind is not SpanKind.SERVER:
        return span.name
    said = span.attributes or {}
    method = said.get("http.request.method") or said.get("http.method") or "HTTP"
    return " ".join(str(part) for part in (method, said.get("http.route")) if part)


def _kept(attributes: Any) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name in _KEPT}
