"""What there was of the evening in a run, for its report: a rule that nothing was tried on says nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bench.faults.database import DatabaseSnapshot
from bench.faults.history import History
from bench.faults.hold_checks import Wait, waits_in
from bench.faults.log import Log


def evening_figures(history: History, database: DatabaseSnapshot, calm_ms: float) -> dict[str, Any]:
    """The acknowledged operations and the events by kind, and how long waits outlived their end, in s.

    From `calm_ms` on, in ms of party time, there were no faults.
    """
    logs = {party: Log(found) for party, found in database.parties.items()}
    events = Counter(event["type"] for log in logs.values() for event in log.stored.events)
    by_invite = Counter(
        event["data"]["invite_id"]
        for log in logs.values()
        for event in log.stored.events
        if event["data"].get("invite_id")
    )
    automatic = sum(
        event["type"] == "video_changed" and event["actor_id"] is None
        for log in logs.values()
        for event in log.stored.events
    )
    ended = [wait for wait in waits_in(logs) if wait.ended_ms is not None]
    calm = [wait for wait in ended if wait.until_ms >= calm_ms]
    return {
        "acknowledged": dict(Counter(each.action for each in history.operations.values() if each.oks)),
        "refused": dict(Counter(each.action for each in history.operations.values() if each.failed)),
        "events": dict(events),
        "joins_by_invite": by_invite.total(),
        "films_by_themselves": automatic,
        "messages": sum(len(chat.messages) for chat in database.evening.chats.values()),
        "readings": len(history.readings),
        "waits": len(ended),
        "waits_ended_by": dict(Counter(wait.ended_by for wait in ended)),
        "longest_outlived_s": _longest_outlived_s(ended),
        "calm_waits": len(calm),
        "longest_outlived_calm_s": _longest_outlived_s(calm),
    }


def _longest_outlived_s(waits: Sequence[Wait]) -> float | None:
    late_ms = [(wait.ended_ms or 0.0) - wait.until_ms for wait in waits]
    return round(max(late_ms) / 1000.0, 2) if late_ms else None
