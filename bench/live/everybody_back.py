"""Everybody back at once: one of two web processes is killed, and its members come back by themselves.

    python -m bench.live.everybody_back [--members 10000] [--party 5] [--rounds 3]

The members play and keep the pace of the shipped client; they come back as it does, authorised by their
tokens, and count as back with a fresh welcome. Times are from the SIGKILL on. gunicorn starts another process
in place of the dead one meanwhile, on the same machine as everything else. So what each part took of the
processors until then is told, too: all web processes together, and the members themselves.
"""

import argparse
import os
import signal
import statistics
import sys
import time
from contextlib import ExitStack
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.live.capacity import Meter, used
from bench.live.playing import CALM_S, Playing, parties, service
from bench.live.processes import allow_many_files
from bench.processes import StealTime, children_of, cpu_of
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

#: So many come in at once at the beginning, which is not what is measured.
AT_ONCE = 16
LIMIT_S = 90.0
CPU_OF = ("web", "worker", "redis", "postgres", "members")


class Returning(Playing):
    """The members, in a process of their own."""

    MODULE = "bench.live.returning_members"


def round_of(load: Returning, stack: Stack, meter: Meter) -> dict[str, Any]:
    """Kill the older of the web processes and wait until everybody is back."""
    load("watch", seconds=CALM_S)
    web = children_of(stack.pid_of("web"))
    cpu: dict[str, float] = {}
    with used(meter, cpu):
        killed_s, steal, members_s = time.time(), StealTime(), cpu_of([load.pid])
        os.kill(web[0], signal.SIGKILL)
        found = load("back", began_s=killed_s, limit_s=LIMIT_S)
        cpu["members"] = cpu_of([load.pid]) - members_s
    return {**found, "steal": steal.cores(), "cpu": {name: round(cpu[name], 2) for name in CPU_OF}}


def report(rounds: list[dict[str, Any]], members: int, console: Console) -> None:
    """Print the rounds, and their median."""
    counts = ("refused", "failed", "twice")
    table = Table("round", "lost", "half, all back, s", *counts, "CPU, s", "steal")
    for number, one in enumerate(rounds, 1):
        times = f"{one['p50']:.1f}, {one['last']:.1f}" if not one["gone"] else "never"
        counted = (str(one[name]) for name in counts)
        cpu = ", ".join(f"{name} {one['cpu'][name]:.1f}" for name in CPU_OF)
        table.add_row(str(number), str(one["lost"]), times, *counted, cpu, f"{one['steal']:.0%}")
    console.print(table)
    median = statistics.median(one["last"] for one in rounds)
    console.print(f"{members} members: the last is back after {median:.1f} s (median)")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.live.everybody_back")
    parser.add_argument("--members", type=int, default=10_000)
    parser.add_argument("--party", type=int, default=5, help="members of a party")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    allow_many_files()
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder())
        ours = stack.enter_context(service(folder / "ours", environment={"WEB_CONCURRENCY": "2"}))
        sockets = parties(ours, given.members, given.party)
        load, meter = stack.enter_context(Returning()), Meter(ours)
        load("open", sockets=sockets, at_once=AT_ONCE)
        rounds = []
        for number in range(given.rounds):
            rounds.append(round_of(load, ours, meter))
            print(f"round {number + 1} of {given.rounds}: {rounds[-1]}", file=sys.stderr)
    report(rounds, given.members, Console())


if __name__ == "__main__":
    main()
