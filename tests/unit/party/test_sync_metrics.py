"""How well members are in sync, as Prometheus reads it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from prometheus_client import REGISTRY

from partyapp.party.live.sync_metrics import EVERY_S, SyncMetrics
from partyapp.realtime.rooms import Hub
from partyapp.shared.kernel.ids import new_id


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def sync(drift_ms: float | None, bound_ms: float | None, verdict: str) -> dict[str, Any]:
    return {"drift_ms": drift_ms, "offset_bound_ms": bound_ms, "verdict": verdict}


def room(*syncs: dict[str, Any] | None) -> Any:
    """A room of so many members, each with a socket here, and one more who is connected elsewhere."""
    members = {new_id(): found for found in syncs}
    sockets = {object(): (user_id, None) for user_id in members}
    elsewhere = {new_id(): sync(4000.0, 1.0, "out_of_sync")}
    return SimpleNamespace(state=SimpleNamespace(sync_states=sockets, published={**members, **elsewhere}))


def counted(monkeypatch: Any, *rooms: Any) -> None:
    monkeypatch.setattr("partyapp.party.live.sync_metrics.looked_at", list)
    hub = SimpleNamespace(rooms={new_id(): found for found in rooms})
    SyncMetrics(cast(Hub[Any], hub)).each_second()


def test_members_are_counted_by_verdict_and_by_how_far_off_they_are(monkeypatch: Any) -> None:
    counted(
        monkeypatch,
        room(sync(-3.0, 0.7, "in_sync"), sync(7.0, 3.0, "in_sync"), sync(-200.0, 9.0, "out_of_sync")),
        room(sync(80.0, None, "likely"), None),
    )
    found = {
        verdict: sample("party_members", verdict=verdict) for verdict in ("in_sync", "likely", "unknown")
    }
    assert found == {"in_sync": 2, "likely": 1, "unknown": 1}
    assert sample("party_members", verdict="out_of_sync") == 1
    drifts = [
        sample("party_members_by_drift_ms", le=le) for le in ("5", "10", "40", "80", "160", "320", "+Inf")
    ]
    assert drifts == [1, 2, 2, 3, 3, 4, 4]
    assert [sample("party_members_by_clock_bound_ms", le=le) for le in ("0.5", "1", "5", "10", "+Inf")] == [
        0,
        1,
        2,
        3,
        3,
    ]
    # From 200 ms behind to 7 ms ahead; a room with one member has no spread.
    assert [sample("party_rooms_by_spread_ms", le=le) for le in ("160", "320", "+Inf")] == [0, 1, 1]


def test_who_is_gone_is_counted_no_more(monkeypatch: Any) -> None:
    counted(monkeypatch, room(sync(1.0, 1.0, "in_sync")))
    counted(monkeypatch)
    assert sample("party_members", verdict="in_sync") == 0
    assert sample("party_members_by_drift_ms", le="+Inf") == 0


def test_it_is_not_done_every_second(monkeypatch: Any) -> None:
    monkeypatch.setattr("partyapp.party.live.sync_metrics.looked_at", list)
    now = [100.0]
    monkeypatch.setattr("partyapp.party.live.sync_metrics.monotonic_s", lambda: now[0])
    hub = SimpleNamespace(rooms={new_id(): room(sync(1.0, 1.0, "in_sync"))})
    task = SyncMetrics(cast(Hub[Any], hub))
    task.each_second()
    hub.rooms.clear()
    now[0] += EVERY_S / 2
    task.each_second()
    assert sample("party_members", verdict="in_sync") == 1
    now[0] += EVERY_S
    task.each_second()
    assert sample("party_members", verdict="in_sync") == 0
