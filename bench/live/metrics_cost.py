"""What the metrics cost: the same build, as it is and with nothing measured, side by side.

    python -m bench.live.metrics_cost [--members 1000] [--party 5] [--rounds 5] [--seconds 10]

Each round plays members on one web process of each side, and commands them; the sides take turns in going
first. Prints medians, and the medians of the ratios within each round.
"""

import argparse
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from rich.console import Console
from rich.table import Table

from bench.live.clients import PartyClients, in_threads
from bench.live.playing import Playing, Side, measure, service
from bench.live.processes import allow_many_files
from bench.processes import StealTime, children_of, cpu_of
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

UNMETERED = Path(__file__).parent / "unmetered"
WITH, WITHOUT = "as it is", "nothing measured"
COMMANDS = 300


class Measured:
    """One stack with its parties, filled once."""

    def __init__(self, name: str, stack: Stack, members: int, size: int) -> None:
        self._url, self._clients = stack.url, PartyClients(stack)
        self._web = children_of(stack.pid_of("web"))
        sizes = range(members // size)
        self._parties = in_threads(lambda _: self._clients.full_party(size, 1), sizes, 4)
        sockets = [self._clients.socket(party, token) for party, tokens in self._parties for token in tokens]
        self._playing = Side(name, self._web, sockets, paced=True)

    def round(self, load: Playing, seconds: float) -> dict[str, float]:
        """Members a core, and a command's time and CPU in ms, of one round."""
        playing = measure(load, self._playing, seconds)
        return {"members_a_core": playing["members_a_core"], **self._command()}

    def opened(self) -> float:
        """How many sockets its metrics have counted."""
        with urlopen(f"{self._url}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[1]) for line in lines if line.startswith("party_sockets_opened_total"))

    def _command(self) -> dict[str, float]:
        """One after another, each in another party, with nobody's socket open."""
        used, took_ms = cpu_of(self._web), []
        for number in range(COMMANDS):
            party, tokens = self._parties[number % len(self._parties)]
            began = time.perf_counter()
            wish: dict[str, Any] = {"action": "seek", "position_s": float(number)}
            self._clients.post(f"/api/parties/{party['id']}/playback", tokens[0], wish)
            took_ms.append((time.perf_counter() - began) * 1000)
        cpu_ms = (cpu_of(self._web) - used) / COMMANDS * 1000
        return {"command_ms": statistics.median(took_ms), "command_cpu_ms": cpu_ms}


def report(rounds: list[dict[str, dict[str, float]]], console: Console) -> None:
    """Print the medians and ratios."""
    table = Table("", "members a core", "a command, ms", "its CPU in web, ms")
    for name in (WITH, WITHOUT):
        table.add_row(name, *(f"{_median(rounds, name, key):,.2f}" for key in rounds[0][name]))
    ratios = [
        statistics.median(one[WITH][key] / one[WITHOUT][key] for one in rounds) for key in rounds[0][WITH]
    ]
    table.add_row("ratio", *(f"{ratio:.3f}" for ratio in ratios))
    console.print(table)


def _median(rounds: list[dict[str, dict[str, float]]], name: str, key: str) -> float:
    return statistics.median(one[name][key] for one in rounds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.live.metrics_cost")
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--party", type=int, default=5, help="members of a party")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    allow_many_files()
    steal, rounds = StealTime(), []
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder())
        sides = {}
        for name, extra in ((WITH, {}), (WITHOUT, {"PYTHONPATH": str(UNMETERED)})):
            running = stack.enter_context(service(folder / name.replace(" ", "-"), environment=extra))
            sides[name] = Measured(name, running, given.members, given.party)
        load = stack.enter_context(Playing())
        for number in range(given.rounds):
            order = list(sides) if number % 2 == 0 else list(reversed(sides))
            rounds.append({name: sides[name].round(load, given.seconds) for name in order})
            print(f"round {number + 1} of {given.rounds}", file=sys.stderr)
        if not sides[WITH].opened() or sides[WITHOUT].opened():
            raise RuntimeError("the sides aren't what they are called")
    report(rounds, Console())
    print(f"steal time: {steal.cores():.1%} of a core")


if __name__ == "__main__":
    main()
