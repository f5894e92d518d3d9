"""`python -m bench.browsers.film_change`: for how long nothing is seen while the party changes its film.

Two Chromiums watch a film to its end, whose frames carry their numbers as bars, and the next of the queue
begins: after the party's countdown, at once, and by a press in the middle of the film. Both files are on this
machine. What each window shows is read from its picture at each refresh.

For each window: `blank_ms`, from the last sight of the one film to the first of the other; `still_ms`, from
when the picture should have had another frame, the countdown taken off, to that first sight; `late_ms`, how
far behind the party the new film's frames were on the screen in its first second.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.films.barcode_clips import Clip, made
from bench.films.file_server import file_server
from bench.films.screens import SCREEN
from tests.browser.conftest import FLAGS
from tests.browser.page_actions import LIMIT_MS, wait_for_stage
from tests.support.browsers.programs import installed
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest

RATE, FRAME_MS = 25, 40.0
LENGTH_S = 20.0
FIRST_OF_NEXT = 20_000
ONE = Clip("one", Fraction(RATE))
NEXT = Clip("next", Fraction(RATE), first=FIRST_OF_NEXT)
#: The ways in which the film changes, and after how long the next one begins by itself, in s.
WAYS: Mapping[str, float | None] = {"countdown": 8.0, "at once": 0.0, "press": None}
_HAS_BEGUN = f"() => filmScreen.number() >= {FIRST_OF_NEXT + 2 * RATE}"
_SHOWN = "() => ({ shown: filmScreen.shown, aheadMs: filmScreen.aheadMs() })"


def judge(report: Mapping[str, Any], starts_ms: float, pause_ms: float) -> dict[str, float]:
    """The figures of one window. `starts_ms` is when the next film begins, `pause_ms` is the countdown."""
    shown, ahead_ms = report["shown"], report["aheadMs"]
    after = next(index for index, entry in enumerate(shown) if entry[1] >= FIRST_OF_NEXT)
    last, first = shown[after - 1], shown[after]
    late = [
        seen - ahead_ms - starts_ms - (number - FIRST_OF_NEXT) * FRAME_MS
        for seen, number, _ in shown[after:]
        if RATE // 4 <= number - FIRST_OF_NEXT <= RATE
    ]
    return {
        "blank_ms": round(first[0] - last[2], 1),
        "still_ms": round(first[0] - last[0] - FRAME_MS - pause_ms, 1),
        "late_ms": round(median(late), 1),
    }


class Change:
    """A party of two windows on a film that another one follows."""

    def __init__(self, stack: Stack, browsers: Sequence[Browser], files: str, after_s: float | None) -> None:
        self._host = Guest(stack.url, "Ada")
        videos = [self._video(clip, files) for clip in (ONE, NEXT)]
        self._party = self._host.create_party(videos[0])
        self._path = f"/api/parties/{self._party['id']}"
        self._host.request("PATCH", self._path, json={"next_after_s": after_s})
        self._host.post(f"{self._path}/queue", {"video_id": videos[1]})
        self._pages = [browser.new_page(bypass_csp=True) for browser in browsers]
        link = f"{stack.url}/p/{self._party['id']}?invite={self._party['invite_code']}"
        for number, page in enumerate(self._pages):
            self._enter(page, f"{link}&name=Member{number}")

    def _video(self, clip: Clip, files: str) -> str:
        address = f"{files}/{clip.name}.mp4"
        body = {"title": clip.name, "playback_url": address, "duration_s": LENGTH_S}
        return str(self._host.post("/api/videos", body).json()["id"])

    @staticmethod
    def _enter(page: Page, link: str) -> None:
        page.set_default_timeout(LIMIT_MS)
        page.goto(link)
        wait_for_stage(page, connection="open")
        page.evaluate(SCREEN)
        page.wait_for_function("() => filmScreen.number() !== null")

    def run(self, way: str) -> list[dict[str, float]]:
        """Play over the change, and judge it in each window."""
        position_s = LENGTH_S / 2 if way == "press" else LENGTH_S - 5
        self._host.playback(self._party["id"], "play", position_s=position_s)
        for page in self._pages:
            page.wait_for_function(f"() => filmScreen.number() > {(position_s + 2) * RATE}")
        if way == "press":
            self._host.post(f"{self._path}/next")
        for page in self._pages:
            page.wait_for_function(_HAS_BEGUN)
        events = {event["type"]: event["data"] for event in self._host.events(self._party["id"])}
        starts_ms = events["video_changed"]["playback"]["at_ms"]
        pause_ms = (WAYS[way] or 0.0) * 1000.0
        return [judge(page.evaluate(_SHOWN), starts_ms, pause_ms) for page in self._pages]

    def close(self) -> None:
        """End the party and leave its page."""
        self._host.end(self._party["id"])
        self._host.close()
        for page in self._pages:
            page.close()


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.browsers.film_change", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of each way; the medians are printed")
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--json", type=Path, help="write all figures here")
    options = parser.parse_args()
    chromium = installed("chromium")
    if chromium is None:
        raise SystemExit("no Chromium on this machine")
    found: dict[str, list[dict[str, float]]] = {way: [] for way in options.ways}
    with own_folder() as folder:
        clips = folder / "clips"
        clips.mkdir()
        for clip in (ONE, NEXT):
            made(clip, clips, LENGTH_S)
        with Stack(folder / "data") as stack, file_server(clips) as files, sync_playwright() as playwright:
            browsers = [playwright.chromium.launch(executable_path=chromium, args=FLAGS) for _ in range(2)]
            for way in options.ways:
                for _ in range(options.runs):
                    change = Change(stack, browsers, files, WAYS[way])
                    found[way] += change.run(way)
                    change.close()
                    print(way, json.dumps(found[way][-2:]), f"load {os.getloadavg()[0]:.1f}", flush=True)
            for browser in browsers:
                browser.close()
    print(
        f"{'':12}{'nothing seen':>14}{'picture stood':>16}{'late':>10}   medians, the worst in brackets; ms"
    )
    for way, windows in found.items():
        row = [(median(values), max(values)) for values in columns(windows)]
        print(f"{way:12}" + "".join(f"{middle:>9.0f} ({worst:.0f})" for middle, worst in row))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


def columns(windows: Sequence[Mapping[str, float]]) -> list[list[float]]:
    """The values of all windows by what they measure."""
    return [[window[name] for window in windows] for name in ("blank_ms", "still_ms", "late_ms")]


if __name__ == "__main__":
    main()
