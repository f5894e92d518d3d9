"""What a join through REST and PostgreSQL costs: how many a second, and how long at a steady pace."""

import threading
import time
from typing import Any

from bench.live.clients import in_threads
from bench.live.testbed import Testbed, least_steal, percentile

#: A watch party is small: in a larger one each join is broadcast to many members.
PARTIES = 100
PACE_A_SECOND = 50.0
#: The concurrency of the saturated load.
AT_ONCE = 16


def measure_joins(testbed: Testbed) -> dict[str, Any]:
    """One worker of two processes, one web process; the joins are spread over a hundred parties."""
    parties = in_threads(lambda _: testbed.clients.party(), range(PARTIES), 4)
    saturated = least_steal(lambda: _all_at_once(testbed, parties, testbed.pick(100, 600, 4000)))
    paced = least_steal(lambda: _at_a_pace(testbed, parties, testbed.pick(50, 400, 1500)))
    for party, host in parties:
        testbed.clients.end(party, host)
    return {"at_once": AT_ONCE, "saturated": saturated, "pace_a_second": PACE_A_SECOND, "paced": paced}


def _all_at_once(testbed: Testbed, parties: list[Any], count: int) -> dict[str, Any]:
    """Joins a second when each thread sends its next request as soon as the last was answered."""
    tokens = [testbed.clients.new_token() for _ in range(count)]
    began = time.perf_counter()
    in_threads(lambda at: testbed.clients.join(parties[at % PARTIES][0], tokens[at]), range(count), AT_ONCE)
    return {"joins": count, "a_second": round(count / (time.perf_counter() - began), 1)}


def _at_a_pace(testbed: Testbed, parties: list[Any], count: int) -> dict[str, Any]:
    """How long each join took in ms, from when it was due: a late start counts (coordinated omission)."""
    tokens = [testbed.clients.new_token() for _ in range(count)]
    began = time.perf_counter() + 0.1
    pause = threading.Event()

    def one(at: int) -> float:
        due = began + at / PACE_A_SECOND
        pause.wait(max(0.0, due - time.perf_counter()))
        testbed.clients.join(parties[at % PARTIES][0], tokens[at])
        return (time.perf_counter() - due) * 1000

    took = in_threads(one, range(count), AT_ONCE)
    return {f"p{percent}": round(percentile(took, percent), 2) for percent in (50, 95, 99)}
