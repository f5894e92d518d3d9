"""The fault run: what was acknowledged is there, once, and everybody agrees, whatever dies meanwhile.

    python -m bench.faults [--seed N] [--minutes M] [--clients K] [--plant WRONG]

Starts the real stack, lets many clients work on it while a seeded nemesis kills, freezes and cuts off its
parts, and then holds the recorded history against Postgres. Prints the faults, the counts and the verdict,
writes bench/results/faults-<seed>.json, and ends with 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
from pathlib import Path

from bench.faults.environment import ROOT
from bench.faults.report import told, write
from bench.faults.run import Order, run
from bench.faults.seeded_bugs import PLANTS
from tests.support.own_folder import own_folder

RESULTS = ROOT / "bench" / "results"


def main() -> int:
    """Run it as told by the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=random.randrange(1, 10**6))
    parser.add_argument("--minutes", type=float, default=3.0, help="how long the nemesis rages")
    parser.add_argument("--clients", type=int, default=40, help="members; with wanderers a few more")
    parser.add_argument("--plant", choices=PLANTS, nargs="*", default=[], help="wrongs that have to be found")
    parser.add_argument("--keep", type=Path, help="copy the history and the logs to this folder")
    chosen = parser.parse_args()
    order = Order(
        seed=chosen.seed, seconds=chosen.minutes * 60, clients=chosen.clients, plants=tuple(chosen.plant)
    )
    print(f"seed {order.seed}", flush=True)
    with own_folder() as folder:
        outcome = run(order, folder, lambda line: print(line, flush=True))
        if chosen.keep is not None:
            chosen.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / "history.jsonl", chosen.keep)
            shutil.copytree(folder / "data" / "logs", chosen.keep / "logs", dirs_exist_ok=True)
    print(told(outcome))
    write(outcome, RESULTS / f"faults-{order.seed}.json")
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main())
