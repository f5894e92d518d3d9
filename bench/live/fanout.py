"""How soon all of a room hear a command, and how many messages a second one process can deliver."""

from contextlib import ExitStack
from typing import Any

from bench.live.testbed import ALL, HUB, OURS, Resources, in_rounds, ratios, settle, share, watched

#: Commands under way at once in a flood: fewer than an outbox of ours holds (48), so none is dropped.
WINDOW = 32


def summary(last_ms: list[float]) -> dict[str, float]:
    """Percentiles in ms."""
    return {f"p{percent}": round(share(last_ms, percent), 3) for percent in (50, 95, 99)}


def measure_fanout(ground: Resources) -> dict[str, Any]:
    """Command to the last member's receipt, by size of the room. Ours commits durably; the others don't."""
    sizes = ground.pick((10, 100), (2, 10, 100, 500), (2, 10, 100, 500, 2000))
    rounds, count, every_s = ground.pick((2, 6, 0.1), (4, 12, 0.1), (8, 30, 0.15))
    found: dict[str, Any] = {}
    for size in sizes:
        with ExitStack() as stack:
            rooms = {name: stack.enter_context(ground.room(name, size)) for name in ALL}
            settle()
            for room in rooms.values():
                ground.load("commands", name=room, count=5, every_s=0.05)

            def one(name: str, rooms: dict[str, str] = rooms) -> dict[str, Any]:
                row: dict[str, Any] = {}
                with watched(ground, name, row):
                    row |= ground.load("commands", name=rooms[name], count=count, every_s=every_s)
                return row | {"p50": share(row["last_ms"], 50), "p95": share(row["last_ms"], 95)}

            by_server = in_rounds(ALL, rounds, one)
        found[str(size)] = {
            "servers": {
                name: summary([ms for row in rows for ms in row["last_ms"]])
                | {
                    "missed": sum(row["missed"] for row in rows),
                    "stolen_share": max(row["stolen_share"] for row in rows),
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


def measure_throughput(ground: Resources) -> dict[str, Any]:
    """Messages a second that one process delivers, commands coming as fast as they are heard."""
    sizes = ground.pick((100,), (500,), (100, 500, 2000))
    rounds, seconds = ground.pick((2, 0.5), (5, 1.0), (8, 2.0))
    found: dict[str, Any] = {"window": WINDOW, "sizes": {}}
    for size in sizes:
        with ExitStack() as stack:
            rooms = {name: stack.enter_context(ground.room(name, size)) for name in ALL}
            settle()

            def one(name: str, rooms: dict[str, str] = rooms) -> dict[str, Any]:
                row: dict[str, Any] = {}
                with watched(ground, name, row):
                    row |= ground.load("flood", name=rooms[name], seconds=seconds, window=WINDOW)
                row["per_s"] = row["messages"] / row["seconds"]
                # What a processor of its own would make of it; it hardly feels what else runs here.
                row["per_cpu_s"] = row["heard"] / row["server_cpu_s"]
                return row

            by_server = in_rounds(ALL, rounds, one)
        found["sizes"][str(size)] = {
            "servers": {
                name: {
                    figure: share([row[figure] for row in rows], 50)
                    for figure in ("per_s", "per_cpu_s", "load_cpu_share", "stolen_share")
                }
                for name, rows in by_server.items()
            },
            "ratios": {name: ratios(by_server, name, "per_s") for name in (OURS, HUB)},
            "ratios_cpu": {name: ratios(by_server, name, "per_cpu_s") for name in (OURS, HUB)},
        }
    return found
