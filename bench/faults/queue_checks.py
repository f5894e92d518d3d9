"""Checks of the queues: what is queued plays once, and moves and votes are kept. Pure.

A queue is no part of its party's audit log: what was acknowledged is compared with the queue as it is in the
end. The workload queues each film once only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from bench.faults.evening_rows import EveningRows, StoredQueue
from bench.faults.history import Heard, History, Operation
from bench.faults.log import Log
from bench.faults.violation import Violation


def check_queues(
    history: History, logs: Mapping[str, Log], rows: EveningRows, permanent: set[str]
) -> Iterator[Violation]:
    """An acknowledged item waits, was played once or was removed; a refused one did none of it.

    And those who were connected all the time have the queue in the end.
    """
    plays = Counter(
        event["data"]["video"]["id"]
        for log in logs.values()
        for event in log.stored.events
        if event["type"] == "video_changed"
    )
    waiting = Counter(item["video"] for queue in rows.queues.values() for item in queue.items)
    there = {item["id"] for queue in rows.queues.values() for item in queue.items}
    removals: dict[str, list[Operation]] = defaultdict(list)
    for operation in history.operations.values():
        if operation.action == "unqueue":
            removals[operation.facts["item"]].append(operation)
    for item, operations in removals.items():
        if item in there and any(operation.oks for operation in operations):
            yield Violation("queue", f"item {item} was removed, and waits")
    for operation in history.operations.values():
        if operation.action == "queue":
            video, item = operation.facts["video"], operation.facts.get("item", "")
            for why in _errors(operation, plays[video], waiting[video], bool(removals.get(item))):
                yield Violation("queue", f"film {video}, queued by {operation.id}, {why}")
    yield from _check_votes(history, rows)
    yield from _check_moves(history, rows)
    for heard in history.heard:
        if heard.listener in permanent:
            yield from _check_heard(heard, rows)


def _errors(operation: Operation, plays: int, waits: int, is_removed: bool) -> Iterator[str]:
    if plays > 1:
        yield f"was played {plays} times"
    if waits > 1:
        yield f"waits {waits} times"
    if plays and waits:
        yield "was played, and waits"
    if operation.oks and not (plays or waits or is_removed):
        yield "was acknowledged and is lost"
    if operation.failed is not None and not operation.oks and (plays or waits):
        yield f"was refused ({operation.failed}) and is there"


def _check_heard(heard: Heard, rows: EveningRows) -> Iterator[Violation]:
    stored = rows.queues.get(heard.party)
    if stored is None:
        return
    revision, items = heard.queue or (0, [])
    if revision < stored.revision:
        yield Violation("queue", f"{heard.listener} ended at {revision} of {stored.revision} of its queue")
    # A later one can't be judged: films go on playing. Nor can the order, which may be that of the votes.
    wanted = sorted([item["id"], len(item["voters"])] for item in stored.items)
    if revision == stored.revision and sorted(items) != wanted:
        yield Violation("queue", f"{heard.listener} ended with the queue {items}, not {wanted}")


def _check_votes(history: History, rows: EveningRows) -> Iterator[Violation]:
    """An item that waits has the votes that were acknowledged, and none that nobody gave."""
    votes: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    for operation in history.operations.values():
        if operation.action == "vote" and operation.failed is None:
            votes[operation.facts["item"], operation.user].append(operation)
    voters = {item["id"]: set(item["voters"]) for queue in rows.queues.values() for item in queue.items}
    for item, given in voters.items():
        for user in given:
            if not any(vote.facts["given"] for vote in votes.get((item, user), ())):
                yield Violation("queue", f"{user} has a vote for item {item} that they never gave")
    for (item, user), operations in votes.items():
        last = _last_for_sure(operations)
        if item in voters and last is not None and (user in voters[item]) is not last.facts["given"]:
            what = "is lost" if last.facts["given"] else "was taken back, and counts"
            yield Violation("queue", f"the vote of {user} for item {item} {what}")


def _check_moves(history: History, rows: EveningRows) -> Iterator[Violation]:
    """What was moved last stands where it was put."""
    moves: dict[str, list[Operation]] = defaultdict(list)
    added_s: dict[str, float] = {}
    for operation in history.operations.values():
        if operation.action == "move" and operation.failed is None:
            moves[operation.party].append(operation)
        elif operation.action == "queue" and operation.done_s is not None and "item" in operation.facts:
            added_s[operation.facts["item"]] = operation.done_s
    for party, operations in moves.items():
        last = _last_for_sure(operations)
        if last is not None and not _is_in_place(last, rows.queues.get(party, StoredQueue()), added_s):
            yield Violation("queue", f"item {last.facts['item']} is not where it was moved by {last.id}")


def _is_in_place(move: Operation, queue: StoredQueue, added_s: Mapping[str, float]) -> bool:
    order = [item["id"] for item in queue.items]
    item, before = move.facts["item"], move.facts["before"]
    if item not in order or item == before:
        return True
    after = order[order.index(item) + 1 :]
    if before is not None:
        # What is added later comes first of all, or last.
        return before not in order or after[:1] == [before]
    return all(added_s.get(other, move.invoked_s) >= move.invoked_s for other in after)


def _last_for_sure(operations: Sequence[Operation]) -> Operation | None:
    """The last one that was acknowledged; None where another may have been done after it."""
    last = max((each for each in operations if each.oks), key=lambda each: each.invoked_s, default=None)
    if last is None:
        return None
    others = [each for each in operations if each is not last]
    return last if all((each.done_s or last.invoked_s) < last.invoked_s for each in others) else None
