"""Fan-out latency, from a command or a chat message to the last receipt, and the messages a second of one
process."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from bench.live.testbed import (
    ALL,
    HUB,
    OURS,
    Testbed,
    interleaved,
    measured_usage,
    percentile,
    ratios,
    settle,
)

#: What lies between two commands or messages, in s: mostly, so that each is a lone one.
PAUSE_S = 0.1
#: Commands in flight in a flood: fewer than a send queue of ours holds (48), so none is dropped.
WINDOW = 32


def summary(last_ms: list[float]) -> dict[str, float]:
    """Percentiles in ms."""
    return {f"p{percent}": round(percentile(last_ms, percent), 3) for percent in (50, 95, 99)}


def measure_fanout(testbed: Testbed) -> dict[str, Any]:
    """Command to the last member's receipt, by size of the room. Ours commits durably; the others don't."""
    sizes = testbed.pick((10, 100), (2, 10, 100, 500), (2, 10, 100, 500, 2000))
    pace = testbed.pick((2, 6, PAUSE_S), (4, 12, PAUSE_S), (8, 30, 0.15))
    return _measure_receipts(testbed, "command", sizes, *pace)


def measure_chat(testbed: Testbed) -> dict[str, Any]:
    """A member's message to the last member's receipt. Ours is in PostgreSQL; theirs are not kept."""
    sizes = testbed.pick((10, 100), (10, 100, 500), (10, 100, 500, 2000))
    pace = testbed.pick((2, 6, PAUSE_S), (8, 12, PAUSE_S), (16, 30, PAUSE_S))
    return _measure_receipts(testbed, "chat", sizes, *pace)


def _measure_receipts(
    testbed: Testbed, kind: str, sizes: Sequence[int], rounds: int, count: int, every_s: float
) -> dict[str, Any]:
    """By size of the room, `rounds` times on each server: `count` messages of a kind, `every_s` s apart."""
    found: dict[str, Any] = {}
    for size in sizes:
        with ExitStack() as stack:
            rooms = {name: stack.enter_context(testbed.room(name, size)) for name in ALL}
            settle()
            for room in rooms.values():
                testbed.load("commands", name=room, count=5, every_s=0.05, kind=kind)

            def one(name: str, rooms: dict[str, str] = rooms) -> dict[str, Any]:
                row: dict[str, Any] = {}
                with measured_usage(testbed, name, row):
                    row |= testbed.load("commands", name=rooms[name], count=count, every_s=every_s, kind=kind)
                return row | {"p50": percentile(row["last_ms"], 50), "p95": percentile(row["last_ms"], 95)}

            by_server = interleaved(ALL, rounds, one)
        found[str(size)] = {
            "servers": {
                name: summary([ms for row in rows for ms in row["last_ms"]])
                | {
                    "missed": sum(row["missed"] for row in rows),
                    "steal_cores": max(row["steal_cores"] for row in rows),
                }
                for name, rows in by_server.items()
            },
            "ratios_p50": {name: ratios(by_server, name, "p50") for name in (OURS, HUB)},
            "ratios_p95": {name: ratios(by_server, name, "p95") for name in (OURS, HUB)},
            "last_ms": {
                name: [ms for row in rows for ms in row["last_ms"]] for name, rows in by_server.items()
            },
        }
    return found


def measure_throughput(testbed: Testbed) -> dict[str, Any]:
    """Messages a second that one process delivers, commands coming as fast as they are received."""
    sizes = testbed.pick((100,), (500,), (100, 500, 2000))
    rounds, seconds = testbed.pick((2, 0.5), (5, 1.0), (8, 2.0))
    found: dict[str, Any] = {"window": WINDOW, "sizes": {}}
    for size in sizes:
        with ExitStack() as stack:
            rooms = {name: stack.enter_context(testbed.room(name, size)) for name in ALL}
            settle()

            def one(name: str, rooms: dict[str, str] = rooms) -> dict[str, Any]:
                row: dict[str, Any] = {}
                with measured_usage(testbed, name, row):
                    row |= testbed.load("flood", name=rooms[name], seconds=seconds, window=WINDOW)
                row["per_s"] = row["messages"] / row["seconds"]
                # The throughput on a core of its own: it hardly depends on what else runs on this machine.
                row["per_cpu_s"] = row["received"] / row["server_cpu_s"]
                return row

            by_server = interleaved(ALL, rounds, one)
        found["sizes"][str(size)] = {
            "servers": {
                name: {
                    figure: percentile([row[figure] for row in rows], 50)
                    for figure in ("per_s", "per_cpu_s", "load_cpu_share", "steal_cores")
                }
                for name, rows in by_server.items()
            },
            "ratios": {name: ratios(by_server, name, "per_s") for name in (OURS, HUB)},
            "ratios_cpu": {name: ratios(by_server, name, "per_cpu_s") for name in (OURS, HUB)},
        }
    return found
