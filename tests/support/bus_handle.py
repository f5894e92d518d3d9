"""A process on the room bus as a test holds it, and every line it said."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from partyapp.realtime.pubsub.redis_pubsub import TICK_CHANNEL
from partyapp.shared.kernel.ids import new_id
from tests.support.waiting import LIMIT_S, RECOVERY_S, eventually

ROOT = Path(__file__).parents[2]


class BusProcess:
    """One process on the bus, until it is stopped."""

    def __init__(self, url: str, delay_s: float = 0.0) -> None:
        self.id = str(new_id())
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.bus_process", url, self.id, str(delay_s)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[dict[str, Any]] = []
        #: What it wrote about its troubles.
        self.complaints: list[str] = []
        self._readers = [
            threading.Thread(target=read, daemon=True) for read in (self._read, self._read_errors)
        ]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(json.loads(line))

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        self.complaints.extend(self._process.stderr)

    def send(self, *words: str) -> None:
        """One command; see `tests.support.bus_process`."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()

    def received(self, channel: str) -> list[str]:
        """What came in on a channel, in order."""
        return [
            line["payload"]
            for line in list(self.said)
            if line["what"] == "received" and line["channel"] == channel
        ]

    def subscriptions(self, channel: str) -> int:
        """How often a subscription to it was reported."""
        lines = list(self.said)
        return sum(line["what"] == "subscribed" and line["channel"] == channel for line in lines)

    def wait_for(self, channel: str, count: int = 1, limit_s: float = RECOVERY_S) -> None:
        """Until a subscription to it was reported so often."""
        eventually(lambda: self.subscriptions(channel) >= count, limit_s)

    def stop(self) -> int:
        """End it, and give its exit status."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            return self._process.wait(LIMIT_S)
        finally:
            self._process.kill()
            self._process.wait(LIMIT_S)
            for reader in self._readers:
                reader.join(LIMIT_S)


@contextmanager
def on_the_bus(url: str) -> Iterator[BusProcess]:
    """A process that has its subscriptions, until the end of the block."""
    process = BusProcess(url)
    try:
        process.wait_for(TICK_CHANNEL)
        yield process
    finally:
        process.stop()
