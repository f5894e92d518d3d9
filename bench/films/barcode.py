"""`python -m bench.films.barcode`: which frame each of four windows of three engines shows, by the picture.

One real party on a real stack watches clips whose every frame carries its number as bars. What each window
shows is read from its picture at each refresh, on the machine's clock; compared are the frames of every two
windows on a grid of 50 ms while the party plays, and after each of many scheduled pauses.

A window that draws every fourth frame alone, for want of processor time, is behind by what it holds. So each
window's share of drawn frames is told too, and how its frames stand when they appear.
"""

from __future__ import annotations

import argparse
import json
import random
import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

from bench.films.barcode_clips import CLIPS, Clip, made, ordinals
from bench.films.file_server import file_server
from bench.films.screens import Screens
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest
from tests.support.waiting import RECOVERY_S, eventually

ENGINES = ("chromium", "chromium", "firefox", "webkit")
CLIP_S = 60.0
GRID_MS = 50.0
#: So long after a command nothing is judged while playing, ms.
SETTLES_MS = 2000.0

_STANDS = """() => { const video = document.querySelector('video');
  return video.paused && !video.seeking ? [filmScreen.number(), video.currentTime] : null; }"""
_SHOWN = """() => ({ shown: filmScreen.shown, frames: filmScreen.frames, aheadMs: filmScreen.aheadMs(),
  skew: filmScreen.follower?.skew ?? null, corrections: filmScreen.corrections })"""

Report = Mapping[str, Any]


def rest(seconds: float) -> None:
    """Let the party go on."""
    threading.Event().wait(seconds)


class Watched:
    """A party that watches a clip in all windows, commanded by its host from outside of them."""

    def __init__(self, host: Guest, screens: Screens, clip: Clip, address: str) -> None:
        self._host, self.screens, self.clip = host, screens, clip
        body = {"title": clip.name, "playback_url": address, "duration_s": CLIP_S}
        video = host.post("/api/videos", body).json()
        self._party = host.create_party(video["id"], title=clip.name)
        screens.join(f"{host.base_url}/p/{self._party['id']}?invite={self._party['invite_code']}")
        self.order = ordinals(clip, CLIP_S)

    def command(self, action: str, **fields: Any) -> float:
        """When it takes effect, ms of party time, which is the machine's."""
        answer = self._host.playback(self._party["id"], action, **fields)
        return float(answer["playback"]["at_ms"])

    def close(self) -> None:
        """End the party."""
        self._host.end(self._party["id"])

    def play_through(self, seconds: float) -> tuple[list[Report], list[tuple[float, float]]]:
        """What the windows showed while the party played, and the spans to judge."""
        self.screens.ask("() => filmScreen.forget()")
        spans: list[tuple[float, float]] = []
        for start_s in (1.0, CLIP_S / 2):
            at_ms = self.command("seek" if spans else "play", position_s=start_s)
            rest(seconds / 2)
            spans.append((at_ms + SETTLES_MS, at_ms + seconds * 500 - 300))
        self.command("pause")
        return self.screens.ask(_SHOWN), spans

    def pause_often(self, times: int, seed: int) -> list[list[int]]:
        """The frames of all windows after each scheduled pause."""
        chance, found = random.Random(seed), []
        self.command("seek", position_s=2.0)
        for number in range(times):
            self.command("play", **({"position_s": 2.0} if number % 12 == 11 else {}))
            rest(chance.uniform(0.9, 1.8))
            self.command("pause")
            rest(0.6)
            found.append([self.order.get(number, -1) for number in self._standing()])
        return found

    def _standing(self) -> list[int]:
        """The numbers on all screens, once they stand still for three looks."""
        seen: list[list[Any]] = []

        def still() -> bool:
            seen.append(self.screens.ask(_STANDS))
            return None not in seen[-1] and len(seen) > 2 and seen[-1] == seen[-2] == seen[-3]

        eventually(still, RECOVERY_S, every_s=0.1)
        return [number for number, _ in seen[-1]]


def number_at(report: Report, at_ms: float) -> int | None:
    """The frame on the screen at an instant; None where the page looked at none about then."""
    shown = report["shown"]
    after = bisect_right(shown, at_ms, key=lambda entry: entry[0] - report["aheadMs"])
    if after == 0 or after == len(shown):
        return None
    return int(shown[after - 1][1])


def differences(
    watched: Watched, reports: Sequence[Report], spans: Sequence[tuple[float, float]]
) -> dict[tuple[int, int], list[int]]:
    """How many frames the second of every two windows is ahead, on the grid."""
    found: dict[tuple[int, int], list[int]] = {pair: [] for pair in combinations(range(len(reports)), 2)}
    for begin, end in spans:
        for step in range(int((end - begin) / GRID_MS)):
            numbers = [number_at(report, begin + step * GRID_MS) for report in reports]
            for (a, b), ahead in found.items():
                one, other = numbers[a], numbers[b]
                if one is not None and other is not None:
                    ahead.append(watched.order[other] - watched.order[one])
    return found


