"""`python -m bench.browsers`: how far apart the frames of several real browsers are.

A stack of its own and N Chromiums play the sample clip: a play, three seeks, a pause and a resume, through
the page's own controls. Each presented frame is recorded on the machine's clock; compared are the media
positions of every two windows on a grid of 50 ms, without the first second after a command and without the
pause.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.browsers.sleep import sleep_and_wake
from bench.processes import StealTime
from tests.support.browser_windows import Windows, pass_s, seek, toggle
from tests.support.browsers.programs import installed
from tests.support.frame_positions import figures, judged_spans, pair_differences
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.tcp_proxy import TcpProxy

#: The commands as (share of the run, position of a seek in s; None toggles play and pause).
COMMANDS: Sequence[tuple[float, float | None]] = (
    (0.02, None), (0.18, 120.0), (0.36, 40.0), (0.52, None), (0.57, None), (0.76, 200.0),
)  # fmt: skip


def give_commands(host: Page, seconds: float) -> None:
    """Give the commands."""
    passed = 0.0
    for share, position_s in COMMANDS:
        pass_s(host, share * seconds - passed)
        passed = share * seconds
        if position_s is None:
            toggle(host)
        else:
            seek(host, position_s)
    pass_s(host, seconds - passed)


def judge(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of one run."""
    commands = reports[0]["commands"]
    begin, end = commands[0]["atMs"], max(report["frames"][-1][0] for report in reports)
    pairs = pair_differences(reports, judged_spans(commands, end))
    minutes = (end - begin) / 60_000.0
    windows = [
        {
            "frames": len(report["frames"]),
            "seeks_per_minute": round(len(report["seeks"]) / minutes, 1),
            "rate_changes_per_minute": round(len(report["rates"]) / minutes, 1),
            "skew": report["skew"],
            "clock_ahead_ms": round(report["aheadMs"], 2),
        }
        for report in reports
    ]
    return {
        "all": figures([value for pair in pairs.values() for _, value in pair]),
        "pairs": {f"{a}-{b}": figures([value for _, value in pair]) for (a, b), pair in pairs.items()},
        "windows": windows,
    }


def run(options: argparse.Namespace, seed: int) -> dict[str, Any]:
    """One run on a stack of its own. With a delay, the last window is behind the bad network."""
    chromium = installed("chromium")
    if chromium is None:
        raise SystemExit("no Chromium on this machine")
    with (
        own_folder() as folder,
        Stack(folder / "data", sample=True) as stack,
        TcpProxy(
            ("127.0.0.1", stack.port), delay_ms=options.delay_ms, jitter_ms=options.jitter_ms, seed=seed
        ) as proxy,
        sync_playwright() as playwright,
        Windows(playwright, chromium) as windows,
    ):
        behind = options.delay_ms > 0 or options.sleep
        for number in range(options.windows):
            last = number == options.windows - 1
            windows.open(f"http://127.0.0.1:{proxy.port if last and behind else stack.port}")
        windows.wait_until_loaded()
        load, steal = [os.getloadavg()[0]], StealTime()
        if options.sleep:
            return {"sleep": sleep_and_wake(windows, proxy), "load": [*load, os.getloadavg()[0]]}
        give_commands(windows.pages[0], options.seconds)
        load.append(os.getloadavg()[0])
        steal_share = steal.share()
        reports = windows.reports()
    if options.frames:
        options.frames.write_text(json.dumps(reports), encoding="utf-8")
    return judge(reports) | {"load": load, "steal_share": steal_share, "seed": seed}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.browsers", description=__doc__)
    parser.add_argument("--windows", type=int, default=2, help="browsers, 2 to 8")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of a run, at least 20")
    parser.add_argument("--delay-ms", type=float, default=0.0, help="of the last browser, each way")
    parser.add_argument("--jitter-ms", type=float, default=0.0, help="the delay's spread, ± so much")
    parser.add_argument("--runs", type=int, default=1, help="runs, of which the medians are printed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sleep", action="store_true", help="measure a window that sleeps, instead")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--frames", type=Path, help="write the raw samples of the last run here")
    options = parser.parse_args()
    if not (2 <= options.windows <= 8 and options.seconds >= 20 and options.runs >= 1):
        parser.error("2 to 8 windows, 20 s or more, and a run at least")
    if not 0 <= options.jitter_ms <= options.delay_ms:
        parser.error("the jitter is between 0 and the delay")
    return options


def main() -> None:
    """Run, print, write."""
    options = arguments()
    results = []
    for number in range(options.runs):
        results.append(run(options, options.seed + number))
        print(json.dumps(results[-1]), flush=True)
    summary: dict[str, Any] = {"runs": results}
    if not options.sleep:
        names = ("p50_ms", "p95_ms", "p99_ms", "max_ms")
        summary["median"] = {name: median(result["all"][name] for result in results) for name in names}
        summary["median"]["steal_share"] = median(result["steal_share"] for result in results)
        print("median of the runs:", json.dumps(summary["median"]))
    if options.json:
        options.json.write_text(json.dumps(summary, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
