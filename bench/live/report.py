"""The report of `make bench-live`: tables on the terminal, and one picture."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.live.testbed import ALL, HUB, IN_MEMORY, OURS, SOCKETIO, WS

#: Each server, and what it does between a command and its broadcast.
WHAT = {
    OURS: "party: whole stack, durable commit",
    HUB: "party's live path alone, in memory",
    WS: "Node ws, in memory",
    SOCKETIO: "Node socket.io, in memory",
}


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    return table


def _ratio(row: dict[str, float], other: str) -> str:
    return f"{row[other]:.2f}" if other in row else ""


def fanout_table(found: dict[str, Any]) -> Table:
    """Command to the last member's receipt."""
    return _receipts_table("Command", found)


def chat_table(found: dict[str, Any]) -> Table:
    """Chat message to the last member's receipt."""
    return _receipts_table("Chat message", found)


def _receipts_table(what: str, found: dict[str, Any]) -> Table:
    table = _table(
        f"{what} to the last member's receipt (ms); ratios are medians over rounds of the p50s",
        "server", "members", "p50", "p95", "p99", "missed", "÷ ws", "÷ socket.io",
    )  # fmt: skip
    for size, row in found.items():
        for name in ALL:
            mine = row["servers"][name]
            table.add_row(
                WHAT[name],
                size,
                *(f"{mine[share]:.2f}" for share in ("p50", "p95", "p99")),
                str(mine["missed"]),
                *(_ratio(row["ratios_p50"].get(name, {}), other) for other in (WS, SOCKETIO)),
            )
        table.add_section()
    return table


def throughput_table(found: dict[str, Any]) -> Table:
    """Messages a second."""
    table = _table(
        "Messages a second delivered by one process; ratios are medians over rounds",
        "server", "members", "a second", "÷ ws", "÷ socket.io", "a CPU second", "÷ ws", "÷ socket.io",
        "load's CPU",
    )  # fmt: skip
    for size, row in found["sizes"].items():
        for name in ALL:
            mine = row["servers"][name]
            table.add_row(
                WHAT[name],
                size,
                f"{mine['per_s']:,.0f}",
                *(_ratio(row["ratios"].get(name, {}), other) for other in (WS, SOCKETIO)),
                f"{mine['per_cpu_s']:,.0f}",
                *(_ratio(row["ratios_cpu"].get(name, {}), other) for other in (WS, SOCKETIO)),
                f"{mine['load_cpu_share']:.0%}",
            )
        table.add_section()
    return table


def memory_table(found: dict[str, Any]) -> Table:
    """Memory a member and connects a second."""
    title = f"{found['members']} idle members in parties of {found['members_a_party']}"
    table = _table(title, "server", "KiB a member", "÷ ws", "connects a second", "÷ ws")
    theirs = found["servers"][WS]
    for name in ALL:
        mine = found["servers"][name]
        cells: list[str] = []
        for figure in ("kib_a_member", "connects_a_second"):
            cells += [f"{mine[figure]:,.1f}", f"{mine[figure] / theirs[figure]:.2f}"]
        table.add_row(WHAT[name], *cells)
    ticks = found["ticks"]
    reached, took_ms = min(ticks["reached"], default=0), max(ticks["took_ms"], default=0.0)
    table.caption = (
        f"{len(ticks['reached'])} ticks: each reached {reached} members or more within {took_ms:.0f} ms"
    )
    return table


def joins_table(found: dict[str, Any]) -> Table:
    """Joins a second, and how long one takes at a fixed rate."""
    table = _table("Joins: REST, PostgreSQL (one web process)", "load", "result", "steal")
    saturated, paced = found["saturated"], found["paced"]
    rate = f"{saturated['a_second']:.0f} a second"
    table.add_row(f"{found['at_once']} at once", rate, f"{saturated['steal_cores']:.1%}")
    cell = ", ".join(f"{share} {paced[share]:.1f} ms" for share in ("p50", "p95", "p99"))
    table.add_row(f"{found['pace_a_second']:g} a second", cell, f"{paced['steal_cores']:.1%}")
    return table


