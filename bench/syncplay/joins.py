"""Many joins as the real client made them: whether the party is ever given a command that nobody gave."""

import asyncio
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.live.processes import allow_many_files
from bench.syncplay.gateway_stack import GatewayStack
from bench.syncplay.recorded_join import RecordedJoin, Trace, traces

#: The gateway bounds connections without a party of one address: clients come from as many as these.
ADDRESSES = 250
#: Joins of one kind go to so many parties each.
PARTIES = 5
#: One join takes 10 s, and on a busy machine longer.
JOIN_LIMIT_S = 120.0
#: What the last member may have said is in the log after so long, in s.
LOGGED_S = 3.0


def check(count: int, at_once: int) -> None:
    """Let so many clients join, print what came of it, and exit with 1 on a command."""
    allow_many_files()
    recorded = traces()
    with TemporaryDirectory(prefix="party-bench-syncplay-") as folder, GatewayStack(Path(folder)) as service:
        parties = {
            (trace.plays, trace.control): [
                service.party(control=trace.control, plays=trace.plays) for _ in range(PARTIES)
            ]
            for trace in recorded
        }
        began_s = time.monotonic()
        joins = asyncio.run(_all(service.port, recorded, parties, count, at_once))
        took_s = time.monotonic() - began_s
        time.sleep(LOGGED_S)
        commands = [
            event for group in parties.values() for party in group for event in service.commands(party)
        ]
    for trace in recorded:
        of_it = [ended for join, ended in joins if join.replay.trace is trace]
        print(f"{trace.name}: {sum(of_it)} of {len(of_it)} joins said to the end")
    for text, times in Counter(text for join, _ in joins for text in join.replay.refused).most_common():
        print(f"  {times} were told: {text}")
    print(
        f"{len(joins)} joins in {took_s:.0f} s, {at_once} at once; commands that nobody gave: {len(commands)}"
    )
    for event in commands[:20]:
        print(" ", event)
    sys.exit(bool(commands))


async def _all(
    port: int,
    recorded: list[Trace],
    parties: dict[tuple[bool, str], list[dict[str, Any]]],
    count: int,
    at_once: int,
) -> list[tuple[RecordedJoin, bool]]:
    gate = asyncio.Semaphore(at_once)

    async def one(number: int) -> tuple[RecordedJoin, bool]:
        trace = recorded[number % len(recorded)]
        group = parties[trace.plays, trace.control]
        code = group[number // len(recorded) % len(group)]["invite_code"]
        join = RecordedJoin(trace, f"Ada {number}", code)
        async with gate:
            try:
                async with asyncio.timeout(JOIN_LIMIT_S):
                    return join, await join.run(port, f"127.0.1.{1 + number % ADDRESSES}")
            except (OSError, TimeoutError):
                return join, False

    return list(await asyncio.gather(*(one(number) for number in range(count))))
