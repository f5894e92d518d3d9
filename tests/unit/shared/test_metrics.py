"""What is counted of sockets and requests, and under which few labels."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import REGISTRY

from partyapp.app import create_app
from partyapp.realtime.websocket.send_queue import HIGH_WATER, MAX_CHANGES, Priority, SendQueue
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops import metrics
from partyapp.shared.ops.settings import Settings


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("code", "label"), [(1000, "1000"), (1012, "1012"), (4409, "4409"), (3333, "other"), (4999, "other")]
)
def test_a_peer_makes_no_label_of_its_own(code: int, label: str) -> None:
    before = value("party_sockets_closed_total", code=label)
    metrics.count_closed(code)
    assert value("party_sockets_closed_total", code=label) == before + 1
    if label == "other":
        assert value("party_sockets_closed_total", code=str(code)) == 0


def test_who_is_gone_without_a_word_is_counted_so_once() -> None:
    before = value("party_sockets_closed_total", code="1006")
    metrics.count_dropped(is_told=False)
    metrics.count_dropped(is_told=True)
    assert value("party_sockets_closed_total", code="1006") == before + 1


def test_the_longest_queue_is_told_once() -> None:
    HIGH_WATER.taken()
    short, long = SendQueue(), SendQueue()
    short.put(Priority.CHANGE, b"a")
    for _ in range(7):
        long.put(Priority.CHANGE, b"a")
        long.take()
        long.put(Priority.ANSWER, b"b")
    assert HIGH_WATER.taken() == 7
    assert HIGH_WATER.taken() == 0


def test_changes_that_are_dropped_are_counted_once() -> None:
    before = value("party_socket_snapshots_total")
    queue = SendQueue()
    for _ in range(2 * MAX_CHANGES):
        queue.put(Priority.CHANGE, b"a")
    assert value("party_socket_snapshots_total") == before + 1


def test_requests_and_refused_handshakes_are_counted() -> None:
    given: Any = {
        "database_url": "postgresql+psycopg://nobody@127.0.0.1:1/x",
        "redis_url": "redis://127.0.0.1:1",
    }
    client = create_app(Settings(**given, secret_key="x" * 40, environment="test")).test_client()
    alive = value("party_http_seconds_count", endpoint="health.alive")
    refused = value("party_sockets_refused_total", code="unauthenticated")
    client.get("/healthz")
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
    assert client.get(f"/api/parties/{new_id()}/ws", headers=upgrade).status_code == 401
    assert value("party_http_seconds_count", endpoint="health.alive") == alive + 1
    assert value("party_sockets_refused_total", code="unauthenticated") == refused + 1
    assert value("party_http_seconds_count", endpoint="party_socket") == 0
