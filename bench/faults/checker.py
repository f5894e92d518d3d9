"""Checks what clients saw against the committed state. Pure: its input is a history and a database snapshot.

The rules are those of a linearisable log with idempotent commands: an acknowledged operation is in it exactly
once, a refused one is not, one of unknown outcome at most once; each party's revisions are 1..n and its row
is the fold of its events; each listener gets that log, in order and without a gap. What is no event of a
party has rules of its own: `hold_checks`, `admission_checks`, `queue_checks` and `chat_checks`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from bench.faults.admission_checks import check_admissions
from bench.faults.chat_checks import check_chats
from bench.faults.database import DatabaseSnapshot, Json
from bench.faults.history import Delivery, History, Operation, SocketHistory
from bench.faults.hold_checks import check_holds
from bench.faults.log import Log
from bench.faults.queue_checks import check_queues
from bench.faults.replay import View
from bench.faults.violation import Violation

#: The events of which members get a notification.
NOTIFIED = frozenset({"member_joined", "member_left", "host_transferred", "party_session_ended"})
#: The close codes that faults explain: restart, dead peer, newer socket, slow reader, normal, none at all.
ALLOWED_CODES = frozenset({None, 1000, 1001, 1005, 1006, 1012, 1013, 4408, 4409, 4413})
#: And besides, for members that leave or whose party ends.
LEFT_CODES = frozenset({4403, 4410})
#: The deliveries that bring a listener up to a revision.
CURRENT = ("welcome", "change")


@dataclass(slots=True, kw_only=True)
class Settling:
    """When all was up again after the last fault, and the revisions that were committed by then.

    `up_s` is in s of this machine's monotonic clock, `up_ms` the same instant by the database's. `permanent`
    are the listeners that never leave: all of them must converge, within `limit_s`.
    """

    up_s: float
    up_ms: float
    revisions: dict[str, int]
    permanent: set[str]
    limit_s: float


def check(history: History, database: DatabaseSnapshot, settling: Settling) -> list[Violation]:
    """Every violation found, those of a rule together."""
    logs, rows = {party: Log(found) for party, found in database.parties.items()}, database.evening
    return [
        *check_commands(history, database),
        *check_logs(logs),
        *check_sockets(history, logs, settling.permanent),
        *check_convergence(history, logs, settling),
        *check_notifications(database),
        *check_answers(history),
        *check_readings(history, logs),
        *check_holds(logs, rows.ticks_ms, settling.up_ms, rows.now_ms),
        *check_admissions(history, logs, rows),
        *check_queues(history, logs, rows, settling.permanent),
        *check_chats(history, rows, settling.permanent),
    ]


def check_readings(history: History, logs: dict[str, Log]) -> Iterator[Violation]:
    """What REST shows of a party at a revision is what its events make until then."""
    for reading in history.readings:
        log = logs.get(reading.party)
        views = [] if log is None else log.views
        # One newer than the log that was read can't be judged.
        if reading.revision < len(views) and reading.digest != views[reading.revision]:
            yield Violation("readings", f"{reading.party}: REST shows another state of {reading.revision}")


def check_commands(history: History, database: DatabaseSnapshot) -> Iterator[Violation]:
    """Rule 1: ok is exactly one row at that revision, fail is none, unknown is at most one."""
    rows: dict[str, list[tuple[str, Json]]] = defaultdict(list)
    for party, found in database.parties.items():
        for event in found.events:
            if event["operation"] is not None:
                rows[event["operation"]].append((party, event))
    for operation in history.operations.values():
        for why in _operation_errors(operation, rows.get(operation.id, [])):
            yield Violation("commands", f"{operation.action} {operation.id} {why}")
    for id in rows.keys() - history.operations.keys():
        party, event = rows[id][0]
        yield Violation("commands", f"{id}: nobody asked for {event['type']} in {party}")
    for party, found in database.parties.items():
        for event, following in zip(found.events, [*found.events[1:], {}], strict=True):
            # Of the events of one command the last alone has its id.
            same = (event["actor_id"], event["at_ms"]) == (following.get("actor_id"), following.get("at_ms"))
            if event["actor_id"] is not None and event["operation"] is None and not same:
                what = f"{event['type']} {event['revision']} in {party}"
                yield Violation("commands", f"{what} has an actor and no command")


def _operation_errors(operation: Operation, rows: list[tuple[str, Json]]) -> Iterator[str]:
    revisions = [event["revision"] for _, event in rows]
    if len(rows) > 1:
        yield f"was done {len(rows)} times, at revisions {revisions}"
    if operation.oks and not rows and not operation.may_be_noop:
        yield f"was acknowledged as {operation.oks[0]} and is lost"
    if operation.failed is not None and not operation.oks and rows:
        yield f"was refused ({operation.failed}) and done at revisions {revisions}"
    if operation.failed is not None and operation.oks:
        yield f"was acknowledged and refused ({operation.failed})"
    for revision in operation.oks:
        if revision is not None and rows and revision not in revisions:
            yield f"was acknowledged as {revision} and is at {revisions}"
    for party, event in rows:
        if (party, event["actor_id"]) != (operation.party or party, operation.user):
            yield f"of {operation.user} in {operation.party} was done by {event['actor_id']} in {party}"


def check_logs(logs: dict[str, Log]) -> Iterator[Violation]:
    """Rule 2: revisions 1..n, and the row is the fold of the events."""
    for party, log in logs.items():
        row, final = log.stored.row, log.final
        revisions = [event["revision"] for event in log.stored.events]
        if revisions != list(range(1, len(revisions) + 1)):
            gap = next(at for at, revision in enumerate(revisions, start=1) if revision != at)
            yield Violation("revisions", f"{party}: revision {revisions[gap - 1]} where {gap} is due")
        if row["revision"] != len(revisions):
            yield Violation("revisions", f"{party}: row {row['revision']}, {len(revisions)} events")
        stored = View(
            row["host"], row["members"], row["playback"], row["state"], row["settings"], row["video"]
        )
        if stored.digest() != final.digest():
            yield Violation("fold", f"{party}: the row {stored} is not what its events make, {final}")
        if row["member_count"] != len(final.members):
            yield Violation("fold", f"{party}: {row['member_count']} counted, {len(final.members)} there")


def check_sockets(history: History, logs: dict[str, Log], permanent: set[str]) -> Iterator[Violation]:
    """Rule 3: in order, without a gap, nothing that isn't in the log, and never back in time."""
    for listener, sockets in history.sockets.items():
        known: Counter[str] = Counter()
        for socket in sockets:
            where = f"{listener} in {socket.party}"
            for error in _delivery_errors(socket, logs.get(socket.party), known[socket.party]):
                yield Violation("listeners", f"{where}: {error}")
            known[socket.party] = max(known[socket.party], _newest(socket))
            left = socket.code in LEFT_CODES and listener not in permanent
            if socket.code not in ALLOWED_CODES and not left:
                yield Violation("listeners", f"{where}: closed with {socket.code}")


