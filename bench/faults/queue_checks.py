"""Checks of the queues: what is queued plays once. Pure. The workload queues each film once only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from bench.faults.evening_rows import EveningRows
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
    wanted = sorted([item["id"], item["votes"]] for item in stored.items)
    if revision == stored.revision and sorted(items) != wanted:
        yield Violation("queue", f"{heard.listener} ended with the queue {items}, not {wanted}")
