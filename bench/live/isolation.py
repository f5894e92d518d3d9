"""Isolation: what other live parties, and members that stop reading, cost a party of ten."""

from contextlib import ExitStack
from typing import Any

from bench.live.fanout import summary
from bench.live.testbed import ALL, OURS, WS, Testbed, least_steal, measured_usage, percentile, settle

MEMBERS = 10
#: Members that stop reading.
FROZEN = 10
MEMBERS_A_PARTY = 5
EVERY_S = 0.05


def _commands(testbed: Testbed, name: str, room: str, count: int, every_s: float = EVERY_S) -> dict[str, Any]:
    row: dict[str, Any] = {}
    with measured_usage(testbed, name, row):
        row |= testbed.load("commands", name=room, count=count, every_s=every_s)
    return row


def measure_neighbours(testbed: Testbed) -> dict[str, Any]:
    """Command to last receipt in a party of ten, with 0, 100 and 1,000 other parties connected; ticks on.

    Measured alone before and again after, so that a slow interval of the machine isn't taken for an effect.
    """
    counts = testbed.pick((0, 20), (0, 100, 0), (0, 100, 1000, 0))
    count = testbed.pick(20, 100, 600)
    rows: list[dict[str, Any]] = []
    with testbed.room(OURS, MEMBERS) as room:
        for others in counts:
            with ExitStack() as stack:
                if others:
                    stack.enter_context(testbed.rooms(OURS, others, MEMBERS_A_PARTY))
                settle()
                row = least_steal(lambda: _commands(testbed, OURS, room, count))
            rows.append({"others": others, "missed": row["missed"], "steal_cores": row["steal_cores"]})
            rows[-1] |= summary(row["last_ms"])
    alone = [row["p99"] for row in rows if not row["others"]]
    for row in rows:
        row["p99_ratio"] = round(row["p99"] / (sum(alone) / len(alone)), 3)
    return {"members": MEMBERS, "members_a_party": MEMBERS_A_PARTY, "rows": rows}


def measure_frozen(testbed: Testbed) -> dict[str, Any]:
    """The receipts of ten members beside ten that stopped reading, against those of a room without such.

    A flood first fills the kernels' buffers of the frozen members, so that the server has to deal with them.
    """
    rounds, count = testbed.pick((1, 20), (2, 40), (6, 60))
    return {
        "frozen": FROZEN,
        "reading": MEMBERS,
        "servers": {
            name: _one_server(testbed, name, rounds, count) for name in testbed.pick((OURS, WS), ALL)
        },
    }


def _one_server(testbed: Testbed, name: str, rounds: int, count: int) -> dict[str, Any]:
    without: list[float] = []
    beside: list[float] = []
    closed = missed = 0
    with testbed.room(name, MEMBERS) as plain:
        for _ in range(rounds):
            with testbed.room(name, MEMBERS + FROZEN, small_last=FROZEN) as mixed:
                settle()
                testbed.load("freeze", name=mixed, count=FROZEN)
                testbed.load("flood", name=mixed, seconds=1.0, window=32)
                for _ in range(2):
                    for room, receipts in ((plain, without), (mixed, beside)):
                        row = _commands(testbed, name, room, count // 2, 0.05)
                        receipts += row["last_ms"]
                        missed += row["missed"]
                closed += testbed.load("lost", name=mixed)["lost"]
    return {
        "without": summary(without),
        "beside": summary(beside),
        "p99_ratio": round(percentile(beside, 99) / percentile(without, 99), 3),
        "p50_ratio": round(percentile(beside, 50) / percentile(without, 50), 3),
        "closed": closed,
        "missed": missed,
    }
