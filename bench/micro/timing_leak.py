"""Whether the time of a 404 leaks that a private party exists: medians of many requests, alternating between
a hidden party and an id that no party has.

Run: `python -m bench.micro.timing_leak [--requests 200]`.
"""

from __future__ import annotations

import argparse
import statistics
import time
import uuid

from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest


def measure(url: str, requests: int) -> dict[str, list[float]]:
    """The ms of each answer, by the kind of id."""
    host, stranger = Guest(url, "Ada"), Guest(url, "Mallory")
    asked = {"hidden": host.create_party()["id"], "none": str(uuid.uuid4())}
    spent: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(requests):
        for name, party_id in asked.items():
            began = time.perf_counter()
            assert stranger.get(f"/api/parties/{party_id}").status_code == 404
            spent[name].append((time.perf_counter() - began) * 1000.0)
    host.close()
    stranger.close()
    return spent


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=200)
    given = options.parse_args()
    with own_folder() as folder, Stack(folder / "data") as stack:
        spent = measure(stack.url, given.requests)
    for name, times in spent.items():
        quarters = statistics.quantiles(times, n=4)
        print(
            f"{name:>7}: median {quarters[1]:.2f} ms, middle half {quarters[0]:.2f} to {quarters[2]:.2f} ms"
        )


if __name__ == "__main__":
    main()
