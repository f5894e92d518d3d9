"""Checks that every wait has an end, and that it is kept. Pure.

A wait that is over is ended by whichever process has sockets in its party, and by the upkeep of each tick. A
fault may keep all of them from it for as long as it lasts. So a wait that outlives its end during the run is
judged by the ticks that were carried out meanwhile, of which Postgres has a row each; and one that is over
all has been up again, by the clock: none may outlive its end by more than a tick then.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.faults.log import Log
from bench.faults.replay import PLAYBACK_EVENTS
from bench.faults.violation import Violation
from partyapp.shared.ops.settings import Settings

#: From one tick to the next, and from one look of a process at its parties to the next, in ms.
TICK_MS, LOOK_MS = Settings.tick_interval_s * 1000.0, 1000.0
#: So many ticks may be claimed by a process that dies, or loses Postgres, before it comes to the party.
LOST_TICKS = 2
#: Numbers of an instant in ms are doubles: so much may be lost in their sum.
ROUNDED_MS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One `playback_held` and what came of it. `ended_ms` is None while it lasts; all in ms of party time.

    `limit_ms` is the longest that the party's rule allowed while it lasted, from `at_ms` on.
    """

    party: str
    revision: int
    reason: str
    at_ms: float
    until_ms: float
    limit_ms: float
    ended_ms: float | None
    ended_by: str


def waits_in(logs: Mapping[str, Log]) -> Iterator[Wait]:
    """All waits of all parties."""
    for party, log in logs.items():
        yield from _waits_of(party, log.stored.events)


def _waits_of(party: str, events: Sequence[Mapping[str, Any]]) -> Iterator[Wait]:
    held: Mapping[str, Any] | None = None
    limit_ms = longest_ms = 0.0
    for event in events:
        kind, data = event["type"], event["data"]
        if kind == "party_session_changed" and "wait" in data["changes"]:
            limit_ms = data["changes"]["wait"]["limit_s"] * 1000.0
            longest_ms = max(longest_ms, limit_ms)
        ends = kind in PLAYBACK_EVENTS or kind in ("video_changed", "party_session_ended")
        if held is not None and ends:
            yield _wait(party, held, longest_ms, event["at_ms"], kind)
            held = None
        if kind == "playback_held":
            held, longest_ms = event, limit_ms
    if held is not None:
        yield _wait(party, held, longest_ms, None, "")


def _wait(
    party: str, held: Mapping[str, Any], limit_ms: float, ended_ms: float | None, ended_by: str
) -> Wait:
    data = held["data"]
    return Wait(
        party=party,
        revision=held["revision"],
        reason=data["reason"],
        at_ms=data["at_ms"],
        until_ms=data["until_ms"],
        limit_ms=limit_ms,
        ended_ms=ended_ms,
        ended_by=ended_by,
    )


def check_holds(
    logs: Mapping[str, Log], ticks_ms: Sequence[float], calm_ms: float, now_ms: float
) -> Iterator[Violation]:
    """Every wait is as long as the rule allows at most, and over when its end has come.

    `ticks_ms` are the slots of the ticks that were claimed, in order; from `calm_ms` on there were no faults;
    `now_ms` is when the log was read.
    """
    for wait in waits_in(logs):
        where = f"{wait.party}: the wait of revision {wait.revision}"
        if wait.reason == "members" and wait.until_ms > wait.at_ms + wait.limit_ms + ROUNDED_MS:
            yield Violation("holds", f"{where} may last {wait.until_ms - wait.at_ms:.0f} ms, not so long")
        late_ms = (now_ms if wait.ended_ms is None else wait.ended_ms) - wait.until_ms
        if wait.ended_ms is None:
            if late_ms > TICK_MS + LOOK_MS:
                yield Violation("holds", f"{where} has been over for {late_ms / 1000.0:.1f} s and lasts")
            continue
        if wait.until_ms >= calm_ms:
            if late_ms > TICK_MS + LOOK_MS:
                yield Violation(
                    "holds", f"{where} outlived its end by {late_ms / 1000.0:.1f} s without faults"
                )
            continue
        # The last tick before the end may have been at work still.
        missed = bisect_left(ticks_ms, wait.ended_ms - TICK_MS) - bisect_right(ticks_ms, wait.until_ms)
        if missed > LOST_TICKS:
            yield Violation(
                "holds", f"{where} outlived its end by {late_ms / 1000.0:.1f} s and {missed} ticks"
            )
