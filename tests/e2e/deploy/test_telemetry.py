"""Traces of a real stack, as a real receiver of OTLP takes them: from a request to its worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from threading import Event

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest
from tests.support.waiting import RECOVERY_S, eventually
from tests.support.webhook_receiver import WebhookReceiver

pytestmark = pytest.mark.stack

#: What a caller may send and nobody else may read.
TICKET = "canary-ticket-in-a-query"
FOREIGN_TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture(scope="module")
def collector() -> Iterator[WebhookReceiver]:
    with WebhookReceiver(lambda _: 200) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def stack(collector: WebhookReceiver) -> Iterator[Stack]:
    extra = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    with own_folder() as folder, Stack(folder / "data", extra=extra) as started:
        yield started


def spans(collector: WebhookReceiver) -> list[tuple[str, Span]]:
    """All spans so far, each with the name of its service."""
    found = []
    for request in list(collector.received):
        for resource in ExportTraceServiceRequest.FromString(request.body).resource_spans:
            (service,) = [one.value.string_value for one in resource.resource.attributes
                          if one.key == "service.name"]  # fmt: skip
            found += [(service, span) for scope in resource.scope_spans for span in scope.spans]
    return found


def below(all_spans: list[tuple[str, Span]], top: Span) -> list[tuple[str, Span]]:
    children = [one for one in all_spans if one[1].parent_span_id == top.span_id]
    return children + [one for child in children for one in below(all_spans, child[1])]


def test_a_command_is_one_trace_from_its_request_to_its_worker(
    stack: Stack, collector: WebhookReceiver
) -> None:
    guest = Guest(stack.url)
    party = guest.create_party()
    guest.get(
        f"/api/parties/{party['id']}?ticket={TICKET}",
        headers={
            "Party-Invite": party["invite_code"],
            "traceparent": f"00-{FOREIGN_TRACE}-b7ad6b7169203331-01",
        },
    )
    guest.get(f"/p/{party['id']}/{party['invite_code']}")

    def trace_of_create() -> list[tuple[str, Span]]:
        known = spans(collector)
        tops = [one for service, one in known if one.name == "POST /api/parties" and service == "party-web"]
        return [one for one in (below(known, tops[0]) if tops else []) if one[0] == "party-worker"]

    in_worker = eventually(lambda: [one for one in trace_of_create() if one[1].name != "run command"],
                           RECOVERY_S)  # fmt: skip
    assert "run command" in {span.name for _, span in trace_of_create()}
    statements = {one.key: one.value.string_value for _, span in in_worker for one in span.attributes}
    assert statements.get("db.system", statements.get("db.system.name")) in ("postgresql", "redis")
    # The span of the request holds the id that is in its answer and in the logs.
    eventually(lambda: any(span.name == "GET /api/parties/<uuid:party_id>" for _, span in spans(collector)))
    # Nobody in front of this service is trusted, so a caller decides over no trace.
    assert bytes.fromhex(FOREIGN_TRACE) not in {span.trace_id for _, span in spans(collector)}
    everything = b"".join(request.body for request in collector.received)
    for secret in (guest.token, party["invite_code"], TICKET, stack.secret_key):
        assert secret.encode() not in everything
    guest.close()


def test_a_silent_collector_holds_nothing_up(stack: Stack, collector: WebhookReceiver) -> None:
    released, asked = Event(), Event()

    def silent(_: object) -> Callable[[BaseHTTPRequestHandler], None]:
        def wait(handler: BaseHTTPRequestHandler) -> None:
            asked.set()
            released.wait(2 * RECOVERY_S)
            handler.close_connection = True

        return wait

    collector.reply = silent
    guest = Guest(stack.url)
    try:
        assert asked.wait(RECOVERY_S)
        # Nothing is answered to it from here on, and commands go on.
        for _ in range(5):
            guest.create_party()
        assert not released.is_set()
        eventually(lambda: "takes no spans; they are dropped" in stack.log("web"), RECOVERY_S)
        assert stack.log("web").count("takes no spans") == 1
        assert stack.stop() == 0
    finally:
        released.set()
        guest.close()
