"""Holds what clients saw against what the service has durably done. Pure: a history and a truth go in.

The rules are those of a linearisable log with idempotent commands: what was acknowledged is there exactly
once, what was refused isn't, what nobody knows is there at most once; each party's revisions are 1..n and
its row is the fold of its events; each listener hears that log, in order and without a gap.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.faults.database import Json, PartyStore, PartyTruth
from bench.faults.history import Hearing, History, Operation, Told
from bench.faults.replay import View, playback_digest

#: The events that members are told of by a notification.
NEWS = frozenset({"member_joined", "member_left", "host_transferred", "party_session_ended"})
#: How a socket may end: restart, dead peer, newer socket, slow reader, normal, or without a word.
FAIR_ENDS = frozenset({None, 1000, 1001, 1005, 1006, 1012, 1013, 4408, 4409, 4413})
#: And besides, for who leaves or whose party ends.
GONE = frozenset({4403, 4410})


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that was broken, and where."""

    rule: str
    what: str


@dataclass(slots=True, kw_only=True)
class Settling:
    """When all was up again after the last fault, and what was committed by then.

    `staying` are the listeners that never leave: all of them must converge, within `limit_s`.
    """

    up_s: float
    revisions: dict[str, int]
    staying: set[str]
    limit_s: float


@dataclass(slots=True)
class Log:
    """A party's log with the digests of the party after each event; index 0 is before the first."""

    truth: PartyTruth
    views: list[str] = field(default_factory=list)
    playbacks: list[str] = field(default_factory=list)
    final: View = field(default_factory=View.unborn)

    def __post_init__(self) -> None:
        self._note()
        for event in self.truth.events:
            self.final.apply(event)
            self._note()

    def _note(self) -> None:
        self.views.append(self.final.digest())
        self.playbacks.append(playback_digest(self.final.playback))


def check(history: History, truth: PartyStore, settling: Settling) -> list[Violation]:
    """Every violation found, those of a rule together."""
    logs = {party: Log(found) for party, found in truth.parties.items()}
    return [
        *check_commands(history, truth),
        *check_logs(logs),
        *check_hearings(history, logs, settling.staying),
        *check_convergence(history, logs, settling),
        *check_notifications(truth),
        *check_answers(history),
    ]


def check_commands(history: History, truth: PartyStore) -> Iterator[Violation]:
    """Rule 1: ok is exactly one row at that revision, fail is none, unknown is at most one."""
    rows: dict[str, list[tuple[str, Json]]] = defaultdict(list)
    for party, found in truth.parties.items():
        for event in found.events:
            if event["operation"] is not None:
                rows[event["operation"]].append((party, event))
    for operation in history.operations.values():
        for why in _wrongs_of(operation, rows.get(operation.id, [])):
            yield Violation("commands", f"{operation.action} {operation.id} {why}")
    for id in rows.keys() - history.operations.keys():
        party, event = rows[id][0]
        yield Violation("commands", f"{id}: nobody asked for {event['type']} in {party}")


def _wrongs_of(operation: Operation, rows: list[tuple[str, Json]]) -> Iterator[str]:
    revisions = [event["revision"] for _, event in rows]
    if len(rows) > 1:
        yield f"was done {len(rows)} times, at revisions {revisions}"
    if operation.oks and not rows and not operation.may_be_idle:
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
        row, final = log.truth.row, log.final
        revisions = [event["revision"] for event in log.truth.events]
        if revisions != list(range(1, len(revisions) + 1)):
            gap = next(at for at, revision in enumerate(revisions, start=1) if revision != at)
            yield Violation("revisions", f"{party}: revision {revisions[gap - 1]} where {gap} is due")
        if row["revision"] != len(revisions):
            yield Violation("revisions", f"{party}: row {row['revision']}, {len(revisions)} events")
        stored = View(row["host"], row["members"], row["playback"], row["state"])
        if stored.digest() != final.digest():
            yield Violation("fold", f"{party}: the row {row} is not what its events make")
        if row["member_count"] != len(final.members):
            yield Violation("fold", f"{party}: {row['member_count']} counted, {len(final.members)} there")


