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
from pathlib import Path
from typing import Any

from bench.sync import lead_times
from bench.sync.clocks import (
    ROOMS,
    Clock,
    MemberTrace,
    PartyClockOfMember,
    back_after_ms,
    cost_ms,
    joining_errors,
    pair_differences,
    percentiles,
    quantile,
    run_room,
    run_unseen,
)
from bench.sync.media_scenario import media_input
from bench.sync.peers.registry import PEERS, at_rate
from bench.sync.report import print_report, write_plot
from tests.support.clock_networks import TRACE_MS

#: Peers are also run at our own pace, to tell the rule from the schedule, ms.
OUR_PACE_MS = 1_000.0

ROOM_PROGRAM = Path(__file__).parent / "media" / "room.mjs"


def algorithms() -> dict[str, Callable[[], Clock]]:
    """Ours, each peer as published, and each peer at one exchange a second."""
    found: dict[str, Callable[[], Clock]] = {"party": PartyClockOfMember}
    for peer in PEERS:
        name = peer().name
        found[name] = peer
        found[f"{name}, 1/s"] = lambda peer=peer: at_rate(peer(), OUR_PACE_MS)
    return found


def clock_job(job: tuple[str, int, str]) -> dict[str, Any]:
    """One algorithm in one room; what of it goes into the report."""
    kind, seed, name = job
    traces = run_room(kind, seed, algorithms()[name])
    looks = pair_differences(traces)
    return {
        "kind": kind,
        "seed": seed,
        "algorithm": name,
        "pairs": percentiles(difference for look in looks for difference in look),
        "over_time": [quantile(sorted(look), 0.95) for look in looks[::10]],
        "spread": [quantile(sorted(d for look in looks for d in look), share / 200) for share in range(200)],
        "joining": {trace.network: joining_errors(trace) for trace in traces},
        "violations": sum(trace.violations for trace in traces),
        "promises": sum(trace.promises for trace in traces),
        "back_after_ms": [back_after_ms(trace) for trace in traces] if kind == "asleep" else [],
    }


def unseen_job(seed: int) -> list[dict[str, Any]]:
    """The paths whose asymmetry nobody can see: the error, and the bound that owns up to it."""
    return [_bounded(trace) for trace in run_unseen(seed, PartyClockOfMember)]


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
    """The real follower on eight players, on the clock errors and command deliveries of a mixed room."""
    traces = run_room("mixed", seed, PartyClockOfMember)
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
    """Everything, on as many processes as there are cores; seeds follow `seed`."""
    seeds = [seed * 1_000 + index for index in range(rooms)]
    names = list(algorithms())
    jobs = [(kind, one, name) for kind in ("mixed", "asleep") for one in seeds for name in names]
    jobs += [(kind, one, "party") for kind in ROOMS if kind not in ("mixed", "asleep") for one in seeds]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        media = pool.map(media_job, seeds)
        clocks = pool.map(clock_job, jobs)
        unseen = pool.map(unseen_job, seeds)
        leads = pool.map(lead_times.run, seeds)
        return {
            "seeds": seeds,
            "trace_s": TRACE_MS / 1000.0,
            "clocks": list(clocks),
            "unseen": [row for rows in unseen for row in rows],
            "leads": list(leads),
            "media": list(media),
            "cost_ms": cost_ms(seed),
        }


def main() -> int:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
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
