"""What others on the machine cost a party of ten: other live parties, and members who stop reading."""

from contextlib import ExitStack
from typing import Any

from bench.live.fanout import summary
from bench.live.testbed import ALL, OURS, WS, Resources, calmest, settle, share, watched

MEMBERS = 10
FROZEN = 10
MEMBERS_A_PARTY = 5
EVERY_S = 0.05


def _commands(
    ground: Resources, name: str, room: str, count: int, every_s: float = EVERY_S
) -> dict[str, Any]:
    row: dict[str, Any] = {}
    with watched(ground, name, row):
        row |= ground.load("commands", name=room, count=count, every_s=every_s)
    return row


def measure_neighbours(ground: Resources) -> dict[str, Any]:
    """Command to last receipt in a party of ten, with 0, 100 and 1,000 other parties connected; ticks on.

    Measured alone before and again after, so that a slow spell of the machine doesn't pass for company.
    """
    counts = ground.pick((0, 20), (0, 100, 0), (0, 100, 1000, 0))
    count = ground.pick(20, 100, 600)
    rows: list[dict[str, Any]] = []
    with ground.room(OURS, MEMBERS) as room:
        for others in counts:
            with ExitStack() as stack:
                if others:
                    stack.enter_context(ground.rooms(OURS, others, MEMBERS_A_PARTY))
                settle()
                row = calmest(lambda: _commands(ground, OURS, room, count))
            rows.append({"others": others, "missed": row["missed"], "stolen_share": row["stolen_share"]})
            rows[-1] |= summary(row["last_ms"])
    alone = [row["p99"] for row in rows if not row["others"]]
    for row in rows:
        row["p99_ratio"] = round(row["p99"] / (sum(alone) / len(alone)), 3)
    return {"members": MEMBERS, "members_a_party": MEMBERS_A_PARTY, "rows": rows}


def measure_frozen(ground: Resources) -> dict[str, Any]:
    """The others' receipts with ten members in the room who stopped reading, against a room without.

    A flood first fills what the kernels keep for the frozen, so that the server has to deal with them.
    """
    rounds, count = ground.pick((1, 20), (2, 40), (6, 60))
    return {
        "frozen": FROZEN,
        "reading": MEMBERS,
        "servers": {name: _one_server(ground, name, rounds, count) for name in ground.pick((OURS, WS), ALL)},
    }


def _one_server(ground: Resources, name: str, rounds: int, count: int) -> dict[str, Any]:
    without: list[float] = []
    beside: list[float] = []
    lost = missed = 0
    with ground.room(name, MEMBERS) as plain:
        for _ in range(rounds):
            with ground.room(name, MEMBERS + FROZEN, small_last=FROZEN) as iced:
                settle()
                ground.load("freeze", name=iced, count=FROZEN)
                ground.load("flood", name=iced, seconds=1.0, window=32)
                for _ in range(2):
                    for room, heard in ((plain, without), (iced, beside)):
                        row = _commands(ground, name, room, count // 2, 0.05)
                        heard += row["last_ms"]
                        missed += row["missed"]
                lost += ground.load("lost", name=iced)["lost"]
    return {
        "without": summary(without),
        "beside": summary(beside),
        "p99_ratio": round(share(beside, 99) / share(without, 99), 3),
        "p50_ratio": round(share(beside, 50) / share(without, 50), 3),
        "dismissed": lost,
        "missed": missed,
    }
