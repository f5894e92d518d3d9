"""What workers and beat are doing: counted where it happens, pushed to Redis each second, shown by web.

They have no port of their own, so there is nothing more to scrape and nothing more to protect. Every web
process shows the same figures, those of the whole deployment. While Redis is gone there are none, and what
was counted meanwhile is pushed when it is back; where Redis lost what it had, the counters begin again.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import redis
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.storage.redis_client import RedisGone
from partyapp.shared.storage.redis_names import DEFAULT_NAMES, RedisNames

FIGURES_KEY, PROCESSES_KEY = "party:task-figures", "party:processes"

#: How often figures are pushed, in s.
PUSH_S = 1.0
#: Who has not said for so long, in ms, that it is there, is not. Workers say so every 2 s.
SILENCE_MS = 8000.0
#: So long after the last push, in s, Redis forgets the figures.
_KEPT_S = 24 * 3600

#: The ends of the histogram, in s: a task of a queue is over in 30, but for a film's.
ENDS_S = (0.01, 0.05, 0.25, 1.0, 5.0, 30.0)

#: What a process does, by which its kind is told: commands and upkeep, films, the schedule.
KINDS = ("worker", "transcode", "beat")


class TaskFigures:
    """Counts the tasks of this process, which runs one at a time. Pushes from a thread of its own."""

    def __init__(self, client: redis.Redis, names: RedisNames = DEFAULT_NAMES) -> None:
        self._client, self._key = client, names(FIGURES_KEY)
        self._lock = threading.Lock()
        self._added: dict[str, float] = {}
        self._finished: set[str] = set()
        self._running: tuple[str, float] | None = None
        self._since_s = 0.0

    def start(self) -> None:
        """Push each second from now on."""
        threading.Thread(target=self._push_forever, name="task-figures", daemon=True).start()

    def began(self, task: str) -> None:
        """This process runs the task from now on."""
        with self._lock:
            self._since_s = monotonic_s()
            self._running = (task, self._since_s)

    def ended(self, task: str, outcome: str) -> None:
        """It has run it: `done` or `failed`."""
        with self._lock:
            now_s = monotonic_s()
            began_s = now_s if self._running is None else self._running[1]
            self._count_busy(now_s)
            self._running = None
            self._finished.add(task)
            self._add(f"{task}|sum", now_s - began_s)
            self._add(f"{task}|{outcome}", 1)
            end = next(
                (number for number, end_s in enumerate(ENDS_S) if now_s - began_s <= end_s), len(ENDS_S)
            )
            self._add(f"{task}|le|{end}", 1)

    def failed(self, task: str) -> None:
        """The process that ran the task is gone, and took the time with it."""
        with self._lock:
            self._add(f"{task}|failed", 1)

    def push(self) -> None:
        """Hand over what was counted since the last time. What Redis doesn't take is kept for the next."""
        with self._lock:
            # A task that hangs is busy too, long before it ends.
            self._count_busy(monotonic_s())
            added, self._added = self._added, {}
            finished, self._finished = self._finished, set()
        if not added:
            return
        try:
            now_ms = now_of(self._client)
            with self._client.pipeline(transaction=True) as pipeline:
                for field, value in added.items():
                    pipeline.hincrbyfloat(self._key, field, value)
                for task in finished:
                    pipeline.hset(self._key, f"{task}|at", int(now_ms))
                pipeline.expire(self._key, _KEPT_S)
                pipeline.execute()
        except RedisGone:
            with self._lock:
                self._finished |= finished
                for field, value in added.items():
                    self._add(field, value)

    def _count_busy(self, now_s: float) -> None:
        if self._running is not None:
            self._add(f"{self._running[0]}|busy", now_s - self._since_s)
            self._since_s = now_s

    def _add(self, field: str, value: float) -> None:
        self._added[field] = self._added.get(field, 0.0) + value

    def _push_forever(self) -> None:
        pause = threading.Event()
        while not pause.wait(PUSH_S):
            self.push()


