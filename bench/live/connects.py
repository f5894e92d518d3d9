"""Everybody back at once: sockets opened on one web process, beside an earlier commit of this checkout.

    python -m bench.live.connects [--base 45f5a08] [--members 1500] [--party 5] [--rounds 3] [--playing]

Each socket is authorised by its member's token and gets a welcome of its own. Once in parties of `--party`,
and once with all of them in one room. What web spends on a connect counts until two seconds after the last
welcome, so that it has presence and what else follows in it. Prints medians, and the medians of the ratios
within each round; the CPU is what a core of web is worth, the rate what this machine makes of it meanwhile.

With `--playing` whoever is welcomed pings and reports as that build's shipped client does while the others
still come; without it they only listen.
"""

import argparse
import statistics
import sys
import time
from contextlib import ExitStack
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.live.clients import PartyClients, in_threads
from bench.live.playing import BASE, Playing, service, service_at
from bench.live.processes import LoadGenerator, allow_many_files
from bench.processes import StealTime, children_of, cpu_of
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

AT_ONCE = 50
#: What follows the last welcome of a round, in s.
SETTLE_S = 2.0
OURS = "party"

#: The rooms to open, as the load generator takes them.
Rooms = list[dict[str, Any]]


class Opened:
    """One build's stack, filled once: its rooms by what they are called in the report."""

    def __init__(self, stack: Stack, members: int, size: int, *, paced: bool) -> None:
        self._paced = paced
        self._web = children_of(stack.pid_of("web"))
        clients = PartyClients(stack)
        filled = in_threads(lambda _: clients.full_party(size, 1), range(members // size), 6)
        self.loads: dict[str, Rooms] = {
            f"parties of {size}": [_room(clients, *party) for party in filled],
            f"one room of {members}": [_room(clients, *clients.full_party(members, 6))],
        }

    def round(self, load: LoadGenerator, name: str) -> dict[str, float]:
        """One round: CPU in ms and a rate."""
        to_open, to_close = self._asked(load, self.loads[name])
        used = cpu_of(self._web)
        opened = load("open", at_once=AT_ONCE, **to_open)
        time.sleep(SETTLE_S)
        cpu_s = cpu_of(self._web) - used
        load("close", **to_close)
        # Those who are gone are written down with the next second.
        time.sleep(SETTLE_S)
        return {
            "cpu_ms": cpu_s / opened["opened"] * 1000,
            "a_second": opened["opened"] / opened["seconds"],
        }

    def _asked(self, load: LoadGenerator, rooms: Rooms) -> tuple[dict[str, Any], dict[str, Any]]:
        """What this load generator is given to open these rooms, and to close them."""
        if isinstance(load, Playing):
            sockets = [socket for room in rooms for socket in room["sockets"]]
            return {"sockets": sockets, "paced": self._paced}, {}
        return {"wanted": rooms}, {"names": [room["name"] for room in rooms]}


def _room(clients: PartyClients, party: dict[str, Any], tokens: list[str]) -> dict[str, Any]:
    sockets = [clients.socket(party, token) for token in tokens]
    return {"name": party["id"], "protocol": "party", "sockets": sockets}


def report(rounds: list[dict[str, dict[str, dict[str, float]]]], console: Console) -> None:
    """Print the medians: by the load, and by the build."""
    for load in rounds[0]:
        table = Table(load, "CPU of web a connect, ms", "connects a second")
        for side in rounds[0][load]:
            found = [one[load][side] for one in rounds]
            table.add_row(side, *(f"{statistics.median(row[key] for row in found):.2f}" for key in found[0]))
        for other in [side for side in rounds[0][load] if side != OURS]:
            cheaper = [one[load][other]["cpu_ms"] / one[load][OURS]["cpu_ms"] for one in rounds]
            faster = [one[load][OURS]["a_second"] / one[load][other]["a_second"] for one in rounds]
            table.add_row(
                f"{OURS} beside {other}", *(f"{statistics.median(each):.2f} x" for each in (cheaper, faster))
            )
        console.print(table)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.live.connects")
    parser.add_argument("--base", default=BASE, help="the commit to compare with; empty for none")
    parser.add_argument("--members", type=int, default=1500)
    parser.add_argument("--party", type=int, default=5, help="members of a party")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--playing", action="store_true", help="who is welcomed plays while others come")
    given = parser.parse_args()
    allow_many_files()
    steal, rounds = StealTime(), []
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder())
        ours = stack.enter_context(service(folder / "ours"))
        sides = {OURS: Opened(ours, given.members, given.party, paced=True)}
        if given.base:
            base = stack.enter_context(service_at(given.base, folder / "base"))
            sides[given.base] = Opened(base, given.members, given.party, paced=False)
        load = stack.enter_context(Playing() if given.playing else LoadGenerator())
        for number in range(given.rounds):
            order = list(sides) if number % 2 == 0 else list(reversed(sides))
            rounds.append(
                {name: {side: sides[side].round(load, name) for side in order} for name in sides[OURS].loads}
            )
            print(f"round {number + 1} of {given.rounds}", file=sys.stderr)
    report(rounds, Console())
    print(f"steal time: {steal.cores():.1%} of a core")


if __name__ == "__main__":
    main()
