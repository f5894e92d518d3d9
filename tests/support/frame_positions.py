"""From presented frames to figures: the difference of two windows' positions by the machine's clock."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

GRID_MS = 50.0
#: So long after a command takes effect nothing is judged, since the players are still seeking, ms.
SETTLES_MS = 1000.0
#: Between two frames further apart than this the window showed the first of them, ms.
STILL_MS = 150.0

Report = Mapping[str, Any]


@dataclass(frozen=True)
class Span:
    """The room plays undisturbed from `begin_ms` to `end_ms`; `after` is the command that began it."""

    begin_ms: float
    end_ms: float
    after: str


def judged_spans(commands: Sequence[Mapping[str, Any]], end_ms: float) -> list[Span]:
    """The parts of a run that are judged: not paused, and not within `SETTLES_MS` of a command."""
    spans = []
    ends = [command["atMs"] for command in commands[1:]] + [end_ms]
    for command, until in zip(commands, ends, strict=True):
        begin = command["atMs"] + SETTLES_MS
        if command["state"] == "playing" and begin < until:
            spans.append(Span(begin, until, command["action"]))
    return spans


class FrameTrace:
    """The frames of one window as `[shown at ms, media s, rate, ...]`, in any order."""

    def __init__(self, frames: Sequence[Sequence[float]]) -> None:
        ordered = sorted((frame[0], frame[1], frame[2]) for frame in frames)
        self._at = [at for at, _, _ in ordered]
        self._media = [media for _, media, _ in ordered]
        self._rates = [rate for _, _, rate in ordered]

    def position_ms(self, at_ms: float) -> float | None:
        """The position at that instant: that of the frame on the screen, plus the time since it was shown.

        None outside of the recorded frames; while no frame follows, the position of the last one. A frame
        waits for the next refresh of the screen, up to 17 ms, so two windows in perfect sync still differ by
        that now and then.
        """
        after = bisect_right(self._at, at_ms)
        if after == 0 or after == len(self._at):
            return None
        began, ended = self._at[after - 1], self._at[after]
        here = self._media[after - 1]
        if ended - began > STILL_MS:
            return here * 1000
        return here * 1000 + (at_ms - began) * self._rates[after - 1]


def differences_ms(one: FrameTrace, other: FrameTrace, spans: Sequence[Span]) -> list[tuple[float, float]]:
    """`(instant, how far `other` is ahead of `one`)` on the grid, both in ms."""
    found = []
    for span in spans:
        at = span.begin_ms
        while at < span.end_ms:
            here, there = one.position_ms(at), other.position_ms(at)
            if here is not None and there is not None:
                found.append((at, there - here))
            at += GRID_MS
    return found


def latest_differences_ms(reports: Sequence[Report], looks: int) -> list[float]:
    """How far the second window is ahead of the first, at the last `looks` instants at most."""
    one, other = (FrameTrace(report["frames"]) for report in reports)
    end_ms = min(report["frames"][-1][0] for report in reports)
    span = Span(end_ms - looks * GRID_MS, end_ms, "")
    return [difference for _, difference in differences_ms(one, other, [span])]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share (0 to 1) of them does not exceed. Raises ValueError if there are none."""
    if not values:
        raise ValueError("nothing was seen: there are no differences")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def figures(values: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 and the largest of the sizes of `values`, ms, and how many there were."""
    sizes = [abs(value) for value in values]
    shares = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "max_ms": 1.0}
    return {name: round(percentile(sizes, share), 2) for name, share in shares.items()} | {"n": len(sizes)}


def pair_differences(
    reports: Sequence[Report], spans: Sequence[Span]
) -> dict[tuple[int, int], list[tuple[float, float]]]:
    """The differences of every two windows."""
    traces = [FrameTrace(report["frames"]) for report in reports]
    return {
        (a, b): differences_ms(traces[a], traces[b], spans) for a, b in combinations(range(len(traces)), 2)
    }
