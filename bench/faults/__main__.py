"""The fault run: what was acknowledged is stored exactly once, and all members converge, under seeded faults.

    python -m bench.faults [--seed N] [--minutes M] [--clients K] [--bug NAME ...]

Starts the real stack and a workload of many clients, injects a seeded schedule of faults (kills, freezes,
network faults), and then checks the recorded history against Postgres. Prints the faults, the counts and the
verdict, writes bench/results/faults-<seed>.json, and exits with 1 on a violation.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
from pathlib import Path

from bench.faults.environment import ROOT
from bench.faults.report import report_text, write
from bench.faults.run import RunOptions, run
from bench.faults.seeded_bugs import SEEDED_BUGS
from tests.support.own_folder import own_folder

RESULTS = ROOT / "bench" / "results"


def main() -> int:
    """Run it with the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.faults", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--seed", type=int, default=random.randrange(1, 10**6))
    parser.add_argument("--minutes", type=float, default=3.0, help="how long faults are injected")
    parser.add_argument("--clients", type=int, default=40, help="members; visitors and creators come on top")
    parser.add_argument(
        "--bug", choices=SEEDED_BUGS, nargs="*", default=[], help="seed bugs that the checker has to find"
    )
    parser.add_argument("--keep", type=Path, help="copy the history and the logs to this folder")
    chosen = parser.parse_args()
    options = RunOptions(
        seed=chosen.seed, seconds=chosen.minutes * 60, clients=chosen.clients, bugs=tuple(chosen.bug)
    )
    print(f"seed {options.seed}", flush=True)
    with own_folder() as folder:
        outcome = run(options, folder, lambda line: print(line, flush=True))
        if chosen.keep is not None:
            chosen.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / "history.jsonl", chosen.keep)
            shutil.copytree(folder / "data" / "logs", chosen.keep / "logs", dirs_exist_ok=True)
    print(report_text(outcome))
    write(outcome, RESULTS / f"faults-{options.seed}.json")
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main())