class ProcessRegister:
    """Which workers and beats there are. Best effort: without Redis nobody hears of them."""

    def __init__(self, client: redis.Redis, names: RedisNames = DEFAULT_NAMES) -> None:
        self._client, self._key = client, names(PROCESSES_KEY)

    def report(self, kind: str, count: int, name: str) -> None:
        """`name` is there, and runs `count` tasks at once."""
        with suppress(*RedisGone):
            now_ms = now_of(self._client)
            self._client.zadd(self._key, {f"{kind}|{count}|{name}": now_ms})
            self._client.zremrangebyscore(self._key, "-inf", now_ms - 10 * SILENCE_MS)

    def leave(self, kind: str, count: int, name: str) -> None:
        """It ends."""
        with suppress(*RedisGone):
            self._client.zrem(self._key, f"{kind}|{count}|{name}")


class WorkerMetrics(Collector):
    """The figures of all workers as metrics, as they were last read."""

    def __init__(self, client: redis.Redis, names: RedisNames = DEFAULT_NAMES) -> None:
        self._client, self._names = client, names
        self._figures: dict[str, float] = {}
        self._processes: dict[str, tuple[int, int]] = {}
        self._now_ms = 0.0

    def read(self) -> None:
        """Ask Redis. Raises what `RedisGone` names; then there are no figures until the next time."""
        self._figures, self._processes = {}, {}
        now_ms = now_of(self._client)
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.hgetall(self._names(FIGURES_KEY))
            pipeline.zrangebyscore(self._names(PROCESSES_KEY), now_ms - SILENCE_MS, "+inf")
            figures, members = pipeline.execute()
        self._now_ms = now_ms
        self._figures = {_text(field): float(value) for field, value in figures.items()}
        self._processes = _counted(map(_text, members))

    def collect(self) -> Iterable[Metric]:
        """The families, without samples where nothing was read."""
        tasks: dict[str, dict[str, float]] = {}
        for field, value in self._figures.items():
            task, _, what = field.partition("|")
            tasks.setdefault(task, {})[what] = value
        yield from _process_families(self._processes)
        yield from _task_families(tasks, self._now_ms)


def now_of(client: redis.Redis) -> float:
    """Redis's clock in ms, which all that ask it share."""
    seconds, micros = client.time()
    return float(seconds * 1000 + micros / 1000)


def _text(found: Any) -> str:
    return found.decode() if isinstance(found, bytes) else str(found)


def _counted(members: Iterable[str]) -> dict[str, tuple[int, int]]:
    found = dict.fromkeys(KINDS, (0, 0))
    for member in members:
        kind, count, _ = member.split("|", 2)
        processes, at_once = found.get(kind, (0, 0))
        found[kind] = (processes + 1, at_once + int(count))
    return found


def _process_families(processes: Mapping[str, tuple[int, int]]) -> Iterator[Metric]:
    alive = GaugeMetricFamily(
        "party_background_processes", "Workers and beats that were heard of lately", labels=["kind"]
    )
    slots = GaugeMetricFamily(
        "party_task_slots", "How many tasks they can run at the same time", labels=["kind"]
    )
    for kind, (count, at_once) in processes.items():
        alive.add_metric([kind], count)
        slots.add_metric([kind], at_once)
    yield from (alive, slots)


def _task_families(tasks: Mapping[str, Mapping[str, float]], now_ms: float) -> Iterator[Metric]:
    counts = CounterMetricFamily("party_tasks", "Tasks that were run, by outcome", labels=["task", "outcome"])
    seconds = HistogramMetricFamily("party_task_seconds", "How long a task took", labels=["task"])
    busy = CounterMetricFamily(
        "party_task_busy_seconds", "For how long processes have run the task, by now", labels=["task"]
    )
    age = GaugeMetricFamily("party_task_age_seconds", "Since when the task was not run", labels=["task"])
    for task, figures in sorted(tasks.items()):
        for outcome in ("done", "failed"):
            counts.add_metric([task, outcome], figures.get(outcome, 0.0))
        total, buckets = 0.0, []
        for number, end in enumerate([*map(str, ENDS_S), "+Inf"]):
            total += figures.get(f"le|{number}", 0.0)
            buckets.append((end, total))
        seconds.add_metric([task], buckets, figures.get("sum", 0.0))
        busy.add_metric([task], figures.get("busy", 0.0))
        if "at" in figures:
            age.add_metric([task], max(0.0, (now_ms - figures["at"]) / 1000.0))
    yield from (counts, seconds, busy, age)
