"""Processes of one deployment whose clocks, and whose Redis' `TIME`, are a test's own.

The scripts of `ReferenceClock` run on a real Valkey; only the source of the time in them is replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis

from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.reference_clock import (
    EPOCH_KEY,
    EVERY_S,
    PROVISIONAL_KEY,
    PROVISIONAL_MS,
    ReferenceClock,
)

START = 1_700_000_000_000.0
HOUR = 3_600_000.0
#: Each way between a process and Redis takes this long, ms.
WAY_MS = 0.1


class Machine:
    """The clocks of the process that runs at the moment; stands in for the module `time`."""

    CLOCK_BOOTTIME = 7

    def __init__(self) -> None:
        self.true_ms = 0.0
        self.running: Process | None = None

    def monotonic_ns(self) -> int:
        assert self.running is not None
        return round(self.running.mono_ms * 1e6)

    def clock_gettime_ns(self, which: int) -> int:
        assert self.running is not None
        assert which == self.CLOCK_BOOTTIME
        return round((self.running.mono_ms + self.running.suspended_ms) * 1e6)

    def time_ns(self) -> int:
        assert self.running is not None
        assert self.running.wall_ms is not None, "the wall clock is not to be read any more"
        return round(self.running.wall_ms * 1e6)


class Server:
    """What a process knows as Redis: a real one whose `TIME` is ours, and that can be away."""

    def __init__(self, machine: Machine, client: redis.Redis) -> None:
        self._machine = machine
        self._client = client
        self._prefix = f"test:{new_id()}:"
        self.skew_ms = 0.0
        self.away = False

    def register_script(self, text: str) -> Callable[..., Any]:
        """The same script with another source of the time, on keys of this test's own."""
        script = self._client.register_script(
            text.replace("redis.call('TIME')", "{ARGV[#ARGV - 1], ARGV[#ARGV]}")
        )

        def run(keys: list[str], args: list[Any]) -> Any:
            self._travel()
            micros = round((START + self._machine.true_ms + self.skew_ms) * 1000)
            stamps = [micros // 1_000_000, micros % 1_000_000]
            answer = script(keys=[self._prefix + key for key in keys], args=[*args, *stamps])
            self._travel()
            return answer

        return run

    def incr(self, key: str) -> None:
        self._client.incr(self._prefix + key)

    def record(self) -> str:
        held: Any = self._client.get(self._prefix + EPOCH_KEY)
        return str(held.decode())

    def restore(self, record: str) -> None:
        """A replica that had heard no more than this has taken over."""
        self._client.set(self._prefix + EPOCH_KEY, record)

    def purge(self) -> None:
        for key in self._client.scan_iter(self._prefix + "*"):
            self._client.delete(key)

    def expire_provisional(self) -> None:
        """As if `PROVISIONAL_MS` had passed."""
        limit: Any = self._client.pttl(self._prefix + PROVISIONAL_KEY)
        assert 0 < limit <= PROVISIONAL_MS
        self._client.delete(self._prefix + PROVISIONAL_KEY)

    def _travel(self) -> None:
        if self.away:
            raise redis.ConnectionError("gone")
        self._machine.true_ms += WAY_MS


@dataclass
class Process:
    """A process with a monotonic clock of its own rate; its wall clock may say anything."""

    machine: Machine
    started_ms: float
    ppm: float = 0.0
    wall_ms: float | None = START
    stood_still_ms: float = 0.0
    suspended_ms: float = 0.0
    due_ms: float = 0.0

    def begin(self, server: Any) -> None:
        self.machine.running = self
        self.clock = PartyClock()
        self.wall_ms = None
        self.reference = ReferenceClock(server, self.clock)

    @property
    def mono_ms(self) -> float:
        true_ms = self.machine.true_ms - self.started_ms
        return 50_000.0 + true_ms * (1.0 + self.ppm * 1e-6) - self.stood_still_ms

    def off_ms(self) -> float:
        """How far its party time is from the truth: the time that has gone on since the beginning."""
        self.machine.running = self
        return self.clock.now_ms() - START - self.machine.true_ms

    def exchange(self) -> None:
        self.machine.running = self
        self.reference.exchange()
        self.due_ms = self.machine.true_ms + EVERY_S * 1000


class ClockEnv:
    """A deployment: one server, and processes that exchange time with it when it is their turn."""

    def __init__(self, client: redis.Redis, machine: Machine) -> None:
        self.machine = machine
        self.server = Server(machine, client)
        self.processes: list[Process] = []

    def start(self, ppm: float = 0.0, wall_ms: float = START) -> Process:
        process = Process(self.machine, self.machine.true_ms, ppm, wall_ms)
        process.begin(self.server)
        self.processes.append(process)
        process.exchange()
        return process

    def run(self, ms: float) -> float:
        """Let time pass. Returns the furthest that any party time was from the truth meanwhile, ms."""
        worst, until = 0.0, self.machine.true_ms + ms
        while self.machine.true_ms < until:
            self.machine.true_ms += 50.0
            for process in self.processes:
                if self.machine.true_ms >= process.due_ms:
                    process.exchange()
                worst = max(worst, abs(process.off_ms()))
        return worst

    def epochs(self) -> set[str]:
        return {process.clock.epoch for process in self.processes}
