"""The report of `make bench-sync`: one table on the terminal, and one picture."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

#: The goals for p50, p95, p99 of clocks, and p50, p95 of players, in ms.
CLOCK_GOAL = (0.2, 1.5, 2.5)
MEDIA_GOAL = (4.0, 15.0)


def _number(value: float) -> str:
    if value is None or not math.isfinite(value):
        return "never"
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def _of(found: dict[str, Any], kind: str, algorithm: str) -> list[dict[str, Any]]:
    return [row for row in found["clocks"] if (row["kind"], row["algorithm"]) == (kind, algorithm)]


def _names(found: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(row["algorithm"] for row in found["clocks"]))


def _joining(rows: Iterable[dict[str, Any]], networks: Sequence[str] | None = None) -> float:
    """The 95th percentile of all errors from 1 s to 30 s after joining."""
    errors = sorted(
        error
        for row in rows
        for network, values in row["joining"].items()
        if networks is None or network in networks
        for error in values
    )
    return errors[min(len(errors) * 95 // 100, len(errors) - 1)] if errors else math.nan


def clock_table(found: dict[str, Any]) -> Table:
    """The difference of party time between two members of a room of eight, by algorithm."""
    table = Table(title="Clocks: two members of a room of eight, each on another network (ms)")
    for column in (
        "algorithm",
        "p50",
        "p95",
        "p99",
        "joining p95",
        "of 4G",
        "back from sleep",
        "bound violated",
    ):
        table.add_column(column, justify="left" if column == "algorithm" else "right")
    for name in _names(found):
        mixed, asleep = _of(found, "mixed", name), _of(found, "asleep", name)
        pairs = [median(row["pairs"][share] for row in mixed) for share in ("p50", "p95", "p99")]
        networks = [network for network in mixed[0]["joining"] if network != "mobile_4g"]
        back = max(ms for row in asleep for ms in row["back_after_ms"])
        bounded = sum(row["bounded"] for row in (*mixed, *asleep))
        violations = sum(row["violations"] for row in (*mixed, *asleep))
        table.add_row(
            name,
            *map(_number, pairs),
            _number(_joining(mixed, networks)),
            _number(_joining(mixed, ["mobile_4g"])),
            "never" if math.isinf(back) else f"{back / 1000.0:.1f} s",
            f"{violations / bounded:.2%}" if bounded else "no bound",
            style="bold" if name == "party" else None,
        )
    return table


def room_table(found: dict[str, Any]) -> Table:
    """Our own estimator by kind of clock; the median room and the worst."""
    table = Table(title="Our estimator by the clocks of the room: median room (worst room), ms")
    for column in ("clocks", "p50", "p95", "p99", "bound violated"):
        table.add_column(column, justify="left" if column == "clocks" else "right")
    for kind in dict.fromkeys(row["kind"] for row in found["clocks"]):
        rows = _of(found, kind, "party")
        cells = [
            f"{_number(median(values))} ({_number(max(values))})"
            for values in ([row["pairs"][share] for row in rows] for share in ("p50", "p95", "p99"))
        ]
        violations = str(sum(row["violations"] for row in rows))
        table.add_row(kind, *cells, violations)
    for row in found["unobservable"]:
        cells = [_number(row["error"][share]) for share in ("p50", "p95", "p99")]
        bound = f"{row['violations']}; bound p50 {_number(row['bound']['p50'])} ms"
        table.add_row(f"{row['network']} (error of one)", *cells, bound)
    return table


def lead_table(found: dict[str, Any]) -> Table:
    """The lead a room needs, and the members that are late."""
    table = Table(title="Scheduling: lead and late members")
    for column in ("room", "lead p50, ms", "lead p95, ms", "late", "late by, ms (mean)"):
        table.add_column(column, justify="left" if column == "room" else "right")
    for name in found["leads"][0]["rooms"]:
        rows = [lead["rooms"][name] for lead in found["leads"]]
        table.add_row(
            name,
            *(_number(median(row[figure] for row in rows)) for figure in ("lead_p50_ms", "lead_p95_ms")),
            f"{median(row['late_share'] for row in rows):.2%}",
            _number(median(row["mean_lateness_ms"] for row in rows)),
        )
    return table


def media_table(found: dict[str, Any]) -> Table:
    """The difference of position between the players of two members, by correction rule."""
    table = Table(title="Players: two members of a room of eight (ms)")
    columns = (
        "rule",
        "p50",
        "p95",
        "p99",
        "settled p50",
        "settled p95",
        "largest rate",
        "rates/min",
        "seeks/min",
    )
    for column in (*columns, "seeks/min without cause"):
        table.add_column(column, justify="left" if column == "rule" else "right")
    for name in found["media"][0]["algorithms"]:
        rows = [room["algorithms"][name] for room in found["media"]]
        pairs = [median(row["pairs"]["all"][share] for row in rows) for share in ("p50", "p95", "p99")]
        settled = [median(row["pairs"]["settled"][share] for row in rows) for share in ("p50", "p95")]
        table.add_row(
            name,
            *map(_number, (*pairs, *settled)),
            f"{max(row['largest_rate_deviation'] for row in rows):.0%}",
            *(
                _number(median(row[figure] for row in rows))
                for figure in ("rate_changes_a_minute", "seeks_a_minute", "seeks_a_minute_without_cause")
            ),
            style="bold" if name == "party" else None,
        )
    return table


def verdicts(found: dict[str, Any]) -> list[str]:
    """Whether each goal is met, and which peers are better."""
    lines = []
    ours = _of(found, "mixed", "party")
    for share, goal in zip(("p50", "p95", "p99"), CLOCK_GOAL, strict=True):
        value = median(row["pairs"][share] for row in ours)
        lines.append(
            f"clocks {share}: {_number(value)} ms, goal {goal:g}: {'met' if value <= goal else 'MISSED'}"
        )
        for name in _names(found)[1:]:
            theirs = median(row["pairs"][share] for row in _of(found, "mixed", name))
            if theirs < value:
                lines.append(f"  {name} is better here: {_number(theirs)} ms")
    for share, goal in zip(("p50", "p95"), MEDIA_GOAL, strict=True):
        rooms = [room["algorithms"] for room in found["media"]]
        value = median(room["party"]["pairs"]["all"][share] for room in rooms)
        lines.append(
            f"players {share}: {_number(value)} ms, goal {goal:g}: {'met' if value <= goal else 'MISSED'}"
        )
        for name in rooms[0]:
            theirs = median(room[name]["pairs"]["all"][share] for room in rooms)
            if name not in ("party", "limit") and theirs < value:
                lines.append(f"  {name} is better here: {_number(theirs)} ms")
    return lines


def print_report(found: dict[str, Any]) -> None:
    """Print all tables and verdicts."""
    console = Console(width=160)
    console.print(
        f"{len(found['seeds'])} rooms of each kind, {found['trace_s']:g} s each; seeds {found['seeds']}"
    )
    for table in (clock_table(found), room_table(found), lead_table(found), media_table(found)):
        console.print(table)
    cost = found["cost_ms"]
    console.print(f"Our estimator, an hour in its window: {cost['mean']} ms an exchange (p95 {cost['p95']}).")
    for line in verdicts(found):
        console.print(line)


def write_plot(found: dict[str, Any], path: Path) -> None:
    """Difference over time and its distribution, for clocks and for players, in one picture."""
    # Only the picture needs it; the figures can be had without.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 9), layout="constrained")
    (clock_time, clock_spread), (media_time, media_spread) = figure.subplots(2, 2)
    first = found["seeds"][0]
    for name in _names(found):
        if name.endswith("1/s"):
            continue
        row = next(row for row in _of(found, "mixed", name) if row["seed"] == first)
        seconds = [30 + 5 * step for step in range(len(row["over_time"]))]
        clock_time.plot(seconds, row["over_time"], label=name, **_line(name))
        clock_spread.plot(row["spread"], _shares(row["spread"]), label=name, **_line(name))
    for name, row in found["media"][0]["algorithms"].items():
        over_time = row["over_time"]
        media_time.plot(over_time["second"], over_time["p95"], label=name, **_line(name))
        media_spread.plot(row["spread_ms"], _shares(row["spread_ms"]), label=name, **_line(name))
    for axes, title in (
        (clock_time, "clocks: p95 of all pairs"),
        (clock_spread, "clocks: distribution"),
        (media_time, "players: p95 of all pairs"),
        (media_spread, "players: distribution"),
    ):
        axes.set_title(title)
        axes.grid(True, which="both", alpha=0.25)
    for axes in (clock_time, media_time):
        axes.set(xlabel="s", ylabel="ms", yscale="log")
    for axes in (clock_spread, media_spread):
        axes.set(xlabel="ms", ylabel="% of the time below", xscale="log")
        axes.legend(fontsize=7)
    figure.savefig(path, dpi=110)


def _line(name: str) -> dict[str, Any]:
    if name == "party":
        return {"linewidth": 2.2, "zorder": 5}
    return {"linewidth": 0.8, "alpha": 0.8}


def _shares(values: Sequence[float]) -> list[float]:
    return [100.0 * index / len(values) for index in range(len(values))]
