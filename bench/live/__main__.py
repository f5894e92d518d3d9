"""The live path beside Node's `ws` and socket.io, on one machine, in one run.

    python -m bench.live [--quick] [--full] [--only fanout,throughput,...]

Starts the real stack (web, worker, beat, PostgreSQL, Valkey), our live path alone, and two minimal Node
servers that only broadcast in memory. Prints tables, and writes live.json and live.png to bench/results.
"""

import argparse
import json
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.live.disk import fdatasync_after_pause_ms, fdatasync_ms
from bench.live.fanout import PAUSE_S, measure_chat, measure_fanout, measure_throughput
from bench.live.isolation import measure_frozen, measure_neighbours
from bench.live.joins import measure_joins
from bench.live.memory import measure_memory
from bench.live.processes import FOLDER, LoadGenerator, RoomServer, allow_many_files
from bench.live.report import print_report, write_plot
from bench.live.testbed import IN_MEMORY, Testbed
from bench.processes import StealTime
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

# Memory comes first, since a process that has held many sockets can hold others without growing.
MEASURES = {
    "memory": measure_memory,
    "fanout": measure_fanout,
    "chat": measure_chat,
    "throughput": measure_throughput,
    "joins": measure_joins,
    "neighbours": measure_neighbours,
    "frozen": measure_frozen,
}
RESULTS = FOLDER.parent / "results"


def run(chosen: list[str], quick: bool, full: bool) -> dict[str, Any]:
    """The chosen measurements, one after another, on servers that are started once."""
    found: dict[str, Any] = {"size": "full" if full else "quick" if quick else "default", "seconds": {}}
    began, steal = time.monotonic(), StealTime()
    allow_many_files()
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder())
        extra = {"WEB_CONCURRENCY": "1", "WORKER_CONCURRENCY": "2", "RATELIMIT_ENABLED": "0"}
        ours = stack.enter_context(Stack(folder / "data", extra=extra))
        if {"fanout", "chat"} & set(chosen):
            found["fdatasync_ms"] = fdatasync_ms(folder)
            found["fdatasync_after_pause_ms"] = fdatasync_after_pause_ms(folder, PAUSE_S)
        servers = {name: stack.enter_context(RoomServer(name)) for name in IN_MEMORY}
        testbed = Testbed(stack.enter_context(LoadGenerator()), ours, servers, quick, full)
        for name in (name for name in MEASURES if name in chosen):
            at = time.monotonic()
            found[name] = MEASURES[name](testbed)
            found["seconds"][name] = round(time.monotonic() - at, 1)
            print(f"{name}: {found['seconds'][name]} s", file=sys.stderr)
    took = time.monotonic() - began
    return found | {"took_s": round(took, 1), "steal_cores": steal.cores()}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.live")
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--full", action="store_true", help="also rooms of 2,000 and 1,000 parties; long")
    parser.add_argument("--only", default=",".join(MEASURES), help="some of: " + ",".join(MEASURES))
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args()
    chosen = given.only.split(",")
    if unknown := set(chosen) - MEASURES.keys():
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    found = run(chosen, given.quick, given.full)
    given.results.mkdir(parents=True, exist_ok=True)
    (given.results / "live.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print_report(found)
    write_plot(found, given.results / "live.png")
    print(f"written to {given.results}: live.json, live.png")


if __name__ == "__main__":
    main()
