"""Large rooms that play: what a member hears and a web process tells Redis, by the size of the room.

    python -m bench.live.large_rooms [--sizes 400,1500,2000,10000] [--web 2] [--seconds 48] [--base 45f5a08]

One room at a time, whose members keep the pace of the shipped client, on a stack of `--web` web processes.
The earlier commit holds a room of 1,500 for comparison, with members that know of no pace; empty for none.
Bytes are the payloads of frames; those of Redis are what it has read and written, less those without a room.
They are looked at for three turns, in each of which the small changes of a fifth of those who are listed are
told. Round trips are of pings, at the load generator, which shares the machine.
"""

import argparse
import sys
import time
from contextlib import ExitStack
from typing import NamedTuple

import redis
from rich.console import Console
from rich.table import Table

from bench.live.clients import PartyClients
from bench.live.playing import BASE, CALM_S, Playing, service, service_at
from bench.live.processes import allow_many_files
from bench.processes import StealTime, bytes_moved, children_of, cpu_of
from partyapp.party.live.small_changes import TURN_MS
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

#: The room of the earlier commit: in a larger one its clocks suffer too much to be compared.
BASE_SIZE = 1500
#: So many come in at once. Who has just come is asked to ping often, which thousands at once can't.
AT_ONCE = 16
#: Filling a room of ten thousand leaves the workers some work to do.
SETTLE_S = 5.0


class Heard(NamedTuple):
    """One room that plays. Bytes a second; round trips in ms."""

    size: int
    longest_welcome: int
    bytes_a_member: float
    bytes_by_type: dict[str, float]
    redis_bytes: float
    pongs_ms: tuple[float, float, float]
    web_cores: float
    refused: int


def moved_by(stack: Stack) -> float:
    """The bytes that this stack's Redis has read and written."""
    with redis.Redis.from_url(stack.redis_url) as client:
        return bytes_moved(client)


def measure(stack: Stack, load: Playing, size: int, seconds: float, *, paced: bool = True) -> Heard:
    """Fill a room, have its members play, and watch it; then end its party."""
    clients = PartyClients(stack)
    party, tokens = clients.full_party(size, 6)
    time.sleep(SETTLE_S)
    before = moved_by(stack)
    time.sleep(seconds)
    idle = (moved_by(stack) - before) / seconds
    sockets = [clients.socket(party, token) for token in tokens]
    opened = load("open", sockets=sockets, at_once=AT_ONCE, paced=paced)
    try:
        load("watch", seconds=CALM_S)
        web = children_of(stack.pid_of("web"))
        before, used = moved_by(stack), cpu_of(web)
        heard = load("watch", seconds=seconds)
        moved, cores = (moved_by(stack) - before, cpu_of(web) - used)
    finally:
        load("close")
        clients.end(party, tokens[0])
    if heard["closed"]:
        raise RuntimeError(f"{heard['closed']} of {size} sockets were closed")
    return Heard(
        size=size,
        longest_welcome=opened["longest_welcome"],
        bytes_a_member=heard["bytes_a_member"],
        bytes_by_type=heard["bytes_by_type"],
        redis_bytes=moved / heard["seconds"] - idle,
        pongs_ms=(heard["pong_p50"], heard["pong_p95"], heard["pong_p99"]),
        web_cores=cores / heard["seconds"],
        refused=opened["refused"],
    )


def report(found: list[tuple[str, Heard]], console: Console) -> None:
    """Print the rooms, and the ratios to the smallest of ours."""
    pongs = "pong p50, p95, p99 (ms)"
    table = Table("room", "welcome, bytes", "B/s a member", "B/s of Redis", pongs, "web, cores")
    first = found[0][1]
    for name, room in found:
        table.add_row(
            f"{name}: {room.size:,}",
            f"{room.longest_welcome:,}",
            f"{room.bytes_a_member:,.0f} ({room.bytes_a_member / first.bytes_a_member:.2f} x)",
            f"{room.redis_bytes:,.0f} ({room.redis_bytes / first.redis_bytes:.2f} x)",
            ", ".join(f"{one:.1f}" for one in room.pongs_ms),
            f"{room.web_cores:.2f}",
        )
    console.print(table)
    refused = sum(room.refused for _, room in found)
    console.print(f"asked to come later: {refused}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.live.large_rooms")
    parser.add_argument("--sizes", default="400,1500,2000,10000")
    parser.add_argument("--web", type=int, default=2, help="web processes")
    parser.add_argument("--seconds", type=float, default=3 * TURN_MS / 1000)
    parser.add_argument("--base", default=BASE, help="the commit to compare with; empty for none")
    given = parser.parse_args()
    allow_many_files()
    steal, found = StealTime(), list[tuple[str, Heard]]()
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder())
        load = stack.enter_context(Playing())
        ours = stack.enter_context(service(folder / "ours", environment={"WEB_CONCURRENCY": str(given.web)}))
        for size in map(int, given.sizes.split(",")):
            found.append(("party", measure(ours, load, size, given.seconds)))
            print(found[-1], file=sys.stderr)
        if given.base:
            base = stack.enter_context(service_at(given.base, folder / "base"))
            found.append((given.base, measure(base, load, BASE_SIZE, given.seconds, paced=False)))
    report(found, Console())
    print(f"steal time: {steal.cores():.1%} of a core")


if __name__ == "__main__":
    main()
