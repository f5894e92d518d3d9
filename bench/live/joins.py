"""What a join through REST, Celery and PostgreSQL costs: how many a second, and how long at a steady pace."""

import threading
import time
from typing import Any

from bench.live.crowd import in_threads
from bench.live.ground import Ground, share
from bench.live.processes import stolen_s

#: A watch party is a handful of people: in larger ones everybody's joining is news to many.
PARTIES = 100
PACE_A_SECOND = 50.0
#: So many requests are under way at once when as many joins as possible are wanted.
AT_ONCE = 16


def measure_joins(ground: Ground) -> dict[str, Any]:
    """One worker of two processes, one web process; the joins are spread over a hundred parties."""
    crowd = ground.crowd
    parties = in_threads(lambda _: crowd.party(), range(PARTIES), 4)
    people = [crowd.person() for _ in range(ground.pick(100, 600, 4000))]
    stolen = stolen_s()
    took = _all_at_once(ground, parties, people)
    paced = _at_a_pace(ground, parties, [crowd.person() for _ in range(ground.pick(50, 400, 1500))])
    for party, host in parties:
        crowd.end(party, host)
    return {
        "joins": len(people),
        "a_second": round(len(people) / took, 1),
        "at_once": AT_ONCE,
        "pace_a_second": PACE_A_SECOND,
        "paced_ms": {f"p{percent}": round(share(paced, percent), 2) for percent in (50, 95, 99)},
        "stolen_s": round(stolen_s() - stolen, 2),
    }


def _all_at_once(ground: Ground, parties: list[Any], people: list[str]) -> float:
    """How long all joins take, in s, when each thread asks again as soon as it was answered."""
    began = time.perf_counter()
    in_threads(
        lambda at: ground.crowd.join(parties[at % PARTIES][0], people[at]), range(len(people)), AT_ONCE
    )
    return time.perf_counter() - began


def _at_a_pace(ground: Ground, parties: list[Any], people: list[str]) -> list[float]:
    """How long each join took in ms, from when it was due: a late start counts (coordinated omission)."""
    began = time.perf_counter() + 0.1
    pause = threading.Event()

    def one(at: int) -> float:
        due = began + at / PACE_A_SECOND
        pause.wait(max(0.0, due - time.perf_counter()))
        ground.crowd.join(parties[at % PARTIES][0], people[at])
        return (time.perf_counter() - due) * 1000

    return in_threads(one, range(len(people)), AT_ONCE)
