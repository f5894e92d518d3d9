"""Checks of who was let in and put out: invites, bans, rights are kept in the same log. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from bench.faults.evening_rows import EveningRows
from bench.faults.history import History, Operation
from bench.faults.log import Log
from bench.faults.violation import Violation

JOINED, REMOVED = "member_joined", "member_removed"
BANNED, UNBANNED = "member_banned", "member_unbanned"


def check_admissions(history: History, logs: Mapping[str, Log], rows: EveningRows) -> Iterator[Violation]:
    """A limited invite let in as many as it may at most, a revoked one nobody, and who is banned is out."""
    yield from _check_invites(history, logs, rows)
    yield from _check_bans(history, logs, rows)
    yield from _check_removed(history, logs)


def _joins_by_invite(logs: Mapping[str, Log]) -> dict[str, list[Mapping[str, Any]]]:
    joins: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for log in logs.values():
        for event in log.stored.events:
            if event["type"] == JOINED and event["data"].get("invite_id"):
                joins[event["data"]["invite_id"]].append(event)
    return joins


def _check_invites(history: History, logs: Mapping[str, Log], rows: EveningRows) -> Iterator[Violation]:
    joins = _joins_by_invite(logs)
    for invite, made in _acknowledged(history, "invite"):
        let_in, most = len(joins[invite]), made.facts["max_uses"]
        counted = rows.invites[invite]["uses"] if invite in rows.invites else None
        if most is not None and let_in > most:
            yield Violation("admissions", f"invite {invite} for {most} let {let_in} in")
        if counted != let_in:
            yield Violation("admissions", f"invite {invite} has counted {counted} of {let_in} joins")
    for invite, revoked in _acknowledged(history, "revoke"):
        if invite in rows.invites and not rows.invites[invite]["revoked"]:
            yield Violation("admissions", f"invite {invite} was revoked, and is open")
        for event in joins[invite]:
            asked = history.operations.get(event["operation"] or "")
            if asked is not None and asked.invoked_s > (revoked.done_s or 0.0):
                yield Violation("admissions", f"invite {invite} let {asked.user} in after it was revoked")


def _acknowledged(history: History, action: str) -> Iterator[tuple[str, Operation]]:
    """The acknowledged operations of this kind, each with the invite that it is about."""
    for operation in history.operations.values():
        if operation.action == action and operation.oks and "invite" in operation.facts:
            yield operation.facts["invite"], operation


def _check_bans(history: History, logs: Mapping[str, Log], rows: EveningRows) -> Iterator[Violation]:
    for party, log in logs.items():
        for user in log.stored.row["members"]:
            if (party, user) in rows.bans:
                yield Violation("admissions", f"{user} is banned from {party}, and a member")
        for user in _joined_while_banned(log):
            yield Violation("admissions", f"{user} was banned from {party}, and joined it")
    bans: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    for operation in history.operations.values():
        is_refused = operation.failed is not None and not operation.oks
        if operation.action in ("ban", "unban") and not is_refused:
            bans[operation.party, operation.facts["user"]].append(operation)
    for key, operations in bans.items():
        last = max(operations, key=lambda operation: operation.invoked_s)
        # What was asked for before, and not acknowledged by then, may have been done after it.
        alone = all(
            each is last or (each.done_s is not None and each.done_s < last.invoked_s) for each in operations
        )
        if alone and last.oks and (key in rows.bans) is not (last.action == "ban"):
            yield Violation("admissions", f"the {last.action} of {key[1]} in {key[0]} is lost")


def _joined_while_banned(log: Log) -> Iterator[str]:
    banned: set[str] = set()
    for event in log.stored.events:
        user = event["data"].get("user_id")
        if event["type"] == BANNED or (event["type"] == REMOVED and event["data"]["banned"]):
            banned.add(user)
        elif event["type"] == UNBANNED:
            banned.discard(user)
        elif event["type"] == JOINED and user in banned:
            yield user


def _check_removed(history: History, logs: Mapping[str, Log]) -> Iterator[Violation]:
    """Who was put out is told of nothing that came after it."""
    for listener, sockets in history.sockets.items():
        user = listener.partition("/")[0]
        for socket in sockets:
            log = logs.get(socket.party)
            outside = _outside(log, user) if log is not None else set()
            for delivery in socket.deliveries:
                if delivery.revision in outside:
                    what = f"{user} was told of revision {delivery.revision} of {socket.party}"
                    yield Violation("admissions", f"{what} after being put out")
                    break


def _outside(log: Log, user: str) -> set[int]:
    """The revisions after this user was put out, until they came back."""
    found: set[int] = set()
    is_out = False
    for event in log.stored.events:
        if is_out and event["type"] == JOINED and event["data"]["user_id"] == user:
            is_out = False
        if is_out:
            found.add(event["revision"])
        if event["type"] == REMOVED and event["data"]["user_id"] == user:
            is_out = True
    return found