def _newest(socket: SocketHistory) -> int:
    """The newest revision that this socket brought; 0 for none."""
    return max((found.revision for found in socket.deliveries if found.kind in CURRENT), default=0)


def _delivery_errors(socket: SocketHistory, log: Log | None, known: int) -> Iterator[str]:
    if log is None:
        yield "told of a party that is not there"
        return
    last, replayed = 0, socket.last_revision
    for delivery in socket.deliveries:
        if (error := _state_error(delivery, log)) is not None:
            yield error
        if delivery.kind == "replay":
            if replayed is None or delivery.revision != replayed + 1:
                yield f"revision {delivery.revision} replayed after {replayed}"
            replayed = delivery.revision
        elif delivery.kind != "tick":
            yield from _order_errors(delivery, last, known)
            last = delivery.revision


def _order_errors(delivery: Delivery, last: int, known: int) -> Iterator[str]:
    """`last` is the last revision on this socket, `known` the newest on the listener's earlier ones."""
    if delivery.kind == "welcome":
        if delivery.revision < max(last, known):
            yield f"welcomed at {delivery.revision} after {max(last, known)} had been told"
    elif last == 0:
        yield f"revision {delivery.revision} before any welcome"
    elif delivery.revision != last + 1:
        yield f"revision {delivery.revision} came after {last}"


def _state_error(delivery: Delivery, log: Log) -> str | None:
    """Why a delivery contradicts the log. One newer than the log that was read can't be judged."""
    if delivery.revision >= len(log.views):
        return None
    if delivery.kind == "replay":
        return None
    digests = log.playbacks if delivery.kind == "tick" else log.views
    if delivery.digest != digests[delivery.revision]:
        return f"the {delivery.kind} of revision {delivery.revision} shows another state than the log"
    return None


def check_convergence(history: History, logs: dict[str, Log], settling: Settling) -> Iterator[Violation]:
    """Rule 3, the end of it: all permanent listeners are connected and at the newest revision, soon after."""
    for listener in sorted(settling.permanent):
        sockets = history.sockets.get(listener, [])
        last = sockets[-1] if sockets else None
        if last is None or last.is_closed:
            yield Violation("convergence", f"{listener} is not connected at the end")
            continue
        newest = _newest(last)
        wanted = len(logs[last.party].views) - 1
        if newest < wanted:
            yield Violation("convergence", f"{listener} ended at {newest} of {wanted}")
        took = convergence_s(sockets, settling)
        if took is None or took > settling.limit_s:
            late = "never" if took is None else f"{took:.2f} s"
            yield Violation("convergence", f"{listener} was up to date {late} after all was up again")


def convergence_s(sockets: list[SocketHistory], settling: Settling) -> float | None:
    """How long after all was up a listener had everything committed until then, in s; None for never."""
    wanted = settling.revisions.get(sockets[-1].party, 0)
    instants = [
        delivery.t
        for socket in sockets
        for delivery in socket.deliveries
        if delivery.kind in CURRENT and delivery.revision >= wanted
    ]
    return max(0.0, min(instants) - settling.up_s) if instants else None


def check_notifications(database: DatabaseSnapshot) -> Iterator[Violation]:
    """Rule 4: nothing waits, and each member that stayed was notified of each event exactly once."""
    if database.unrelayed or database.pending:
        yield Violation("outbox", f"{database.unrelayed} events and {database.pending} commands still wait")
    for (user, event_id), times in database.notified.items():
        if times != 1:
            yield Violation("outbox", f"{user} was told {times} times of {event_id}")
    for party, found in database.parties.items():
        gone = ("member_left", "member_removed")
        leavers = {event["data"]["user_id"] for event in found.events if event["type"] in gone}
        there: set[str] = set()
        for event in found.events:
            if event["type"] in NOTIFIED:
                about = {event["actor_id"], event["data"].get("user_id")}
                for user in there - leavers - about:
                    if not database.notified[user, event["id"]]:
                        yield Violation(
                            "outbox", f"{user} never learnt of {event['type']} {event['revision']} in {party}"
                        )
            if event["type"] in ("party_session_created", "member_joined"):
                there.add(event["data"].get("user_id") or event["actor_id"])


def check_answers(history: History) -> Iterator[Violation]:
    """Rule 5, its first part: the only server error that clients get is 503."""
    for status, times in history.statuses.items():
        if not status.startswith("503 "):
            yield Violation("answers", f"{status}: {times} times")
