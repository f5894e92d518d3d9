"""What metrics and logs cost: one web process that counts and logs, and doesn't, in turns.

    python -m bench.live.metrics_cost [--members 1000] [--rounds 6] [--seconds 10] [--commands 600]

The members play on one web process, in which a switch (`bench/live/unmetered`) is turned between windows of
time, and then between commands; so both sides are the same process, sockets and minute. Each pair of windows
and of ten commands takes turns in going first. Prints the medians of both, and the medians of the ratios
within the pairs.
"""

import argparse
import mmap
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from rich.console import Console
from rich.table import Table

from bench.live.clients import PartyClients, in_threads
from bench.live.playing import AT_ONCE, CALM_S, Playing, service
from bench.live.processes import allow_many_files
from bench.processes import StealTime, children_of
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

SWITCHED = Path(__file__).parent / "unmetered"
WITH, WITHOUT = "as it is", "nothing counted or logged"
#: So many commands make a pair's side: fewer than a rare one that takes long would spoil.
BLOCK = 10

Pair = dict[str, dict[str, float]]


class Switch:
    """Whether the service counts and logs; it does at first."""

    def __init__(self, file: Path) -> None:
        file.write_bytes(b"1")
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), 1)

    def turn(self, side: str) -> None:
        """To one of `WITH` and `WITHOUT`."""
        self._shared[0] = ord("1" if side == WITH else "0")


class Measured:
    """The stack with its parties."""

    def __init__(self, stack: Stack, switch: Switch, members: int, size: int) -> None:
        self._url, self._clients, self._switch = stack.url, PartyClients(stack), switch
        self._web = children_of(stack.pid_of("web"))
        self._members = members
        self._parties = in_threads(lambda _: self._clients.full_party(size, 1), range(members // size), 4)
        self.sockets = [
            self._clients.socket(party, token) for party, tokens in self._parties for token in tokens
        ]
        self._position_s = 0.0

    def window(self, load: Playing, side: str, seconds: float) -> dict[str, float]:
        """Members a core while the members play for so long."""
        self._switch.turn(side)
        used_s = self._cpu_s()
        heard: dict[str, Any] = load("watch", seconds=seconds)
        cores = (self._cpu_s() - used_s) / heard["seconds"]
        if heard["closed"]:
            raise RuntimeError(f"{heard['closed']} of the sockets were closed")
        return {"members a core": self._members / cores}

    def block(self, side: str) -> dict[str, float]:
        """A command's time and CPU in web, in ms."""
        self._switch.turn(side)
        party, tokens = self._parties[0]
        took_ms, used_s = [], self._cpu_s()
        for _ in range(BLOCK):
            self._position_s = (self._position_s + 1.0) % 60.0
            began = time.perf_counter()
            wish: dict[str, Any] = {"action": "seek", "position_s": self._position_s}
            self._clients.post(f"/api/parties/{party['id']}/playback", tokens[0], wish)
            took_ms.append((time.perf_counter() - began) * 1000)
        cpu_ms = (self._cpu_s() - used_s) / BLOCK * 1000
        return {"a command, ms": statistics.median(took_ms), "its CPU in web, ms": cpu_ms}

    def counted(self) -> float:
        """How many HTTP answers its metrics have counted."""
        with urlopen(f"{self._url}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("party_http_requests_total"))

    def _cpu_s(self) -> float:
        # The CPU clock of another process (clock_getcpuclockid(3)): /proc has it in ticks of 10 ms only.
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self._web)


def pairs_of(count: int, measure: Any) -> list[Pair]:
    """So many pairs; the sides take turns in going first."""
    sides = (WITH, WITHOUT)
    return [
        {side: measure(side) for side in (sides if number % 2 == 0 else sides[::-1])}
        for number in range(count)
    ]


def report(found: Sequence[Sequence[Pair]], console: Console) -> None:
    """Print the medians and ratios."""
    table = Table("", WITH, WITHOUT, "ratio", "quartiles of the ratio", "pairs")
    for pairs in found:
        for key in pairs[0][WITH]:
            ratios = [pair[WITH][key] / pair[WITHOUT][key] for pair in pairs]
            low, middle, high = statistics.quantiles(ratios, n=4)
            medians = [statistics.median(pair[side][key] for pair in pairs) for side in (WITH, WITHOUT)]
            table.add_row(
                key, *(f"{median:,.2f}" for median in medians), f"{middle:.3f}", f"{low:.3f}, {high:.3f}",
                str(len(pairs)),
            )  # fmt: skip
    console.print(table)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.live.metrics_cost")
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--party", type=int, default=5, help="members of a party")
    parser.add_argument("--rounds", type=int, default=6, help="pairs of windows in which members play")
    parser.add_argument("--seconds", type=float, default=10.0, help="a window; ticks come each 5 s")
    parser.add_argument("--commands", type=int, default=600)
    given = parser.parse_args()
    allow_many_files()
    steal = StealTime()
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder())
        switch = Switch(folder / "switch")
        extra = {"PYTHONPATH": str(SWITCHED), "PARTY_BENCH_SWITCH": str(folder / "switch")}
        running = stack.enter_context(service(folder / "stack", environment=extra))
        measured = Measured(running, switch, given.members, given.party)
        load = stack.enter_context(Playing())
        load("open", sockets=measured.sockets, at_once=AT_ONCE, paced=True)
        load("watch", seconds=CALM_S)
        playing = pairs_of(given.rounds, lambda side: measured.window(load, side, given.seconds))
        before = measured.counted()
        commands = pairs_of(given.commands // BLOCK // 2, measured.block)
        counted, sent = measured.counted() - before, given.commands / 2
        load("close")
    if not sent <= counted < sent * 1.2:
        raise RuntimeError(f"{counted:g} answers were counted of {sent:g} that should be")
    report((playing, commands), Console())
    print(f"steal time: {steal.cores():.1%} of a core")


if __name__ == "__main__":
    main()
