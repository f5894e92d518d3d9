"""Waking a worker never fails and never holds anybody up, however Redis does."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest
from celery import Celery
from celery.app.task import Context
from redis.exceptions import ConnectionError as RedisConnectionError

from partyapp.shared.kernel import tracing
from partyapp.shared.kernel.tracing import NoTracer
from partyapp.shared.ops import task_queue
from partyapp.shared.ops.settings import Settings
from partyapp.shared.ops.task_queue import (
    LIFECYCLE_QUEUE,
    MOST_IDS,
    CeleryTaskQueue,
    create_celery,
    kind_of,
    traces_of,
)
from tests.support.waiting import LIMIT_S, eventually
from workers.schedule import beat_schedule

TASK = "party.run_commands"


class Broker(Celery):  # type: ignore[misc]
    """A Celery application whose broker is this test."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__("test")
        self.error = error
        self.open = threading.Event()
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.tried = 0

    def ids(self) -> list[str]:
        """Whatever a worker was woken for."""
        return [one for _, options in list(self.sent) for one in options["kwargs"]["ids"]]

    def was_tried(self, times: int) -> bool:
        return self.tried == times

    def send_task(self, name: str, **options: Any) -> None:
        self.tried += 1
        assert self.open.wait(LIMIT_S)
        if self.error is not None:
            raise self.error
        self.sent.append((name, options))


def test_a_hint_is_sent_as_it_was_given() -> None:
    broker = Broker()
    broker.open.set()
    CeleryTaskQueue(broker).wake(TASK, LIFECYCLE_QUEUE, "7", "web-1")
    eventually(lambda: broker.sent)
    ((name, options),) = broker.sent
    assert (name, options["queue"]) == (TASK, LIFECYCLE_QUEUE)
    assert options["kwargs"] == {"ids": ["7"], "reply_to": "web-1"}
    assert options["retry"] is False, "a retry would hold the sender up"


def test_a_task_names_the_kind_of_its_rows_and_holds_no_others() -> None:
    broker = Broker()
    broker.open.set()
    queue = CeleryTaskQueue(broker)
    for number in range(20):
        queue.wake(TASK, LIFECYCLE_QUEUE, str(number), "web-1", ["leave", "join", ""][number % 3])
    eventually(lambda: len(broker.ids()) == 20)
    for _, options in broker.sent:
        # As Celery builds the request of a task from the headers of its message.
        request = Context({"task": TASK, "id": "1", "lang": "py", **(options["headers"] or {})})
        kinds = {["leave", "join", None][int(one) % 3] for one in options["kwargs"]["ids"]}
        assert kinds == {kind_of(request)}


class RowTracer(NoTracer):
    """The trace of each row is named like it."""

    row = ""

    def current(self) -> str:
        return f"trace-{self.row}" if self.row else ""


def test_each_row_has_the_trace_of_its_own_request(monkeypatch: pytest.MonkeyPatch) -> None:
    tracer, broker = RowTracer(), Broker()
    monkeypatch.setattr(tracing, "_tracers", [tracer])
    broker.open.set()
    queue = CeleryTaskQueue(broker)
    for tracer.row in ("1", "2", ""):
        queue.wake(TASK, LIFECYCLE_QUEUE, tracer.row or "untraced", "web-1", "join")
    eventually(lambda: len(broker.ids()) == 3)
    found: dict[str, str] = {}
    for _, options in broker.sent:
        found |= traces_of(Context({"task": TASK, "id": "1", "lang": "py", **options["headers"]}))
    assert found == {"1": "trace-1", "2": "trace-2"}


def test_many_hints_share_tasks_and_each_is_in_one() -> None:
    broker = Broker()
    broker.open.set()
    queue = CeleryTaskQueue(broker)
    for number in range(100):
        queue.wake(TASK, LIFECYCLE_QUEUE, str(number), f"web-{number % 2}")
    eventually(lambda: len(broker.ids()) == 100)
    assert sorted(broker.ids(), key=int) == [str(number) for number in range(100)]
    assert len(broker.sent) < 50
    for _, options in broker.sent:
        assert len(options["kwargs"]["ids"]) <= MOST_IDS
        assert {f"web-{int(one) % 2}" for one in options["kwargs"]["ids"]} == {options["kwargs"]["reply_to"]}


def test_the_more_hints_there_are_the_longer_they_are_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(task_queue, "monotonic_s", lambda: 0.0)
    broker = Broker()
    queue = CeleryTaskQueue(broker, senders=1, sleep=slept.append)
    queue.wake(TASK, LIFECYCLE_QUEUE, "alone", "")
    eventually(lambda: broker.was_tried(1))
    for number in range(5):
        queue.wake(TASK, LIFECYCLE_QUEUE, str(number), "")
    broker.open.set()
    eventually(lambda: len(broker.ids()) == 6)
    queue.wake(TASK, LIFECYCLE_QUEUE, "behind them", "")
    eventually(lambda: len(broker.ids()) == 7)
    assert slept == [0.0, task_queue.GATHER_S, task_queue.GATHER_S * task_queue.MOST_TIMES]


@pytest.mark.parametrize("error", [RedisConnectionError("gone"), OSError("refused"), RuntimeError("bug")])
@pytest.mark.thorough
def test_a_broker_that_fails_is_no_failure_here(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    broker = Broker(error)
    broker.open.set()
    queue = CeleryTaskQueue(broker, senders=1, bound=2)
    for round_ in range(1, 6):
        queue.wake("party.relay", "party.relay", "7", "hunter2")
        eventually(partial(broker.was_tried, round_))
    eventually(lambda: caplog.text.count("no worker was woken for party.relay") == 5)
    assert "hunter2" not in caplog.text


def test_a_broker_that_hangs_holds_nobody_up_and_fills_nothing() -> None:
    broker = Broker()
    queue = CeleryTaskQueue(broker, senders=2, bound=10)
    for number in range(1000):
        queue.wake(TASK, LIFECYCLE_QUEUE, str(number), "")
    broker.open.set()
    eventually(lambda: len(broker.ids()) == 10)
    queue.wake(TASK, LIFECYCLE_QUEUE, "later", "")
    eventually(lambda: "later" in broker.ids())
    assert len(broker.ids()) == 11


def test_what_is_known_to_lose_tasks_is_set_otherwise() -> None:
    conf = create_celery("unix:///run/valkey.sock?db=1").conf
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1
    assert conf.worker_proc_alive_timeout >= 30, "a process that starts slowly would be killed each time"
    assert conf.accept_content == ["json"], "a pickle from Redis would run as code"
    assert conf.broker_transport_options["socket_timeout"]
    assert conf.broker_transport_options["visibility_timeout"] > conf.task_time_limit


def test_what_the_beat_fires_dies_when_it_is_late() -> None:
    settings = Settings(database_url="", redis_url="", secret_key="", tick_interval_s=3.0)
    schedule = beat_schedule(settings)
    assert schedule["tick"]["schedule"] == 3.0
    queued = {"films", "library", "remind", "webhooks", "channels"}
    assert {"tick", "sweep", "relay", "forget"} | queued == set(schedule)
    for entry in schedule.values():
        assert entry["options"]["expires"] <= entry["schedule"]
    assert schedule["tick"]["options"]["queue"] != schedule["sweep"]["options"]["queue"]
