"""What workers count and say of themselves reaches a scrape over a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops import worker_metrics
from partyapp.shared.ops.worker_metrics import SILENCE_MS, ProcessRegister, TaskFigures, WorkerMetrics
from partyapp.shared.storage.redis_client import RedisGone, create_redis
from partyapp.shared.storage.redis_names import RedisNames
from tests.support.local_stack import free_port

_LABELS = ("kind", "task", "outcome", "le")
Samples = dict[tuple[str, ...], float]


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    client = create_redis(redis_url)
    yield client
    client.close()


@pytest.fixture
def names() -> RedisNames:
    return RedisNames(f"worker-metrics-{new_id().hex}")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """The monotonic clock, in s."""
    now = {"s": 100.0}
    monkeypatch.setattr(worker_metrics, "monotonic_s", lambda: now["s"])
    return now


def scraped(metrics: WorkerMetrics) -> Samples:
    registry = CollectorRegistry()
    registry.register(metrics)
    return {
        (sample.name, *(sample.labels[label] for label in _LABELS if label in sample.labels)): sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
    }


def read(client: redis.Redis, names: RedisNames) -> Samples:
    metrics = WorkerMetrics(client, names)
    metrics.read()
    return scraped(metrics)


def test_what_all_workers_run_is_counted_together(
    client: redis.Redis, names: RedisNames, now: dict[str, float]
) -> None:
    for took_s in (0.02, 0.5):
        figures = TaskFigures(client, names)
        figures.began("party.relay")
        now["s"] += took_s
        figures.ended("party.relay", "done")
        figures.push()
        figures.push()
    figures.began("party.tick")
    now["s"] += 40
    figures.ended("party.tick", "failed")
    figures.failed("party.tick")
    figures.push()
    found = read(client, names)
    assert found["party_tasks_total", "party.relay", "done"] == 2
    assert found["party_tasks_total", "party.tick", "failed"] == 2
    buckets = [
        found["party_task_seconds_bucket", "party.relay", end] for end in ("0.01", "0.05", "0.25", "1.0")
    ]
    assert buckets == [0, 1, 1, 2]
    assert found["party_task_seconds_bucket", "party.tick", "30.0"] == 0
    assert found["party_task_seconds_count", "party.tick"] == 1
    assert found["party_task_seconds_sum", "party.relay"] == pytest.approx(0.52)
    assert found["party_task_busy_seconds_total", "party.tick"] == pytest.approx(40)
    assert 0 <= found["party_task_age_seconds", "party.relay"] < 60


def test_a_task_that_hangs_is_busy_before_it_ends(
    client: redis.Redis, names: RedisNames, now: dict[str, float]
) -> None:
    figures = TaskFigures(client, names)
    figures.began("party.tick")
    for busy_s in (10, 20):
        now["s"] += 10
        figures.push()
        assert read(client, names)["party_task_busy_seconds_total", "party.tick"] == pytest.approx(busy_s)
    assert ("party_task_age_seconds", "party.tick") not in read(client, names)


def test_what_redis_did_not_take_is_pushed_when_it_is_back(
    client: redis.Redis, names: RedisNames, now: dict[str, float]
) -> None:
    figures = TaskFigures(create_redis(f"redis://127.0.0.1:{free_port()}"), names)
    figures.began("party.tick")
    now["s"] += 1
    figures.ended("party.tick", "done")
    figures.push()
    figures._client = client
    figures.push()
    found = read(client, names)
    assert found["party_tasks_total", "party.tick", "done"] == 1
    assert ("party_task_age_seconds", "party.tick") in found


def test_who_is_silent_is_not_there(
    client: redis.Redis, names: RedisNames, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = ProcessRegister(client, names)
    assert read(client, names)["party_background_processes", "worker"] == 0
    for name, kind, at_once in (("a", "worker", 2), ("b", "worker", 3), ("c", "beat", 1)):
        register.report(kind, at_once, name)
    found = read(client, names)
    assert (found["party_background_processes", "worker"], found["party_task_slots", "worker"]) == (2, 5)
    assert (
        found["party_background_processes", "beat"],
        found["party_background_processes", "transcode"],
    ) == (1, 0)
    register.leave("worker", 2, "a")
    assert read(client, names)["party_task_slots", "worker"] == 3
    later_ms = worker_metrics.now_of(client) + SILENCE_MS + 1
    monkeypatch.setattr(worker_metrics, "now_of", lambda _: later_ms)
    found = read(client, names)
    assert (found["party_background_processes", "worker"], found["party_background_processes", "beat"]) == (
        0,
        0,
    )


def test_without_redis_nothing_is_made_up(client: redis.Redis, names: RedisNames) -> None:
    ProcessRegister(client, names).report("worker", 2, "a")
    metrics = WorkerMetrics(client, names)
    metrics.read()
    gone: Any = create_redis(f"redis://127.0.0.1:{free_port()}")
    metrics._client = gone
    with pytest.raises(RedisGone):
        metrics.read()
    assert scraped(metrics) == {}
