"""Traces by OpenTelemetry, where `OTEL_EXPORTER_OTLP_ENDPOINT` is set and `partyapp[otel]` is installed.

Nothing of OpenTelemetry is imported without the first. A process calls `start_telemetry` once, after it was
forked, since what sends the spans is a thread, and before it imports or connects what is traced.
"""

import logging
import os
from collections.abc import Mapping
from importlib.util import find_spec

log = logging.getLogger(__name__)

#: Either says where spans go.
ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
_NEEDED = (
    "opentelemetry.sdk",
    "opentelemetry.exporter.otlp.proto.http",
    "opentelemetry.instrumentation.psycopg",
    "opentelemetry.instrumentation.redis",
    "opentelemetry.instrumentation.flask",
    "opentelemetry.instrumentation.celery",
)


def start_telemetry(process: str, *, trusts_callers: bool, environ: Mapping[str, str] = os.environ) -> bool:
    """Trace this process, a `web` or a `worker`, if that is wanted; whether it is.

    `trusts_callers`: whether the trace that a caller names in `traceparent` is gone on with.
    """
    if not any(environ.get(name) for name in ENDPOINTS):
        return False
    missing = [name for name in _NEEDED if not _is_there(name)]
    if missing:
        log.warning(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but nothing is traced: %s is not installed; "
            "install partyapp[otel] (requirements-otel.lock)",
            missing[0],
        )
        return False
    if any(environ.get(name, "http/protobuf") != "http/protobuf" for name in _PROTOCOLS):
        log.warning("spans are sent as http/protobuf alone, whatever OTEL_EXPORTER_OTLP_PROTOCOL says")
    from partyapp.shared.ops.telemetry_setup import install

    install(process, environ, trusts_callers)
    return True


def stop_telemetry(limit_ms: int = 1000) -> None:
    """Send what is still to be sent, within that time. Nothing happens where nothing is traced."""
    if any(os.environ.get(name) for name in ENDPOINTS) and all(map(_is_there, _NEEDED)):
        from partyapp.shared.ops.telemetry_setup import uninstall

        uninstall(limit_ms)


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
