"""Playing members on one web process, at the pace of the shipped client, beside an earlier commit and `ws`.

    python -m bench.live.playing [--base 45f5a08] [--members 1500] [--party 5] [--rounds 3] [--seconds 20]
    python -m bench.live.playing --members 10000 --web 2 --alone --rounds 1

All exchange time and report their picture. `paced` members keep the pace that the service asks for, the
others once a second. The earlier commit needs a git checkout that holds it. Prints a table of medians, and
the medians of the ratios within each round: members a core is what one core of web holds.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from bench.live.clients import PartyClients, in_threads
from bench.live.processes import ROOT, LoadGenerator, RoomServer, allow_many_files
from bench.processes import StealTime, children_of, cpu_of
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

#: The commit before the service told a pace.
BASE = "45f5a08"
AT_ONCE = 50
#: A member is asked for less once it has been in sync for 10 s.
CALM_S = 25.0


class Playing(LoadGenerator):
    """The members, in a process of their own."""

    MODULE = "bench.live.playing_members"


class Side(NamedTuple):
    """What is measured: its name, the processes that hold its sockets, its sockets, and who keeps a pace."""

    name: str
    pids: list[int]
    sockets: list[dict[str, Any]]
    paced: bool


def measure(load: Playing, side: Side, seconds: float) -> dict[str, float]:
    """One round on one side."""
    load("open", sockets=side.sockets, at_once=AT_ONCE, paced=side.paced)
    try:
        load("watch", seconds=CALM_S if side.paced else 3.0)
        used, steal = cpu_of(side.pids), StealTime()
        heard = load("watch", seconds=seconds)
        cores = (cpu_of(side.pids) - used) / heard["seconds"]
    finally:
        load("close")
    if heard["closed"]:
        raise RuntimeError(f"{side.name}: {heard['closed']} of the sockets were closed")
    ticks, _ = heard.pop("ticks"), heard.pop("bytes_by_type")
    # Not every server has ticks, and a short round has no whole wave of them.
    slowest = {"tick_ms": max(ticks["took_ms"], default=float("nan"))}
    return {**heard, **slowest, "members_a_core": len(side.sockets) / cores, "steal": steal.cores()}


@contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """A worktree of that commit."""
    with own_folder() as folder:
        tree = folder / "base"
        subprocess.run(
            ["git", "worktree", "add", "--detach", "-q", str(tree), revision], cwd=ROOT, check=True
        )
        try:
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)


def _must_run(tree: Path | None, what: str) -> bool:
    """Whether the program of this tree has no option to do without `what`."""
    if tree is None:
        return False
    return f"--no-{what}" not in (tree / "partyapp" / "cli.py").read_text(encoding="utf-8")


@contextmanager
def service(
    folder: Path, tree: Path | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[Stack]:
    """The whole stack with one web process, of this checkout or of another."""
    extra = {"WEB_CONCURRENCY": "1", "WORKER_CONCURRENCY": "2", "RATELIMIT_ENABLED": "0"}
    # On a busy machine the parties take long to fill, which is not what is measured.
    extra |= {"PARTY_COMMAND_WAIT_S": "25"}
    extra |= environment or {}
    if tree is not None:
        # Else the folder in which the bench runs would come first.
        extra |= {"PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"}
    # An earlier commit may not know the options that do without films and webhooks.
    films, webhooks = (_must_run(tree, one) for one in ("films", "webhooks"))
    with Stack(folder, extra=extra, films=films, webhooks=webhooks) as stack:
        if tree is not None:
            (web,) = children_of(stack.pid_of("web"))
            if os.readlink(f"/proc/{web}/cwd") != str(tree):
                raise RuntimeError("the earlier commit's service runs another code")
        yield stack


@contextmanager
def service_at(revision: str, folder: Path) -> Iterator[Stack]:
    """The same of that commit."""
    with checkout(revision) as tree, service(folder, tree) as stack:
        yield stack


def parties(stack: Stack, members: int, size: int) -> list[dict[str, Any]]:
    """The sockets of that many members in playing parties."""
    clients = PartyClients(stack)
    filled = in_threads(lambda _: clients.full_party(size, 1), range(members // size), 6)
    return [clients.socket(party, token) for party, tokens in filled for token in tokens]


def sides(given: argparse.Namespace, stack: ExitStack) -> list[Side]:
    """Start everything, and fill the parties."""
    folder = stack.enter_context(own_folder())
    ours = stack.enter_context(service(folder / "ours", environment={"WEB_CONCURRENCY": str(given.web)}))
    sockets = parties(ours, given.members, given.party)
    paced = Side("party, paced", children_of(ours.pid_of("web")), sockets, True)
    if given.alone:
        return [paced]
    found = [paced, Side("party, once a second", children_of(ours.pid_of("web")), sockets, False)]
    if given.base:
        base = stack.enter_context(service_at(given.base, folder / "base"))
        theirs = parties(base, given.members, given.party)
        found.append(Side(f"party {given.base}", children_of(base.pid_of("web")), theirs, False))
    ws = stack.enter_context(RoomServer("ws"))
    rooms = [ws.sockets(f"playing-{at}", given.party) for at in range(given.members // given.party)]
    found.append(Side("ws, in memory", ws.server_pids(), [one for room in rooms for one in room], False))
    return found


def report(rounds: list[dict[str, dict[str, float]]], console: Console) -> None:
    """Print the medians."""
    first = rounds[0]
    others = [name for name in first if name != "party, paced"]
    table = Table("", "members a core", "pong p50, p95, p99 (ms)", "ticks to the last (ms)")
    table.add_column("B/s a member")
    table.add_column("pings, statuses a s")
    for name in others:
        table.add_column(f"÷ {name}", justify="right")
    for name in first:
        figures = {key: statistics.median(one[name][key] for one in rounds) for key in first[name]}
        ratio = [
            statistics.median(one[name]["members_a_core"] / one[other]["members_a_core"] for one in rounds)
            for other in others
        ]
        table.add_row(
            name,
            f"{figures['members_a_core']:,.0f}",
            ", ".join(f"{figures[f'pong_p{p}']:.1f}" for p in (50, 95, 99)),
            "" if math.isnan(figures["tick_ms"]) else f"{figures['tick_ms']:.0f}",
            f"{figures['bytes_a_member']:.0f}",
            f"{figures['pings_a_member']:.2f}, {figures['statuses_a_member']:.2f}",
            *(f"{one:.2f}" for one in ratio),
        )
    console.print(table)
    console.print(
        f"steal time: {max(side['steal'] for one in rounds for side in one.values()):.1%} of a core"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.live.playing")
    parser.add_argument("--base", default=BASE, help="the commit to compare with; empty for none")
    parser.add_argument("--members", type=int, default=1500)
    parser.add_argument("--party", type=int, default=5, help="members of a party")
    parser.add_argument("--web", type=int, default=1, help="web processes of ours")
    parser.add_argument("--alone", action="store_true", help="our paced members and nothing beside")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0, help="a round's; ticks come each 5 s")
    given = parser.parse_args()
    allow_many_files()
    with ExitStack() as stack:
        measured = sides(given, stack)
        load = stack.enter_context(Playing())
        rounds = []
        for number in range(given.rounds):
            order = measured if number % 2 == 0 else list(reversed(measured))
            found = {side.name: measure(load, side, given.seconds) for side in order}
            rounds.append({side.name: found[side.name] for side in measured})
            print(f"round {number + 1} of {given.rounds}", file=sys.stderr)
    report(rounds, Console())


if __name__ == "__main__":
    main()
