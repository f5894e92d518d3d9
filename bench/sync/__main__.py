"""`make bench-sync`: the whole sync engine in virtual time, ours and the peers', on the same seeded traces.

    python -m bench.sync [--seed N] [--rooms N] [--out FOLDER]

Runs the real clock estimator, the real scheduler's lead times and the real client's follower over synthetic
networks, clocks and players; prints one table, and writes `sync.json` and `sync.png` into the folder.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from bench.percentiles import percentiles, quantile
from bench.sync import lead_times
from bench.sync.clocks import (
    ROOMS,
    ClockAlgorithm,
    CrowdedClockAlgorithm,
    MemberTrace,
    PacedClockAlgorithm,
    PartyClockAlgorithm,
    back_after_ms,
    cost_ms,
    joining_errors,
    pair_differences,
    run_room,
    run_unobservable,
)
from bench.sync.media_scenario import media_input
from bench.sync.peers.registry import PEERS, PeerClock, at_rate
from bench.sync.report import print_report, write_plot
from tests.support.clock_networks import TRACE_MS

#: Peers are also run at our own rate of exchanges, to separate the rule from the schedule, ms.
OUR_RATE_MS = 1_000.0

ROOM_PROGRAM = Path(__file__).parent / "media" / "room.mjs"


def algorithms() -> dict[str, Callable[[], ClockAlgorithm]]:
    """Ours, each peer as published, and each peer at one exchange a second."""
    found: dict[str, Callable[[], ClockAlgorithm]] = {"party": PartyClockAlgorithm}
    for paced in (PacedClockAlgorithm, CrowdedClockAlgorithm):
        found[paced.name] = paced
    for peer in PEERS:
        name = peer().name
        found[name] = peer
        found[f"{name}, 1/s"] = partial(_at_our_rate, peer)
    return found


def _at_our_rate(peer: Callable[[], PeerClock]) -> ClockAlgorithm:
    return at_rate(peer(), OUR_RATE_MS)


def clock_job(job: tuple[str, int, str]) -> dict[str, Any]:
    """The figures of one algorithm in one room."""
    kind, seed, name = job
    traces = run_room(kind, seed, algorithms()[name])
    samples = pair_differences(traces)
    ordered = sorted(difference for sample in samples for difference in sample)
    return {
        "kind": kind,
        "seed": seed,
        "algorithm": name,
        "pairs": percentiles(ordered),
        "over_time": [quantile(sorted(sample), 0.95) for sample in samples[::10]],
        "spread": [
            quantile(sorted(d for sample in samples for d in sample), share / 200) for share in range(200)
        ],
        "joining": {trace.network: joining_errors(trace) for trace in traces},
        "violations": sum(trace.violations for trace in traces),
        "bounded": sum(trace.bounded for trace in traces),
        "back_after_ms": [back_after_ms(trace) for trace in traces] if kind == "asleep" else [],
    }


def unobservable_job(seed: int) -> list[dict[str, Any]]:
    """The paths whose asymmetry can't be measured: the error, and the bound that covers it."""
    return [_bounded(trace) for trace in run_unobservable(seed, PartyClockAlgorithm)]


def _bounded(trace: MemberTrace) -> dict[str, Any]:
    errors = [abs(error) for error in trace.errors if error is not None]
    bounds = [bound for bound in trace.bounds if bound is not None and bound < 1e9]
    return {
        "network": trace.network,
        "error": percentiles(errors),
        "bound": percentiles(bounds),
        "violations": trace.violations,
    }


def media_job(seed: int) -> dict[str, Any]:
    """The real follower on eight players, with the clock errors and command deliveries of a mixed room."""
    traces = run_room("mixed", seed, PartyClockAlgorithm)
    ran = subprocess.run(
        ["node", str(ROOM_PROGRAM)],
        input=json.dumps(media_input(seed, traces)),
        capture_output=True,
        text=True,
        timeout=900,
        check=True,
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def run(seed: int, rooms: int) -> dict[str, Any]:
    """All jobs, on as many processes as there are cores; the seeds of the rooms follow from `seed`."""
    seeds = [seed * 1_000 + index for index in range(rooms)]
    names = list(algorithms())
    jobs = [(kind, one, name) for kind in ("mixed", "asleep") for one in seeds for name in names]
    jobs += [(kind, one, "party") for kind in ROOMS if kind not in ("mixed", "asleep") for one in seeds]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        media = pool.map(media_job, seeds)
        clocks = pool.map(clock_job, jobs)
        unobservable = pool.map(unobservable_job, seeds)
        leads = pool.map(lead_times.run, seeds)
        return {
            "seeds": seeds,
            "trace_s": TRACE_MS / 1000.0,
            "clocks": list(clocks),
            "unobservable": [row for rows in unobservable for row in rows],
            "leads": list(leads),
            "media": list(media),
            "cost_ms": cost_ms(seed),
        }


def main() -> int:
    """Run, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.sync", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or 1))
    parser.add_argument("--rooms", type=int, default=5, help="rooms of each kind")
    parser.add_argument("--out", type=Path, default=Path("bench/results"))
    given = parser.parse_args()
    found = run(given.seed, given.rooms)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "sync.json").write_text(json.dumps(found), encoding="utf-8")
    print_report(found)
    write_plot(found, given.out / "sync.png")
    print(f"Figures in {given.out / 'sync.json'}, picture in {given.out / 'sync.png'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
