"""A film that is watched as it came while its copy is made: the page is told, and its picture moves to it.

Through the whole service: an upload, the process that prepares it, the message `video`, what is removed.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from bench.films.barcode_clips import CLIPS, ffmpeg, made
from bench.films.screens import SCREEN
from bench.films.service import FilmService
from tests.browser.conftest import Opened
from tests.browser.test_film_move import FRAMES_BACK
from tests.support.browsers.window import Window
from tests.support.fronted_stack import stack_for_pages
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.waiting import RECOVERY_S, eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(240)]

RATE = 25
LENGTH_S = 120.0
#: Where it stands paused: in the middle of a frame.
PLACE_S = 8.02
FRAME = int(PLACE_S * RATE)
#: So far may a picture be from where the party would have it, in s.
APART_S = 0.25

#: What was seen at each look: when (s), and the frame's number; None without a picture.
Looks = list[tuple[float, int | None]]

#: The real ffmpeg, once the test lets it.
_WAITS = """#!/bin/sh
while [ ! -e '{gate}' ]; do sleep 0.1; done
exec '{ffmpeg}' "$@"
"""
#: Every look at the screen from now on: when (s), and the frame's number; null without a picture.
_WATCH = """() => {
  window.looks = [];
  const look = () => {
    looks.push([performance.now() / 1000, filmScreen.number()]);
    requestAnimationFrame(look);
  };
  look();
}"""
_FILE = "() => document.querySelector('video').currentSrc.split('?')[0].split('/').at(-1)"
_IS_COVERED = "() => document.querySelectorAll('video.second-picture').length > 0"
_IS_SHOWN = "() => document.querySelector('video')?.readyState >= 2"


@dataclass(frozen=True)
class Held:
    """A service whose ffmpeg waits until `gate` exists."""

    stack: Stack
    gate: Path
    film: Path


@pytest.fixture(scope="module")
def held() -> Iterator[Held]:
    with own_folder() as folder:
        gate, program, film = folder / "gate", folder / "ffmpeg", folder / "The evening.mp4"
        program.write_text(_WAITS.format(gate=gate, ffmpeg=get_ffmpeg_exe()))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        # Its table of contents is at the end: it plays as it came, and is copied all the same.
        ffmpeg(["-i", made(CLIPS[str(RATE)], folder, LENGTH_S), "-c", "copy", film])
        extra = {"IMAGEIO_FFMPEG_EXE": str(program)}
        with stack_for_pages(folder / "data", films=True, sample=False, extra=extra) as stack:
            yield Held(stack, gate, film)


@pytest.mark.parametrize(("browser", "state"), [("chromium", "playing"), ("chromium", "paused")])
def test_the_picture_moves_to_the_copy_by_itself_and_stays_where_the_party_is(
    held: Held, opened: Opened, browser: str, state: str
) -> None:
    held.gate.unlink(missing_ok=True)
    window = opened(browser)
    _watch_as_it_came(held, window, state)
    window.run(_WATCH)
    as_it_came = window.run(_FILE)
    before = _looks(window)
    held.gate.touch()
    eventually(lambda: window.run(_FILE) != as_it_came and not window.run(_IS_COVERED), RECOVERY_S)
    during = window.run("() => looks.splice(0)")
    after = _looks(window)
    assert window.run(_FILE).startswith("film.mp4")
    numbers = [number for _, number in [*before, *during, *after]]
    assert numbers.count(None) == 0, f"gone at {numbers.count(None)} of {len(numbers)} looks"
    if state == "paused":
        assert set(numbers) == {FRAME}
        return
    back = max(one - following for one, following in pairwise(numbers))
    assert back <= FRAMES_BACK, f"{back} frames back"
    assert abs(_lead_s(after) - _lead_s(before)) < APART_S


def _watch_as_it_came(held: Held, window: Window, state: str) -> None:
    """A party of one who sees the film while its copy isn't made yet."""
    service = FilmService(held.stack)
    sent = service.upload(held.film)
    service.watchable(sent.video_id)
    party = service.guest.create_party(sent.video_id)
    service.guest.playback(party["id"], "seek", position_s=PLACE_S)
    window.open(f"{held.stack.url}/p/{party['id']}#invite={party['invite_code']}&name=Grace")
    eventually(lambda: window.run(_IS_SHOWN), RECOVERY_S)
    # It asks for the picture anew, so that it can be read.
    window.run(SCREEN)
    eventually(lambda: window.run("() => filmScreen.number()") == FRAME, RECOVERY_S)
    if state == "playing":
        service.guest.playback(party["id"], "play")
        eventually(lambda: (window.run("() => filmScreen.number()") or 0) > FRAME + RATE, RECOVERY_S)


def _looks(window: Window) -> Looks:
    """What is seen in the next while."""
    eventually(
        lambda: window.run("() => looks.length >= 10 && looks.at(-1)[0] - looks[0][0] > 1"), RECOVERY_S
    )
    seen: Looks = window.run("() => looks.splice(0)")
    return seen


def _lead_s(looks: Looks) -> float:
    """How far the film is ahead of the page's clock."""
    return median(number / RATE - at for at, number in looks if number is not None)