def check_hearings(history: History, logs: dict[str, Log], staying: set[str]) -> Iterator[Violation]:
    """Rule 3: in order, without a gap, nothing that isn't in the log, and never back in time."""
    for listener, hearings in history.hearings.items():
        known: Counter[str] = Counter()
        for hearing in hearings:
            where = f"{listener} in {hearing.party}"
            for wrong in _wrongs_heard(hearing, logs.get(hearing.party), known[hearing.party]):
                yield Violation("listeners", f"{where}: {wrong}")
            heard = [told.revision for told in hearing.told if told.how in ("welcome", "change")]
            known[hearing.party] = max([known[hearing.party], *heard])
            is_fair = hearing.code in FAIR_ENDS or (hearing.code in GONE and listener not in staying)
            if not is_fair:
                yield Violation("listeners", f"{where}: closed with {hearing.code}")


def _wrongs_heard(hearing: Hearing, log: Log | None, known: int) -> Iterator[str]:
    if log is None:
        yield "told of a party that is not there"
        return
    last, replayed = 0, hearing.last_revision
    for told in hearing.told:
        if (wrong := _untrue(told, log)) is not None:
            yield wrong
        if told.how == "replay":
            if replayed is None or told.revision != replayed + 1:
                yield f"revision {told.revision} replayed after {replayed}"
            replayed = told.revision
        elif told.how != "tick":
            yield from _wrong_order(told, last, known)
            last = told.revision


def _wrong_order(told: Told, last: int, known: int) -> Iterator[str]:
    """`last` is the revision that this socket told before, `known` what the listener had heard on others."""
    if told.how == "welcome":
        if told.revision < max(last, known):
            yield f"welcomed at {told.revision} after {max(last, known)} had been told"
    elif last == 0:
        yield f"revision {told.revision} before any welcome"
    elif told.revision != last + 1:
        yield f"revision {told.revision} came after {last}"


def _untrue(told: Told, log: Log) -> str | None:
    """Why what was told isn't in the log. What came after the log was read can't be judged."""
    if told.revision >= len(log.views):
        return None
    if told.how == "replay":
        return None
    digests = log.playbacks if told.how == "tick" else log.views
    if told.digest != digests[told.revision]:
        return f"the {told.how} of revision {told.revision} shows another state than the log"
    return None


def check_convergence(history: History, logs: dict[str, Log], settling: Settling) -> Iterator[Violation]:
    """Rule 3, the end of it: all who stay are connected and hold the newest revision, soon after."""
    for listener in sorted(settling.staying):
        hearings = history.hearings.get(listener, [])
        last = hearings[-1] if hearings else None
        if last is None or last.is_closed:
            yield Violation("convergence", f"{listener} is not connected at the end")
            continue
        newest = max((told.revision for told in last.told if told.how in ("welcome", "change")), default=0)
        wanted = len(logs[last.party].views) - 1
        if newest < wanted:
            yield Violation("convergence", f"{listener} ended at {newest} of {wanted}")
        took = took_s(hearings, settling)
        if took is None or took > settling.limit_s:
            late = "never" if took is None else f"{took:.2f} s"
            yield Violation("convergence", f"{listener} was up to date {late} after all was up again")


def took_s(hearings: list[Hearing], settling: Settling) -> float | None:
    """How long after all was up a listener knew of everything committed until then; None for never."""
    wanted = settling.revisions.get(hearings[-1].party, 0)
    instants = [
        told.t
        for hearing in hearings
        for told in hearing.told
        if told.how in ("welcome", "change") and told.revision >= wanted
    ]
    return max(0.0, min(instants) - settling.up_s) if instants else None


def check_notifications(truth: PartyStore) -> Iterator[Violation]:
    """Rule 4: nothing waits, and each piece of news came to each member who stayed exactly once."""
    if truth.unrelayed or truth.pending:
        yield Violation("outbox", f"{truth.unrelayed} events and {truth.pending} commands still wait")
    for (user, event), times in truth.notified.items():
        if times != 1:
            yield Violation("outbox", f"{user} was told {times} times of {event}")
    for party, found in truth.parties.items():
        leavers = {event["data"]["user_id"] for event in found.events if event["type"] == "member_left"}
        there: set[str] = set()
        for event in found.events:
            if event["type"] in NEWS:
                about = {event["actor_id"], event["data"].get("user_id")}
                for user in there - leavers - about:
                    if not truth.notified[user, event["id"]]:
                        yield Violation(
                            "outbox", f"{user} never learnt of {event['type']} {event['revision']} in {party}"
                        )
            if event["type"] in ("party_session_created", "member_joined"):
                there.add(event["data"].get("user_id") or event["actor_id"])


def check_answers(history: History) -> Iterator[Violation]:
    """Rule 5, its first part: the only failure that clients are shown is 503."""
    for status, times in history.statuses.items():
        if not status.startswith("503 "):
            yield Violation("answers", f"{status}: {times} times")