def neighbours_table(found: dict[str, Any]) -> Table:
    """A party of ten beside others."""
    title = f"Party of {found['members']}, whole stack: command to last receipt (ms) beside other parties"
    table = _table(title, "other parties", "p50", "p95", "p99", "p99 ÷ alone", "steal")
    for row in found["rows"]:
        cells = [f"{row[figure]:.2f}" for figure in ("p50", "p95", "p99", "p99_ratio")]
        table.add_row(f"{row['others']:,}", *cells, f"{row['steal_cores']:.1%}")
    return table


def frozen_table(found: dict[str, Any]) -> Table:
    """A room with members that don't read."""
    title = f"Last of {found['reading']} (ms) beside {found['frozen']} that don't read, and without"
    columns = ("p50 without", "p50 beside", "p99 without", "p99 beside", "p99 ratio", "closed")
    table = _table(title, "server", *columns)
    for name, row in found["servers"].items():
        cells = [f"{row[room][figure]:.2f}" for figure in ("p50", "p99") for room in ("without", "beside")]
        table.add_row(WHAT[name], *cells, f"{row['p99_ratio']:.2f}", str(row["closed"]))
    return table


TABLES = {
    "fanout": fanout_table,
    "chat": chat_table,
    "throughput": throughput_table,
    "memory": memory_table,
    "joins": joins_table,
    "neighbours": neighbours_table,
    "frozen": frozen_table,
}


def print_report(found: dict[str, Any]) -> None:
    """Print all tables."""
    console = Console(width=150)
    for name, table in TABLES.items():
        if name in found:
            console.print(table(found[name]))
    if "fdatasync_ms" in found:
        in_a_row, after_pause = found["fdatasync_ms"], found["fdatasync_after_pause_ms"]
        console.print(
            f"Of a durable commit the disk alone: {in_a_row:.2f} ms in a row (pg_test_fsync), "
            f"{after_pause:.2f} ms each after a pause as between the commands."
        )
    steal = f"steal time: {found['steal_cores']:.1%} of a core"
    console.print(f"{found['size']} run, {found['took_s']:g} s; {steal}.")


def write_plot(found: dict[str, Any], path: Path) -> None:
    """Receipts by size of the room, their distribution in the largest, and throughput, in one picture."""
    # Only the picture needs it; the figures can be had without.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 5), layout="constrained")
    growth, spread, speed = figure.subplots(1, 3)
    if "fanout" in found:
        sizes = [int(size) for size in found["fanout"]]
        largest = found["fanout"][str(sizes[-1])]
        for name in ALL:
            rows = [row["servers"][name] for row in found["fanout"].values()]
            growth.plot(sizes, [row["p50"] for row in rows], marker="o", label=WHAT[name])
            last = sorted(largest["last_ms"][name])
            spread.plot(last, [100.0 * at / len(last) for at in range(len(last))], label=WHAT[name])
        growth.set(title="last receipt, p50", xlabel="members", ylabel="ms", xscale="log", yscale="log")
        spread.set(title=f"last receipt of {sizes[-1]}", xlabel="ms", ylabel="% below", xscale="log")
        growth.legend(fontsize=7)
    if "throughput" in found:
        for at, (name, size, value) in enumerate(_speeds(found["throughput"])):
            speed.barh(at, value, color=f"C{ALL.index(name)}")
            speed.text(0, at, f" {name}, {size} members", va="center", fontsize=7)
        speed.set(title="messages a CPU second", yticks=[])
    for axes in (growth, spread, speed):
        axes.grid(True, which="both", alpha=0.25)
    figure.savefig(path, dpi=110)


def _speeds(found: dict[str, Any]) -> Iterator[tuple[str, str, float]]:
    for size, row in found["sizes"].items():
        for name in IN_MEMORY:
            yield name, size, row["servers"][name]["per_cpu_s"]