def appearing(
    watched: Watched, reports: Sequence[Report], spans: Sequence[tuple[float, float]], window: int
) -> list[int]:
    """How many frames each frame of this window is ahead of the first window's, as it appears."""
    found = []
    for seen_ms, number, _ in reports[window]["shown"]:
        at_ms = seen_ms - reports[window]["aheadMs"]
        other = number_at(reports[0], at_ms) if any(begin <= at_ms <= end for begin, end in spans) else None
        if other is not None:
            found.append(watched.order[int(number)] - watched.order[other])
    return found


def percentile(values: Sequence[int], share: float) -> int:
    """The size that this share of them doesn't exceed."""
    ordered = sorted(map(abs, values))
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def biases(clip: Clip, report: Report) -> dict[str, float]:
    """How far what the player says is from the beginning of the frame that it shows, ms.

    `ahead_ms` is what it can see of that itself: `mediaTime` less the `currentTime` of when it is shown.
    """
    seen = [entry for entry in report["frames"] if entry[2] is not None]
    if not seen:
        return {}
    starts = [number / float(clip.rate) for _, _, number, _, _ in seen]
    ahead = [media - now - (display - at) / 1000 for display, media, _, now, at in seen]
    return {
        "media_time_ms": round(1000 * median(e[1] - at for e, at in zip(seen, starts, strict=True)), 1),
        "current_time_ms": round(1000 * median(e[3] - at for e, at in zip(seen, starts, strict=True)), 1),
        "ahead_ms": round(1000 * median(ahead), 1),
        "display_in_ms": round(median(display - at for display, _, _, _, at in seen), 1),
    }


def judge(watched: Watched, seconds: float, pauses: int, seed: int) -> dict[str, Any]:
    """The figures of one clip."""
    reports, spans = watched.play_through(seconds)
    pairs = differences(watched, reports, spans)
    stands = watched.pause_often(pauses, seed)
    names = [f"{member.engine} {number}" for number, member in enumerate(watched.screens.members)]
    every = [value for values in pairs.values() for value in values]
    due = sum(end - begin for begin, end in spans) / 1000 * float(watched.clip.rate)
    appeared = [appearing(watched, reports, spans, window) for window in range(len(reports))]
    off = (numbers for numbers in stands if len(set(numbers)) > 1)
    return {
        "clip": watched.clip.name,
        **figures(every),
        "paused_same": sum(len(set(numbers)) == 1 for numbers in stands),
        "pauses": len(stands),
        "paused_off": Counter(str([number - numbers[0] for number in numbers]) for numbers in off),
        "pairs": {f"{names[a]} - {names[b]}": figures(values) for (a, b), values in pairs.items()},
        "players": {
            name: biases(watched.clip, report)
            | {"skew": report["skew"], "corrections": report["corrections"]}
            | {"drawn": round(len(ahead) / due, 2), "appearing": figures(ahead)}
            for name, report, ahead in zip(names, reports, appeared, strict=True)
        },
    }


def figures(values: Sequence[int]) -> dict[str, float]:
    """Of differences in frames: sizes, the mean with its sign, and the share of those that are none.

    Nothing of a window that drew nothing.
    """
    if not values:
        return {}
    return {
        "p50": percentile(values, 0.5),
        "p95": percentile(values, 0.95),
        "max": percentile(values, 1.0),
        "mean": round(sum(values) / len(values), 2),
        "same": round(sum(value == 0 for value in values) / len(values), 3),
        "looks": len(values),
    }


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.films.barcode", description=__doc__)
    parser.add_argument("--clips", nargs="+", choices=list(CLIPS), default=list(CLIPS))
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), help="a window each")
    parser.add_argument("--seconds", type=float, default=20.0, help="of play for each clip")
    parser.add_argument("--pauses", type=int, default=20, help="for each clip")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write all figures here")
    return parser.parse_args()


def main() -> None:
    """Run, print, write."""
    options, results = arguments(), []
    with own_folder() as folder:
        clips = folder / "clips"
        clips.mkdir()
        for name in options.clips:
            made(CLIPS[name], clips, CLIP_S)
        with (
            Stack(folder / "data", extra={"RATELIMIT_ENABLED": "0"}) as stack,
            file_server(clips) as files,
            Screens(folder / "windows") as screens,
        ):
            screens.open(options.engines)
            host = Guest(stack.url.replace("localhost", "127.0.0.1"), "Host")
            for name in options.clips:
                watched = Watched(host, screens, CLIPS[name], f"{files}/{name}.mp4")
                results.append(judge(watched, options.seconds, options.pauses, options.seed))
                print(json.dumps(results[-1]), flush=True)
                watched.close()
            host.close()
    print("| clip | playing p50 | p95 | max | the same | paused the same |\n|---|---|---|---|---|---|")
    for found in results:
        print(
            f"| {found['clip']} | {found['p50']} | {found['p95']} | {found['max']}"
            f" | {found['same']:.0%} | {found['paused_same']} of {found['pauses']} |"
        )
    print("| clip | window | frames drawn | as they appear, beside the first window: p50 | p95 |")
    print("|---|---|---|---|---|")
    for found in results:
        for name, player in found["players"].items():
            p50, p95 = (player["appearing"].get(share) for share in ("p50", "p95"))
            print(f"| {found['clip']} | {name} | {player['drawn']:.0%} | {p50} | {p95} |")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
