"""What a join costs: joins through REST as fast as they are answered, beside an earlier commit.

    python -m bench.live.join_cost [--base 45f5a08] [--joins 1000] [--parties 100] [--rounds 5]

Once spread over many parties, and once into one. Both builds stand side by side and have their turns one
after the other. Prints medians, and the medians of the ratios within each round: joins a second by the wall
clock, which is what this machine makes of it meanwhile, and the CPU of a join by server.
"""

import argparse
import statistics
import sys
import time
from contextlib import ExitStack
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.live.capacity import Meter, used
from bench.live.clients import PartyClients, in_threads
from bench.live.joins import AT_ONCE
from bench.live.playing import BASE, service, service_at
from bench.processes import StealTime
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

OURS = "party"
SERVERS = ("web", "worker", "redis", "postgres")
#: What follows the last answer of a round, such as the relay of its events, in s; counted in.
SETTLE_S = 2.0
COLUMNS = ("a_second", *SERVERS, "all")

Party = tuple[dict[str, Any], str]


class Joined:
    """One build's stack with its parties."""

    def __init__(self, stack: Stack, parties: int) -> None:
        self._clients, self._meter = PartyClients(stack), Meter(stack)
        self._parties = in_threads(lambda _: self._clients.party(), range(parties), 4)
        self.round("many parties", 2 * parties)

    def round(self, load: str, count: int) -> dict[str, float]:
        """Joins a second, and the CPU of one in ms, by server and in all."""
        parties: list[Party] = [self._clients.party()] if load == "one party" else self._parties
        tokens = [self._clients.new_token() for _ in range(count)]
        found: dict[str, float] = {}
        with used(self._meter, found):
            began = time.perf_counter()
            in_threads(
                lambda at: self._clients.join(parties[at % len(parties)][0], tokens[at]),
                range(count),
                AT_ONCE,
            )
            seconds = time.perf_counter() - began
            time.sleep(SETTLE_S)
        cpu = {server: found[server] / count * 1000 for server in SERVERS}
        return {"a_second": count / seconds, **cpu, "all": sum(cpu.values())}


def report(rounds: list[dict[str, dict[str, dict[str, float]]]], console: Console) -> None:
    """Print the medians: by the load, and by the build."""
    for load in rounds[0]:
        table = Table(load, "joins a second", *(f"{name}, ms" for name in (*SERVERS, "all")))
        for side in rounds[0][load]:
            found = [one[load][side] for one in rounds]
            table.add_row(side, *(f"{statistics.median(row[key] for row in found):.2f}" for key in COLUMNS))
        for other in [side for side in rounds[0][load] if side != OURS]:
            pairs = [(one[load][OURS], one[load][other]) for one in rounds]
            ratios = [statistics.median(_better(key, *pair) for pair in pairs) for key in COLUMNS]
            table.add_row(f"{OURS} beside {other}", *(f"{ratio:.2f} x" for ratio in ratios))
        console.print(table)


def _better(key: str, ours: dict[str, float], theirs: dict[str, float]) -> float:
    """How many times better ours is: more a second, or less CPU."""
    return ours[key] / theirs[key] if key == "a_second" else theirs[key] / max(ours[key], 1e-6)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.live.join_cost")
    parser.add_argument("--base", default=BASE, help="the commit to compare with; empty for none")
    parser.add_argument("--joins", type=int, default=1000)
    parser.add_argument("--parties", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    steal, rounds = StealTime(), []
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder())
        sides = {OURS: Joined(stack.enter_context(service(folder / "ours")), given.parties)}
        if given.base:
            base = stack.enter_context(service_at(given.base, folder / "base"))
            sides[given.base] = Joined(base, given.parties)
        for number in range(given.rounds):
            order = list(sides) if number % 2 == 0 else list(reversed(sides))
            rounds.append(
                {
                    load: {side: sides[side].round(load, given.joins) for side in order}
                    for load in ("many parties", "one party")
                }
            )
            print(f"round {number + 1} of {given.rounds}", file=sys.stderr)
    report(rounds, Console())
    print(f"steal time: {steal.cores():.1%} of a core")


if __name__ == "__main__":
    main()
