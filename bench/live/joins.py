"""What a join through REST, Celery and PostgreSQL costs: how many a second, and how long at a steady pace."""

import threading
import time
from typing import Any

from bench.live.clients import in_threads
from bench.live.testbed import Resources, calmest, share

#: A watch party is a handful of people: in larger ones everybody's joining is news to many.
PARTIES = 100
PACE_A_SECOND = 50.0
#: So many requests are under way at once when as many joins as possible are wanted.
AT_ONCE = 16


def measure_joins(ground: Resources) -> dict[str, Any]:
    """One worker of two processes, one web process; the joins are spread over a hundred parties."""
    parties = in_threads(lambda _: ground.crowd.party(), range(PARTIES), 4)
    crowded = calmest(lambda: _all_at_once(ground, parties, ground.pick(100, 600, 4000)))
    paced = calmest(lambda: _at_a_pace(ground, parties, ground.pick(50, 400, 1500)))
    for party, host in parties:
        ground.crowd.end(party, host)
    return {"at_once": AT_ONCE, "crowded": crowded, "pace_a_second": PACE_A_SECOND, "paced": paced}


def _all_at_once(ground: Resources, parties: list[Any], count: int) -> dict[str, Any]:
    """How many joins a second there are when each thread asks again as soon as it was answered."""
    people = [ground.crowd.person() for _ in range(count)]
    began = time.perf_counter()
    in_threads(lambda at: ground.crowd.join(parties[at % PARTIES][0], people[at]), range(count), AT_ONCE)
    return {"joins": count, "a_second": round(count / (time.perf_counter() - began), 1)}


def _at_a_pace(ground: Resources, parties: list[Any], count: int) -> dict[str, Any]:
    """How long each join took in ms, from when it was due: a late start counts (coordinated omission)."""
    people = [ground.crowd.person() for _ in range(count)]
    began = time.perf_counter() + 0.1
    pause = threading.Event()

    def one(at: int) -> float:
        due = began + at / PACE_A_SECOND
        pause.wait(max(0.0, due - time.perf_counter()))
        ground.crowd.join(parties[at % PARTIES][0], people[at])
        return (time.perf_counter() - due) * 1000

    took = in_threads(one, range(count), AT_ONCE)
    return {f"p{percent}": round(share(took, percent), 2) for percent in (50, 95, 99)}
